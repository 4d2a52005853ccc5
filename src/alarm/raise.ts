import {
  type AlarmValues,
  type ConditionId,
  higherPriority,
  type Occurrence,
  type Priority,
  priorityRank,
} from "../domain/alarm.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { AGAIN_MS } from "../domain/ringing.ts";
import { isSignalId, type SignalId } from "../domain/signal.ts";
import { HOUR_MS, MINUTE_MS, wall } from "../domain/time.ts";
import { outdated } from "./all-right.ts";
import { related } from "./causes.ts";
import type { Condition } from "./condition.ts";
import { conditionOf, type Draft, isSimulated, say, setOpen, setRuntime, worsenedNow } from "./draft.ts";
import { conditionsIn, isNeverQuiet, MERGED, rankOf, showUnknown } from "./occurrences.ts";
import type { Open, Past, Runtime, Usual } from "./state.ts";

/** Whoever had taken it still has, when it comes back this soon: later it is another event, though the same alarm. */
const STILL_TAKEN_MS = MINUTE_MS;
/** More of one condition within the hour than this, and they are told as one (clinical facts, 3.1). */
const MOST_AN_HOUR = 6;
/** Occurrences of one situation begin this close to one another. */
const CARD_MS = 90_000;
interface Raised {
  readonly priority: Priority;
  readonly values: AlarmValues;
}

/**
 * An instance comes into alarm: it joins the open occurrence of its scale, takes up the one that ended a short while
 * ago, or opens its own. Only a worse tier or a higher priority makes an occurrence that is open sound again.
 */
export function raise(draft: Draft, key: string, runtime: Runtime, what: Raised): void {
  const condition = conditionOf(draft, runtime.condition);
  const count = countRepeat(draft, runtime.condition, condition);
  const simulated = isMadeUp(draft, runtime);
  const joined = openFor(draft, key, condition, simulated);
  if (joined !== undefined) {
    join(draft, joined, { key, runtime, condition, count }, what);
    return;
  }
  const past = recent(draft, key, condition, simulated);
  if (past === undefined) open(draft, { key, runtime, condition, count }, what);
  else reopen(draft, past, { key, runtime, condition, count }, what);
}

interface Newcomer {
  readonly key: string;
  readonly runtime: Runtime;
  readonly condition: Condition | undefined;
  /** How often within the hour, this one included; 0 where it is never counted. */
  readonly count: number;
}

/** So often that it is no longer told by itself; one that is more urgent than its kind always is. */
function isMerged(draft: Draft, { condition, count }: Newcomer, priority: Priority): boolean {
  if (condition === undefined || count <= MOST_AN_HOUR) return false;
  return priorityRank(priority) <= priorityRank(condition.priority[draft.setup.profile.dependencyClass]);
}

/** Counts it among those of the hour; 0 for conditions that are always told one by one. */
function countRepeat(draft: Draft, id: ConditionId, condition: Condition | undefined): number {
  if (condition === undefined || condition.neverMerged === true || condition.scope === "command") return 0;
  const since = draft.now - HOUR_MS;
  const times = [...(draft.core.repeats[id] ?? []).filter((at) => at > since), draft.now];
  draft.core = { ...draft.core, repeats: { ...draft.core.repeats, [id]: times.slice(-MOST_AN_HOUR - 1) } };
  return times.length;
}

const scaleOf = (condition: Condition | undefined): string | undefined => condition?.ladder?.name;

/** The open occurrence of the scale; or the one of this very instance that recurs and is calm just now. */
function openFor(
  draft: Draft,
  key: string,
  condition: Condition | undefined,
  simulated: boolean,
): Open | undefined {
  const scale = scaleOf(condition);
  return Object.values(draft.core.open).find(({ occurrence, key: first, calmSince }) => {
    if (occurrence.simulated !== simulated) return false;
    if (scale === undefined) return first === key && calmSince !== undefined;
    return scaleOf(conditionOf(draft, occurrence.condition)) === scale;
  });
}

/**
 * The occurrence of this instance, or of its scale, that ended by itself within the last ten minutes. What a drill made
 * up and what is real are never one (law 7): an answer to the one must not silence the other.
 */
