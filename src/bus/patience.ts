import type { Clock } from "../port/clock.ts";

/** Waits for work, but no longer than this; false when it was not done by then. Rejects as the work does. */
export function doneWithin(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(false));
    work.finally(cancel).then(() => resolve(true), reject);
  });
}
