import { type Mono, SECOND_MS } from "./time.ts";

/** What comes so soon after the last sign of a key belongs to the same press. */
const ONE_PRESS_MS = SECOND_MS;

/**
 * Tells a press from its echo: a key counts once, and again only after it has been still for a second. One that is stuck,
 * bounces, or repeats while something lies on it is one press however long that lasts: it answers nothing new.
 */
export function createPresses(): {
  /** Something was heard of the key; true: this is a press. */
  heard(isDown: boolean, now: Mono): boolean;
} {
  let lastAt: Mono | undefined;
  return {
    heard(isDown, now) {
      const isNew = lastAt === undefined || now - lastAt >= ONE_PRESS_MS;
      lastAt = now;
      return isDown && isNew;
    },
  };
}
