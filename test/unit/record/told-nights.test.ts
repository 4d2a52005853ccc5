import { describe, expect, test } from "vitest";
import type { NightEntry } from "../../../src/domain/morning.ts";
import { MINUTE_MS, type Night, nightBounds, wall } from "../../../src/domain/time.ts";
import {
  mergeToldNights,
  readToldNights,
  TOLD_NIGHTS_MAX,
  toldNightsBed,
  toldNightsName,
  writeToldNights,
} from "../../../src/record/told-nights.ts";

const night = (day: number): Night => `2026-01-${String(day).padStart(2, "0")}` as Night;
const from = (day: number): number => nightBounds(night(day), "UTC").from;

const watch = (day: number, hour: number, on: boolean): NightEntry => ({
  ...{ kind: "watch", bed: "b1", at: wall(from(day) + hour * 60 * MINUTE_MS), on },
  reason: on ? "schedule" : "off",
});
const call = (day: number, minute: number, person = "mei"): NightEntry => ({
  ...{ kind: "called", bed: "b1", at: wall(from(day) + minute * MINUTE_MS) },
  ...{ occurrence: "b1-abcdefghij-1", person },
});
const whole = (day: number) => ({
  night: night(day),
  entries: [watch(day, 9, true), call(day, 700), call(day, 701, "ba"), call(day, 702), watch(day, 21, false)],
});

describe("nights that a box leaves with its hub", () => {
  test("are read as they were written, in the order of time", () => {
    const text = writeToldNights([whole(3)]);
    expect(readToldNights(text, "b1")).toEqual([whole(3)]);
    expect(writeToldNights(readToldNights(text, "b1"))).toBe(text);
  });

  test("are the newest seven, and the one that is told again as it is told last", () => {
    let kept: string | undefined;
    for (let day = 1; day <= 9; day += 1) kept = mergeToldNights(kept, writeToldNights([whole(day)]), "b1");
    const again = { night: night(9), entries: [...whole(9).entries, call(9, 1_300)] };
    kept = mergeToldNights(kept, writeToldNights([again]), "b1");
    const nights = readToldNights(kept, "b1");
    expect(nights.map((one) => one.night)).toEqual([9, 8, 7, 6, 5, 4, 3].map(night));
    expect(nights).toHaveLength(TOLD_NIGHTS_MAX);
    expect(nights[0]?.entries.at(-1)).toEqual(call(9, 1_300));
    expect(mergeToldNights(kept, writeToldNights([again]), "b1")).toBe(kept);
  });

  test("stay small where an alarm rang for hours, and every waking is still there", () => {
    const entries = Array.from({ length: 3_000 }, (_, i) => call(3, i / 4, i % 2 === 0 ? "mei" : "ba"));
    const text = writeToldNights([{ night: night(3), entries }]);
    expect(text.length).toBeLessThan(16_000);
    const times = readToldNights(text, "b1")[0]?.entries.filter(
      (one) => one.kind === "called" && one.person === "mei",
    );
    const gaps = (times ?? []).slice(1).map(({ at }, i) => at - (times?.[i]?.at ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(10 * MINUTE_MS);
    expect((times?.at(-1)?.at ?? 0) - from(3)).toBeGreaterThan(740 * MINUTE_MS);
  });

  test("are none where somebody told what is none", () => {
    for (const text of [
      undefined,
      "",
      "null",
      "{}",
      "[1]",
      '[{"night":"soon","watch":[],"called":[]}]',
      `["${"x".repeat(500_000)}"]`,
    ]) {
      expect(readToldNights(text, "b1")).toEqual([]);
    }
    const half = '[{"night":"2026-01-03","watch":[["now",true,"schedule"],7],"called":[["o"],[1,2,3]]}]';
    expect(readToldNights(half, "b1")).toEqual([{ night: "2026-01-03", entries: [] }]);
  });

  test("have a name for each bed", () => {
    expect(toldNightsBed(toldNightsName("b12"))).toBe("b12");
    expect(toldNightsBed("nights b1 b2")).toBeUndefined();
    expect(toldNightsBed("night b1")).toBeUndefined();
  });
});
