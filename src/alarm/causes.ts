import {
  type Card,
  type CardEvidence,
  type ConditionId,
  higherPriority,
  type Occurrence,
  priorityRank,
} from "../domain/alarm.ts";
import { byCount, type OccurrenceId } from "../domain/ids.ts";
import { isSignalId, SIGNALS, type SignalId } from "../domain/signal.ts";
import { MINUTE_MS } from "../domain/time.ts";
import { CAUSES, type Cause, type Picture, type Sign } from "./cause-table.ts";
import { GAP_MS } from "./condition.ts";
import { CONDITIONS } from "./conditions/index.ts";

/** What can be seen at the bed now, for the causes of alarms. */
export interface EvidenceOf {
  /**
   * Newest valid value; `usual`: slow mean of the minutes before the card began (taken later, it follows the trouble and
   * hides it), undefined where there were none.
   */
  reading(
    signal: SignalId,
  ): { readonly value: number; readonly ageMs: number; readonly usual: number | undefined } | undefined;
  /** A configured source should deliver it, and its last word is an absence or more than 10 s old. */
  absent(signal: SignalId): boolean;
  /** Codes of the alarms that devices raise by themselves now. */
  readonly ownCodes: readonly string[];
}

/** Whether two alarms within 90 s may have one cause and share a card. A call never shares one. */
export const related = (a: ConditionId, b: ConditionId): boolean =>
  CAUSES.some(({ id, members }) => id !== "patient_calls" && members.includes(a) && members.includes(b));

/** Every open occurrence in exactly one card; the most urgent first, one about the person before others. */
export function cardsOf(open: readonly Occurrence[], evidence: EvidenceOf): readonly Card[] {
  const calls = new Set(open.filter(isCall).map(({ id }) => id));
  const groups = new Map<OccurrenceId, Occurrence[]>();
  for (const one of open) {
    const card = one.card !== undefined && !isCall(one) && !calls.has(one.card) ? one.card : one.id;
    const members = groups.get(card);
    if (members === undefined) groups.set(card, [one]);
    else members.push(one);
  }
  return [...groups]
    .map(([id, members]) => ({ card: id, members: members.toSorted(byUrgency) }))
    .toSorted((a, b) => byUrgency(a.members[0], b.members[0]))
    .map(({ card, members }) => cardOf(card, members, { open, evidence }));
}

const isCall = ({ condition }: Occurrence): boolean => condition === "PATIENT_CALL";

const TECHNICAL: ReadonlySet<ConditionId> = new Set(
  CONDITIONS.filter(({ technical }) => technical).map(({ id }) => id),
);

/** About data and box, not about the person. */
export const isTechnical = ({ condition }: Occurrence): boolean => TECHNICAL.has(condition);

/** Highest priority, the patient's call, the person before the technology, the older one. */
function byUrgency(a: Occurrence | undefined, b: Occurrence | undefined): number {
  if (a === undefined || b === undefined) return 0;
  return (
    priorityRank(b.priority) - priorityRank(a.priority) ||
    Number(isCall(b)) - Number(isCall(a)) ||
    Number(isTechnical(a)) - Number(isTechnical(b)) ||
    a.raisedAt - b.raisedAt ||
    byCount(a.id, b.id)
  );
}

function cardOf(
  id: OccurrenceId,
  members: readonly Occurrence[],
  bed: Pick<Scene, "open" | "evidence">,
): Card {
  const scene: Scene = { members, conditions: conditionsOf(members), ...bed };
  const cause = causeOf(scene);
  return {
    id,
    ...(cause !== undefined && { cause: cause.id }),
    priority: members.map(({ priority }) => priority).reduce(higherPriority, "low"),
    members: members.map((one) => one.id),
    evidence: cause === undefined ? [] : evidenceFor(cause, scene),
  };
}

/** A card's members, the most urgent first, and what can be seen. */
interface Scene {
  readonly members: readonly Occurrence[];
  readonly conditions: ReadonlySet<ConditionId>;
  /** Of all cards. */
  readonly open: readonly Occurrence[];
  readonly evidence: EvidenceOf;
}

const conditionsOf = (members: readonly Occurrence[]): ReadonlySet<ConditionId> =>
  new Set(members.flatMap(({ condition, conditions = [] }) => [condition, ...conditions]));

/** The best supported of the causes that the card may have; none is better than a wrong one. */
function causeOf(scene: Scene): Cause | undefined {
  let best: { cause: Cause; support: number } | undefined;
  for (const cause of CAUSES) {
    const support = mayExplain(cause, scene) ? supportOf(cause, scene) : 0;
    const isBetter =
      best === undefined ||
      (best.cause.technical === cause.technical ? support > best.support : best.cause.technical);
    if (support > 0 && isBetter) best = { cause, support };
  }
  return best?.cause;
}

/**
 * A cause explains the most urgent member; a technical one must explain every member about the person. Pulse follows
 * from anything, and a machine's own alarm says by its code what it is about: neither names a cause alone.
 */
