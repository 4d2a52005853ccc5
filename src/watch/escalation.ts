import {
  type Acknowledgement,
  type AlarmFold,
  type ConditionId,
  higherPriority,
  type Occurrence,
  type Priority,
  priorityRank,
} from "../domain/alarm.ts";
import type { BedId, OccurrenceId } from "../domain/ids.ts";
import { mayReachPeople } from "../domain/ringing.ts";
import { MINUTE_MS, type Mono, mono, SECOND_MS, type Wall } from "../domain/time.ts";

/** One planned message to everybody who can be reached. `step` and `repeat` make its key. */
export interface PlannedSend {
  readonly bed: BedId;
  readonly occurrence: OccurrenceId;
  readonly kind: "alarm" | "update" | "closed";
  /** Counts what happened to the occurrence: raised, answered, lapsed, worse, ended... From 0. */
  readonly step: number;
  /** Counts the planned sends of a step, from 0; a retry keeps its number. */
  readonly repeat: number;
  /** The worst so far: an open occurrence is never announced as milder than before. */
  readonly priority: Priority;
  readonly condition: ConditionId;
  readonly simulated: boolean;
  readonly drill: boolean;
  readonly at: Wall;
  /** Only with `update`: who takes care. */
  readonly acknowledgement?: Acknowledgement;
}

/** What people have been told of one open occurrence. */
export interface Incident {
  readonly phase: "ringing" | "answered" | "muted";
  readonly priority: Priority;
  readonly condition: ConditionId;
  readonly simulated: boolean;
  readonly drill: boolean;
  /** Of the newest message; -1 before the first. */
  readonly step: number;
  readonly repeat: number;
  /** Absent while nothing more is to be sent. */
  readonly nextAt?: Mono;
  /** Who answered, as announced last. */
  readonly announced?: string;
  /** The acknowledgement that was given for something milder and no longer counts. */
  readonly overruled?: string;
}

export type Incidents = ReadonlyMap<OccurrenceId, Incident>;

export interface Moment {
  readonly mono: Mono;
  readonly wall: Wall;
}

export interface Escalation {
  readonly incidents: Incidents;
  readonly due: readonly PlannedSend[];
  /** Occurrences about which nothing may leave any more: their waiting sends and retries end. */
  readonly silenced: readonly OccurrenceId[];
}

/** Gaps between the sends of a step; the last one goes on for ever. */
const GAPS_MS: { readonly [priority in Exclude<Priority, "low">]: readonly number[] } = {
  // At most 60 s apart (design, section 6), with 10 s in hand for a stalled disk and a busy machine.
  high: [30 * SECOND_MS, 30 * SECOND_MS, 50 * SECOND_MS],
  // At 0, 2, 5, 15 min and every 15 min (clinical, section 3.2).
  medium: [2 * MINUTE_MS, 3 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS],
};

/** After a restart a repeated attempt of unknown outcome gets this long before the next planned send. */
const RESUME_GAP_MS = 5 * SECOND_MS;

/** Conditions that are a worse tier of another one within the same occurrence and priority. */
const WORSE_TIER: ReadonlySet<ConditionId> = new Set<ConditionId>(["SPO2_CRIT"]);

/**
 * What is to be sent now for a bed, given what was told before and its newest alarms. Called with the same fold
 * again when the moment of `nextDue` has come. Low priority is never sent; simulated occurrences only in a drill.
 */
export function escalate(incidents: Incidents, fold: AlarmFold, now: Moment): Escalation {
  const next = new Map<OccurrenceId, Incident>();
  const due: PlannedSend[] = [];
  const silenced: OccurrenceId[] = [];
  const tell = (
    id: OccurrenceId,
    incident: Incident,
    kind: PlannedSend["kind"],
    by?: Acknowledgement,
  ): void => {
    const { step, repeat, priority, condition, simulated, drill } = incident;
    const about = { bed: fold.bed, occurrence: id, priority, condition, simulated, drill };
    due.push({
      ...about,
      kind,
      step,
      repeat,
      at: now.wall,
      ...(by === undefined ? {} : { acknowledgement: by }),
    });
  };

  for (const occurrence of fold.open) {
    const { id } = occurrence;
    const before = incidents.get(id);
    const seen = look(before, occurrence);
    if (seen.priority === "low") continue;
    const after = follow(before, seen, occurrence, fold, now);
    next.set(id, after);
    const isNews = after.step !== (before?.step ?? -1) || after.repeat !== (before?.repeat ?? -1);
    if (after.phase === "muted" && before?.phase !== "muted") silenced.push(id);
    else if (after.phase === "ringing" && isNews) tell(id, after, "alarm");
    else if (after.phase === "answered" && isNews) tell(id, after, "update", occurrence.acknowledgement);
  }
  for (const [id, before] of incidents) {
    if (next.has(id)) continue;
    const wasTold = before.step >= 0 && before.phase !== "muted";
    if (wasTold && mayReachPeople(before, fold.drillUntil, now.wall)) {
      tell(id, { ...before, step: before.step + 1, repeat: 0 }, "closed");
    } else {
      silenced.push(id);
    }
  }
  return { incidents: next, due, silenced };
}

