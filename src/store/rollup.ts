import { ABSENCES, absent, type Sample } from "../domain/sample.ts";
import { wall } from "../domain/time.ts";
import type { Point, Series, SignalSummary } from "../port/timeseries.ts";

/** Of the values of one signal in one night, in any order; undefined without any. */
export function summaryOf(values: Float64Array): SignalSummary | undefined {
  const sorted = values.toSorted();
  const [count, min, max] = [sorted.length, sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const percentile = (percent: number): number => sorted[Math.ceil((percent / 100) * count) - 1] ?? min;
  const sum = sorted.reduce((a, b) => a + b, 0);
  return { count, min, p05: percentile(5), p50: percentile(50), p95: percentile(95), max, mean: sum / count };
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
