import {
  type AcknowledgePlace,
  type ConditionId,
  higherPriority,
  type Priority,
  priorityRank,
} from "../../src/domain/alarm.ts";

/** What has been decided so far, in order; everything else is recomputed from these and the series. */
export type Fact =
  /** A condition came into alarm. */
  | {
      readonly at: number;
      readonly fact: "in";
      readonly one: Rung;
      readonly own: Priority;
      /** First violating second. */
      readonly since: number;
      /** What its class gives it, without anything that raises it. */
      readonly base: Priority;
    }
  /** Its own priority rose while it was. */
  | { readonly at: number; readonly fact: "rise"; readonly one: Rung; readonly own: Priority }
  /** It recovered, or was closed: by the end of the watch, or switched off. */
  | { readonly at: number; readonly fact: "out" | "closed"; readonly one: Rung }
  /**
   * `forgotten`: the watch ended, and what violates begins anew after this second. `covered`: a pause was given while it
   * was in alarm. `told`: it is merged no longer.
   */
  | { readonly at: number; readonly fact: "forgotten" | "covered" | "told"; readonly one: Rung }
  | {
      readonly at: number;
      readonly fact: "acknowledged";
      readonly group: string;
      readonly place: AcknowledgePlace;
    }
  | {
      readonly at: number;
      readonly fact: "lapsed" | "paused" | "resumed" | "settled";
      readonly group: string;
    }
  /** A recurrent occurrence had been without alarm for its fifteen minutes. */
  | { readonly at: number; readonly fact: "over"; readonly group: string };

/** One condition (of one device, where there are several) and its place on a ladder. */
export interface Rung {
  /** `SPO2_LOW`, or `DATA_STALE/oxi`. */
  readonly key: string;
  readonly condition: ConditionId;
  /** Ladder, or `key` where there is none: what shares an occurrence. */
  readonly group: string;
  readonly rank: number;
  readonly neverMerged: boolean;
  readonly neverQuiet: boolean;
}

/** A condition in alarm. */
export interface Member {
  readonly one: Rung;
  readonly own: Priority;
  /** One of so many within the hour that it is no longer told by itself. */
  readonly merged: boolean;
}

interface Level {
  readonly rank: number;
  readonly priority: Priority;
}

export interface SharedOccurrence {
  /** Second in which it was first raised: its name, together with the group. */
  readonly openedAt: number;
  readonly members: readonly Member[];
  /** Worst tier shown. */
  readonly worst: Rung;
  readonly priority: Priority;
  /** Until when, and for what: a tier and a priority. */
  readonly acknowledgement?: {
    readonly until: number;
    readonly covers: Level;
    readonly place: AcknowledgePlace;
  };
  /** Silent now by a pause or a care act. */
  readonly quiet: boolean;
  readonly recurrent: boolean;
  /** Last time that its last condition left. */
  readonly emptySince?: number;
  readonly endedAt?: number;
  /** A person closed it: what comes back is another one. */
  readonly closed: boolean;
}

const MINUTE = 60;
const AGAIN_S = 10 * MINUTE;
/** What comes back later than this has to be answered again. */
const ANSWERED_S = MINUTE;
const STORM_S = 60 * MINUTE;
const STORM_COUNT = 7;
export const RECURRENT_REST_S = 15 * MINUTE;

const groupOf = (fact: Fact): string => ("one" in fact ? fact.one.group : fact.group);

/** How long an acknowledgement counts, by place and by the priority that was acknowledged (design, section 6). */
function lapseS(place: AcknowledgePlace, priority: Priority): number {
  if (place === "watching") return 30 * MINUTE;
  if (place === "bedside") return 15 * MINUTE;
  return priority === "high" ? 3 * MINUTE : 10 * MINUTE;
}

/** The newest occurrence of a group, open or over, told again from the first fact on. */
export function occurrenceOf(facts: readonly Fact[], group: string): SharedOccurrence | undefined {
  let occurrence: SharedOccurrence | undefined;
  for (const [index, fact] of facts.entries()) {
    if (groupOf(fact) === group) occurrence = after(occurrence, fact, facts.slice(0, index + 1));
  }
  return occurrence;
}

function after(
  before: SharedOccurrence | undefined,
  fact: Fact,
  facts: readonly Fact[],
): SharedOccurrence | undefined {
  if (fact.fact === "in") return entered(before, fact, facts);
  if (before === undefined) return undefined;
  switch (fact.fact) {
    case "rise":
      return risen(before, fact);
    case "out":
    case "closed":
      return left(before, fact);
    case "forgotten":
    case "covered":
      return before;
    case "told":
      return toldOf(before, fact.one);
    case "over":
      return { ...before, endedAt: fact.at };
    case "lapsed":
      return without(before);
    case "settled":
      return settled(before);
    case "paused":
    case "resumed":
      return { ...before, quiet: fact.fact === "paused" };
    case "acknowledged": {
      const until = fact.at + lapseS(fact.place, before.priority);
      const covers = shown(before);
      const known = before.acknowledgement;
      // Somebody is there: who is only coming makes that neither shorter nor further away.
      const isThere = known?.place === "bedside" && known.until > fact.at && fact.place !== "bedside";
      return isThere
        ? { ...before, acknowledgement: { ...known, covers, until: Math.max(known.until, until) } }
        : { ...before, acknowledgement: { until, covers, place: fact.place } };
    }
  }
}

