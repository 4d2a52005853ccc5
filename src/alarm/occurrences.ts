import {
  type Acknowledgement,
  type AcknowledgePlace,
  type Actor,
  type AlarmEvent,
  type AlarmValues,
  type ConditionId,
  higherPriority,
  type Occurrence,
  type Priority,
  priorityRank,
} from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { HOUR_MS, MINUTE_MS, type Mono, SECOND_MS, wall } from "../domain/time.ts";
import { outdated } from "./all-right.ts";
import type { Condition } from "./condition.ts";
import {
  conditionOf,
  type Draft,
  later,
  membersOf,
  openOf,
  say,
  setOpen,
  setRuntime,
  worsenedNow,
} from "./draft.ts";
import type { Open, Past, Runtime } from "./state.ts";

/** "I am watching myself" unanswered for so long after it was asked again: it rings. */
const GENTLE_MS = 10 * MINUTE_MS;
/** A recurrent alarm ends after so long without any of them. */
const CALM_MS = 15 * MINUTE_MS;
const MOST_PAST = 32;
const PAST_MS = 12 * HOUR_MS;

/** What recurs is told as a warning: each of them was told before. */
export const MERGED: Priority = "medium";

/** Place on the scale that a condition belongs to; 0 for one without. */
export const rankOf = (draft: Draft, id: ConditionId): number => conditionOf(draft, id)?.ladder?.rank ?? 0;

/** Never silent by a pause or a care act, nor by an answer to an earlier time: somebody of class C has minutes. */
export const isNeverQuiet = ({ id, neverQuiet }: Condition, cls: DependencyClass): boolean =>
  neverQuiet === true || (id === "VENT_DISCONNECT" && cls === "C");

/** The conditions in alarm that make up an occurrence. */
export const conditionsIn = (draft: Draft, id: OccurrenceId): readonly ConditionId[] => [
  ...new Set(membersOf(draft, id).map(([, { condition }]) => condition)),
];

/** Ends an instance's alarm: the others go on; with the last of them the occurrence is over, unless it recurs. */
export function end(draft: Draft, key: string, reason: NonNullable<AlarmEvent["reason"]>, by?: Actor): void {
  const runtime = draft.core.runtimes[key];
  if (runtime?.in === undefined) return;
  const { condition, subject, part, unknown, fault, priority, in: id } = runtime;
  const rest: Runtime = {
    condition,
    ...(subject !== undefined && { subject }),
    ...(part !== undefined && { part }),
    inBand: false,
    devices: [],
    ...(unknown !== undefined && { unknown }),
    ...(fault !== undefined && { fault }),
  };
  const stays = reason === "watch_ended" && (unknown !== undefined || fault !== undefined);
  const before = draft.core.open[id];
  setRuntime(draft, key, stays ? rest : undefined);
  if (before === undefined) return;
  const left = conditionsIn(draft, id);
  const member = {
    condition,
    priority: priority ?? before.occurrence.priority,
    values: before.occurrence.values,
  };
  const about = { member, reason, ...(by !== undefined && { by }) };
  const occurrence = { ...before.occurrence, conditions: left };
  if (left.length > 0) {
    setOpen(draft, id, { ...before, occurrence: settled(draft, occurrence) });
    say(draft, "ended", occurrence, about);
    return;
  }
  if (occurrence.recurrent !== undefined && reason === "recovered") {
    setOpen(draft, id, { ...before, occurrence: settled(draft, occurrence), calmSince: draft.now });
    say(draft, "ended", occurrence, about);
    return;
  }
  close(draft, before, occurrence, about);
}

/** A recurrent occurrence is as urgent as those of its members that are always told. */
function settled(draft: Draft, occurrence: Occurrence): Occurrence {
  const members = membersOf(draft, occurrence.id);
  const isUnknown = members.length > 0 && members.every(([, { unknown }]) => unknown !== undefined);
  const { unknownSince: _since, ...known } = occurrence;
  const now: Occurrence = isUnknown ? occurrence : { ...known, state: "holds" };
  if (occurrence.recurrent === undefined) return now;
  const priority = members
    .filter(([, member]) => member.merged !== true)
    .reduce<Priority>((highest, [, member]) => higherPriority(highest, member.priority ?? MERGED), MERGED);
  return { ...now, priority };
}

function close(
  draft: Draft,
  before: Open,
  occurrence: Occurrence,
  about: Pick<AlarmEvent, "member" | "reason" | "by">,
): void {
  const { raisedAt, key, acknowledgedUntil, covered, answered, usual } = before;
  setOpen(draft, occurrence.id, undefined);
  if (about.reason === "recovered") {
    const past: Past = {
      occurrence,
      raisedAt,
      key,
      usual,
      ...(acknowledgedUntil !== undefined && { acknowledgedUntil }),
      ...(covered !== undefined && { covered }),
      ...(answered !== undefined && { answered }),
      endedAt: draft.now,
      endedWall: draft.at,
      seen: occurrence.priority === "low",
    };
    draft.core = { ...draft.core, past: [past, ...draft.core.past].slice(0, MOST_PAST) };
    draft.isVisible = true;
  }
  say(draft, "ended", occurrence, { ...about, over: true });
}

