import { describe, expect, test } from "vitest";
import { roundsOf, spreadOf } from "../../../src/bench/statistics.ts";

describe("what measurements come to", () => {
  test("half of them lie below p50, whatever their order", () => {
    expect(spreadOf([9, 1, 5])).toEqual({ n: 3, p50: 5, p99: expect.closeTo(8.92), max: 9 });
  });

  test("p99 lets one of two hundred go by and not one of fifty", () => {
    const quick = (n: number) => [...Array.from({ length: n - 1 }, () => 1), 500];
    expect(spreadOf(quick(200))?.p99).toBeLessThan(2);
    expect(spreadOf(quick(50))?.p99).toBeGreaterThan(200);
  });

  test("nothing measured is nothing, not zero", () => {
    expect(spreadOf([])).toBeUndefined();
    expect(roundsOf([undefined, undefined])).toBeUndefined();
  });

  test("a round that failed does not count", () => {
    expect(roundsOf([4, undefined, 2])).toEqual({ median: 3, min: 2, max: 4 });
  });
});
