import { type Mono, mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/** What stands for an incident at a place without being sent again: what rings by itself, or one mail of many. */
export interface Ringing {
  /** Its receipt, while no other is needed; else undefined. */
  of(place: string): string | undefined;
  started(place: string, receipt: string): void;
  /** Nothing stands there any more. */
  ended(place: string): void;
  /** What has this receipt rings no more. */
  answered(receipt: string): void;
}

const PLACES_MAX = 1_000;

/** `forMs`: after this another is needed. Kept for this run alone: after a restart it is sent once more. */
export function createRinging(clock: Clock, forMs: number): Ringing {
  const places = new Map<string, { readonly receipt: string; readonly until: Mono }>();
  return {
    of(place) {
      const known = places.get(place);
      return known !== undefined && known.until > clock.mono() ? known.receipt : undefined;
    },
    started(place, receipt) {
      places.delete(place);
      places.set(place, { receipt, until: mono(clock.mono() + forMs) });
      const oldest = places.keys().next().value;
      if (places.size > PLACES_MAX && oldest !== undefined) places.delete(oldest);
    },
    ended: (place) => void places.delete(place),
    answered(receipt) {
      for (const [place, known] of places) if (known.receipt === receipt) places.delete(place);
    },
  };
}
