import { HOUR_MS } from "../../src/domain/time.ts";
import type { BedState, WakeReadiness } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import { ProblemLine } from "../shared/trouble.tsx";

/** A phone that rang longer ago than this is not counted on (law 2). */
const PROOF_MS = 18 * HOUR_MS;

type Target = WakeReadiness["targets"][number];

/** Who is watching, and what would wake whom: always there, loud where the answer is "nobody" (BR-07). */
export function Status(props: { readonly bed: BedState }) {
  const page = usePage();
  const format = page.format.value;
  const { caregiver } = format.words.pages;
  const { bed } = props;
  // What was true before the connection broke is not known to be true now.
  if (page.phase.value === "lost") {
    return (
      <section class="card status" aria-label={caregiver.status}>
        <p class="loud" data-test="nobody">
          {caregiver.nobodyElse}
        </p>
      </section>
    );
  }
  const { watch, unknown } = bed.alarms;
  const { readiness } = bed;
  const proven = readiness.targets.filter(isProven);
  const someone = watch.on && proven.length > 0;
  return (
    <section class="card status" aria-label={caregiver.status}>
      <h2>{caregiver.status}</h2>
      {watch.on ? (
        <p class="watching">
          <strong>{fill(caregiver.watchingSince, { time: format.time(watch.since, bed.zone) })}</strong>{" "}
          <span class="small">
            {watch.by === undefined
              ? format.words.terms.watchReasons[watch.reason]
              : fill(caregiver.startedBy, { name: watch.by.name })}
          </span>
        </p>
      ) : (
        <p class="loud">
          <span aria-hidden="true">⚠ </span>
          {caregiver.notWatching}
        </p>
      )}
      {!someone && (
        <p class="loud" data-test="nobody">
          {caregiver.nobodyElse}
        </p>
      )}
      <p class="small">{caregiver.noClinic}</p>
      <Wakes readiness={readiness} />
      {!readiness.durable && <p class="loud">{caregiver.durableNo}</p>}
      {unknown.length > 0 && (
        <details>
          <summary>
            {caregiver.cannotJudge} ({unknown.length})
          </summary>
          <ul>
            {unknown.map(({ condition, why }) => (
              <li key={condition}>
                {format.conditionTitle(condition)} <span class="small">{why}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

const isProven = (target: Target): boolean =>
  target.dead === undefined && target.provenAgeMs !== undefined && target.provenAgeMs < PROOF_MS;

function Wakes(props: { readonly readiness: WakeReadiness }) {
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
          <ProblemLine problem={sounder.detail} />
        </div>
      )}
      {targets.length > 0 && (
        <>
          <h3>{caregiver.wakes}</h3>
          <ul class="targets">
            {targets.map((target) => (
              <li key={target.id} class={isProven(target) ? "target" : "target target-doubt"}>
                <span aria-hidden="true">{isProven(target) ? "✓ " : "? "}</span>
                <strong>{target.person}</strong> {target.label}{" "}
                <span class="small">{proofWords(target)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {nothing && <p class="loud">{caregiver.wakesNobody}</p>}
    </>
  );

  function proofWords(target: Target): string {
    if (target.dead !== undefined) return fill(caregiver.dead, { detail: target.dead });
    if (target.provenAgeMs === undefined) return caregiver.neverProven;
    const age = format.age(target.provenAgeMs);
    return fill(isProven(target) ? caregiver.proven : caregiver.provenOld, { age });
  }
}
