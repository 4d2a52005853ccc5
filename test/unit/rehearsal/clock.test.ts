import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";

describe("the virtual clock", () => {
  test("runs timers in the order of their time, ties in the order they were set", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 }), async (delays) => {
        const clock = createVirtualClock(wall(0));
        const ran: { due: number; order: number; at: number }[] = [];
        delays.forEach((due, order) => clock.after(due, () => ran.push({ due, order, at: clock.mono() })));
        await clock.advance(50);
        expect(ran).toEqual([...ran].sort((a, b) => a.due - b.due || a.order - b.order));
        expect(ran.map((r) => r.at)).toEqual(ran.map((r) => r.due));
        expect(ran).toHaveLength(delays.length);
        expect(clock.pending).toBe(0);
      }),
    );
  });

  test("a repeating timer does not drift and stops when told", async () => {
    const clock = createVirtualClock(wall(1_000));
    const seen: number[] = [];
    const stop = clock.every(250, () => seen.push(clock.mono()));
    await clock.advance(1_100);
    stop();
    await clock.advance(1_000);
    expect(seen).toEqual([250, 500, 750, 1_000]);
    expect(clock.wall()).toBe(3_100);
  });

  test("a sleep ends at its time and is rejected when aborted", async () => {
    const clock = createVirtualClock(wall(0));
    const abort = new AbortController();
    const results: string[] = [];
    void clock.sleep(100).then(() => results.push(`slept ${clock.mono()}`));
    clock.sleep(200, abort.signal).catch((reason: unknown) => results.push(String(reason)));
    await clock.advance(150);
    abort.abort("stopped");
    await clock.advance(100);
    expect(results).toEqual(["slept 100", "stopped"]);
    expect(clock.pending).toBe(0);
  });

  test("a step of the wall clock leaves monotonic time alone", async () => {
    const clock = createVirtualClock(wall(10_000));
    await clock.advance(500);
    clock.stepWall(-3_600_000);
    expect(clock.mono()).toBe(500);
    expect(clock.wall()).toBe(10_500 - 3_600_000);
  });
});

test("the same seed gives the same chance and another seed another", () => {
  const draw = (seed: number): number[] => {
    const random = createSeededRandom(seed);
    return Array.from({ length: 1_000 }, () => random.uniform());
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  const mean = draw(1).reduce((a, b) => a + b) / 1_000;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
});
