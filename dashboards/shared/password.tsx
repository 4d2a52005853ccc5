import { useSignal } from "@preact/signals";
import type { TargetedEvent } from "preact";
import type { Answer, Trouble } from "./api.ts";
import { type Caution, Question } from "./confirm.tsx";
import { isMe, usePage } from "./page.ts";
import { agreeing, lossOf } from "./phones-loss.ts";
import { TroubleBox } from "./trouble.tsx";

/** Below the code: for whoever has set a name and a password. Folded, since most have not. */
export function PasswordSignIn() {
  const page = usePage();
  const text = page.format.value.words.pages.password;
  const login = useSignal("");
  const password = useSignal("");
  const trouble = useSignal<Trouble | undefined>(undefined);

  async function signIn(): Promise<void> {
    const request = { login: login.value.trim(), password: password.value };
    const answer = await page.api.post("/api/sign-in/password", request, isMe);
    password.value = "";
    trouble.value = answer.ok ? undefined : answer.problem;
    if (answer.ok) page.know(answer.value);
  }

  return (
    <details class="password-sign-in card">
      <summary>{text.signIn}</summary>
      <form
        onSubmit={(event: TargetedEvent<HTMLFormElement>) => {
          event.preventDefault();
          page.handOver(signIn());
        }}
      >
        <Field label={text.login} kind="username" value={login} />
        <Field label={text.password} kind="current-password" value={password} />
        {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
        <button type="submit" class="big">
          {text.submit}
        </button>
      </form>
    </details>
  );
}

/** Sets, changes and ends one's own name and password. */
export function OwnPassword(props: { readonly login: string | undefined; readonly onChanged: () => void }) {
  const page = usePage();
  const { password: text, technician } = page.format.value.words.pages;
  const login = useSignal(props.login ?? "");
  const old = useSignal("");
  const password = useSignal("");
  const trouble = useSignal<Trouble | undefined>(undefined);
  const isSaved = useSignal(false);
  const caution = useSignal<Caution | undefined>(undefined);
  const has = props.login !== undefined;

  const settle = (answer: Answer<undefined>): void => {
    old.value = "";
    password.value = "";
    isSaved.value = answer.ok;
    trouble.value = answer.ok ? undefined : answer.problem;
    if (answer.ok) props.onChanged();
  };
  /** It ends all other sign-ins; who loses a phone by that is read first. */
  async function ask(): Promise<void> {
    caution.value = await lossOf(page, "/api/me/sign-ins/others");
    if (caution.value === undefined) await save(false);
  }
  async function save(isAgreed: boolean): Promise<void> {
    const request = { login: login.value.trim(), password: password.value };
    const path = agreeing("/api/me/password", isAgreed);
    settle(await page.api.put(path, { ...request, ...(has ? { old: old.value } : {}) }));
  }
  async function end(): Promise<void> {
    settle(await page.api.remove("/api/me/password", { old: old.value }));
  }

  return (
    <form
      class="own-password"
      onSubmit={(event: TargetedEvent<HTMLFormElement>) => {
        event.preventDefault();
        page.handOver(ask());
      }}
    >
      <h3>{text.title}</h3>
      <p class="small">{text.hint}</p>
      <Field label={text.login} kind="username" value={login} />
      {has && <Field label={text.old} kind="current-password" value={old} />}
      <Field label={text.fresh} kind="new-password" value={password} />
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {isSaved.value && <output>{text.saved}</output>}
      <div class="toolbar">
        <button type="submit">{has ? text.change : text.set}</button>
        {has && (
          <button type="button" disabled={old.value === ""} onClick={() => page.handOver(end())}>
            {text.end}
          </button>
        )}
      </div>
      {caution.value !== undefined && (
        <Question
          label={text.change}
          title={technician.signIns.passwordTitle}
          text={technician.signIns.endText}
          caution={caution.value}
          onSure={save}
          onClose={() => {
            caution.value = undefined;
          }}
        />
      )}
    </form>
  );
}

function Field(props: {
  readonly label: string;
  readonly kind: "username" | "current-password" | "new-password";
  readonly value: { value: string };
}) {
  const { label, kind, value } = props;
  const rest = {
    name: kind,
    autocomplete: kind,
    autocapitalize: "none",
    spellcheck: false,
    maxLength: 200,
    value: value.value,
    onInput: (event: TargetedEvent<HTMLInputElement>): void => {
      value.value = event.currentTarget.value;
    },
  } as const;
  return (
    <label>
      {label}
      {kind === "username" ? <input type="text" {...rest} /> : <input type="password" {...rest} />}
    </label>
  );
}
