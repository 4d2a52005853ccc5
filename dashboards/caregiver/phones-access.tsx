import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ChannelView } from "../../src/server/contract/channels.ts";
import { fill } from "../../src/words/template.ts";
import type { Answer, Trouble } from "../shared/api.ts";
import { Confirm } from "../shared/confirm.tsx";
import { usePage } from "../shared/page.ts";
import { agreeing, lossOf } from "../shared/phones-loss.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import type { PhonesHome } from "./phones.tsx";
import { type Field, type FieldProblem, Fields, problemOf, startOf, type Values } from "./phones-fields.tsx";

interface Parts {
  readonly of: PhonesHome;
  readonly module: ChannelView;
}

export type Done = "saved" | "forgotten";

/** What the home has with a provider: entered by the owner, before any phone; everybody else is told to wait for it. */
export function Access({ of, module }: Parts) {
  const format = usePage().format.value;
  const { phones } = format.words;
  const done = useSignal<{ readonly what: Done } | undefined>(undefined);
  const said = useRef<HTMLOutputElement>(null);
  const name = module.name[format.language];
  // What was pressed may be gone: the focus goes to what came of it.
  useEffect(() => said.current?.focus(), [done.value]);
  if (module.access.length === 0) return null;
  if (!of.isOwner) {
    return module.isReady ? null : <p class="problem">{fill(phones.ownerFirst, { name })}</p>;
  }
  const form = (
    <AccessForm
      key={String(module.isReady)}
      of={of}
      module={module}
      onDone={(what) => {
        done.value = { what };
      }}
    />
  );
  return (
    <div class="phone-access">
      {module.isReady ? (
        <details>
          <summary>{fill(phones.access, { name })}</summary>
          {form}
        </details>
      ) : (
        <>
          <h4>{fill(phones.accessFirst, { name })}</h4>
          {form}
        </>
      )}
      {done.value !== undefined && (
        <output tabIndex={-1} ref={said}>
          {phones[done.value.what]}
        </output>
      )}
    </div>
  );
}

function AccessForm({ of, module, onDone }: Parts & { readonly onDone: (what: Done) => void }) {
  const page = usePage();
  const { words, language } = page.format.value;
  const { phones } = words;
  const path = `${of.path}/channels/${encodeURIComponent(module.id)}`;
  return (
    <SettingsForm
      id={`access-${module.id}`}
      path={path}
      {...{ fields: module.access, entered: module.entered, isReady: module.isReady, onDone }}
      hint={phones.accessHint}
      forget={{
        label: phones.forget,
        title: fill(phones.forgetTitle, { name: module.name[language] }),
        text: phones.forgetText,
        before: () => lossOf(page, path),
      }}
      onChanged={() => of.asked.ask()}
    />
  );
}

/** What is entered once at an address of the box, kept there, and forgotten on request. */
export function SettingsForm(props: {
  /** Begins the ids of this form's elements. */
  readonly id: string;
  readonly path: string;
  readonly fields: readonly Field[];
  /** Without secrets. */
  readonly entered: Values;
  readonly isReady: boolean;
  readonly hint: string;
  readonly forget: Pick<Parameters<typeof Confirm>[0], "label" | "title" | "text" | "before">;
  /** It was taken: what is shown is asked for anew. */
  readonly onChanged: () => Promise<void>;
  readonly onDone: (what: Done) => void;
}) {
  const { path, fields, id, isReady } = props;
  const page = usePage();
  const { phones } = page.format.value.words;
  const values = useSignal<Values>(startOf(fields, props.entered));
  const busy = useSignal(false);
  const problem = useSignal<FieldProblem | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  async function change(asking: Promise<Answer<undefined>>): Promise<boolean> {
    busy.value = true;
    const answer = await asking;
    busy.value = false;
    problem.value = answer.ok ? undefined : problemOf(answer.problem, fields);
    trouble.value = answer.ok || problem.value !== undefined ? undefined : answer.problem;
    if (!answer.ok) return false;
    await props.onChanged();
    return true;
  }
  async function save(): Promise<void> {
    if (busy.value || !(await change(page.api.put(path, { settings: values.value })))) return;
    // A secret does not stay on the screen of whoever entered it.
    const secrets = fields.filter(({ kind }) => kind === "secret");
    values.value = { ...values.value, ...Object.fromEntries(secrets.map((field) => [field.name, ""])) };
    props.onDone("saved");
  }
  async function forget(isAgreed: boolean): Promise<void> {
    if (await change(page.api.remove(agreeing(path, isAgreed)))) props.onDone("forgotten");
  }
  return (
    <form
      class="phone-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        page.handOver(save());
      }}
    >
      <p class="small">{props.hint}</p>
      <Fields id={id} fields={fields} values={values} problem={problem.value} isKept={isReady} />
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      <div class="buttons">
        <button type="submit" class="primary" aria-disabled={busy.value}>
          {phones.save}
        </button>
        {isReady && <Confirm {...props.forget} onSure={forget} />}
      </div>
    </form>
  );
}
