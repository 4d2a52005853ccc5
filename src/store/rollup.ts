import { ABSENCES, absent, type Sample } from "../domain/sample.ts";
import { wall } from "../domain/time.ts";
import type { Point, Series, SignalSummary } from "../port/timeseries.ts";

/** Of the values of one signal in one night, in any order; undefined without any. */
export function summaryOf(values: Float64Array): SignalSummary | undefined {
  const count = values.length;
  // Numbers of a bed are multiples of a step and few of them are different: counting is quicker than sorting all.
  const times = new Map<number, number>();
  for (let i = 0; i < count; ) {
    const value = values[i] ?? 0;
    const start = i;
    while (i < count && values[i] === value) i += 1;
    times.set(value, (times.get(value) ?? 0) + i - start);
  }
  const different = Float64Array.from(times.keys()).sort();
  const [min, max] = [different[0], different.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const ranks = [5, 50, 95].map((percent) => Math.ceil((percent / 100) * count));
  const found: number[] = [];
  let [passed, sum] = [0, 0];
  for (const value of different) {
    const here = times.get(value) ?? 0;
    passed += here;
    sum += here * value;
    while (found.length < ranks.length && passed >= (ranks[found.length] ?? 0)) found.push(value);
  }
  const [p05 = max, p50 = max, p95 = max] = found;
  return { count, min, p05, p50, p95, max, mean: sum / count };
}

/** Points as columns. */
export function seriesOf(points: readonly Point[]): Series {
  return {
    at: Float64Array.from(points, ({ at }) => at),
    values: Float64Array.from(points, ({ sample }) => (typeof sample === "number" ? sample : 0)),
    absences: Uint8Array.from(points, ({ sample }) => absenceCode(sample)),
  };
}

/** 0 for a value, else 1 + the reason's position in ABSENCES. */
const absenceCode = (sample: Sample): number =>
  typeof sample === "number" ? 0 : 1 + ABSENCES.indexOf(sample.absent);

/** Columns as points. */
export function pointsOf(series: Series): readonly Point[] {
  const points: Point[] = [];
  for (let row = 0; row < series.at.length; row++) {
    const reason = ABSENCES[(series.absences[row] ?? 0) - 1];
    const sample = reason === undefined ? (series.values[row] ?? 0) : absent(reason);
    points.push({ at: wall(series.at[row] ?? 0), sample });
  }
  return points;
}
