import { MINUTE_MS, type Mono, mono } from "../domain/time.ts";
import type { Dips, Window } from "./condition.ts";
import type { Run, Trace } from "./state.ts";

const WINDOW_MS = 5 * MINUTE_MS;
const MOST_RUNS = 600;
const MOST_MINUTES = 30;
/** Crossings are looked for so far back. */
const CROSSING_MS = MINUTE_MS;
/** In range for so long, and what dips added up to is forgotten. */
const FORGIVEN_MS = 10_000;

/** A trace with one more sample, which stands for `coverMs`. */
export function traced(before: Trace | undefined, value: number, now: Mono, coverMs: number): Trace {
  const to = mono(now + coverMs);
  if (before === undefined) {
    return { firstAt: now, at: now, runs: [[value, now, to]], minutes: [], minuteFrom: now };
  }
  const { runs } = before;
  const last = runs.at(-1);
  // A sample that comes early takes up the time of the one before: no second counts twice.
  const goesOn = last !== undefined && last[0] === value && now <= last[2] + 1_000;
  const oldest = now - WINDOW_MS;
  let first = 0;
  while (first < runs.length - 1 && (runs[first]?.[2] ?? now) < oldest) first++;
  if (runs.length - first >= MOST_RUNS) first++;
  const kept = first === 0 ? [...runs] : runs.slice(first);
  if (goesOn) kept[kept.length - 1] = [value, last[1], to];
  else {
    if (last !== undefined && last[2] > now) kept[kept.length - 1] = [last[0], last[1], now];
    kept.push([value, now, to]);
  }
  const trace = { ...before, at: now, runs: kept };
  return now - before.minuteFrom < MINUTE_MS ? trace : withMinute(trace, now);
}

function withMinute(trace: Trace, now: Mono): Trace {
  const within = clipped(trace.runs, trace.minuteFrom, mono(trace.minuteFrom + MINUTE_MS));
  const found = medianOf(within);
  const minutes =
    found === undefined
      ? trace.minutes
      : [...trace.minutes, [mono(trace.minuteFrom + MINUTE_MS), found, validOf(within)] as const].slice(
          -MOST_MINUTES,
        );
  return { ...trace, minutes, minuteFrom: now };
}

/** The last `minutes` of a trace: by the sample up to 5, from whole minutes beyond. */
export function windowOf(trace: Trace, minutes: number, now: Mono): Omit<Window, "devices"> {
  const from = mono(now - minutes * MINUTE_MS);
  const spanMs = Math.min(minutes * MINUTE_MS, now - trace.firstAt);
  const { at } = trace;
  if (minutes * MINUTE_MS <= WINDOW_MS) {
    const runs = clipped(trace.runs, from, mono(now + 1_000));
    const lowest =
      runs.length === 0
        ? undefined
        : runs.reduce((low, [value]) => Math.min(low, value), Number.POSITIVE_INFINITY);
    return {
      validMs: validOf(runs),
      spanMs,
      // Asked for by few, every second of a night.
      get median() {
        return medianOf(runs);
      },
      lowest,
      at,
    };
  }
  const whole = trace.minutes.filter(([end]) => end > from);
  const medians = whole.map(([, median, validMs]) => [median, mono(0), mono(validMs)] as const);
  return {
    validMs: validOf(medians),
    spanMs,
    median: medianOf(medians),
    lowest: medians.length === 0 ? undefined : Math.min(...medians.map(([value]) => value)),
    at,
  };
}

function clipped(runs: readonly Run[], from: Mono, to: Mono): readonly Run[] {
  const kept: Run[] = [];
  const [first, last] = [runs[0], runs.at(-1)];
  if (first !== undefined && last !== undefined && first[1] >= from && last[2] <= to) return runs;
  for (const run of runs) {
    if (run[2] <= from || run[1] >= to) continue;
    kept.push(
      run[1] >= from && run[2] <= to
        ? run
        : [run[0], mono(Math.max(run[1], from)), mono(Math.min(run[2], to))],
    );
  }
  return kept;
}

const validOf = (runs: readonly Run[]): number => runs.reduce((sum, [, from, to]) => sum + (to - from), 0);

/** Time-weighted median: the smallest value at or below which half of the time lies. */
function medianOf(runs: readonly Run[]): number | undefined {
  const half = validOf(runs) / 2;
  if (half === 0) return undefined;
  if (runs.every(([value]) => Number.isInteger(value) && value >= 0 && value <= MOST_BINNED))
    return binned(runs, half);
  let below = 0;
  for (const [value, from, to] of runs.toSorted((a, b) => a[0] - b[0])) {
    below += to - from;
    if (below >= half) return value;
  }
  return undefined;
}

const MOST_BINNED = 300;

/** SpO2 and pulse are whole numbers: counting is faster than sorting, every second of a night. */
function binned(runs: readonly Run[], half: number): number | undefined {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const [value] of runs) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const time = Array.from({ length: most - least + 1 }, () => 0);
  for (const [value, from, to] of runs) time[value - least] = (time[value - least] ?? 0) + (to - from);
  let below = 0;
  for (let bin = 0; bin < time.length; bin++) {
    below += time[bin] ?? 0;
    if (below >= half) return least + bin;
  }
  return undefined;
}

/** What dips below a limit add up to, and where they began within the last minute. */
export function dipsOf(
  trace: Trace,
  { limit, hysteresis }: { readonly limit: number; readonly hysteresis: number },
  now: Mono,
): Omit<Dips, "device"> {
  let integral = 0;
  // Time without a value neither adds nor forgives.
  let inRangeMs = 0;
  let isBelow = false;
  const crossings: Mono[] = [];
  for (const [value, from, to] of trace.runs) {
    if (value < limit) {
      if (!isBelow && now - from <= CROSSING_MS) crossings.push(from);
      isBelow = true;
      inRangeMs = 0;
      integral += ((limit - value) * (to - from)) / 1000;
    } else if (value >= limit + hysteresis) {
      isBelow = false;
      inRangeMs += to - from;
      if (inRangeMs >= FORGIVEN_MS) integral = 0;
    }
  }
  return { integral, crossings, at: trace.at };
}