function recent(
  draft: Draft,
  key: string,
  condition: Condition | undefined,
  simulated: boolean,
): Past | undefined {
  if (condition === undefined || condition.scope === "command") return undefined;
  const scale = scaleOf(condition);
  return draft.core.past.find(({ endedAt, key: first, occurrence }) => {
    if (draft.now - endedAt > AGAIN_MS || occurrence.simulated !== simulated) return false;
    if (scale === undefined) return first === key;
    return scaleOf(conditionOf(draft, occurrence.condition)) === scale;
  });
}

function open(draft: Draft, newcomer: Newcomer, { priority, values }: Raised): void {
  const { key, runtime, count } = newcomer;
  const raised = draft.core.raised + 1;
  draft.core = { ...draft.core, raised };
  const simulated = isMadeUp(draft, runtime);
  const id = `${draft.bed}-${draft.setup.journal}-${raised}`;
  const card = cardFor(draft, runtime.condition, simulated);
  const merged = isMerged(draft, newcomer, priority);
  const occurrence: Occurrence = {
    id,
    bed: draft.bed,
    condition: runtime.condition,
    ...(runtime.subject !== undefined && { subject: runtime.subject }),
    // Of the first of a card nobody can have been shown less.
    ...(card !== undefined && { card, worsened: worsenedNow(draft) }),
    priority: merged ? MERGED : priority,
    state: "holds",
    raisedAt: draft.at,
    values,
    simulated,
    drill: simulated && draft.core.drill !== undefined,
    ...(merged && { recurrent: recurrence(draft, runtime.condition, count) }),
  };
  setRuntime(draft, key, { ...runtime, priority, in: id, ...(merged && { merged }) });
  setOpen(draft, id, { occurrence, raisedAt: draft.now, key, usual: usualNow(draft, card) });
  say(draft, "occurred", occurrence);
}

/** A card's later members look back to before the card began. */
function usualNow(draft: Draft, card: OccurrenceId | undefined): Usual {
  const first = card === undefined ? undefined : draft.core.open[card];
  if (first !== undefined) return first.usual;
  const usual: { [id in SignalId]?: number } = {};
  for (const { signals } of Object.values(draft.live.devices)) {
    for (const [id, known] of Object.entries(signals)) {
      if (isSignalId(id) && known.valid !== undefined) usual[id] ??= Math.round(known.valid.usual * 10) / 10;
    }
  }
  return usual;
}

/** The same alarm again: who took care of it still does, unless it is worse than it was. */
function reopen(draft: Draft, past: Past, newcomer: Newcomer, { priority, values }: Raised): void {
  const { runtime, key, count } = newcomer;
  const { endedAt: _over, endedWall: _date, seen: _unseen, acknowledgedUntil, ...timers } = past;
  draft.core = { ...draft.core, past: draft.core.past.filter((one) => one !== past) };
  const {
    acknowledgement,
    quiet: _quiet,
    accepted: _asked,
    unknownSince: _known,
    ...before
  } = past.occurrence;
  const { conditions: _none, recurrent: _calm, ...rest } = before;
  const { rank, priority: reached } = past.covered ?? {
    rank: rankOf(draft, before.condition),
    priority: before.priority,
  };
  const isWorse = rankOf(draft, runtime.condition) > rank || priorityRank(priority) > priorityRank(reached);
  const { condition } = newcomer;
  const mayBeQuiet = condition !== undefined && !isNeverQuiet(condition, draft.setup.profile.dependencyClass);
  const isSoon = draft.now - past.endedAt <= STILL_TAKEN_MS && mayBeQuiet;
  const isTaken = !isWorse && isSoon && acknowledgedUntil !== undefined && acknowledgedUntil > draft.now;
  const simulated = isMadeUp(draft, runtime);
  const merged = isMerged(draft, newcomer, priority);
  const occurrence = outdated({
    ...rest,
    condition: runtime.condition,
    priority: merged ? MERGED : priority,
    state: "holds",
    values,
    simulated,
    drill: simulated && draft.core.drill !== undefined,
    ...(isWorse && { worsened: worsenedNow(draft) }),
    ...(isTaken && acknowledgement !== undefined && { acknowledgement }),
    ...(merged && { recurrent: recurrence(draft, runtime.condition, count) }),
  });
  setRuntime(draft, key, { ...runtime, priority, in: occurrence.id, ...(merged && { merged }) });
  setOpen(draft, occurrence.id, { ...timers, occurrence, ...(isTaken && { acknowledgedUntil }) });
  say(draft, "occurred", occurrence);
}

