import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { absent, type Sample } from "../../../src/domain/sample.ts";
import { wall } from "../../../src/domain/time.ts";
import { desaturationsM120 } from "../../../src/trends/desaturation.ts";
import { oximetryMetrics } from "../../../src/trends/metrics.ts";
import { toOneHertz } from "../../../src/trends/one-hertz.ts";

const _ = absent("not_measured");
/** A series from runs of [value, seconds]; undefined: nothing received at all. */
type Part = readonly [Sample | undefined, number];
const runs = (...parts: readonly Part[]) => {
  const points: { at: ReturnType<typeof wall>; sample: Sample }[] = [];
  let second = 0;
  for (const [sample, length] of parts) {
    for (let i = 0; i < length; i++, second++) {
      if (sample !== undefined) points.push({ at: wall(second * 1000), sample });
    }
  }
  return { points, to: wall(second * 1000) };
};
const metricsOf = (...parts: readonly Part[]) => {
  const { points, to } = runs(...parts);
  return oximetryMetrics({ spo2: points }, wall(0), to);
};
const value = (metrics: ReturnType<typeof metricsOf>, id: string) => metrics[id]?.value;

describe("oximetry metrics", () => {
  test("time below a limit is strict and of the seconds with a value", () => {
    const m = metricsOf([95, 50], [90, 20], [89, 20], [88, 6], [87, 4], [_, 100]);
    expect(value(m, "T90")).toBeCloseTo(30);
    expect(value(m, "T90_LE")).toBeCloseTo(50);
    expect(value(m, "T88")).toBeCloseTo(4);
    expect(value(m, "COVERAGE")).toBeCloseTo(50);
    expect(m["T90"]?.coverage).toBeCloseTo(0.5);
  });

  test("seconds under the measurable range count as below every limit", () => {
    const m = metricsOf([95, 90], [absent("under_range"), 10]);
    expect(value(m, "T80")).toBeCloseTo(10);
    expect(value(m, "UNDER_RANGE_S")).toBe(10);
    expect(value(m, "SPO2_MIN")).toBe(95);
  });

  test("the longest run goes on over a silence of 10 s and is broken by a longer one or by a spoken absence", () => {
    expect(value(metricsOf([95, 5], [88, 20], [undefined, 10], [88, 20], [95, 5]), "LONGEST_LE88")).toBe(50);
    expect(value(metricsOf([95, 5], [88, 20], [undefined, 11], [88, 15], [95, 5]), "LONGEST_LE88")).toBe(30);
    expect(value(metricsOf([95, 5], [88, 20], [_, 1], [88, 15], [95, 5]), "LONGEST_LE88")).toBe(20);
  });

  test("the area below 90 is per valid hour and 60 times the mean deficit", () => {
    const m = metricsOf([92, 1800], [80, 1800]);
    expect(value(m, "TWA90")).toBeCloseTo(5);
    expect(value(m, "AUC90")).toBeCloseTo(300);
  });

  test("the delta index drops windows with a gap", () => {
    expect(value(metricsOf([96, 12], [94, 12], [97, 12]), "DELTA_INDEX")).toBeCloseTo(2.5);
    expect(value(metricsOf([96, 12], [_, 1], [94, 11], [97, 12]), "DELTA_INDEX")).toBeNull();
  });

  test("percentiles interpolate", () => {
    const m = metricsOf([90, 1], [91, 1], [92, 1], [93, 1]);
    expect(value(m, "SPO2_MEDIAN")).toBeCloseTo(91.5);
    expect(value(m, "SPO2_SD")).toBeCloseTo(Math.sqrt(1.25));
  });

  test("nothing received gives no number, never zero", () => {
    const m = oximetryMetrics({}, wall(0), wall(3_600_000));
    for (const id of [
      "SPO2_MEAN",
      "SPO2_MIN",
      "T90",
      "AUC90",
      "ODI3_M120",
      "LONGEST_LT90",
      "DELTA_INDEX",
      "PR_MEAN",
    ]) {
      expect(m[id]?.value, id).toBeNull();
    }
    expect(m["COVERAGE"]?.value).toBe(0);
  });
});

describe("desaturation events by rule M120", () => {
  const eventsOf = (depth: number, ...parts: readonly Part[]) => {
    const { points, to } = runs(...parts);
    return desaturationsM120(toOneHertz(points, wall(0), to), depth);
  };

  test("a clean fall of three points for ten seconds is one event", () => {
    expect(eventsOf(3, [96, 120], [93, 10], [96, 60])).toEqual([
      { startS: 120, endS: 130, baseline: 96, nadir: 93 },
    ]);
  });

  test("nine seconds, two points, or no baseline are none", () => {
    expect(eventsOf(3, [96, 120], [93, 9], [96, 60])).toEqual([]);
    expect(eventsOf(3, [96, 120], [94, 60], [96, 60])).toEqual([]);
    expect(eventsOf(3, [96, 30], [90, 25], [96, 4])).toEqual([]);
  });

  test("a fall deep enough for four is one for three as well, not the other way round", () => {
    expect(eventsOf(4, [96, 120], [93, 20], [96, 60])).toHaveLength(0);
    expect(eventsOf(4, [96, 120], [92, 20], [96, 60])).toHaveLength(1);
  });

  test("a missing second ends the event", () => {
    expect(eventsOf(3, [96, 120], [92, 12], [_, 1], [92, 5], [96, 60])).toMatchObject([
      { startS: 120, endS: 132 },
    ]);
  });

  test("after a long gap the old baseline stands in for five minutes and no longer", () => {
    expect(eventsOf(3, [96, 120], [_, 200], [90, 12], [96, 5])).toHaveLength(1);
    expect(eventsOf(3, [96, 120], [_, 400], [90, 12], [96, 5])).toHaveLength(0);
  });

  test("agrees with a slow reading of the definition on random nights", () => {
    const sample = fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 84, max: 98 }) },
      { weight: 1, arbitrary: fc.constant(_) },
    );
    const run = fc.tuple(sample, fc.integer({ min: 1, max: 70 })) as fc.Arbitrary<Part>;
    fc.assert(
      fc.property(fc.array(run, { maxLength: 30 }), fc.constantFrom(3, 4), (parts, depth) => {
        const { points, to } = runs(...parts);
        const series = toOneHertz(points, wall(0), to);
        const at = (s: number): number | undefined => (series.state[s] === 1 ? series.values[s] : undefined);
        const baselineAt = (s: number): number | undefined => {
          for (let t = s; t >= Math.max(0, s - 300); t--) {
            const window: number[] = [];
            for (let u = Math.max(0, t - 120); u < t; u++) {
              const x = at(u);
              if (x !== undefined) window.push(x);
            }
            if (window.length >= 60) return window.reduce((a, b) => a + b) / window.length;
          }
          return undefined;
        };
        const expected: number[][] = [];
        for (let s = 0; s < series.values.length; s++) {
          const baseline = baselineAt(s);
          const low = (t: number): boolean =>
            baseline !== undefined && (at(t) ?? Infinity) <= baseline - depth + 1e-9;
          if (!low(s)) continue;
          let end = s;
          while (end < series.values.length && low(end)) end++;
          if (end - s >= 10) expected.push([s, end]);
          s = end - 1;
        }
        expect(desaturationsM120(series, depth).map((e) => [e.startS, e.endS])).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
