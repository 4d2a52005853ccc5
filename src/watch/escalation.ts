import {
  type Acknowledgement,
  type AlarmFold,
  type AllRight,
  type Card,
  higherPriority,
  type Occurrence,
  priorityRank,
} from "../domain/alarm.ts";
import { allRightOf } from "../domain/all-right.ts";
import type { DependencyClass } from "../domain/bed.ts";
import type { CallLevel } from "../domain/calling.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { askingOf, mayReachPeople } from "../domain/ringing.ts";
import { type Mono, SECOND_MS } from "../domain/time.ts";
import { worsenedBy } from "../domain/worsened.ts";
import {
  announcement,
  answerId,
  begin,
  earlierOf,
  goneAfter,
  type Incident,
  type Incidents,
  leavingOf,
  type Moment,
  over,
  type PlannedSend,
  ring,
} from "./incident.ts";
import { tellLeaving } from "./leaving.ts";

export interface Escalation {
  readonly incidents: Incidents;
  readonly due: readonly PlannedSend[];
  /** Occurrences about which nothing may leave any more: their waiting sends and retries end. */
  readonly silenced: readonly OccurrenceId[];
}

/**
 * The alarm that rang for a whole card was answered or has ended: so long the others wait before they ring for
 * themselves, since the answer to them may be on its way from the same tap.
 */
const RELEASE_MS = 5 * SECOND_MS;

/** An answer that was given and is not true any more: everybody whose turn comes at all is called. */
const LAPSED_LEVEL: CallLevel = 3;

/** How a bed's people are called. */
export interface EscalationStyle {
  readonly dependencyClass: DependencyClass;
  /** People are told that the watch has been left; not for a bed where nothing is real. */
  readonly tellsLeaving: boolean;
}

/** Where in the card an occurrence stands, and what is to become of it. */
interface Seen {
  readonly occurrence: Occurrence;
  readonly card: Card;
  readonly before: Incident | undefined;
  /** The worst that it has been. */
  readonly priority: Incident["priority"];
  readonly condition: Incident["condition"];
  readonly simulated: boolean;
  readonly drill: boolean;
  readonly isWorse: boolean;
  readonly overruled: string | undefined;
  /** What the patient has said of its card: goes into the words alone. */
  readonly allRight: AllRight | undefined;
  readonly wants: "ring" | "answered" | "quiet" | "gentle" | "muted";
  /** How far the calling about its card has come. */
  readonly level: CallLevel;
  /** The newest worsening on its card. */
  readonly worsened: number;
  /** It, or one of its kind, was over a short while ago, and nobody had answered. */
  readonly earlier: Incident | undefined;
}

/**
 * What is to be sent now for a bed, given what was told before and its newest alarms. Called with the same fold
 * again when the moment of `nextDue` has come. One series a card: its most urgent unanswered alarm rings for all of
 * them. Low priority is never sent; simulated occurrences only in a drill.
 */
export function escalate(
  incidents: Incidents,
  fold: AlarmFold,
  now: Moment,
  { dependencyClass, tellsLeaving }: EscalationStyle,
): Escalation {
  const next = new Map<OccurrenceId, Incident>();
  const due: PlannedSend[] = [];
  const silenced: OccurrenceId[] = [];
  const seen = fold.open.flatMap((occurrence) => {
    const one = look(incidents, occurrence, fold, now);
    const wasHeardOf = one.before !== undefined && one.before.phase !== "over";
    return one.priority === "low" && !wasHeardOf ? [] : [one];
  });
  const leads = leadsOf(seen);
  const announced = announcedOn(seen);
  for (const one of seen) {
    const { id } = one.occurrence;
    const lead = leads.get(groupOf(one));
    const { incident, kind } = follow(one, { lead, announced, now, dependencyClass });
    next.set(id, incident);
    const wasTelling = one.before !== undefined && isTelling(one.before);
    if (kind !== undefined) due.push(sendOf(one, incident, kind, now));
    else if (wasTelling && one.before?.phase !== incident.phase) silenced.push(id);
  }
  for (const [id, before] of incidents) {
    if (next.has(id) || before.phase === "left") continue;
    const ended = close(id, before, { fold, next, due, now, dependencyClass });
    if (ended.incident !== undefined) next.set(id, ended.incident);
    if (ended.send !== undefined) due.push(ended.send);
    else if (before.phase !== "over") silenced.push(id);
  }
  const leaving = tellsLeaving ? tellLeaving(incidents, fold, now) : { told: new Map(), due: [] };
  return { incidents: new Map([...next, ...leaving.told]), due: [...due, ...leaving.due], silenced };
}