function join(draft: Draft, into: Open, newcomer: Newcomer, { priority, values }: Raised): void {
  const { key, runtime, count } = newcomer;
  const { id } = into.occurrence;
  const before = into.occurrence;
  const merged = isMerged(draft, newcomer, priority);
  setRuntime(draft, key, { ...runtime, priority, in: id, ...(merged && { merged }) });
  const rank = rankOf(draft, runtime.condition);
  const isWorseTier = rank > rankOf(draft, before.condition);
  const { covered } = into;
  const isWorse =
    !merged &&
    (before.acknowledgement !== undefined && covered !== undefined
      ? rank > covered.rank || priorityRank(priority) > priorityRank(covered.priority)
      : isWorseTier || priorityRank(priority) > priorityRank(before.priority));
  const isNews =
    isWorseTier || into.calmSince !== undefined || priorityRank(priority) > priorityRank(before.priority);
  const said = isWorse || isNews ? outdated(before) : before;
  const { acknowledgement: _void, accepted: _asked, ...unanswered } = said;
  const occurrence: Occurrence = {
    ...(isWorse ? { ...unanswered, worsened: worsenedNow(draft) } : said),
    condition: isWorseTier ? runtime.condition : before.condition,
    conditions: conditionsIn(draft, id),
    priority: merged ? before.priority : higherPriority(before.priority, priority),
    // What is shown is the worst tier's: a milder one that joins only adds.
    values: isWorseTier ? { ...before.values, ...values } : { ...values, ...before.values },
    simulated: before.simulated && isMadeUp(draft, runtime),
    ...(merged && { recurrent: again(before.recurrent, recurrence(draft, runtime.condition, count)) }),
  };
  const { calmSince: _again, ...open } = into;
  const { acknowledgedUntil: _ended, gentleUntil: _gentle, ...fresh } = open;
  const member = { condition: runtime.condition, priority, values };
  setOpen(draft, id, { ...(isWorse ? fresh : open), occurrence });
  const shown = showUnknown(draft, id, {}) ?? occurrence;
  say(draft, "occurred", shown, { member });
  if (isWorse) say(draft, "escalated", shown, { member });
}

const again = (
  before: Occurrence["recurrent"],
  now: NonNullable<Occurrence["recurrent"]>,
): NonNullable<Occurrence["recurrent"]> =>
  before === undefined ? now : { count: before.count + 1, since: before.since };

/** A call, or a fault of the box, at a bed where nothing is real is part of the simulation as well (law 7). */
function isMadeUp(draft: Draft, { devices }: Runtime): boolean {
  const { sources } = draft.setup.profile;
  return devices.length === 0
    ? sources.length > 0 && sources.every(({ device }) => isSimulated(draft, device))
    : devices.some((device) => isSimulated(draft, device));
}

function recurrence(draft: Draft, id: ConditionId, count: number): NonNullable<Occurrence["recurrent"]> {
  const first = draft.core.repeats[id]?.[0] ?? draft.now;
  return { count, since: wall(draft.at - (draft.now - first)) };
}

/** The card that an occurrence of this condition belongs to: one whose first or newest member is recent and related. */
function cardFor(draft: Draft, id: ConditionId, simulated: boolean): OccurrenceId | undefined {
  const cards = new Map<OccurrenceId, Open[]>();
  for (const one of Object.values(draft.core.open)) {
    if (one.occurrence.simulated !== simulated) continue;
    const card = one.occurrence.card ?? one.occurrence.id;
    cards.set(card, [...(cards.get(card) ?? []), one]);
  }
  for (const [card, members] of cards) {
    const newest = Math.max(...members.map(({ raisedAt }) => raisedAt));
    if (draft.now - newest > CARD_MS) continue;
    if (members.some(({ occurrence }) => related(occurrence.condition, id))) return card;
  }
  return undefined;
}
