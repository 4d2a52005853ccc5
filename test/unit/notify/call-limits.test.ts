import { expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS, wall } from "../../../src/domain/time.ts";
import { createCallLimits } from "../../../src/notify/call-limits.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

test("the fourth call in eight minutes waits until the first is eight minutes old; others do not wait", async () => {
  const clock = createVirtualClock(wall(1_700_000_000_000));
  const limits = createCallLimits(clock, [
    { most: 3, withinMs: 8 * MINUTE_MS },
    { most: 4, withinMs: 24 * HOUR_MS },
  ]);
  for (let call = 0; call < 3; call++) {
    expect(limits.waitMs("mei")).toBe(0);
    limits.note("mei");
    await clock.advance(MINUTE_MS);
  }
  expect(limits.waitMs("mei")).toBe(5 * MINUTE_MS);
  expect(limits.waitMs("ba")).toBe(0);
  await clock.advance(5 * MINUTE_MS);
  expect(limits.waitMs("mei")).toBe(0);
  limits.note("mei");
  // Four in a day: the next one is tomorrow's.
  expect(limits.waitMs("mei")).toBe(24 * HOUR_MS - 8 * MINUTE_MS);
});

test("without limits nobody waits", () => {
  const limits = createCallLimits(createVirtualClock(wall(0)), []);
  limits.note("mei");
  expect(limits.waitMs("mei")).toBe(0);
});