/** When `escalate` has to be called again although nothing changed: the first of these moments. */
export function nextDue(incidents: Incidents): readonly Mono[] {
  return [...incidents.values()].flatMap((incident) => incident.nextAt ?? []);
}

/** A message of it may be on its way or tried again. */
const isTelling = ({ phase }: Incident): boolean =>
  phase === "ringing" || phase === "answered" || phase === "gentle";

function look(incidents: Incidents, occurrence: Occurrence, fold: AlarmFold, now: Moment): Seen {
  const before = incidents.get(occurrence.id);
  const { acknowledgement, ...unanswered } = occurrence;
  const { simulated, condition, id, recurrent } = occurrence;
  // A real alarm raised while a drill runs must not look like an exercise.
  const drill = simulated && occurrence.drill;
  const card = fold.cards.find(({ members }) => members.includes(id)) ?? {
    id,
    priority: occurrence.priority,
    members: [id],
    evidence: [],
  };
  const known = before === undefined || before.phase === "over" ? undefined : before;
  const rises = known !== undefined && priorityRank(occurrence.priority) > priorityRank(known.priority);
  // The engine voids an answer to something milder; whatever it does, a higher priority is heard.
  const overruled =
    acknowledgement !== undefined && rises && known.phase === "answered"
      ? answerId(acknowledgement)
      : known?.overruled;
  const isAnswered = acknowledgement !== undefined && answerId(acknowledgement) !== overruled;
  const asking = askingOf(unanswered);
  // While it waits it is never announced as milder; answered, or told together, it is what the engine says.
  const worst = recurrent !== undefined || isAnswered ? undefined : known;
  const priority =
    worst === undefined ? occurrence.priority : higherPriority(occurrence.priority, worst.priority);
  const mayReach = mayReachPeople(occurrence, fold.drillUntil, now.wall);
  const earlier = known === undefined ? earlierOf(incidents, occurrence, fold, now) : undefined;
  return {
    ...{ occurrence, card, before, simulated, drill, overruled, priority, earlier },
    condition: worst !== undefined && isMilder(occurrence, worst) ? worst.condition : condition,
    isWorse: rises || (known !== undefined && !isMilder(occurrence, known) && condition !== known.condition),
    worsened: worsenedBy(fold.open, id),
    allRight: allRightOf(fold.open.filter((one) => card.members.includes(one.id))),
    wants: !mayReach ? "muted" : isAnswered ? "answered" : wantOf(asking, priority),
    level: furtherOf(levelOf(card.members, incidents, simulated), earlier?.level ?? 0),
  };
}

/** Whoever was called about one alarm of a card is called about the one that takes its place. */
function levelOf(members: readonly OccurrenceId[], incidents: Incidents, simulated: boolean): CallLevel {
  let furthest: CallLevel = 0;
  for (const id of members) {
    const one = incidents.get(id);
    if (one === undefined || one.phase === "over" || one.simulated !== simulated) continue;
    furthest = furtherOf(furthest, one.level);
  }
  return furthest;
}

/** Low priority is never sent: what has become low since somebody answered goes on without words. */
const wantOf = (asking: ReturnType<typeof askingOf>, priority: Occurrence["priority"]): Seen["wants"] =>
  asking === "silent" || priority === "low" ? "quiet" : asking;

const isMilder = ({ priority }: Occurrence, known: Incident): boolean =>
  priorityRank(priority) < priorityRank(known.priority);

/** What is real is never carried by what is not. */
const groupOf = ({ card, simulated }: Seen): string => `${card.id} ${simulated}`;

