import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/** Cards and old disks pause for a second now and then: that alone wakes nobody. */
const GRACE_MS = 10 * SECOND_MS;

/** Which parts of the records are not being written in time. What cannot be written goes out all the same (law 4). */
export interface Durability {
  /** A part fails or is late, or writes again. */
  note(part: string, durable: boolean, detail: string): void;
  /** False as soon as one part fails: pages say so at once. */
  readonly ok: boolean;
  /** What fails and why, once it has lasted; undefined: nothing, or not for long enough to be an alarm. */
  readonly trouble: string | undefined;
  stop(): void;
}

/** `onChange` is called on every change of what it says; must not throw. */
export function createDurability(options: {
  readonly clock: Clock;
  readonly onChange: () => void;
}): Durability {
  const failing = new Map<string, string>();
  let cancelGrace: (() => void) | undefined;
  let hasLasted = false;
  const cancel = (): void => {
    cancelGrace?.();
    cancelGrace = undefined;
  };
  return {
    note(part, durable, detail) {
      if (durable) failing.delete(part);
      else failing.set(part, detail);
      if (failing.size === 0) {
        cancel();
        hasLasted = false;
      } else {
        cancelGrace ??= options.clock.after(GRACE_MS, () => {
          hasLasted = true;
          options.onChange();
        });
      }
      options.onChange();
    },
    get ok() {
      return failing.size === 0;
    },
    get trouble() {
      if (!hasLasted) return undefined;
      return [...failing].map(([part, why]) => `${part}: ${why}`).join("; ");
    },
    stop: cancel,
  };
}
