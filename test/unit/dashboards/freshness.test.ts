import { describe, expect, test } from "vitest";
import { shownOf } from "../../../dashboards/shared/freshness.ts";
import { absent, type Sample } from "../../../src/domain/sample.ts";

const live = (sample: Sample, ageMs: number) => ({ sample, ageMs, device: "d" });

describe("what a page may show of a number", () => {
  test.each([
    [0, 0, false],
    [400, 9_599, false],
    [400, 9_600, true],
    [10_000, 0, true],
    [0, 29_999, true],
  ])("%i ms old when told, %i ms ago: shown, old is %s", (ageMs, sinceMs, old) => {
    expect(shownOf(live(95, ageMs), sinceMs)).toEqual({
      kind: "number",
      value: 95,
      ageMs: ageMs + sinceMs,
      old,
    });
  });

  test.each([
    [30_000, 0],
    [400, 29_600],
    [3_600_000, 0],
  ])("%i ms old when told, %i ms ago: gone, without its value", (ageMs, sinceMs) => {
    expect(shownOf(live(95, ageMs), sinceMs)).toEqual({ kind: "gone", ageMs: ageMs + sinceMs });
  });

  test("an absence shows its reason while it is fresh, and is gone like a number", () => {
    expect(shownOf(live(absent("sensor_off"), 400), 0)).toEqual({
      kind: "absent",
      reason: "sensor_off",
      ageMs: 400,
    });
    expect(shownOf(live(absent("sensor_off"), 400), 30_000)).toEqual({ kind: "gone", ageMs: 30_400 });
  });

  test("what never arrived is never a number", () => {
    expect(shownOf(undefined, 0)).toEqual({ kind: "never" });
  });

  test("without a connection nothing stands, however fresh it was", () => {
    expect(shownOf(live(95, 0), undefined)).toEqual({ kind: "unheard" });
  });
});
