import { type Mono, mono } from "../domain/time.ts";
import type { CallLimit } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";

/** Counts how often targets were called, against what their provider lets through. */
export interface CallLimits {
  /** Milliseconds until this target may be called again; 0: now. */
  waitMs(target: string): number;
  /** It is called now. */
  note(target: string): void;
}

/** Targets that are remembered; the one that was not called for the longest time is forgotten first. */
const TARGETS_MAX = 1_000;

/** Kept for this run alone: after a restart the provider's own refusal says the same. */
export function createCallLimits(clock: Clock, limits: readonly CallLimit[]): CallLimits {
  const longestMs = Math.max(0, ...limits.map(({ withinMs }) => withinMs));
  const calls = new Map<string, readonly Mono[]>();

  const recent = (target: string): readonly Mono[] => {
    const since = clock.mono() - longestMs;
    return (calls.get(target) ?? []).filter((at) => at > since);
  };

  return {
    waitMs(target) {
      const now = clock.mono();
      const waits = limits.map(({ most, withinMs }) => {
        const within = recent(target).filter((at) => at > now - withinMs);
        const first = within[within.length - most];
        return first === undefined ? 0 : first + withinMs - now;
      });
      return Math.max(0, ...waits);
    },
    note(target) {
      const before = recent(target);
      calls.delete(target);
      calls.set(target, [...before, mono(clock.mono())]);
      const oldest = calls.keys().next().value;
      if (calls.size > TARGETS_MAX && oldest !== undefined) calls.delete(oldest);
    },
  };
}
