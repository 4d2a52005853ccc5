import type { Check, CheckedPhone } from "../../src/domain/evening.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import { fill } from "../../src/words/template.ts";
import type { Format } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";

/** How each phone does in a check, as it goes on. */
export function CheckProgress(props: { readonly check: Check }) {
  const format = usePage().format.value;
  return (
    <ul class="check-phones" aria-live="polite">
      {props.check.phones.map((phone) => (
        <li key={phone.id} data-checked={phone.id} data-state={stateOf(phone)}>
          <span aria-hidden="true">{MARKS[stateOf(phone)]} </span>
          <strong>{phone.name}</strong> {phone.label}{" "}
          <span class="small">{checkedWords(phone, props.check, format)}</span>
        </li>
      ))}
    </ul>
  );
}

type PhoneState = "answered" | "accepted" | "trouble" | "asking";

const MARKS: { readonly [state in PhoneState]: string } = {
  answered: "✓",
  accepted: "…",
  trouble: "✗",
  asking: "…",
};

function stateOf({ answeredMs, acceptedMs, trouble }: CheckedPhone): PhoneState {
  if (answeredMs !== undefined) return "answered";
  if (trouble !== undefined) return "trouble";
  return acceptedMs === undefined ? "asking" : "accepted";
}

/** Where a phone stands: asked, taken by its service, answered; or what is wrong. */
export function checkedWords(phone: CheckedPhone, check: Pick<Check, "end">, format: Format): string {
  const { evening } = format.words;
  const { answeredMs, acceptedMs, trouble, mute } = phone;
  const seconds = (ms: number): string => format.number(ms / SECOND_MS, 1);
  if (answeredMs !== undefined) return fill(evening.answered, { value: seconds(answeredMs) });
  if (trouble !== undefined) return fill(evening.trouble, { detail: trouble });
  if (acceptedMs === undefined) return check.end === undefined ? evening.asking : evening.unanswered;
  if (mute === true) return evening.taken;
  const accepted = fill(evening.accepted, { value: seconds(acceptedMs) });
  return check.end === undefined ? accepted : `${accepted}; ${evening.unanswered}`;
}