/** Of each card, the alarm that rings for all: the most urgent; of equals the one that rings already. */
function leadsOf(seen: readonly Seen[]): ReadonlyMap<string, OccurrenceId> {
  const leads = new Map<string, Seen>();
  for (const one of seen) {
    if (one.wants !== "ring") continue;
    const lead = leads.get(groupOf(one));
    if (lead === undefined || precedes(one, lead)) leads.set(groupOf(one), one);
  }
  return new Map([...leads].map(([group, { occurrence }]) => [group, occurrence.id]));
}

function precedes(one: Seen, other: Seen): boolean {
  const rank = priorityRank(one.priority) - priorityRank(other.priority);
  if (rank !== 0) return rank > 0;
  const [rings, otherRings] = [one, other].map(({ before }) => before?.phase === "ringing");
  if (rings !== otherRings) return rings === true;
  const { members } = one.card;
  return members.indexOf(one.occurrence.id) < members.indexOf(other.occurrence.id);
}

/** Who goes, as people have been told of each card: by whichever of its alarms. */
function announcedOn(seen: readonly Seen[]): Map<string, Set<string>> {
  const told = new Map<string, Set<string>>();
  for (const one of seen) {
    const { before, wants } = one;
    if (wants !== "answered" || before?.phase !== "answered" || before.announced === undefined) continue;
    told.set(groupOf(one), (told.get(groupOf(one)) ?? new Set()).add(before.announced));
  }
  return told;
}

interface Step {
  readonly incident: Incident;
  /** Absent: nothing is said now. */
  readonly kind?: "alarm" | "update" | "gentle";
}

function follow(
  seen: Seen,
  {
    lead,
    announced,
    now,
    dependencyClass,
  }: {
    readonly lead: OccurrenceId | undefined;
    readonly announced: Map<string, Set<string>>;
    readonly now: Moment;
    readonly dependencyClass: DependencyClass;
  },
): Step {
  const { occurrence, card, before, wants, overruled } = seen;
  const { step = -1, repeat = -1, announced: told } = before ?? {};
  const known = {
    ...{ priority: seen.priority, condition: seen.condition, simulated: seen.simulated, drill: seen.drill },
    ...{ step, repeat, card: card.id, level: seen.level },
    ...(told === undefined ? {} : { announced: told }),
    ...(overruled === undefined ? {} : { overruled }),
  };
  switch (wants) {
    case "muted":
    case "quiet":
      return { incident: { ...known, phase: wants } };
    case "gentle":
      return before?.phase === "gentle"
        ? { incident: { ...known, phase: "gentle" } }
        : { incident: { ...known, phase: "gentle", step: step + 1, repeat: 0 }, kind: "gentle" };
    case "answered": {
      const answer = occurrence.acknowledgement;
      if (answer === undefined) return { incident: { ...known, phase: "answered" } };
      return answered(seen, known, answer, lead === undefined ? announced : undefined);
    }
    case "ring":
      if (lead !== occurrence.id) return { incident: { ...known, phase: "carried" } };
      return rings(seen, known, now, dependencyClass);
  }
}

/** While another alarm of the card rings, a quiet word about this one would take the place of its message. */
function answered(
  seen: Seen,
  known: Omit<Incident, "phase">,
  answer: Acknowledgement,
  announced: Map<string, Set<string>> | undefined,
): Step {
  const { before } = seen;
  const words = announcement(answer);
  const group = groupOf(seen);
  const isKnown = before?.phase === "answered" && known.announced === words;
  // Where nobody was called, nobody needs to hear that somebody goes.
  if (isKnown || known.step < 0 || announced?.get(group)?.has(words) === true) {
    return { incident: { ...known, phase: "answered", announced: words } };
  }
  if (announced === undefined) return { incident: { ...known, phase: "answered" } };
  announced.set(group, (announced.get(group) ?? new Set()).add(words));
  return {
    incident: { ...known, phase: "answered", announced: words, step: known.step + 1, repeat: 0 },
    kind: "update",
  };
}

