import { priorityRank } from "../domain/alarm.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import { type BenchBed, conditionOf } from "./alarms-bed.ts";
import { BREATHING_HAZARDS } from "./alarms-hazards-breathing.ts";
import { DATA_HAZARDS } from "./alarms-hazards-data.ts";
import { type Hazard, OXYGEN_HAZARDS } from "./alarms-hazards-oxygen.ts";
import { createTrial, type Must, type Outcome, type Trial } from "./alarms-trial.ts";

/** What came of all variations of one row. */
export interface Sensitivity {
  readonly row: string;
  readonly what: string;
  readonly variations: number;
  readonly raised: number;
  /** s after its time, the one sample and gaps that are borne included; below 0: earlier. Absent: nothing to time. */
  readonly latestS?: number;
  /** Seed and what was missed, of the first few. */
  readonly missed: readonly string[];
}

export const HAZARDS: readonly Hazard[] = [...OXYGEN_HAZARDS, ...BREATHING_HAZARDS, ...DATA_HAZARDS];

const MOST_TOLD = 3;

/** Plays seeded variations of a sustained event and looks whether, and when, it was raised. */
export function measureSensitivity(hazard: Hazard, variations: number, seed: number): Sensitivity {
  const count = Math.max(3, Math.round(variations * (hazard.share ?? 1)));
  const missed: string[] = [];
  let raised = 0;
  let latestS = Number.NEGATIVE_INFINITY;
  for (let turn = 0; turn < count; turn++) {
    const own = seed + turn;
    const trial = createTrial(createSeededRandom(own), turn);
    let played: BenchBed | undefined;
    const outcome = hazard.play({ ...trial, bed: (plan) => (played = trial.bed(plan)) });
    if (played === undefined) throw new TypeError(`${hazard.what}: no bed was made`);
    const faults = faultsOf(trial, played, outcome, (s) => (latestS = Math.max(latestS, s)));
    if (faults.length === 0) raised++;
    else
      missed.push(
        `seed ${own}, class ${trial.dependencyClass}, every ${trial.paceS.toFixed(2)} s: ${faults.join("; ")}`,
      );
  }
  const { row, what } = hazard;
  return {
    ...{ row, what, variations: count, raised, missed: missed.slice(0, MOST_TOLD) },
    ...(Number.isFinite(latestS) ? { latestS } : {}),
  };
}

function faultsOf(
  trial: Trial,
  bed: BenchBed,
  { must, never = [] }: Outcome,
  late: (seconds: number) => void,
): readonly string[] {
  const unwanted = never
    .filter(({ kind, condition }) =>
      bed.events.some((event) => event.kind === kind && conditionOf(event) === condition),
    )
    .map(({ kind, condition }) => `${condition} ${kind} and must not`);
  const lacking = must.flatMap((one) => {
    const at = raisedAt(bed, one);
    const dueMs = one.from + Math.round(one.delayS * 1000);
    if (at !== undefined) late((at - dueMs) / 1000);
    if (at !== undefined && at <= allowedMs(trial, dueMs)) return [];
    const when = at === undefined ? "never" : `${((at - dueMs) / 1000).toFixed(1)} s late`;
    return [`${one.conditions.join(" or ")} ${when}`];
  });
  return [...unwanted, ...lacking];
}

function raisedAt(
  bed: BenchBed,
  { conditions, from, kind = "occurred", priority = "low" }: Must,
): number | undefined {
  return bed.events.find(
    (event) =>
      event.atMs >= from &&
      event.kind === kind &&
      conditions.includes(conditionOf(event)) &&
      priorityRank(event.member?.priority ?? event.occurrence.priority) >= priorityRank(priority),
  )?.atMs;
}

/** One sample, or one tick, after it was due. */
function allowedMs({ spokenAt }: Trial, dueMs: number): number {
  const sample = spokenAt.find((at) => at >= dueMs) ?? dueMs;
  return Math.max(sample, Math.ceil(dueMs / 1000) * 1000 + 1000);
}
