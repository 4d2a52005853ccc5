import { useSignal } from "@preact/signals";
import type { TargetedEvent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { SignInRequest } from "../../src/server/contract.ts";
import type { Trouble } from "./api.ts";
import { ClinicSignIn } from "./clinic-sign-in.tsx";
import { isMe, usePage } from "./page.ts";
import { PasskeySignIn } from "./passkey.tsx";
import { PasswordSignIn } from "./password.tsx";
import { TroubleBox } from "./trouble.tsx";

/** Code, name and language; the code may come with the address, after the # sign, which never reaches a server log. */
export function SignIn() {
  const page = usePage();
  const { words } = page.format.value;
  const text = words.pages.signIn;
  const code = useSignal("");
  const name = useSignal(page.preferences.get("name") ?? "");
  const fromAddress = useSignal(false);
  const busy = useSignal(false);
  const missing = useSignal(false);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const nameField = useRef<HTMLInputElement>(null);

  useEffect(() => {
    const given = codeInFragment(location.hash);
    if (given === undefined) return;
    code.value = given;
    fromAddress.value = true;
    history.replaceState(null, "", location.pathname + location.search);
    nameField.current?.focus();
  }, []);

  async function send(): Promise<void> {
    const request: SignInRequest = {
      code: code.value.trim(),
      name: name.value.trim(),
      language: page.language.value,
    };
    missing.value = request.code === "" || request.name === "";
    if (missing.value || busy.value) return;
    busy.value = true;
    const answer = await page.api.post("/api/sign-in", request, isMe);
    busy.value = false;
    trouble.value = answer.ok ? undefined : answer.problem;
    if (!answer.ok) return;
    page.preferences.set("name", request.name);
    page.know(answer.value);
  }

  function submit(event: TargetedEvent<HTMLFormElement>): void {
    event.preventDefault();
    page.handOver(send());
  }

  return (
    <>
      <form class="sign-in card" onSubmit={submit} noValidate>
        <h2>{text.title}</h2>
        <label>
          {text.code}
          <input
            type="text"
            name="code"
            autocomplete="one-time-code"
            autocapitalize="none"
            spellcheck={false}
            value={code.value}
            onInput={(event) => {
              code.value = event.currentTarget.value;
              fromAddress.value = false;
            }}
          />
        </label>
        <p class="small">{fromAddress.value ? text.codeFilled : text.codeHint}</p>
        <label>
          {text.name}
          <input
            ref={nameField}
            type="text"
            name="name"
            autocomplete="name"
            maxLength={60}
            value={name.value}
            onInput={(event) => {
              name.value = event.currentTarget.value;
            }}
          />
        </label>
        {missing.value && (
          <p class="problem" role="alert">
            {text.missing}
          </p>
        )}
        {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
        <button type="submit" class="big primary" disabled={busy.value}>
          {busy.value ? text.sending : text.submit}
        </button>
        <PasskeySignIn />
        <ClinicSignIn />
      </form>
      <PasswordSignIn />
    </>
  );
}

/** `#code=abcd` or `#abcd`. */
function codeInFragment(hash: string): string | undefined {
  const fragment = hash.replace(/^#/, "");
  const named = new URLSearchParams(fragment).get("code");
  if (named !== null) return named;
  return /^[A-Za-z0-9-]{4,64}$/.test(fragment) && fragment !== "content" ? fragment : undefined;
}