function mayExplain(cause: Cause, scene: Scene): boolean {
  const [lead] = scene.members;
  if (lead === undefined || !cause.members.includes(lead.condition)) return false;
  if (cause.technical && scene.members.some((one) => !isTechnical(one) && !isMember(cause, one)))
    return false;
  const saysSo = [...cause.may, ...cause.pictures.flatMap(({ must }) => must)].some(
    (sign) => sign.kind === "own" && shows(sign, scene),
  );
  return [...scene.conditions].some(
    (id) =>
      cause.members.includes(id) && id !== "PR_LOW" && id !== "PR_HIGH" && (id !== "VENT_OWN" || saysSo),
  );
}

const isMember = (cause: Cause, { condition }: Occurrence): boolean => cause.members.includes(condition);

/** Signs that speak for it; 0 when no picture of it is complete. */
function supportOf({ pictures, may }: Cause, scene: Scene): number {
  const needed = Math.max(0, ...pictures.filter((one) => isSeen(one, scene)).map(({ must }) => must.length));
  return needed === 0 ? 0 : needed + may.filter((sign) => shows(sign, scene)).length;
}

const isSeen = ({ must, not = [] }: Picture, scene: Scene): boolean =>
  must.every((sign) => shows(sign, scene)) && !not.some((sign) => shows(sign, scene));

function shows(sign: Sign, scene: Scene): boolean {
  if ("signal" in sign) {
    const reading = freshReading(sign.signal, scene);
    return reading !== undefined && isBeyond(sign, reading);
  }
  switch (sign.kind) {
    case "gone":
      return sign.signals.some((signal) => scene.evidence.absent(signal));
    case "open":
      return sign.conditions.some((id) => scene.conditions.has(id));
    case "silent":
      return scene.open.some(
        (one) => isAboutData(one) && missesA(sign.group, one) && isRecent(one, scene.members),
      );
    case "own":
      return sign.codes.some((code) => scene.evidence.ownCodes.includes(code));
  }
}

type ValueSign = Extract<Sign, { readonly signal: SignalId }>;
type Seen = NonNullable<ReturnType<EvidenceOf["reading"]>>;

function isBeyond(sign: ValueSign, { value, usual }: Seen): boolean {
  switch (sign.kind) {
    case "above":
      return value > sign.limit;
    case "below":
      return value < sign.limit;
    case "fallen":
      return value < sign.below || (usual !== undefined && value <= usual * sign.share);
    case "risen":
      return value > sign.above && (usual === undefined || value >= usual * sign.times);
    case "held":
      return value > sign.above && (usual === undefined || value >= usual * sign.share);
    case "dropped":
      return usual !== undefined && value <= usual - sign.by;
  }
}

function freshReading(signal: SignalId, { evidence }: Scene): Seen | undefined {
  const reading = evidence.reading(signal);
  return reading === undefined || reading.ageMs >= GAP_MS ? undefined : reading;
}

const isAboutData = ({ condition }: Occurrence): boolean =>
  condition === "DATA_STALE" || condition === "DATA_NEVER";

/** What was lost long before has nothing to do with it. */
const LOST_MS = 10 * MINUTE_MS;

const isRecent = ({ raisedAt }: Occurrence, members: readonly Occurrence[]): boolean =>
  members.some((one) => one.raisedAt - raisedAt <= LOST_MS);

const missesA = (group: string, { values }: Occurrence): boolean =>
  String(values["signals"] ?? "")
    .split(" ")
    .some((name) => isSignalId(name) && SIGNALS[name].group === group);

const MOST_EVIDENCE = 4;

/** The values that spoke for the cause, with the way they went; for a loss, how long it has lasted. */
function evidenceFor(cause: Cause, scene: Scene): readonly CardEvidence[] {
  const signs = [...cause.may, ...cause.pictures.flatMap(({ must }) => must)];
  const shown = cause.shows.flatMap((signal): CardEvidence[] => {
    const about = signs.filter((sign) => signalsOf(sign).includes(signal));
    if (signal !== "spo2" && about.length > 0 && !about.some((sign) => shows(sign, scene))) return [];
    const reading = freshReading(signal, scene);
    if (reading === undefined) {
      const last = scene.evidence.reading(signal)?.value ?? "";
      return scene.evidence.absent(signal) ? [{ name: signal, value: last, trend: "gone" }] : [];
    }
    const trend = trendOf(signal, reading);
    return [{ name: signal, value: reading.value, ...(trend !== undefined && { trend }) }];
  });
  const seconds = scene.members[0]?.values["seconds"];
  const lasting = cause.technical && seconds !== undefined ? [{ name: "seconds", value: seconds }] : [];
  return [...shown, ...lasting].slice(0, MOST_EVIDENCE);
}

function signalsOf(sign: Sign): readonly SignalId[] {
  if ("signal" in sign) return [sign.signal];
  return sign.kind === "gone" ? sign.signals : [];
}

/** A fifth more or less than usual is worth a word; for oxygen two points are. */
function trendOf(signal: SignalId, { value, usual }: Seen): CardEvidence["trend"] {
  if (usual === undefined) return undefined;
  if (signal === "spo2") return value <= usual - 2 ? "falling" : undefined;
  if (value >= usual * 1.2 && value > usual) return "up";
  return value <= usual * 0.8 && value < usual ? "down" : undefined;
}
