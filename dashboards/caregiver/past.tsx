import type { PastOccurrence } from "../../src/domain/alarm.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { pathOf, useTelling } from "./tell.ts";

/** So many are drawn at once; "all seen" is about every one. */
const SHOWN_MAX = 8;

/** Alarms that are over and that nobody has looked at yet: a night leaves its traces until somebody says "seen". */
export function Past(props: { readonly bed: BedState }) {
  const page = usePage();
  const { care, causes } = page.format.value.words;
  const { busy, trouble, tell } = useTelling();
  const { past } = props.bed.alarms;
  if (past.length === 0) return null;
  const see = (those: readonly PastOccurrence[]) => {
    const requests = those.map(({ occurrence }) => ({
      path: `${pathOf(props.bed)}/occurrences/${encodeURIComponent(occurrence.id)}/seen`,
    }));
    page.handOver(tell(...requests));
  };
  return (
    <section class="card past" aria-label={care.past.title}>
      <h2>{care.past.title}</h2>
      <ul>
        {past.slice(0, SHOWN_MAX).map((each) => (
          <PastLine
            key={each.occurrence.id}
            past={each}
            bed={props.bed}
            busy={busy.value}
            onSeen={() => see([each])}
          />
        ))}
      </ul>
      {past.length > SHOWN_MAX && (
        <p class="small">{fill(causes.card.another, { count: past.length - SHOWN_MAX })}</p>
      )}
      {past.length > 1 && (
        <button type="button" disabled={busy.value} onClick={() => see(past)}>
          {fill(care.past.seenAll, { count: past.length })}
        </button>
      )}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </section>
  );
}

function PastLine(props: {
  readonly past: PastOccurrence;
  readonly bed: BedState;
  readonly busy: boolean;
  readonly onSeen: () => void;
}) {
  const { occurrence, endedAt, seconds, missed } = props.past;
  const format = usePage().format.value;
  const { care } = format.words;
  const title = format.conditionTitle(occurrence.condition);
  return (
    <li class={missed ? "past-line past-missed" : "past-line"}>
      <span>
        {fill(care.past.line, {
          title,
          age: format.age(seconds * SECOND_MS),
          time: format.time(endedAt, props.bed.zone),
        })}
        {missed && <strong> {care.past.missed}</strong>}
      </span>
      <button
        type="button"
        disabled={props.busy}
        aria-label={`${care.past.seen}: ${title}`}
        onClick={props.onSeen}
      >
        {care.past.seen}
      </button>
    </li>
  );
}
