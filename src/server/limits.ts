import type { Mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/** Addresses remembered; the least recently seen is forgotten first. */
const KEYS_MAX = 5_000;

interface Count {
  count: number;
  readonly since: Mono;
}

/**
 * Counts hits per key in fixed windows on the port clock. Has the shape that @fastify/rate-limit wants of a store,
 * since its own reads the machine's clock.
 */
export class RateStore {
  readonly #clock: Clock;
  readonly #counts = new Map<string, Count>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one hit: hits in this window so far, and milliseconds until it ends. */
  hit(key: string, windowMs: number): { readonly current: number; readonly ttl: number } {
    const now = this.#clock.mono();
    const before = this.#counts.get(key);
    const alive = before !== undefined && now - before.since < windowMs;
    const count = alive ? before : { count: 0, since: now };
    count.count += 1;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    const oldest = this.#counts.size > KEYS_MAX ? this.#counts.keys().next().value : undefined;
    if (oldest !== undefined) this.#counts.delete(oldest);
    return { current: count.count, ttl: windowMs - (now - count.since) };
  }

  incr(
    key: string,
    callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
    windowMs: number,
  ): void {
    callback(null, this.hit(key, windowMs));
  }

  child(): RateStore {
    return new RateStore(this.#clock);
  }
}