/** When `escalate` has to be called again although nothing changed: the first of these moments. */
export function nextDue(incidents: Incidents): readonly Mono[] {
  return [...incidents.values()].flatMap((incident) => incident.nextAt ?? []);
}

/**
 * What people had been told before a restart, from the newest message recorded; undefined when that told them
 * that it was over. The wall clock may have stepped meanwhile, so it can only bring the next send forward.
 */
export function resumeIncident(last: PlannedSend, now: Moment): Incident | undefined {
  if (last.kind === "closed") return undefined;
  const { priority, condition, simulated, drill, step, repeat } = last;
  const told = { priority, condition, simulated, drill, step, repeat };
  if (last.kind === "update") {
    const by = last.acknowledgement;
    return { ...told, phase: "answered", ...(by === undefined ? {} : { announced: announcement(by) }) };
  }
  const gapMs = gapAfter(priority, repeat);
  const waitMs = Math.min(gapMs, Math.max(RESUME_GAP_MS, last.at + gapMs - now.wall));
  return { ...told, phase: "ringing", nextAt: mono(now.mono + waitMs) };
}

/** The occurrence now, with the worst that it has been, and whether this is worse than before. */
interface Seen {
  readonly priority: Priority;
  readonly condition: ConditionId;
  readonly simulated: boolean;
  readonly drill: boolean;
  readonly isWorse: boolean;
}

function look(before: Incident | undefined, occurrence: Occurrence): Seen {
  const { simulated, condition } = occurrence;
  // A real alarm raised while a drill runs must not look like an exercise.
  const drill = simulated && occurrence.drill;
  if (before === undefined) {
    return { priority: occurrence.priority, condition, simulated, drill, isWorse: false };
  }
  const rank = priorityRank(occurrence.priority) - priorityRank(before.priority);
  const isWorse = rank > 0 || (rank === 0 && WORSE_TIER.has(condition) && !WORSE_TIER.has(before.condition));
  return {
    priority: higherPriority(occurrence.priority, before.priority),
    condition: isWorse ? condition : before.condition,
    simulated,
    drill,
    isWorse,
  };
}

function follow(
  before: Incident | undefined,
  { isWorse, ...seen }: Seen,
  occurrence: Occurrence,
  fold: AlarmFold,
  now: Moment,
): Incident {
  const { step = -1, repeat = -1, announced, overruled: overruledBefore } = before ?? {};
  const told = { ...seen, step, repeat, ...(announced === undefined ? {} : { announced }) };
  if (!mayReachPeople(occurrence, fold.drillUntil, now.wall)) return { ...told, phase: "muted" };

  const { acknowledgement: answer } = occurrence;
  const overruled =
    answer !== undefined && isWorse && before?.phase === "answered" ? answerId(answer) : overruledBefore;
  const kept = overruled === undefined ? told : { ...told, overruled };

  if (answer !== undefined && answerId(answer) !== overruled) {
    const isKnown = before?.phase === "answered" && announced === announcement(answer);
    // Where nobody was called, nobody needs to hear that somebody goes.
    if (isKnown || step < 0) return { ...kept, phase: "answered", announced: announcement(answer) };
    return { ...kept, phase: "answered", announced: announcement(answer), step: step + 1, repeat: 0 };
  }
  if (before?.phase === "ringing" && !isWorse) {
    if (before.nextAt === undefined || now.mono < before.nextAt) return { ...before, ...kept };
    return ring({ ...kept, repeat: repeat + 1 }, now);
  }
  return ring({ ...kept, step: step + 1, repeat: 0 }, now);
}

const ring = (incident: Omit<Incident, "phase">, now: Moment): Incident => ({
  ...incident,
  phase: "ringing",
  nextAt: mono(now.mono + gapAfter(incident.priority, incident.repeat)),
});

function gapAfter(priority: Priority, repeat: number): number {
  const gaps = GAPS_MS[priority === "high" ? "high" : "medium"];
  return gaps[Math.min(repeat, gaps.length - 1)] ?? MINUTE_MS;
}

/** What the others are told: a new place or another person is news, a renewed "I'm going" is not. */
const announcement = ({ by, place }: Acknowledgement): string => `${place} ${by.id}`;

const answerId = (answer: Acknowledgement): string => `${announcement(answer)} ${answer.at}`;
