import type {
  Acknowledgement,
  Actor,
  AlarmFold,
  AllRight,
  CauseId,
  ConditionId,
  Occurrence,
  Priority,
  WatchState,
} from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import {
  type CallLevel,
  goesOnAt,
  lastLevel,
  levelAfter,
  levelBegins,
  nextSendAfter,
  paceOf,
  sendAt,
  sendsWithin,
} from "../domain/calling.ts";
import type { BedId, OccurrenceId } from "../domain/ids.ts";
import { AGAIN_MS } from "../domain/ringing.ts";
import { DAY_MS, MINUTE_MS, type Mono, mono, SECOND_MS, type Wall } from "../domain/time.ts";

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
  /** What it shows whoever answers it: the newest worsening on its card (`worsenedBy`). Absent: none. */
  readonly worsened?: number;
  /** Only with `update`: who takes care. */
  readonly acknowledgement?: Acknowledgement;
  /** The patient has said "I am all right"; the sends are the same as without. */
  readonly allRight?: Pick<AllRight, "at" | "before">;
  /** Only with `left`. */
  readonly left?: Leaving;
  /** How far the calling has come: phones of a later level are not called yet. Absent: everybody. */
  readonly level?: CallLevel;
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
  /** How far the calling has come; it never goes back while nobody has answered. */
  readonly level: CallLevel;
  /**
   * When its calling began, or would have begun had it not jumped ahead or been calm. Only `ringing`, and `over` where
   * nobody had answered: it goes on from there.
   */
  readonly since?: Mono;
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

/** After a restart a repeated attempt of unknown outcome gets this long before the next planned send. */
const RESUME_GAP_MS = 5 * SECOND_MS;
/** The same occurrence may be opened again in this time of its end; its keys must not be used again. */
const REMEMBER_MS = AGAIN_MS + 5 * MINUTE_MS;

/**
 * The calling begins in `inMs` at the level of the incident: as if those before it had been called in time; or goes on
 * from where it was `goneMs` after its first send, where that is later.
 */
export function begin(
  incident: Omit<Incident, "phase" | "since">,
  now: Moment,
  cls: DependencyClass,
  { inMs = 0, goneMs = 0 }: { readonly inMs?: number; readonly goneMs?: number } = {},
): Incident {
  const level = atMost(incident.level, incident.priority, cls);
  const elapsed = Math.max(levelBegins(paceOf(incident.priority, cls), level), goneMs);
  const since = mono(now.mono + inMs - elapsed);
  return { ...incident, phase: "ringing", level, since, nextAt: mono(now.mono + inMs) };
}

/** The next message of a ringing incident goes out now. */
export function ring(incident: Incident, now: Moment, cls: DependencyClass): Incident {
  const pace = paceOf(incident.priority, cls);
  const since = incident.since ?? now.mono;
  const elapsed = Math.max(0, now.mono - since);
  const reached = levelAfter(pace, elapsed);
  return {
    ...incident,
    phase: "ringing",
    since,
    level: reached > incident.level ? reached : incident.level,
    nextAt: mono(since + nextSendAfter(pace, elapsed)),
  };
}

/** Nobody of its level could be told: a later level begins now. The same where it does not ring. */
export function hasten(incident: Incident, to: CallLevel, now: Moment, cls: DependencyClass): Incident {
  const level = atMost(to, incident.priority, cls);
  if (incident.phase !== "ringing" || level <= incident.level) return incident;
  const since = mono(now.mono - levelBegins(paceOf(incident.priority, cls), level));
  return { ...incident, level, since, nextAt: now.mono };
}

/** Its next message goes out now. The same where it does not ring. */
export const repeatNow = (incident: Incident, now: Moment): Incident =>
  incident.phase === "ringing" ? { ...incident, nextAt: now.mono } : incident;

function atMost(level: CallLevel, priority: Priority, cls: DependencyClass): CallLevel {
  const last = lastLevel(paceOf(priority, cls));
  return level < last ? level : last;
}

