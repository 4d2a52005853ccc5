import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ChannelView } from "../../src/server/contract/channels.ts";
import { fill } from "../../src/words/template.ts";
import type { Answer, Trouble } from "../shared/api.ts";
import { Confirm } from "../shared/confirm.tsx";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import type { PhonesHome } from "./phones.tsx";
import { type FieldProblem, Fields, problemOf, startOf, type Values } from "./phones-fields.tsx";
import { lossOf } from "./phones-loss.ts";

interface Parts {
  readonly of: PhonesHome;
  readonly module: ChannelView;
}

type Done = "saved" | "forgotten";

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

function AccessForm(props: Parts & { readonly onDone: (what: Done) => void }) {
  const { of, module } = props;
  const page = usePage();
  const format = page.format.value;
  const { phones } = format.words;
  const name = module.name[format.language];
  const path = `${of.path}/channels/${encodeURIComponent(module.id)}`;
  const values = useSignal<Values>(startOf(module.access, module.entered));
  const busy = useSignal(false);
  const problem = useSignal<FieldProblem | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  async function change(asking: Promise<Answer<undefined>>): Promise<boolean> {
    busy.value = true;
    const answer = await asking;
    busy.value = false;
    problem.value = answer.ok ? undefined : problemOf(answer.problem, module.access);
    trouble.value = answer.ok || problem.value !== undefined ? undefined : answer.problem;
    if (!answer.ok) return false;
    await of.asked.ask();
    return true;
  }
  async function save(): Promise<void> {
    if (busy.value || !(await change(page.api.put(path, { settings: values.value })))) return;
    // A secret does not stay on the screen of whoever entered it.
    const secrets = module.access.filter(({ kind }) => kind === "secret");
    values.value = { ...values.value, ...Object.fromEntries(secrets.map((field) => [field.name, ""])) };
    props.onDone("saved");
  }
  async function forget(isAgreed: boolean): Promise<void> {
    if (await change(page.api.remove(isAgreed ? `${path}?fewer=agreed` : path))) props.onDone("forgotten");
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
      <p class="small">{phones.accessHint}</p>
      <Fields
        id={`access-${module.id}`}
        fields={module.access}
        values={values}
        problem={problem.value}
        isKept={module.isReady}
      />
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      <div class="buttons">
        <button type="submit" class="primary" aria-disabled={busy.value}>
          {phones.save}
        </button>
        {module.isReady && (
          <Confirm
            label={phones.forget}
            title={fill(phones.forgetTitle, { name })}
            text={phones.forgetText}
            before={() => lossOf(page, path)}
            onSure={forget}
          />
        )}
      </div>
    </form>
  );
}
