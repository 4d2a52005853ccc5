import type { FaultCode } from "../domain/fault.ts";
import type { Random } from "../port/random.ts";

/** First wait: a cable that was pulled and put back is read again well within a second. */
const FIRST_MS = 200;
const GROWTH = 1.6;
/** A port that is not there costs one look at its name, so it can be looked for often. */
const MISSING_MAX_MS = 400;
/** Longest wait for a port that refuses, stays silent or makes no sense. */
const MAX_MS = 4_000;

/** How long to wait before the next try: grows with failures in a row, jittered so that devices do not keep step. */
export function createBackOff(random: Random): { next(code: FaultCode | undefined): number; reset(): void } {
  let failures = 0;
  return {
    next(code) {
      const max = code === "LINK_NOT_FOUND" || code === "LINK_LOST" ? MISSING_MAX_MS : MAX_MS;
      const wait = Math.min(max, FIRST_MS * GROWTH ** failures);
      failures = Math.min(failures + 1, 20);
      return wait * (0.5 + 0.5 * random.uniform());
    },
    reset() {
      failures = 0;
    },
  };
}