/** Recurrent alarms that have been calm for long enough are over; old traces go. */
export function settlePast(draft: Draft): void {
  for (const [id, one] of Object.entries(draft.core.open)) {
    if (one.calmSince === undefined || draft.now - one.calmSince < CALM_MS) continue;
    close(draft, draft.core.open[id] ?? one, { ...one.occurrence, conditions: [] }, { reason: "recovered" });
  }
  const oldest = draft.core.past.at(-1);
  if (oldest === undefined || draft.now - oldest.endedAt < PAST_MS) return;
  draft.core = {
    ...draft.core,
    past: draft.core.past.filter(({ endedAt }) => draft.now - endedAt < PAST_MS),
  };
  draft.isVisible = true;
}

/** What came too often to be told by itself and now lasts is told: it is no longer one of many short ones. */
export function tellLasting(draft: Draft): void {
  for (const [key, runtime] of Object.entries(draft.core.runtimes)) {
    if (runtime.merged !== true || runtime.t0 === undefined || !runtime.inBand) continue;
    const delayMs = (draft.limits[runtime.condition].values["delay_s"] ?? 0) * SECOND_MS;
    if (draft.now - runtime.t0 < Math.max(LASTING_MS, 2 * delayMs)) continue;
    const { merged: _told, ...rest } = runtime;
    setRuntime(draft, key, rest);
    escalate(draft, key, runtime.priority ?? "high", {});
  }
}

/** Shorter than this it is one of many. */
const LASTING_MS = 30 * SECOND_MS;

/**
 * Once somebody has taken it, an occurrence goes down silently with its members: what is shown and what the answer
 * covers is the worst that is still in alarm, so that the next step up sounds again. Unanswered it stays at its worst.
 */
export function settleTiers(draft: Draft): void {
  for (const [id, open] of Object.entries(draft.core.open)) {
    const { occurrence, covered } = open;
    if (occurrence.acknowledgement === undefined || covered === undefined) continue;
    const all = membersOf(draft, id);
    const known = all.filter(([, { unknown }]) => unknown === undefined);
    // A device that fell silent must not hold the answer up where it was while another one measures.
    const members = known.length > 0 ? known : all;
    const [, first] = members.toSorted(([, a], [, b]) => byUrgency(draft, a, b))[0] ?? [];
    if (first === undefined) continue;
    const shown = members.find(([, { condition }]) => condition === occurrence.condition)?.[1];
    const isAsBad = shown !== undefined && rankOf(draft, shown.condition) === rankOf(draft, first.condition);
    const worst = isAsBad ? shown : first;
    const rank = Math.min(covered.rank, rankOf(draft, worst.condition));
    const highest = members.reduce<Priority>(
      (most, [, one]) => higherPriority(most, one.priority ?? "low"),
      "low",
    );
    const priority =
      occurrence.recurrent === undefined ? lower(occurrence.priority, highest) : occurrence.priority;
    const isSame =
      rank === covered.rank && priority === occurrence.priority && worst.condition === occurrence.condition;
    if (isSame) continue;
    setOpen(draft, id, {
      ...open,
      covered: { rank, priority: lower(covered.priority, priority) },
      occurrence: { ...occurrence, condition: worst.condition, priority },
    });
  }
}

const lower = (a: Priority, b: Priority): Priority => (priorityRank(a) <= priorityRank(b) ? a : b);

const byUrgency = (draft: Draft, a: Runtime, b: Runtime): number =>
  rankOf(draft, b.condition) - rankOf(draft, a.condition) ||
  priorityRank(b.priority ?? "low") - priorityRank(a.priority ?? "low");

/** Everything open ends by a person; so do the traces and what was quiet. */
export function endAll(draft: Draft, by: Actor): void {
  for (const key of Object.keys(draft.core.runtimes)) end(draft, key, "watch_ended", by);
  for (const one of Object.values(draft.core.open)) {
    close(draft, one, { ...one.occurrence, conditions: [] }, { reason: "watch_ended", by });
  }
}

