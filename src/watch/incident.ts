import type { Acknowledgement, Actor, CauseId, ConditionId, Priority, WatchState } from "../domain/alarm.ts";
import type { BedId, OccurrenceId } from "../domain/ids.ts";
import { MINUTE_MS, type Mono, mono, SECOND_MS, type Wall } from "../domain/time.ts";

/** One planned message to those who can be reached. `step` and `repeat` make its key. */
export interface PlannedSend {
  readonly bed: BedId;
  /** For `left`: the leaving itself, by an id of its own. */
  readonly occurrence: OccurrenceId;
  /** `gentle`: the question to whoever watches in the alarm's place. `left`: how the watch has been left. */
  readonly kind: "alarm" | "update" | "closed" | "gentle" | "left";
  /** Counts what happened to the occurrence: raised, answered, lapsed, worse, ended... From 0. */
  readonly step: number;
  /** Counts the planned sends of a step, from 0; a retry keeps its number. */
  readonly repeat: number;
  /** The worst so far: an open occurrence is never announced as milder than before, unless it is recurrent now. */
  readonly priority: Priority;
  readonly condition: ConditionId;
  readonly simulated: boolean;
  readonly drill: boolean;
  readonly at: Wall;
  /** What the notification is about, for one that takes the place of another; absent: the occurrence. */
  readonly card?: OccurrenceId;
  /** Why its alarms belong together. */
  readonly cause?: CauseId;
  /** Only with `update`: who takes care. */
  readonly acknowledgement?: Acknowledgement;
  /** Only with `left`. */
  readonly left?: Leaving;
  /** Who is told; absent: everybody. */
  readonly audience?: { readonly only: Actor["id"] } | { readonly except: Actor["id"] };
}

/** How a watch was left, or that this was taken back. */
export interface Leaving {
  readonly reason: "hospital" | "visit" | "transfer" | "death" | "undone";
  readonly by?: Actor;
  readonly until?: Wall;
}

/** What people have been told of one open occurrence, or of one that may come back. */
export interface Incident {
  /**
   * `carried`: another alarm of the same card rings for it. `quiet`: a pause, or care that explains it. `muted`: nobody
   * may hear of it (law 7). `over`: ended, and remembered, since it may be opened again. `left`: told.
   */
  readonly phase: "ringing" | "carried" | "answered" | "quiet" | "gentle" | "muted" | "over" | "left";
  readonly priority: Priority;
  readonly condition: ConditionId;
  readonly simulated: boolean;
  readonly drill: boolean;
  /** Of the newest message; -1 before the first. */
  readonly step: number;
  /** -1: the step's first message is still to come. */
  readonly repeat: number;
  readonly card: OccurrenceId;
  /** Absent while nothing more is to be sent. */
  readonly nextAt?: Mono;
  /** Only `over`: forgotten then. */
  readonly forgetAt?: Mono;
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

/** Gaps between the sends of a step; the last one goes on for ever. */
const GAPS_MS: { readonly [priority in Exclude<Priority, "low">]: readonly number[] } = {
  // At most 60 s apart (design, section 6), with 10 s in hand for a stalled disk and a busy machine.
  high: [30 * SECOND_MS, 30 * SECOND_MS, 50 * SECOND_MS],
  // At 0, 2, 5, 15 min and every 15 min (clinical, section 3.2).
  medium: [2 * MINUTE_MS, 3 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS],
};

/** After a restart a repeated attempt of unknown outcome gets this long before the next planned send. */
const RESUME_GAP_MS = 5 * SECOND_MS;
/** The same occurrence is opened again within 10 min of its end; its keys must not be used again. */
const REMEMBER_MS = 15 * MINUTE_MS;

export function gapAfter(priority: Priority, repeat: number): number {
  const gaps = GAPS_MS[priority === "high" ? "high" : "medium"];
  return gaps[Math.min(Math.max(repeat, 0), gaps.length - 1)] ?? MINUTE_MS;
}

/** The next message of a ringing incident goes out now. */
export const ring = (incident: Omit<Incident, "phase">, now: Moment): Incident => ({
  ...incident,
  phase: "ringing",
  nextAt: mono(now.mono + gapAfter(incident.priority, incident.repeat)),
});

/** Nothing more is said of it, and its numbers are remembered. */
export function over(incident: Incident, now: Moment): Incident {
  const { nextAt: _never, announced: _told, overruled: _gone, ...rest } = incident;
  return { ...rest, phase: "over", forgetAt: mono(now.mono + REMEMBER_MS) };
}

/**
 * What people had been told before a restart, from the newest message recorded. The wall clock may have stepped
 * meanwhile, so it can only bring the next send forward.
 */
export function resumeIncident(last: PlannedSend, now: Moment): Incident {
  const { priority, condition, simulated, drill, step, repeat, card = last.occurrence } = last;
  const told = { priority, condition, simulated, drill, step, repeat, card };
  switch (last.kind) {
    case "closed":
      return over({ ...told, phase: "over" }, now);
    case "left":
      return { ...told, phase: "left" };
    case "gentle":
      return { ...told, phase: "gentle" };
    case "update": {
      const by = last.acknowledgement;
      return { ...told, phase: "answered", ...(by === undefined ? {} : { announced: announcement(by) }) };
    }
    case "alarm": {
      const gapMs = gapAfter(priority, repeat);
      const waitMs = Math.min(gapMs, Math.max(RESUME_GAP_MS, last.at + gapMs - now.wall));
      return { ...told, phase: "ringing", nextAt: mono(now.mono + waitMs) };
    }
  }
}

/** What the others are told: a new place or another person is news, a renewed "I'm going" is not. */
export const announcement = ({ by, place }: Acknowledgement): string => `${place} ${by.id}`;

export const answerId = (answer: Acknowledgement): string => `${announcement(answer)} ${answer.at}`;

/** How the watch has been left; undefined while it has not. */
export function leavingOf({ reason, by, until }: WatchState): Leaving | undefined {
  if (reason !== "hospital" && reason !== "visit" && reason !== "transfer" && reason !== "death")
    return undefined;
  return { reason, ...(by === undefined ? {} : { by }), ...(until === undefined ? {} : { until }) };
}
