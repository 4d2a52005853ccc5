import { type OneHertz, UNDER_RANGE, VALID } from "./one-hertz.ts";

/** One fall of saturation below its own baseline. Seconds count from the series' start. */
export interface Desaturation {
  readonly startS: number;
  /** First second that is no longer part of it. */
  readonly endS: number;
  /** %, frozen at the onset. */
  readonly baseline: number;
  /** Lowest valid value, %. */
  readonly nadir: number;
}

const WINDOW_S = 120;
const WINDOW_VALID_S = 60;
const BASELINE_AGE_MAX_S = 300;
const LENGTH_MIN_S = 10;

/**
 * Falls by at least `depth` points from the mean of the valid samples of the previous 120 s, lasting at least 10 s
 * (rule M120; clinical facts, section 6.2). The mean needs 60 valid seconds, else the last mean not older than 300 s
 * stands in. It is frozen at the onset; the event ends with the first value above it less `depth` or the first
 * second without a value; the next may start at once. Values under the device's range count as below.
 */
export function desaturationsM120(series: OneHertz, depth: number): readonly Desaturation[] {
  const { values, state } = series;
  const found: Desaturation[] = [];
  let sum = 0;
  let valid = 0;
  let lastMean = 0;
  let lastMeanAt = -Infinity;
  let open: { startS: number; baseline: number; nadir: number } | undefined;
  const close = (second: number): void => {
    if (open !== undefined && second - open.startS >= LENGTH_MIN_S) found.push({ ...open, endS: second });
    open = undefined;
  };
  for (let second = 0; second < values.length; second++) {
    const here = state[second];
    const value = values[second] ?? 0;
    if (valid >= WINDOW_VALID_S) {
      lastMean = sum / valid;
      lastMeanAt = second;
    }
    const known = second - lastMeanAt <= BASELINE_AGE_MAX_S;
    const below = (baseline: number): boolean =>
      here === UNDER_RANGE || (here === VALID && value <= baseline - depth);
    if (open !== undefined && !below(open.baseline)) close(second);
    if (open === undefined && known && below(lastMean)) {
      open = { startS: second, baseline: lastMean, nadir: Infinity };
    }
    if (open !== undefined && here === VALID) open.nadir = Math.min(open.nadir, value);
    if (here === VALID) {
      sum += value;
      valid += 1;
    }
    const leaving = second - WINDOW_S;
    if (leaving >= 0 && state[leaving] === VALID) {
      sum -= values[leaving] ?? 0;
      valid -= 1;
    }
  }
  close(values.length);
  return found;
}
