import type { Sample } from "../domain/sample.ts";
import type { SignalId } from "../domain/signal.ts";
import type { Wall } from "../domain/time.ts";
import { desaturationsM120 } from "./desaturation.ts";
import { countState, GAP, type OneHertz, toOneHertz, UNDER_RANGE, VALID, validValues } from "./one-hertz.ts";

/**
 * One number of a night. `value` null: not enough data for this metric. `rule` names the definition exactly, so that
 * two numbers are only compared when their rules are equal. `coverage` = seconds with a value / seconds asked for.
 */
export interface Metric {
  readonly value: number | null;
  readonly unit: string;
  readonly rule: string;
  readonly coverage: number;
}

export type Metrics = { readonly [id: string]: Metric };

export type SignalPoints = {
  readonly [id in SignalId]?: readonly { readonly at: Wall; readonly sample: Sample }[];
};

/** The oximetry metrics of [from, to); unrounded. Definitions: clinical facts, sections 5 and 6.1. */
export function oximetryMetrics(points: SignalPoints, from: Wall, to: Wall): Metrics {
  const spo2 = toOneHertz(points.spo2 ?? [], from, to);
  const pulse = toOneHertz(points.pulse_rate ?? [], from, to);
  return { ...saturationMetrics(spo2), ...pulseMetrics(pulse) };
}

type Add = (id: string, value: number | null, unit: string, rule: string) => void;

function collector(series: OneHertz): { readonly add: Add; readonly metrics: { [id: string]: Metric } } {
  const seconds = series.values.length;
  const coverage = seconds === 0 ? 0 : 1 - countState(series, GAP) / seconds;
  const metrics: { [id: string]: Metric } = {};
  return {
    metrics,
    add: (id, value, unit, rule) => {
      metrics[id] = { value, unit, rule, coverage };
    },
  };
}

function saturationMetrics(series: OneHertz): Metrics {
  const { add, metrics } = collector(series);
  const values = validValues(series);
  const underS = countState(series, UNDER_RANGE);
  const spokenS = values.length + underS;
  const hours = spokenS / 3600;
  const some = <T>(value: T): T | null => (values.length === 0 ? null : value);
  const share = (below: (x: number) => boolean): number | null =>
    spokenS === 0 ? null : (100 * (underS + count(values, below))) / spokenS;
  const sorted = values.slice().sort();

  add("SPO2_MEAN", some(mean(values)), "%", "mean of valid seconds");
  add("SPO2_MEDIAN", some(percentile(sorted, 50)), "%", "percentile type 7 of valid seconds");
  add("SPO2_SD", some(deviation(values)), "%", "population standard deviation of valid seconds");
  add("SPO2_P1", some(percentile(sorted, 1)), "%", "percentile type 7 of valid seconds");
  add("SPO2_P5", some(percentile(sorted, 5)), "%", "percentile type 7 of valid seconds");
  add("SPO2_P95", some(percentile(sorted, 95)), "%", "percentile type 7 of valid seconds");
  add("SPO2_MIN", some(sorted[0] ?? null), "%", "lowest valid second");
  for (const limit of [95, 92, 90, 88, 85, 80]) {
    add(
      `T${limit}`,
      share((x) => x < limit),
      "%",
      `seconds < ${limit} %, under range counted, of seconds with a value`,
    );
  }
  add(
    "T90_LE",
    share((x) => x <= 90),
    "%",
    "seconds <= 90 %, under range counted, of seconds with a value",
  );
  add(
    "LONGEST_LT90",
    longest(series, (x) => x < 90),
    "s",
    "longest run < 90 %; a gap over 10 s breaks it",
  );
  add(
    "LONGEST_LE88",
    longest(series, (x) => x <= 88),
    "s",
    "longest run <= 88 %; a gap over 10 s breaks it",
  );
  const deficit = values.reduce((sum, x) => sum + Math.max(0, 90 - x), 0);
  add(
    "AUC90",
    some(deficit / 60 / (values.length / 3600)),
    "%.min/h",
    "sum of max(0, 90 - x) dt per valid hour",
  );
  add("TWA90", some(deficit / values.length), "%", "mean of max(0, 90 - x) over valid seconds");
  add("DELTA_INDEX", deltaIndex(series), "%", "mean |difference| of consecutive gapless 12 s means");
  for (const depth of [3, 4]) {
    const events = desaturationsM120(series, depth).length;
    const rule = `fall >= ${depth} from the mean of the previous 120 s for >= 10 s, per hour with a value`;
    add(`ODI${depth}_M120`, hours === 0 ? null : events / hours, "/h", rule);
    add(
      `ODI${depth}_M120_EVENTS`,
      spokenS === 0 ? null : events,
      "1",
      rule.replace(", per hour with a value", ""),
    );
  }
  add("UNDER_RANGE_S", underS, "s", "seconds below the measurable range");
  add(
    "COVERAGE",
    series.values.length === 0 ? 0 : (100 * spokenS) / series.values.length,
    "%",
    "seconds with a value of all seconds",
  );
  return metrics;
}

function pulseMetrics(series: OneHertz): Metrics {
  const { add, metrics } = collector(series);
  const sorted = validValues(series).sort();
  const some = <T>(value: T): T | null => (sorted.length === 0 ? null : value);
  add("PR_MEAN", some(mean(sorted)), "/min", "mean of valid seconds");
  add("PR_MEDIAN", some(percentile(sorted, 50)), "/min", "percentile type 7 of valid seconds");
  add("PR_MIN", some(sorted[0] ?? null), "/min", "lowest valid second");
  add("PR_MAX", some(sorted.at(-1) ?? null), "/min", "highest valid second");
  return metrics;
}

const count = (values: Float64Array, test: (x: number) => boolean): number =>
  values.reduce((n, x) => n + (test(x) ? 1 : 0), 0);

const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function deviation(values: Float64Array): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - middle) ** 2, 0) / values.length);
}

/** Linear interpolation between order statistics (Hyndman and Fan 1996, type 7). */
function percentile(sorted: Float64Array, p: number): number {
  const rank = ((sorted.length - 1) * p) / 100;
  const low = Math.floor(rank);
  const a = sorted[low] ?? 0;
  const b = sorted[Math.min(low + 1, sorted.length - 1)] ?? a;
  return a + (b - a) * (rank - low);
}

/** Longest run in seconds; seconds under range belong to it, a gap ends it. Null without any value. */
function longest(series: OneHertz, inside: (x: number) => boolean): number | null {
  let best = 0;
  let run = 0;
  let spoken = false;
  for (let second = 0; second < series.values.length; second++) {
    const state = series.state[second];
    spoken ||= state !== GAP;
    const belongs = state === UNDER_RANGE || (state === VALID && inside(series.values[second] ?? 0));
    run = belongs ? run + 1 : 0;
    best = Math.max(best, run);
  }
  return spoken ? best : null;
}

const DELTA_WINDOW_S = 12;

/** Pepin et al. 1991: mean absolute difference between successive 12 s means; windows with a gap are dropped. */
function deltaIndex(series: OneHertz): number | null {
  let previous: number | undefined;
  let total = 0;
  let pairs = 0;
  for (let start = 0; start + DELTA_WINDOW_S <= series.values.length; start += DELTA_WINDOW_S) {
    const end = start + DELTA_WINDOW_S;
    const whole = series.state.subarray(start, end).every((state) => state === VALID);
    const here = whole ? mean(series.values.subarray(start, end)) : undefined;
    if (here !== undefined && previous !== undefined) {
      total += Math.abs(here - previous);
      pairs += 1;
    }
    previous = here;
  }
  return pairs === 0 ? null : total / pairs;
}