/** A member's priority rises: an acknowledgement was of the lesser alarm, so it sounds again. */
export function escalate(draft: Draft, key: string, priority: Priority, values: AlarmValues): void {
  const runtime = draft.core.runtimes[key];
  const open = openOf(draft, key);
  if (runtime === undefined || open === undefined) return;
  setRuntime(draft, key, { ...runtime, priority });
  const { occurrence: before } = open;
  const base = conditionOf(draft, runtime.condition)?.priority[draft.setup.profile.dependencyClass] ?? "high";
  // What came too often to be told by itself is told when it is more urgent than its kind.
  if (runtime.merged === true && priorityRank(priority) <= priorityRank(base)) return;
  if (priorityRank(priority) <= priorityRank(before.priority)) return;
  const { acknowledgement: _lesser, accepted: _calm, ...rest } = before;
  const { acknowledgedUntil: _ended, gentleUntil: _gentle, ...timers } = open;
  const occurrence = outdated({
    ...{ ...rest, priority, worsened: worsenedNow(draft) },
    values: { ...before.values, ...values },
  });
  setOpen(draft, before.id, { ...timers, occurrence });
  say(draft, "escalated", occurrence, { member: { condition: runtime.condition, priority, values } });
}

/** Changes what is shown of an occurrence. */
export function show(draft: Draft, id: OccurrenceId, change: (occurrence: Occurrence) => Occurrence): void {
  const open = draft.core.open[id];
  if (open !== undefined) setOpen(draft, id, { ...open, occurrence: change(open.occurrence) });
}

/** All members are without data, or one has data again: the occurrence says so. */
export function showUnknown(draft: Draft, id: OccurrenceId, values: AlarmValues): Occurrence | undefined {
  const members = membersOf(draft, id);
  const isUnknown = members.length > 0 && members.every(([, { unknown }]) => unknown !== undefined);
  show(draft, id, (before) => {
    const { unknownSince, ...rest } = before;
    const merged = { ...rest, values: { ...before.values, ...values } };
    return isUnknown
      ? { ...merged, state: "unknown", unknownSince: unknownSince ?? draft.at }
      : { ...merged, state: "holds" };
  });
  return draft.core.open[id]?.occurrence;
}

/** An answer, with the monotonic times at which it was given and runs out. */
interface Answer {
  readonly said: Acknowledgement;
  readonly from: number;
  readonly until: Mono;
}

/**
 * Somebody takes it on, until the acknowledgement lapses: `forMs` from when it was given, `agoMs` ago. What came late
 * counts as if it had come in time: the newer answer stands. Who is at the bedside stays named, and stays believed for
 * at least as long, when another says later, from further away, that they are coming.
 */
export function acknowledge(
  draft: Draft,
  id: OccurrenceId,
  answer: {
    readonly by: Actor;
    readonly place: AcknowledgePlace;
    readonly forMs: number;
    readonly agoMs: number;
  },
): void {
  const open = draft.core.open[id];
  if (open === undefined) return;
  const { by, place, forMs, agoMs } = answer;
  const { accepted: _asked, ...before } = open.occurrence;
  const { gentleUntil: _asking, ...timers } = open;
  const at = wall(draft.at - agoMs);
  const given: Answer = {
    said: { by, at, until: wall(at + forMs), place },
    from: draft.now - agoMs,
    until: later(draft.now, forMs - agoMs),
  };
  const { said, until } = together(given, standing(draft, open));
  const occurrence: Occurrence = { ...before, acknowledgement: said };
  const covered = { rank: rankOf(draft, before.condition), priority: before.priority };
  setOpen(draft, id, { ...timers, occurrence, acknowledgedUntil: until, covered, answered: true });
  say(draft, "acknowledged", occurrence, { by });
}

/** What two answers come to, in whichever order they arrived. */
function together(given: Answer, other: Answer | undefined): Answer {
  if (other === undefined) return given;
  const [first, second] = other.from > given.from ? [given, other] : [other, given];
  if (first.said.place !== "bedside" || second.said.place === "bedside") return second;
  const said = { ...first.said, until: wall(Math.max(first.said.until, second.said.until)) };
  return { said, from: first.from, until: first.until > second.until ? first.until : second.until };
}

/** The answer of before, of an alarm that has not got worse since, while it counts. */
function standing({ now }: Draft, { occurrence, acknowledgedUntil }: Open): Answer | undefined {
  const { acknowledgement: said } = occurrence;
  if (said === undefined || acknowledgedUntil === undefined || acknowledgedUntil <= now) return undefined;
  return { said, from: acknowledgedUntil - (said.until - said.at), until: acknowledgedUntil };
}

/** The acknowledgement has run out and the condition holds: it sounds again, or asks gently whoever is watching. */
export function lapse(draft: Draft, id: OccurrenceId): void {
  const open = draft.core.open[id];
  if (open === undefined) return;
  const { acknowledgement, accepted: _asked, ...rest } = open.occurrence;
  const { acknowledgedUntil: _ended, gentleUntil: _over, ...timers } = open;
  const isGentle = acknowledgement?.place === "watching";
  const occurrence: Occurrence = isGentle ? { ...rest, accepted: acknowledgement.by } : rest;
  setOpen(draft, id, {
    ...timers,
    occurrence,
    ...(isGentle && { gentleUntil: later(draft.now, GENTLE_MS) }),
  });
  say(draft, "lapsed", occurrence);
}
