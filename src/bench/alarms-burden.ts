import { type ConditionId, PRIORITIES, type Priority, priorityRank } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import { askingOf } from "../domain/ringing.ts";
import { absent } from "../domain/sample.ts";
import { type BenchBed, conditionOf, createBenchBed, OXIMETER } from "./alarms-bed.ts";
import { countingRule, delayedThreshold, naiveAlarms, plainThreshold } from "./alarms-naive.ts";
import type { NightSecond } from "./alarms-nights.ts";

/** How often, by priority. */
export type PerPriority = { readonly [priority in Priority]: number };

/** What a series of nights came to; counts are sums over all of them. */
export interface Burden {
  readonly what: string;
  readonly nights: number;
  readonly hours: number;
  /** An occurrence began to sound, or sounded again because it had become worse. */
  readonly signals: PerPriority;
  /** The answer had run out and it was still there; and of which conditions. */
  readonly again: number;
  readonly againBy: { readonly [id in ConditionId]?: number };
  readonly byCondition: { readonly [id in ConditionId]?: PerPriority };
  /** Alarms of the engines that people would otherwise run, at the same limit of 88 %. */
  readonly plain: number;
  /** The same that ends only 1 % above for 5 s: how the recorded nights were counted. */
  readonly counted: number;
  readonly delayed: number;
  /** Times below the critical limit for its delay and longer, and those of them that were no alarm. */
  readonly deep: number;
  readonly deepLost: readonly string[];
}

export interface BurdenPlan {
  readonly what: string;
  readonly dependencyClass: DependencyClass;
  readonly limits?: unknown;
}

/** Somebody is there and answers so long after it begins to sound; s. */
const ANSWER_S = 60;
const LIMIT = 88;
const ANNA = { id: "anna", name: "Anna" } as const;

/** Counts over nights that nothing but an oximeter watched. A caregiver answers every alarm after a minute. */
export function measureBurden(plan: BurdenPlan, nights: Iterable<readonly NightSecond[]>): Burden {
  const signals = { low: 0, medium: 0, high: 0 };
  const byCondition: { [id in ConditionId]?: { low: number; medium: number; high: number } } = {};
  const againBy: { [id in ConditionId]?: number } = {};
  const sums = { nights: 0, seconds: 0, again: 0, plain: 0, counted: 0, delayed: 0, deep: 0 };
  const deepLost: string[] = [];
  for (const night of nights) {
    const judged = judgeNight(plan, night);
    for (const { condition, priority } of judged.signals) {
      signals[priority]++;
      const counts = (byCondition[condition] ??= { low: 0, medium: 0, high: 0 });
      counts[priority]++;
    }
    const values = night.map(({ spo2 }) => spo2);
    const deep = deepDips(values, critical(judged.bed, plan));
    for (const [from, to] of deep) {
      const isRaised = judged.critical.some(([begin, end]) => begin <= to && end >= from);
      if (!isRaised) deepLost.push(`night ${sums.nights}, second ${from} to ${to}`);
    }
    sums.nights++;
    sums.seconds += night.length;
    sums.again += judged.again.length;
    for (const condition of judged.again) againBy[condition] = (againBy[condition] ?? 0) + 1;
    sums.deep += deep.length;
    sums.plain += naiveAlarms(values, plainThreshold(LIMIT)).length;
    sums.counted += naiveAlarms(values, countingRule(LIMIT, 0)).length;
    sums.delayed += naiveAlarms(values, delayedThreshold(LIMIT)).length;
  }
  const { nights: count, seconds, ...rest } = sums;
  return {
    what: plan.what,
    nights: count,
    hours: seconds / 3600,
    signals,
    byCondition,
    againBy,
    deepLost,
    ...rest,
  };
}

interface Signal {
  readonly condition: ConditionId;
  readonly priority: Priority;
}

