import { type AlarmEvent, type ConditionId, PRIORITIES, type Priority } from "../domain/alarm.ts";
import type { WatchSchedule } from "../domain/bed.ts";
import type { PersonId } from "../domain/ids.ts";
import type { AlarmOfNight, Blind, MorningSummary, NightEntry, NightTrouble } from "../domain/morning.ts";
import type { Sample } from "../domain/sample.ts";
import { type Night, nightBounds, SECOND_MS, type Wall } from "../domain/time.ts";
import { alarmLines } from "./alarm-lines.ts";
import { wakingsOf } from "./wakings.ts";
import { LOSS_MS, watchedOf, watchOfNight } from "./watched.ts";

/** What is known of a night. */
export interface NightFacts {
  readonly night: Night;
  readonly zone: string;
  readonly schedule?: WatchSchedule;
  readonly now: Wall;
  /** Nothing at the bed is real: its alarms count then, and only then. */
  readonly simulated: boolean;
  /** Oldest first. */
  readonly events: readonly AlarmEvent[];
  /** The one signal that says that the person was seen (watched.ts, SEEN_BY), oldest first. */
  readonly points: Iterable<{ readonly at: Wall; readonly sample: Sample }>;
  /** What was written down of the bed; absent: nothing is here. */
  readonly entries?: readonly NightEntry[];
  /** Whom alarms may call. */
  readonly people: readonly { readonly id: PersonId; readonly name: string }[];
}

/** Less than this of the watch seen, and a night is not called good whatever else it was. */
export const WATCHED_LEAST = 0.9;
const ALARMS_MAX = 200;

/** Alarms that say that nothing, or nothing that counts, was measured. */
const BLIND: ReadonlySet<ConditionId> = new Set<ConditionId>([
  "DATA_STALE",
  "DATA_FROZEN",
  "DATA_NEVER",
  "OXI_SENSOR_OFF",
  "OXI_POOR_SIGNAL",
  "EDGE_OFFLINE",
]);

/** A night in a few facts. Never throws; a night of which nothing is known is one that was not watched. */
export function summarise(facts: NightFacts): MorningSummary {
  const { night, zone, entries, now } = facts;
  const watch = watchOfNight(entries ?? [], night, facts, now);
  const bounds = nightBounds(night, zone);
  const from = watch.spans[0]?.from ?? bounds.from;
  const to = watch.spans.at(-1)?.to ?? from;
  const watched = watchedOf(watch, facts.points);
  const alarms = alarmsOf(facts, from, to);
  const people =
    entries === undefined
      ? undefined
      : wakingsOf(
          entries,
          { from, to },
          facts.people,
          (occurrence) => alarms.find(({ id }) => id === occurrence)?.condition,
        );
  const blind = blindOf(alarms, to);
  return {
    ...{ night, zone, from, to, isRunning: watch.isRunning, simulated: facts.simulated, watched, blind },
    alarms: alarms.slice(0, ALARMS_MAX),
    counts: countsOf(alarms),
    answered: answeredOf(alarms),
    ...(people === undefined ? {} : { people }),
    troubles: troublesOf(watched, alarms, {
      isRunning: watch.isRunning,
      to,
      isCallUnknown: callUnknown(facts, from, to),
    }),
  };
}

/** The alarms that were open at any time of the watch, of no drill, in order of their begin. */
function alarmsOf({ events, simulated }: NightFacts, from: Wall, to: Wall): readonly AlarmOfNight[] {
  return alarmLines(events)
    .filter(({ occurrence }) => !occurrence.drill && occurrence.simulated === simulated)
    .filter(
      ({ occurrence: { raisedAt }, endedAt }) => raisedAt < to && (endedAt === undefined || endedAt > from),
    )
    .map(
      ({ occurrence: { id, condition, priority, raisedAt }, endedAt, acknowledgedAt, acknowledgedBy }) => ({
        ...{ id, condition, priority, at: raisedAt },
        ...(endedAt === undefined ? {} : { endedAt }),
        ...(acknowledgedAt === undefined ? {} : { answeredAt: acknowledgedAt }),
        ...(acknowledgedBy === undefined ? {} : { answeredBy: acknowledgedBy }),
      }),
    );
}

const isWaking = ({ priority }: AlarmOfNight): boolean => priority !== "low";

function countsOf(alarms: readonly AlarmOfNight[]): MorningSummary["counts"] {
  const count = (wanted: Priority): number => alarms.filter(({ priority }) => priority === wanted).length;
  const [low, medium, high] = PRIORITIES.map(count);
  return { low: low ?? 0, medium: medium ?? 0, high: high ?? 0 };
}

function answeredOf(alarms: readonly AlarmOfNight[]): MorningSummary["answered"] {
  const times = alarms
    .filter(isWaking)
    .flatMap(({ at, answeredAt }) => (answeredAt === undefined ? [] : [(answeredAt - at) / SECOND_MS]))
    .toSorted((a, b) => a - b);
  const [middle, slowest] = [times[Math.floor((times.length - 1) / 2)], times.at(-1)];
  return {
    count: times.length,
    ...(middle === undefined ? {} : { medianS: Math.round(middle) }),
    ...(slowest === undefined ? {} : { slowestS: Math.round(slowest) }),
  };
}

/** What could not be seen, the longest first. */
function blindOf(alarms: readonly AlarmOfNight[], to: Wall): readonly Blind[] {
  const found = new Map<ConditionId, Blind>();
  for (const alarm of alarms.filter(({ condition }) => BLIND.has(condition))) {
    const { condition } = alarm;
    const { count, seconds } = found.get(condition) ?? { count: 0, seconds: 0 };
    const lasted = Math.round(lastedMs(alarm, to) / SECOND_MS);
    found.set(condition, { condition, count: count + 1, seconds: seconds + lasted });
  }
  return [...found.values()].toSorted((a, b) => b.seconds - a.seconds);
}

/** Up to the end of the watch; ms. */
const lastedMs = ({ at, endedAt }: AlarmOfNight, to: Wall): number =>
  Math.max(0, Math.min(endedAt ?? to, to) - at);

/** Somebody was called for an alarm that nothing here tells of: what it was, nobody can say any more. */
function callUnknown({ entries = [], events }: NightFacts, from: Wall, to: Wall): boolean {
  const known = new Set(events.map(({ occurrence }) => occurrence.id));
  return entries.some(
    (entry) => entry.kind === "called" && entry.at >= from && entry.at < to && !known.has(entry.occurrence),
  );
}

function troublesOf(
  { seconds, seen, gaps }: MorningSummary["watched"],
  alarms: readonly AlarmOfNight[],
  {
    isRunning,
    to,
    isCallUnknown,
  }: { readonly isRunning: boolean; readonly to: Wall; readonly isCallUnknown: boolean },
): readonly NightTrouble[] {
  const isLost = alarms.some((alarm) => BLIND.has(alarm.condition) && lastedMs(alarm, to) > LOSS_MS);
  return [
    ...(isRunning ? (["not_over"] as const) : []),
    ...(seen === 0 ? (["not_watched"] as const) : []),
    ...(seen > 0 && seen < WATCHED_LEAST * seconds ? (["watched_little"] as const) : []),
    ...(alarms.some(({ priority }) => priority === "high") ? (["high_alarm"] as const) : []),
    ...(isCallUnknown ? (["unknown_call"] as const) : []),
    ...(seen > 0 && (gaps.length > 0 || isLost) ? (["data_loss"] as const) : []),
  ];
}