function rings(
  { before, isWorse, earlier }: Seen,
  known: Omit<Incident, "phase">,
  now: Moment,
  cls: DependencyClass,
): Step {
  const { step, repeat } = known;
  if (before?.phase === "carried" && !isWorse) {
    return { incident: begin({ ...known, step: step + 1, repeat: -1 }, now, cls, { inMs: RELEASE_MS }) };
  }
  if (before?.phase === "ringing" && !isWorse) {
    const ringing: Incident = { ...before, ...known };
    if (before.nextAt === undefined || now.mono < before.nextAt) return { incident: ringing };
    return { incident: ring({ ...ringing, repeat: repeat + 1 }, now, cls), kind: "alarm" };
  }
  const next = { ...known, step: step + 1, repeat: 0 };
  const hasLapsed = before?.phase === "answered" && !isWorse;
  const isAsBefore = earlier?.priority === known.priority;
  const goneMs = isAsBefore ? goneAfter(earlier, now, cls) : 0;
  const begun = hasLapsed
    ? { ...next, phase: before.phase, level: furtherOf(next.level, LAPSED_LEVEL), since: now.mono }
    : begin(next, now, cls, { goneMs });
  return { incident: ring(begun, now, cls), kind: "alarm" };
}

const furtherOf = (one: CallLevel, other: CallLevel): CallLevel => (one > other ? one : other);

function sendOf(
  { occurrence, card, allRight, worsened }: Seen,
  { step, repeat, priority, condition, simulated, drill, level }: Incident,
  kind: "alarm" | "update" | "gentle",
  now: Moment,
): PlannedSend {
  const { bed, id, acknowledgement, accepted } = occurrence;
  return {
    ...{ bed, occurrence: id, kind, step, repeat, priority, condition, simulated, drill, at: now.wall },
    level,
    ...(card.id === id ? {} : { card: card.id }),
    ...(card.cause === undefined ? {} : { cause: card.cause }),
    ...(worsened > 0 && kind !== "update" ? { worsened } : {}),
    ...(kind === "update" && acknowledgement !== undefined ? { acknowledgement } : {}),
    ...(allRight === undefined ? {} : { allRight: spokenAt(allRight) }),
    ...(kind === "gentle" && accepted !== undefined ? { audience: { only: accepted.id } } : {}),
  };
}

const spokenAt = ({ at, before }: AllRight): NonNullable<PlannedSend["allRight"]> => ({
  at,
  ...(before === true && { before }),
});

/** The end of an occurrence: told with the last alarm of its card, and remembered, since it may come again. */
function close(
  id: OccurrenceId,
  before: Incident,
  {
    fold,
    next,
    due,
    now,
    dependencyClass,
  }: {
    readonly fold: AlarmFold;
    readonly next: Incidents;
    readonly due: readonly PlannedSend[];
    readonly now: Moment;
    readonly dependencyClass: DependencyClass;
  },
): { readonly incident?: Incident; readonly send?: PlannedSend } {
  if (before.phase === "over") {
    return before.forgetAt === undefined || now.mono >= before.forgetAt ? {} : { incident: before };
  }
  if (before.step < 0) return {};
  const isHeardOf = [...next.values()].some(
    ({ card, phase, simulated }) =>
      card === before.card && simulated === before.simulated && phase !== "over" && phase !== "muted",
  );
  const isTold = due.some(
    ({ kind, card, occurrence }) => kind === "closed" && (card ?? occurrence) === before.card,
  );
  const { priority, condition, simulated, drill, repeat, level } = before;
  const isQuiet =
    isHeardOf ||
    isTold ||
    leavingOf(fold.watch) !== undefined ||
    before.phase === "muted" ||
    !mayReachPeople(before, fold.drillUntil, now.wall);
  if (isQuiet) return { incident: over({ ...before, repeat }, now, dependencyClass) };
  const step = before.step + 1;
  return {
    incident: over({ ...before, step, repeat: 0 }, now, dependencyClass),
    send: {
      ...{ bed: fold.bed, occurrence: id, kind: "closed", step, repeat: 0 },
      ...{ priority, condition, simulated, drill, level, at: now.wall },
      ...(before.card === id ? {} : { card: before.card }),
    },
  };
}
