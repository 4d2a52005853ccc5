import { countingRule, naiveAlarms } from "./alarms-naive.ts";
import type { NightKind, NightSecond } from "./alarms-nights.ts";

/** Alarms a night below a limit by delay, on nights that were recorded. */
export interface RecordedCounts {
  readonly limit: number;
  /** In the order of DELAYS_S. */
  readonly counts: readonly number[];
}

export const DELAYS_S = [0, 5, 15, 30, 60] as const;

/** Ten ordinary nights and two chronically hypoxaemic ones: clinical facts, section 2, whose rule is countingRule. */
export const ORDINARY_NIGHTS: readonly RecordedCounts[] = [
  { limit: 90, counts: [34.7, 27.9, 14.5, 4.8, 2] },
  { limit: 88, counts: [8.8, 6.3, 3, 1, 0.2] },
  { limit: 85, counts: [1.9, 1.6, 0.7, 0.6, 0.1] },
];

export const CHRONIC_NIGHTS: readonly RecordedCounts[] = [
  { limit: 90, counts: [125, 112, 90, 62, 39] },
  { limit: 88, counts: [146, 130, 88, 60, 35] },
  { limit: 85, counts: [80, 62, 38, 19, 6.5] },
];

/** How near the simulated nights come to the recorded ones. */
export interface Calibration {
  readonly kind: NightKind["name"];
  readonly nights: number;
  readonly rows: readonly (RecordedCounts & { readonly simulated: readonly number[] })[];
}

/** Counts are per 8 h. */
export function calibrationOf(
  { name }: NightKind,
  nights: Iterable<readonly NightSecond[]>,
  recorded: readonly RecordedCounts[],
  hours: number,
): Calibration {
  const values = [...nights].map((night) => night.map(({ spo2 }) => spo2));
  const rows = recorded.map(({ limit, counts }) => ({
    ...{ limit, counts },
    simulated: DELAYS_S.map((delayS) => {
      const found = values.reduce(
        (sum, night) => sum + naiveAlarms(night, countingRule(limit, delayS)).length,
        0,
      );
      return (found / Math.max(1, values.length)) * (8 / hours);
    }),
  }));
  return { kind: name, nights: values.length, rows };
}
