import { describe, expect, test } from "vitest";
import { fromLocalClock, localClock, newestAt } from "../../../src/domain/local-clock.ts";
import { wall } from "../../../src/domain/time.ts";

const at = (text: string) => wall(Date.parse(text));

describe("a clock on a device", () => {
  test("shows local time, whole seconds", () => {
    expect(localClock(at("2026-01-15T18:31:07.900Z"), "Asia/Kolkata")).toEqual({
      year: 2026,
      month: 1,
      day: 16,
      hour: 0,
      minute: 1,
      second: 7,
    });
  });

  test.each(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns"])("is read back in %s", (zone) => {
    for (let second = 0; second < 60; second++) {
      const instant = wall(Date.UTC(2025, 6, 5, 16, 59, second));
      expect(fromLocalClock(localClock(instant, zone), zone)).toBe(instant);
    }
  });

  test.each([
    { year: 2000, month: 0, day: 0, hour: 0, minute: 0, second: 0 },
    { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0 },
    { year: 2025, month: 2, day: 29, hour: 0, minute: 0, second: 0 },
    { year: 2025, month: 13, day: 1, hour: 0, minute: 0, second: 0 },
    { year: 2025, month: 1, day: 1, hour: 24, minute: 0, second: 0 },
    { year: 2025, month: 1, day: 1, hour: 0, minute: 60, second: 0 },
    { year: 2025, month: 1, day: 1, hour: 0, minute: 0, second: 61 },
  ])("that was never set is no instant: %o", (shown) => {
    expect(fromLocalClock(shown, "UTC")).toBeUndefined();
  });

  test("that shows only a time of day meant the newest one", () => {
    const now = at("2026-01-15T18:31:07Z"); // 00:01 the next day in Kolkata
    expect(newestAt(0, 0, now, "Asia/Kolkata")).toBe(at("2026-01-15T18:30:00Z"));
    expect(newestAt(0, 2, now, "Asia/Kolkata")).toBe(at("2026-01-14T18:32:00Z"));
    expect(newestAt(23, 0, now, "Asia/Kolkata")).toBe(at("2026-01-15T17:30:00Z"));
  });
});
