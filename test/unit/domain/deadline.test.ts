import { describe, expect, test } from "vitest";
import { deadline } from "../../../src/domain/deadline.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

describe("a deadline", () => {
  test("passes after its time, once", async () => {
    const clock = createVirtualClock(wall(0));
    const late: number[] = [];
    deadline(clock, 500, () => late.push(clock.mono()));
    await clock.advance(2_000);
    expect(late).toEqual([500]);
  });

  test("is not met by a program that stood still: the work gets its time afterwards", () => {
    // A clock whose timers fire late, all overdue ones at once, as after a blocked event loop.
    let now = 0;
    let timers: { due: number; callback: () => void }[] = [];
    const clock = {
      ...createVirtualClock(wall(0)),
      after: (ms: number, callback: () => void) => {
        const timer = { due: now + ms, callback };
        timers.push(timer);
        return () => {
          timers = timers.filter((one) => one !== timer);
        };
      },
    };
    let late = false;
    const cancel = deadline(clock, 500, () => {
      late = true;
    });
    now = 10_000;
    const overdue = timers.filter(({ due }) => due <= now);
    timers = timers.filter(({ due }) => due > now);
    for (const { callback } of overdue) callback();
    expect(late).toBe(false);
    cancel();
    expect(timers).toEqual([]);
  });
});
