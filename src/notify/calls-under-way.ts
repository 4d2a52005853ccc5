import { type Mono, mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/** Phone calls that may still ring: the same person is not called twice at once about the same incident. */
export interface CallsUnderWay {
  /** The reference of the call; undefined when none rings any more. */
  find(target: string, incident: string): string | undefined;
  note(target: string, incident: string, reference: string): void;
  /** It rings no more. */
  end(target: string, incident: string): void;
}

const CALLS_MAX = 1_000;

/** `ringsMs`: how long a call can ring and speak, as far as the provider says. Kept for this run alone. */
export function createCallsUnderWay(clock: Clock, ringsMs: number): CallsUnderWay {
  const calls = new Map<string, { readonly reference: string; readonly until: Mono }>();
  const keyOf = (target: string, incident: string): string => `${target}\n${incident}`;
  return {
    find(target, incident) {
      const call = calls.get(keyOf(target, incident));
      return call !== undefined && call.until > clock.mono() ? call.reference : undefined;
    },
    note(target, incident, reference) {
      const key = keyOf(target, incident);
      calls.delete(key);
      calls.set(key, { reference, until: mono(clock.mono() + ringsMs) });
      const oldest = calls.keys().next().value;
      if (calls.size > CALLS_MAX && oldest !== undefined) calls.delete(oldest);
    },
    end: (target, incident) => void calls.delete(keyOf(target, incident)),
  };
}
