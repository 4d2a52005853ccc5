import { useSignal } from "@preact/signals";
import type { PersonId } from "../../src/domain/ids.ts";
import type { ChannelView } from "../../src/server/contract/channels.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { type Page, usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import type { PhonesHome } from "./phones.tsx";
import {
  type Field,
  FieldInput,
  type FieldProblem,
  Fields,
  problemOf,
  startOf,
  type Values,
} from "./phones-fields.tsx";

const isAdded = hasKeys<{ readonly id: string }>("id");

/** No way's own field can have this name. */
const LABEL = "phone-label";
const LABEL_MAX = 60;

/** What names one phone on a way, what it is called, and, for the owner, whose it is. */
export function PhoneForm(props: {
  readonly of: PhonesHome;
  readonly module: ChannelView;
  readonly onAdded: (phone: string, label: string) => void;
}) {
  const { of, module } = props;
  const page = usePage();
  const { phones } = page.format.value.words;
  const label = useSignal("");
  const person = useSignal<PersonId>(of.me);
  const values = useSignal<Values>(startOf(module.target));
  const busy = useSignal(false);
  const problem = useSignal<FieldProblem | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  async function add(): Promise<void> {
    if (busy.value) return;
    const name = label.value.trim();
    problem.value = name === "" ? { name: LABEL } : undefined;
    trouble.value = undefined;
    if (name === "") return;
    busy.value = true;
    const whose = person.value === of.me ? {} : { person: person.value };
    const request = { channel: module.id, label: name, settings: values.value, ...whose };
    const answer = await page.api.post(`${of.path}/phones`, request, isAdded);
    busy.value = false;
    if (answer.ok) {
      props.onAdded(answer.value.id, name);
      await of.asked.ask();
      return;
    }
    problem.value = problemOf(answer.problem, module.target);
    trouble.value = problem.value === undefined ? answer.problem : undefined;
  }
  return (
    <form
      class="phone-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        page.handOver(add());
      }}
    >
      <Fields id={`phone-${module.id}`} fields={module.target} values={values} problem={problem.value} />
      <FieldInput
        id={`phone-${module.id}-own`}
        field={labelField(page)}
        value={label.value}
        problem={problem.value?.name === LABEL ? problem.value : undefined}
        onValue={(value) => {
          label.value = value.slice(0, LABEL_MAX);
        }}
      />
      {of.isOwner && of.people.length > 1 && (
        <label>
          {phones.whose}
          <select
            name="person"
            value={person.value}
            onChange={(event) => {
              person.value = event.currentTarget.value;
            }}
          >
            {of.people.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      <button type="submit" class="primary" aria-disabled={busy.value}>
        {phones.submit}
      </button>
    </form>
  );
}

/** What the phone is called: a field like the way's own, with the page's words. */
function labelField(page: Page): Field {
  const { phones } = page.format.value.words;
  const here = (text: string) => ({ en: text, "zh-Hans": text, "zh-Hant": text });
  return {
    ...{ name: LABEL, kind: "text", required: true, maxLength: LABEL_MAX },
    ...{ label: here(phones.label), help: here(phones.labelHelp) },
  };
}
