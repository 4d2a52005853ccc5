import type { Clock } from "../port/clock.ts";
import type { Place } from "./topics.ts";

/** Greets edges one after the other: a hub that comes up hears the states of a whole fleet at once. */
export interface Greeter {
  add(place: Place): void;
  stop(): void;
}

/** So many at once, then again after a pause: 16,000 edges in 16 s, each of which sends what it holds then. */
const AT_ONCE = 100;
const PAUSE_MS = 100;
/** Whoever is beyond that says so with the next heartbeat. */
const WAITING_MAX = 50_000;

export function createGreeter({
  clock,
  greet,
}: {
  readonly clock: Clock;
  readonly greet: (place: Place) => void;
}): Greeter {
  const waiting = new Map<string, Place>();
  let left = AT_ONCE;
  let cancelTimer: (() => void) | undefined;

  const go = (): void => {
    for (const [key, place] of waiting) {
      if (left === 0) break;
      waiting.delete(key);
      left--;
      greet(place);
    }
    if (left === AT_ONCE) return;
    cancelTimer ??= clock.after(PAUSE_MS, () => {
      cancelTimer = undefined;
      left = AT_ONCE;
      go();
    });
  };

  return {
    add({ home, bed }) {
      if (waiting.size < WAITING_MAX) waiting.set(`${home} ${bed}`, { home, bed });
      go();
    },
    stop() {
      waiting.clear();
      cancelTimer?.();
    },
  };
}