function judgeNight(plan: BurdenPlan, night: readonly NightSecond[]) {
  const sources = [{ ...OXIMETER, signals: ["spo2", "pulse_rate"] as const }];
  const bed = createBenchBed({ ...plan, sources });
  const gone = absent("searching");
  const answers: { readonly at: number; readonly occurrence: string }[] = [];
  const ringing = new Map<string, Priority>();
  const signals: Signal[] = [];
  const critical: [from: number, to: number][] = [];
  const again: ConditionId[] = [];
  let seen = 0;
  const look = (): void => {
    for (; seen < bed.events.length; seen++) {
      const event = bed.events[seen];
      if (event === undefined) continue;
      const second = Math.floor(event.atMs / 1000);
      const { occurrence, kind } = event;
      if (conditionOf(event) === "SPO2_CRIT" && kind === "occurred") critical.push([second, night.length]);
      const last = critical.at(-1);
      if (conditionOf(event) === "SPO2_CRIT" && kind === "ended" && last !== undefined) last[1] = second;
      const before = ringing.get(occurrence.id);
      if (event.over === true || askingOf(occurrence) !== "ring") {
        ringing.delete(occurrence.id);
        continue;
      }
      ringing.set(occurrence.id, occurrence.priority);
      const isWorse = before !== undefined && priorityRank(occurrence.priority) > priorityRank(before);
      if (before !== undefined && !isWorse && kind !== "escalated") continue;
      // Low ones wait for the morning: they are listed, nobody is woken to answer them.
      const isLow = occurrence.priority === "low";
      if (isLow && kind !== "occurred") continue;
      if (kind === "lapsed" || kind === "resumed") again.push(occurrence.condition);
      else signals.push({ condition: occurrence.condition, priority: occurrence.priority });
      if (!isLow) answers.push({ at: second + ANSWER_S, occurrence: occurrence.id });
    }
  };
  for (const [second, { spo2, pulse, flags }] of night.entries()) {
    while ((answers[0]?.at ?? Number.POSITIVE_INFINITY) <= second) {
      const { occurrence } = answers.shift() ?? { occurrence: "" };
      if (!ringing.has(occurrence)) continue;
      bed.command({
        kind: "acknowledge",
        id: `a${second}${occurrence}`,
        occurrence,
        by: ANNA,
        place: "going",
      });
      look();
    }
    bed.hear("oximeter", {
      kind: "samples",
      samples: { spo2: spo2 ?? gone, pulse_rate: pulse ?? gone },
      ...(flags === undefined ? {} : { flags }),
    });
    bed.advance(1000);
    look();
  }
  return { bed, signals, again, critical };
}

/** Limit and delay of the critical tier in force. */
function critical(bed: BenchBed, plan: BurdenPlan): { readonly limit: number; readonly delayS: number } {
  const { values } = bed.limits.SPO2_CRIT;
  const { limit, delay_s: delayS } = values;
  if (limit === undefined || delayS === undefined) throw new TypeError(`${plan.what}: no critical limit`);
  return { limit, delayS };
}

/** Uninterrupted times below the limit for the delay and longer: [first second, last second]. */
function deepDips(
  values: readonly (number | undefined)[],
  { limit, delayS }: { readonly limit: number; readonly delayS: number },
): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  let from: number | undefined;
  for (let second = 0; second <= values.length; second++) {
    const isDeep = (values[second] ?? Number.POSITIVE_INFINITY) < limit;
    if (isDeep) from ??= second;
    else if (from !== undefined) {
      if (second - 1 - from >= delayS) found.push([from, second - 1]);
      from = undefined;
    }
  }
  return found;
}

/** Per night, for people. */
export const perNight = ({ nights }: Burden, count: number): number => (nights === 0 ? 0 : count / nights);

/** Conditions that rang, the most frequent first. */
export const conditionsOf = ({ byCondition }: Burden): readonly (readonly [string, PerPriority])[] =>
  Object.entries(byCondition).toSorted(([, a], [, b]) => total(b) - total(a));

const total = (counts: PerPriority): number =>
  PRIORITIES.reduce((sum, priority) => sum + counts[priority], 0);
