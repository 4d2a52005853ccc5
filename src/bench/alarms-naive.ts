/** A threshold on one number, as people would otherwise write it. */
export interface NaiveRule {
  /** %; an alarm below it. */
  readonly limit: number;
  readonly delayS: number;
  /** Ends at limit + this, for so many seconds; 0 and 0: with the first sample that is not below. */
  readonly hysteresis: number;
  readonly clearS: number;
}

export interface NaiveAlarm {
  readonly from: number;
  /** Second after the last one. */
  readonly to: number;
}

/** The two engines that people would otherwise run; both without hysteresis. */
export const plainThreshold = (limit: number): NaiveRule => ({ limit, delayS: 0, hysteresis: 0, clearS: 0 });
export const delayedThreshold = (limit: number): NaiveRule => ({ ...plainThreshold(limit), delayS: 15 });

/** With which the recorded nights were counted: ends at the limit + 1 for 5 s. */
export const countingRule = (limit: number, delayS: number): NaiveRule => ({
  ...{ limit, delayS, hysteresis: 1, clearS: 5 },
});

/** Alarms over a night at 1 Hz; a missing value is no value, as naive engines have it. */
export function naiveAlarms(values: readonly (number | undefined)[], rule: NaiveRule): readonly NaiveAlarm[] {
  const { limit, delayS, hysteresis, clearS } = rule;
  const alarms: NaiveAlarm[] = [];
  let below = 0;
  let well = 0;
  let from: number | undefined;
  for (const [second, value] of values.entries()) {
    if (value === undefined) continue;
    below = value < limit ? below + 1 : 0;
    well = value >= limit + hysteresis ? well + 1 : 0;
    if (from === undefined && below > delayS) from = second;
    if (from !== undefined && well > 0 && well >= clearS) {
      alarms.push({ from, to: second });
      from = undefined;
    }
  }
  if (from !== undefined) alarms.push({ from, to: values.length });
  return alarms;
}
