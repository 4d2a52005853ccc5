import type { Clock } from "../port/clock.ts";

/** Barks once when it was not fed for a while. */
export interface Watchdog {
  feed(): void;
  stop(): void;
}

/** Fed at any rate it sets one timer at a time, so that a flood of frames costs no timers. */
export function createWatchdog(clock: Clock, quietMs: number, bark: () => void): Watchdog {
  let fedMs: number = clock.mono();
  let cancel = clock.after(quietMs, look);
  function look(): void {
    const leftMs = fedMs + quietMs - clock.mono();
    if (leftMs <= 0) bark();
    else cancel = clock.after(leftMs, look);
  }
  return {
    feed() {
      fedMs = clock.mono();
    },
    stop: () => cancel(),
  };
}

/** Whether the promise settles within the time; false at once when the signal aborts. It must not reject. */
export function within(
  clock: Clock,
  ms: number,
  promise: Promise<unknown>,
  signal?: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const settle = (inTime: boolean): void => {
      cancel();
      signal?.removeEventListener("abort", giveUp);
      resolve(inTime);
    };
    const giveUp = (): void => settle(false);
    const cancel = clock.after(ms, giveUp);
    if (signal?.aborted === true) giveUp();
    signal?.addEventListener("abort", giveUp, { once: true });
    promise.then(() => settle(true), reject);
  });
}
