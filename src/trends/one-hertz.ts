import { isPresent, type Sample } from "../domain/sample.ts";
import type { Wall } from "../domain/time.ts";

/** How long the last value stands for the seconds without a sample (clinical facts, section 5). */
export const HOLD_S = 10;

/** One signal on a grid of whole seconds. `state[i]` says whether `values[i]` may be read. */
export interface OneHertz {
  readonly from: Wall;
  readonly values: Float64Array;
  readonly state: Uint8Array;
}

/** A second without a value, with one, or with the device's word that the value is below what it can measure. */
export const GAP = 0;
export const VALID = 1;
export const UNDER_RANGE = 2;

/**
 * Puts samples, oldest first, onto whole seconds in [from, to): the last sample of a second counts, a value is held
 * for at most HOLD_S where nothing came, and ends at once where the device said that it has none.
 */
export function toOneHertz(
  points: Iterable<{ readonly at: Wall; readonly sample: Sample }>,
  from: Wall,
  to: Wall,
): OneHertz {
  const seconds = Math.max(0, Math.ceil((to - from) / 1000));
  const values = new Float64Array(seconds);
  const state = new Uint8Array(seconds);
  const spoken = new Uint8Array(seconds);
  for (const { at, sample } of points) {
    const second = Math.floor((at - from) / 1000);
    if (second < 0 || second >= seconds) continue;
    spoken[second] = 1;
    if (isPresent(sample)) {
      values[second] = sample;
      state[second] = VALID;
    } else {
      state[second] = sample.absent === "under_range" ? UNDER_RANGE : GAP;
    }
  }
  let last = -Infinity;
  for (let second = 0; second < seconds; second++) {
    if (spoken[second] === 1) {
      last = second;
    } else if (second - last <= HOLD_S) {
      values[second] = values[last] ?? 0;
      state[second] = state[last] ?? GAP;
    }
  }
  return { from, values, state };
}

/** Seconds in a state. */
export function countState(series: OneHertz, wanted: number): number {
  let count = 0;
  for (const state of series.state) if (state === wanted) count += 1;
  return count;
}

/** The valid values, in time order. */
export function validValues(series: OneHertz): Float64Array {
  return series.values.filter((_value, second) => series.state[second] === VALID);
}
