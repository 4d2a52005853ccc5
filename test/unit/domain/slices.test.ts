import { describe, expect, test } from "vitest";
import { inSlices } from "../../../src/domain/slices.ts";
import { mono, wall } from "../../../src/domain/time.ts";
import type { Clock } from "../../../src/port/clock.ts";

/** One processor: work makes time pass, and timers run only when nothing works. */
function busyClock() {
  let now = 0;
  const timers: { due: number; run: () => void }[] = [];
  const add = (due: number, run: () => void) => {
    const timer = { due, run };
    timers.push(timer);
    return () => void timers.splice(timers.indexOf(timer), 1);
  };
  const clock: Clock = {
    mono: () => mono(now),
    wall: () => wall(now),
    trusted: () => true,
    after: (ms, run) => add(now + ms, run),
    every: (ms, run) => {
      const again = (due: number): void =>
        void add(due, () => {
          run();
          again(due + ms);
        });
      again(now + ms);
      return () => undefined;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) reject(signal.reason);
        else add(now + ms, resolve);
      }),
  };
  return {
    clock,
    work: (ms: number) => {
      now += ms;
    },
    /** Runs timers, each when it is due or as late as work made it, until the promise is settled. */
    async until(promise: Promise<unknown>): Promise<void> {
      let isSettled = false;
      const settled = () => {
        isSettled = true;
      };
      promise.then(settled, settled);
      for (;;) {
        for (let i = 0; i < 5; i++) await Promise.resolve();
        const next = timers.toSorted((a, b) => a.due - b.due)[0];
        if (isSettled || next === undefined) return;
        timers.splice(timers.indexOf(next), 1);
        now = Math.max(now, next.due);
        next.run();
      }
    },
  };
}

describe("long work in slices", () => {
  test("never makes a tick late by more than 20 ms, and comes to its end", async () => {
    const { clock, work, until } = busyClock();
    const late: number[] = [];
    let ticks = 0;
    clock.every(1000, () => late.push(clock.mono() - 1000 * ++ticks));
    function* steps(): Generator<void, string> {
      for (let i = 0; i < 20_000; i++) {
        work(0.5);
        yield;
      }
      return "done";
    }
    const result = inSlices(steps(), { clock });
    await until(result);
    expect(await result).toBe("done");
    expect(ticks).toBeGreaterThan(9);
    expect(Math.max(...late)).toBeLessThanOrEqual(8);
  });

  test("lets others go on even where no time passes while it works", async () => {
    const { clock, until } = busyClock();
    function* steps(): Generator<void, void> {
      for (let i = 0; i < 100_000; i++) yield;
    }
    const result = inSlices(steps(), { clock });
    await until(result);
    expect(clock.mono()).toBeGreaterThan(100);
  });

  test("ends with the reason of the signal, and with what a step throws", async () => {
    const { clock, until } = busyClock();
    const stop = new AbortController();
    function* endless(): Generator<void, void> {
      for (;;) yield;
    }
    const result = inSlices(endless(), { clock, signal: stop.signal });
    clock.after(50, () => stop.abort(new Error("enough")));
    const refused = expect(result).rejects.toThrow("enough");
    await until(result);
    await refused;
    function* broken(): Generator<void, void> {
      yield;
      throw new Error("broken");
    }
    await expect(inSlices(broken(), { clock })).rejects.toThrow("broken");
  });
});
