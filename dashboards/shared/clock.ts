import { type Mono, mono, type Wall, wall } from "../../src/domain/time.ts";
import type { Clock } from "../../src/port/clock.ts";

/** The browser's time behind the clock port: the only place of the pages that asks the browser for it. */
export function browserClock(): Clock {
  return {
    mono: () => mono(performance.now()),
    wall: () => wall(Date.now()),
    trusted: () => true,
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    every(ms, callback) {
      const timer = setInterval(callback, ms);
      return () => clearInterval(timer);
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(finish, ms);
        signal?.addEventListener("abort", abort, { once: true });
        function finish() {
          signal?.removeEventListener("abort", abort);
          resolve();
        }
        function abort() {
          clearTimeout(timer);
          reject(signal?.reason instanceof Error ? signal.reason : new Error("stopped waiting"));
        }
      }),
  };
}

/** An instant on both clocks of this page. */
export interface Moment {
  readonly mono: Mono;
  readonly wall: Wall;
}

export const momentOf = (clock: Clock): Moment => ({ mono: clock.mono(), wall: clock.wall() });

/**
 * How long ago, milliseconds. A phone that slept may have stopped its monotonic clock, a corrected wall clock may
 * have jumped: the longer of the two counts, so that a number is never shown younger than it is.
 */
export function elapsedMs(clock: Clock, since: Moment): number {
  return Math.max(clock.mono() - since.mono, clock.wall() - since.wall, 0);
}
