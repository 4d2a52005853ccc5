import fc from "fast-check";
import { expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS, wall } from "../../../src/domain/time.ts";
import { mayRestart } from "../../../src/ops/update-time.ts";
import type { BedHealth } from "../../../src/port/health.ts";

const bed = (more: Partial<BedHealth> = {}): BedHealth => ({
  ...{ bed: "b1", zone: "Asia/Shanghai", onWatch: false, open: 0 },
  ...more,
});
/** A time of day in Shanghai, which has no summer time. */
const shanghai = (text: string) => wall(Date.parse(`2026-03-10T${text}:00+08:00`));

test.each([
  ["09:59", false],
  ["10:00", true],
  ["15:00", true],
  ["19:59", true],
  ["20:00", false],
  ["23:30", false],
  ["03:00", false],
])("at %s with nobody on watch it may: %s", (time, ok) => {
  expect(mayRestart(shanghai(time), [bed()]).ok).toBe(ok);
});

test("by night it says when the day begins", () => {
  expect(mayRestart(shanghai("21:07"), [bed()])).toEqual({
    ok: false,
    why: "it is night in Asia/Shanghai: updates are made between 10:00 and 20:00",
    from: wall(Date.parse("2026-03-11T10:00:00+08:00")),
  });
});

test("by day it waits for whoever is on watch, and for every open alarm first", () => {
  const noon = shanghai("12:00");
  expect(mayRestart(noon, [bed(), bed({ bed: "b2", onWatch: true })])).toEqual({
    ok: false,
    why: "bed b2 is on watch: pause it on its page, with somebody at the bed",
  });
  expect(mayRestart(noon, [bed({ onWatch: true, open: 1 })])).toEqual({
    ok: false,
    why: "an alarm is open at bed b1",
  });
});

test("a hub waits until it is day for every bed, and says so where that never is", () => {
  const beds = [bed(), bed({ bed: "b2", zone: "Europe/Berlin" })];
  // 15:00 in Shanghai is 8:00 in Berlin; at 17:00 it is 10:00 there.
  expect(mayRestart(shanghai("15:00"), beds)).toMatchObject({ ok: false, from: shanghai("17:00") });
  expect(mayRestart(shanghai("17:00"), beds)).toEqual({ ok: true });
  const around = [...beds, bed({ bed: "b3", zone: "America/New_York" })];
  const never = mayRestart(shanghai("17:00"), around);
  expect(never.ok).toBe(false);
  expect(never).not.toHaveProperty("from");
});

test("the moment that it names is always one at which it may, and nothing earlier is", () => {
  const zones = ["Asia/Shanghai", "Europe/London", "Asia/Kathmandu"];
  const moments = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) });
  fc.assert(
    fc.property(moments, fc.constantFrom(...zones), (at, zone) => {
      const verdict = mayRestart(wall(at), [bed({ zone })]);
      if (verdict.ok || verdict.from === undefined) return verdict.ok;
      const { from } = verdict;
      const before = mayRestart(wall(from - MINUTE_MS), [bed({ zone })]);
      // 14 hours from 20:00 to 10:00, and one more in the night in which clocks go back.
      return mayRestart(from, [bed({ zone })]).ok && !before.ok && from - at <= 15 * HOUR_MS;
    }),
    { numRuns: 300 },
  );
});