type Came = Extract<Fact, { fact: "in" }>;

function entered(before: SharedOccurrence | undefined, fact: Came, facts: readonly Fact[]): SharedOccurrence {
  const { at, one, own } = fact;
  const member = { one, own, merged: isMerged(fact, facts) };
  const isReopened = before?.endedAt !== undefined && !before.closed && at - before.endedAt <= AGAIN_S;
  if (before === undefined || (before.endedAt !== undefined && !isReopened)) {
    return alone(at, member);
  }
  if (isReopened) {
    const { acknowledgement } = before;
    const counts =
      acknowledgement !== undefined &&
      acknowledgement.until > at &&
      at - (before.endedAt ?? at) <= ANSWERED_S &&
      !one.neverQuiet &&
      !isWorse(before, member);
    return { ...alone(before.openedAt, member), ...(counts && { acknowledgement }) };
  }
  const { emptySince: _emptySince, ...going } = before;
  const recurrent = before.recurrent || member.merged;
  const members = [...before.members, member];
  return {
    ...(isWorse(before, member) ? without(going) : going),
    members,
    recurrent,
    worst: one.rank > before.worst.rank ? one : before.worst,
    priority: recurrent ? recurrentPriority(members) : higherPriority(before.priority, own),
  };
}

const alone = (openedAt: number, member: Member): SharedOccurrence => ({
  openedAt,
  members: [member],
  worst: member.one,
  priority: member.merged ? "medium" : member.own,
  quiet: false,
  recurrent: member.merged,
  closed: false,
});

const shown = ({ worst, priority }: SharedOccurrence): Level => ({ rank: worst.rank, priority });

/** Worse than what somebody has acknowledged, or than what is shown: it sounds again. */
export function isWorse(before: SharedOccurrence, { one, own, merged }: Member): boolean {
  const known = before.acknowledgement?.covers ?? shown(before);
  return !merged && (one.rank > known.rank || isMore(own, known.priority));
}

/**
 * Once acknowledged, it goes down silently with what is still in alarm, and so does what the acknowledgement covers;
 * unanswered it stays at its worst. A recurrent one is as urgent as what is not merged in it.
 */
export function settled(before: SharedOccurrence): SharedOccurrence {
  const { acknowledgement, members, recurrent } = before;
  if (recurrent && acknowledgement === undefined) return { ...before, priority: recurrentPriority(members) };
  const [first, ...others] = members.map(({ one }) => one);
  if (acknowledgement === undefined || first === undefined) return before;
  const worst = others.reduce((most, one) => (one.rank > most.rank ? one : most), first);
  const priority = recurrent ? recurrentPriority(members) : highest(members);
  const { rank, priority: covered } = acknowledgement.covers;
  const covers = {
    rank: Math.min(rank, worst.rank),
    priority: isMore(covered, priority) ? priority : covered,
  };
  return { ...before, worst, priority, acknowledgement: { ...acknowledgement, covers } };
}

function toldOf(before: SharedOccurrence, { key }: Rung): SharedOccurrence {
  const members = before.members.map((each) => (each.one.key === key ? { ...each, merged: false } : each));
  const member = members.find(({ one }) => one.key === key);
  const isMoreThanShown = member !== undefined && isWorse(before, member);
  return { ...(isMoreThanShown ? without(before) : before), members, priority: recurrentPriority(members) };
}

function risen(before: SharedOccurrence, { one, own }: Extract<Fact, { fact: "rise" }>): SharedOccurrence {
  const member = { one, own, merged: false };
  const members = before.members.map((each) => (each.one.key === one.key ? member : each));
  const priority = before.recurrent ? recurrentPriority(members) : higherPriority(before.priority, own);
  return { ...(isWorse(before, member) ? without(before) : before), members, priority };
}

function left(before: SharedOccurrence, { at, one, fact }: Extract<Fact, { fact: "out" | "closed" }>) {
  const members = before.members.filter((each) => each.one.key !== one.key);
  if (members.length > 0) return { ...before, members };
  const isOver = fact === "closed" || !before.recurrent;
  const closed = fact === "closed";
  return { ...before, members, emptySince: at, closed, ...(isOver && { endedAt: at }) };
}

/** One of more than six within the hour, and no more urgent than its class makes it. */
export const isMerged = ({ at, one, own, base }: Came, facts: readonly Fact[]): boolean =>
  !one.neverMerged &&
  !isMore(own, base) &&
  facts.filter((fact) => fact.fact === "in" && fact.one.condition === one.condition && at - fact.at < STORM_S)
    .length >= STORM_COUNT;

const highest = (members: readonly Member[]): Priority =>
  members.reduce<Priority>((most, { own }) => higherPriority(most, own), "low");

const recurrentPriority = (members: readonly Member[]): Priority =>
  higherPriority("medium", highest(members.filter(({ merged }) => !merged)));

export const isMore = (a: Priority, b: Priority): boolean => priorityRank(a) > priorityRank(b);

function without<O extends Partial<SharedOccurrence>>(occurrence: O): Omit<O, "acknowledgement"> {
  const { acknowledgement: _gone, ...rest } = occurrence;
  return rest;
}