/** Nothing more is said of it; its numbers are remembered and, where nobody answered, how far its calling had come. */
export function over(incident: Incident, now: Moment, cls: DependencyClass): Incident {
  const { nextAt: _never, since, announced: _told, overruled: _gone, ...rest } = incident;
  const ended: Incident = { ...rest, phase: "over", forgetAt: mono(now.mono + REMEMBER_MS) };
  const { phase, level, priority } = incident;
  // Somebody goes or watches, or nobody was to hear of it: another time is another calling.
  if (phase === "answered" || phase === "gentle" || phase === "muted") return { ...ended, level: 0 };
  return { ...ended, since: since ?? mono(now.mono - levelBegins(paceOf(priority, cls), level)) };
}

/** Over since less than ten minutes, and nobody had answered. */
const isUnanswered = ({ phase, since, forgetAt }: Incident, now: Moment): boolean =>
  phase === "over" && since !== undefined && forgetAt !== undefined && now.mono - endOf(forgetAt) <= AGAIN_MS;

/**
 * What the calling goes on from: an alarm that comes and goes must not begin with the first person for ever. Of another
 * occurrence of its kind only where that ended by itself, and nobody has looked at it since.
 */
export function earlierOf(
  incidents: Incidents,
  { id, condition, simulated }: Occurrence,
  { past }: AlarmFold,
  now: Moment,
): Incident | undefined {
  const own = incidents.get(id);
  if (own !== undefined) return isUnanswered(own, now) ? own : undefined;
  const alike = [...incidents].filter(
    ([other, one]) =>
      one.condition === condition &&
      one.simulated === simulated &&
      isUnanswered(one, now) &&
      past.some(({ occurrence }) => occurrence.id === other),
  );
  const newest = alike.toSorted(([, a], [, b]) => (a.forgetAt ?? 0) - (b.forgetAt ?? 0)).at(-1);
  return newest?.[1];
}

/** How far the calling about an unanswered alarm has gone that comes again, ms after its first send. */
export function goneAfter(
  { priority, since, forgetAt }: Incident,
  now: Moment,
  cls: DependencyClass,
): number {
  if (since === undefined || forgetAt === undefined) return 0;
  const endedAt = endOf(forgetAt);
  return goesOnAt(paceOf(priority, cls), Math.max(0, endedAt - since), now.mono - endedAt);
}

const endOf = (forgetAt: Mono): number => forgetAt - REMEMBER_MS;

/**
 * What people had been told before a restart, from the newest message recorded. The wall clock may have stepped
 * meanwhile, so it can only bring the next send forward.
 */
export function resumeIncident(last: PlannedSend, now: Moment, cls: DependencyClass): Incident {
  const { priority, condition, simulated, drill, step, repeat, card = last.occurrence, level = 0 } = last;
  const known = { priority, condition, simulated, drill, step, repeat, card, level };
  switch (last.kind) {
    case "closed":
      // Whether somebody had answered is not written down: it goes on, as if nobody had.
      return over({ ...known, phase: "over" }, now, cls);
    case "left":
      return { ...known, phase: "left" };
    case "gentle":
      return { ...known, phase: "gentle" };
    case "update": {
      const by = last.acknowledgement;
      return { ...known, phase: "answered", ...(by === undefined ? {} : { announced: announcement(by) }) };
    }
    case "alarm": {
      const pace = paceOf(priority, cls);
      // Where the calling had jumped ahead, its level is further than its repeats.
      const told = Math.max(sendAt(pace, repeat), levelBegins(pace, level));
      const awayMs = Math.min(Math.max(0, now.wall - last.at), DAY_MS);
      // Numbers follow the time: those of meanwhile may have been used by whoever stood by (docs/adr/0032).
      const meanwhile = sendsWithin(pace, told, told + awayMs);
      const elapsed = meanwhile === 0 ? told : told + awayMs;
      const gapMs = nextSendAfter(pace, elapsed) - elapsed;
      const waitMs =
        meanwhile === 0
          ? Math.min(gapMs, Math.max(RESUME_GAP_MS, gapMs - awayMs))
          : Math.min(gapMs, RESUME_GAP_MS);
      const nextAt = mono(now.mono + waitMs);
      const since = mono(nextAt - elapsed - (meanwhile === 0 ? gapMs : waitMs));
      return { ...known, phase: "ringing", repeat: repeat + meanwhile, nextAt, since };
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
