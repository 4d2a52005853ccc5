import type { Baselines } from "../domain/alarm.ts";
import { isPresent } from "../domain/sample.ts";
import { roundTo, SIGNALS, type SignalId } from "../domain/signal.ts";
import { HOUR_MS, SECOND_MS, type Wall } from "../domain/time.ts";
import type { RecordedNight } from "./recorded.ts";

/** Signals with a usual value: they vary little within one person (clinical facts, 0.9). */
export const BASELINE_SIGNALS = [
  "minute_volume",
  "tidal_volume_exp",
  "resp_rate",
  "leak",
  "pulse_rate",
] as const satisfies readonly (keyof Baselines)[];

type BaselineSignal = (typeof BASELINE_SIGNALS)[number];

/** What has to be read of a night to find its medians. */
export const BASELINE_INPUTS: readonly SignalId[] = [...BASELINE_SIGNALS, "therapy"];

/** Nights that are looked at, and how many of them must be valid. */
export const BASELINE_NIGHTS = { looked: 28, least: 5 } as const;

/** A night counts for a signal with so much valid time, and so much of the time that it could have been valid. */
const VALID = { leastMs: 4 * HOUR_MS, share: 0.7 } as const;
/** A number stands until the next one, at most so long. */
const HELD_MS = 10 * SECOND_MS;

/** Medians of one night, of the signals for which it was a valid one. */
export type NightMedians = { readonly [id in BaselineSignal]?: number };

/**
 * The medians of a night. Valid for a signal: at least 4 h of values, and at least 70 % of the time with therapy on;
 * where nobody tells of therapy, of the time from its first word to its last. Yields every few rows.
 */
export function* nightMedians({ rows }: RecordedNight): Generator<void, NightMedians> {
  const tallies = new Map(BASELINE_SIGNALS.map((id) => [id, tally()] as const));
  const therapy = tally();
  let on: { readonly since: Wall; readonly value: boolean } | undefined;
  let looked = 0;
  for (const { at, samples } of rows) {
    const said = samples.therapy;
    if (isPresent(said)) {
      on = { since: at, value: said === 1 };
      therapy.take(at, said === 1 ? 1 : undefined);
    } else if (said !== undefined) therapy.take(at, undefined);
    const isOff = on !== undefined && (!on.value || at - on.since > HELD_MS);
    for (const [id, one] of tallies) {
      const sample = samples[id];
      if (sample !== undefined) one.take(at, isPresent(sample) && !isOff ? sample : undefined);
    }
    looked += 1;
    if (looked % ROWS_AT_ONCE === 0) yield;
  }
  const medians: { [id in BaselineSignal]?: number } = {};
  for (const [id, one] of tallies) {
    const whole = on === undefined ? one.spanMs() : therapy.validMs();
    const valid = one.validMs();
    const median = one.median();
    if (median !== undefined && valid >= VALID.leastMs && valid >= VALID.share * whole) medians[id] = median;
  }
  return medians;
}

const ROWS_AT_ONCE = 50;

/** The usual values: medians of the medians of the valid nights; none of a signal with fewer than five. */
export function baselinesOf(nights: readonly NightMedians[]): Baselines {
  const baselines: { -readonly [id in keyof Baselines]: Baselines[id] } = {};
  for (const id of BASELINE_SIGNALS) {
    const medians = nights.flatMap((night) => night[id] ?? []).toSorted((a, b) => a - b);
    const middle = Math.floor(medians.length / 2);
    const upper = medians[middle];
    const lower = medians.length % 2 === 0 ? medians[middle - 1] : upper;
    if (medians.length < BASELINE_NIGHTS.least || upper === undefined || lower === undefined) continue;
    const median = roundTo((upper + lower) / 2, SIGNALS[id].resolution);
    baselines[id] = { median, nights: medians.length };
  }
  return baselines;
}

/** How long which value stood. */
function tally() {
  const stood = new Map<number, number>();
  let first: Wall | undefined;
  let before: { readonly at: Wall; readonly value: number | undefined } | undefined;
  const add = (value: number, ms: number): void => {
    stood.set(value, (stood.get(value) ?? 0) + ms);
  };
  /** Of the newest value nobody knows yet how long it stands: a second. */
  const newestMs = (): number => (before?.value === undefined ? 0 : SECOND_MS);
  return {
    /** Undefined: absent, or not to be counted. */
    take(at: Wall, value: number | undefined): void {
      if (before?.value !== undefined) add(before.value, Math.min(at - before.at, HELD_MS));
      first ??= at;
      before = { at, value };
    },
    validMs: (): number => [...stood.values()].reduce((sum, ms) => sum + ms, newestMs()),
    spanMs: (): number => (first === undefined || before === undefined ? 0 : before.at - first + SECOND_MS),
    median(): number | undefined {
      const values = [...stood].toSorted(([a], [b]) => a - b);
      let left = values.reduce((sum, [, ms]) => sum + ms, 0) / 2;
      for (const [value, ms] of values) {
        left -= ms;
        if (left <= 0) return value;
      }
      return undefined;
    },
  };
}
