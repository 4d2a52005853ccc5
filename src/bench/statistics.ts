/** Where a row of measurements lies; every number in the unit of the measurements. */
export interface Spread {
  readonly n: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Undefined when nothing was measured. p99 of fewer than 100 measurements is the greatest of them, or nearly. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  return {
    n: sorted.length,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    max: quantile(sorted, 1),
  };
}

/** One number from several rounds, with the lowest and the highest of them. */
export interface Rounds {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Undefined when no round gave a number. */
export function roundsOf(values: readonly (number | undefined)[]): Rounds | undefined {
  const sorted = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  return { median: quantile(sorted, 0.5), min: quantile(sorted, 0), max: quantile(sorted, 1) };
}

/** Between the two measurements next to the place asked for, in proportion. */
export function quantile(sorted: readonly number[], q: number): number {
  const place = (sorted.length - 1) * q;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}
