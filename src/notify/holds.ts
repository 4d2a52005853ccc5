import { type Mono, mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/** Accounts that a provider has stopped for a while, where asking again makes it longer. Kept for this run alone. */
export interface Holds {
  /** Milliseconds until it may be asked again; 0: now. */
  waitMs(key: string): number;
  hold(key: string, ms: number): void;
}

const KEYS_MAX = 1_000;

export function createHolds(clock: Clock): Holds {
  const until = new Map<string, Mono>();
  return {
    waitMs: (key) => Math.max(0, (until.get(key) ?? 0) - clock.mono()),
    hold(key, ms) {
      until.delete(key);
      until.set(key, mono(clock.mono() + ms));
      const oldest = until.keys().next().value;
      if (until.size > KEYS_MAX && oldest !== undefined) until.delete(oldest);
    },
  };
}
