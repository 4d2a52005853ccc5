import { describe, expect, test } from "vitest";
import { type Mono, wall } from "../../../src/domain/time.ts";
import { createPulse, type Ticking } from "../../../src/ops/pulse.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

function setUp(names: readonly string[]) {
  const clock = createVirtualClock(wall(0));
  const ticks = new Map<string, Mono | undefined>(names.map((name) => [name, clock.mono()]));
  const held = new Set<string>();
  clock.every(1_000, () => {
    for (const name of names) if (!held.has(name)) ticks.set(name, clock.mono());
  });
  const ticking = (): readonly Ticking[] => names.map((name) => ({ name, tickedAt: ticks.get(name) }));
  const pulse = createPulse({ clock, ticking });
  pulse.start();
  return { clock, held, ticks, pulse };
}

describe("engines that tick", () => {
  test("are well; one that misses ten ticks is named, and is well again with its next one", async () => {
    const { clock, held, pulse } = setUp(["bed b1", "bed b2"]);
    await clock.advance(90_000);
    expect(pulse.trouble).toBeUndefined();
    held.add("bed b2");
    await clock.advance(10_000);
    expect(pulse.trouble).toBeUndefined();
    await clock.advance(1_000);
    expect(pulse.trouble).toBe("bed b2 has not ticked for 11 s");
    held.clear();
    await clock.advance(1_000);
    expect(pulse.trouble).toBeUndefined();
  });

  test("are not waited for before they were started, nor after they were stopped on purpose", async () => {
    const { clock, held, ticks, pulse } = setUp(["bed b1"]);
    held.add("bed b1");
    ticks.set("bed b1", undefined);
    await clock.advance(60_000);
    expect(pulse.trouble).toBeUndefined();
  });
});

describe("the event loop", () => {
  /** Real time passes while the timers of this process come late, as on a machine that cannot follow. */
  function slow() {
    const clock = createVirtualClock(wall(0));
    let stretch = 1;
    const stretched = {
      ...clock,
      every(ms: number, callback: () => void) {
        let turn = 0;
        return clock.every(ms, () => {
          if (turn++ % stretch === 0) callback();
        });
      },
    };
    const pulse = createPulse({ clock: stretched, ticking: () => [] });
    pulse.start();
    return {
      ...{ clock, pulse },
      lag(times: number) {
        stretch = times;
      },
    };
  }

  test("is in trouble when it turns less than every fifth second over a minute", async () => {
    const { clock, pulse, lag } = slow();
    lag(4);
    await clock.advance(180_000);
    expect(pulse.trouble).toBeUndefined();
    lag(8);
    await clock.advance(60_000);
    expect(pulse.trouble).toMatch(/^the event loop turned \d times in the last minute$/);
    lag(1);
    await clock.advance(15_000);
    expect(pulse.trouble).toBeUndefined();
  });

  test("is not judged in the first minute, nor after a stop", async () => {
    const { clock, pulse, lag } = slow();
    lag(100);
    await clock.advance(59_000);
    expect(pulse.trouble).toBeUndefined();
    await clock.advance(2_000);
    expect(pulse.trouble).toBeDefined();
    pulse.stop();
    expect(pulse.trouble).toBeUndefined();
  });
});
