import type { OccurrenceId } from "../../src/domain/ids.ts";
import { PROOF_MS } from "../../src/domain/proof.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { BedState, WakeReadiness } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import { RefusedSettings } from "../shared/refused-settings.tsx";
import { ProblemLine } from "../shared/trouble.tsx";
import { DeadManLine } from "./dead-man-line.tsx";
import { AwayLine, isAway } from "./leaving.tsx";

type Target = WakeReadiness["targets"][number];

/** Who is watching, in two lines at the top: loud where the answer is "nobody" (BR-07). */
export function WatchLine(props: { readonly bed: BedState }) {
  const page = usePage();
  const format = page.format.value;
  const { caregiver } = format.words.pages;
  const { watch } = props.bed.alarms;
  const { sounder, targets } = props.bed.readiness;
  const proven = targets.filter(isProven).length;
  // What was true before the connection broke is not known to be true now.
  const known = page.phase.value !== "lost";
  return (
    <section class="watch-line" aria-label={caregiver.status}>
      {known && watch.on && (
        <p class="watching">
          <strong>{fill(caregiver.watchingSince, { time: format.time(watch.since, props.bed.zone) })}</strong>{" "}
          <span class="small">
            {watch.by === undefined
              ? `(${format.words.terms.watchReasons[watch.reason]})`
              : fill(caregiver.startedBy, { name: watch.by.name })}
            {" · "}
            {sounder.ok ? caregiver.sounderOk : caregiver.sounderNone}
            {" · "}
            {fill(caregiver.provenPhones, { count: proven })}
          </span>
        </p>
      )}
      {known && isAway(props.bed) && <AwayLine bed={props.bed} />}
      {(!known || (!watch.on && !isAway(props.bed)) || (watch.on && proven === 0)) && (
        <p class="loud">
          {known && !watch.on && (
            <>
              <span aria-hidden="true">⚠ </span>
              {caregiver.notWatching}
              <br />
            </>
          )}
          <span data-test="nobody">{caregiver.nobodyElse}</span>
        </p>
      )}
    </section>
  );
}

/** What would wake whom, and what cannot be judged. */
export function Status(props: { readonly bed: BedState }) {
  const page = usePage();
  const format = page.format.value;
  const { caregiver } = format.words.pages;
  const { readiness, alarms } = props.bed;
  if (page.phase.value === "lost") return null;
  return (
    <section class="card status" aria-label={caregiver.wakes}>
      <h2>{caregiver.wakes}</h2>
      <Wakes readiness={readiness} open={alarms.open.map(({ id }) => id)} />
      {readiness.away !== undefined && <Away away={readiness.away} />}
      {readiness.deadMan !== undefined && <DeadManLine deadMan={readiness.deadMan} zone={props.bed.zone} />}
      <RefusedSettings bed={props.bed} />
      {!readiness.durable && <p class="loud">{caregiver.durableNo}</p>}
      <p class="small">{caregiver.noClinic}</p>
      {alarms.unknown.length > 0 && (
        <details>
          <summary>
            {caregiver.cannotJudge} ({alarms.unknown.length})
          </summary>
          <ul>
            {alarms.unknown.map(({ condition, why }) => (
              <li key={condition}>
                {format.conditionTitle(condition)} <span class="small">{format.unknownWhy(why)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** How phones that are not in the house can answer: what does not work is said before the night, not found out in it. */
function Away(props: { readonly away: NonNullable<WakeReadiness["away"]> }) {
  const { caregiver } = usePage().format.value.words.pages;
  const { by, ok } = props.away;
  const text = {
    name: caregiver.awayName,
    relay: ok ? caregiver.awayRelay : caregiver.awayRelayBad,
    none: caregiver.awayNone,
  }[by];
  return (
    <p data-away={by} class={ok ? undefined : "loud"}>
      <span aria-hidden="true">{ok ? "✓ " : "⚠ "}</span>
      {text}
    </p>
  );
}

/** Rooms, lamps and buttons, each for itself: one that is broken stands out while the others go on. */
function HouseList(props: { readonly house: NonNullable<WakeReadiness["house"]> }) {
  const { rooms, faults } = usePage().format.value.words;
  if (props.house.length === 0) return null;
  const texts = {
    caregiver: [rooms.caregiverOk, rooms.caregiverNone],
    patient: [rooms.patientOk, rooms.patientNone],
    output: [rooms.outputOk, rooms.outputNone],
    key: [rooms.keyOk, rooms.keyNone],
  } as const;
  return (
    <ul class="targets" data-test="house">
      {props.house.map(({ kind, name, ok, detail }) => (
        <li key={`${kind} ${name}`} class={ok ? "target" : "target target-doubt"}>
          <span aria-hidden="true">{ok ? "✓ " : "⚠ "}</span>
          {fill(texts[kind][ok ? 0 : 1], { name })}
          {!ok && (
            <p class="problem">
              {(kind === "caregiver" || kind === "patient") && faults.AUDIO_UNAVAILABLE.fix}
              <span class="small detail">{detail}</span>
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

const isProven = (target: Target): boolean =>
  target.dead === undefined && target.provenAgeMs !== undefined && target.provenAgeMs < PROOF_MS;

function Wakes(props: { readonly readiness: WakeReadiness; readonly open: readonly OccurrenceId[] }) {
  const format = usePage().format.value;
  const { caregiver } = format.words.pages;
  const { sounder, targets } = props.readiness;
  const nothing = !sounder.ok && !targets.some((target) => target.dead === undefined);
  return (
    <>
      {sounder.ok ? (
        <p>
          <span aria-hidden="true">✓ </span>
          {caregiver.sounderOk}
        </p>
      ) : (
        <div class="loud">
          <span aria-hidden="true">⚠ </span>
          {caregiver.sounderNone}
          <ProblemLine problem={sounder.detail} otherwise="AUDIO_UNAVAILABLE" />
        </div>
      )}
      <HouseList house={props.readiness.house ?? []} />
      {targets.length > 0 && (
        <ul class="targets">
          {targets.map((target) => (
            <li key={target.id} class={isProven(target) ? "target" : "target target-doubt"}>
              <span aria-hidden="true">{isProven(target) ? "✓ " : "? "}</span>
              <strong>{target.person}</strong> {target.label} <span class="small">{proofWords(target)}</span>
              {target.house !== undefined && (
                <span class={target.house.ok ? "small detail" : "problem detail"} data-test="house">
                  {target.house.ok ? "" : "⚠ "}
                  {target.house.detail}
                </span>
              )}
              {target.shown !== undefined && (
                <span class="small detail" data-test="shown">
                  {shownWords(target.shown)}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {nothing && <p class="loud">{caregiver.wakesNobody}</p>}
    </>
  );

  /** That a phone showed it says that it arrived: neither the mark nor the order follow from it (law 2). */
  function shownWords({ occurrence, ageMs, afterMs }: NonNullable<Target["shown"]>): string {
    const value = format.number(afterMs / SECOND_MS, 0);
    return props.open.includes(occurrence)
      ? fill(caregiver.shownNow, { value })
      : fill(caregiver.shownLast, { age: format.age(ageMs), value });
  }

  function proofWords(target: Target): string {
    if (target.dead !== undefined) return fill(caregiver.dead, { detail: target.dead });
    if (target.provenAgeMs === undefined) return caregiver.neverProven;
    const age = format.age(target.provenAgeMs);
    return fill(isProven(target) ? caregiver.proven : caregiver.provenOld, { age });
  }
}
