import { deadline } from "../domain/deadline.ts";
import { Fault } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";

/** What to do about a disk that does not answer, for people. */
export const SLOW_DISK_FIX =
  "Look for a failing or overloaded disk (dmesg, smartctl); SD cards wear out: replace the card.";

/** Waits for work with a disk, but not for ever: rejects with DISK_DEADLINE, the work itself goes on. */
export function withinDeadline(clock: Clock, ms: number, what: string, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = deadline(clock, ms, () => {
      reject(new Fault("DISK_DEADLINE", `${what} took longer than ${ms} ms.`, { fix: SLOW_DISK_FIX }));
    });
    work.finally(cancel).then(resolve, reject);
  });
}
