/** Values of the window: 2 minutes at 25 Hz. */
const WINDOW = 3000;
const RANGE = 1 << 16;
const LOWEST = -(1 << 15);

/** The middle of what went before: the offset of a flow that drifts with pressure and leak. */
export interface Baseline {
  /** Takes in the next value, a 16-bit number. */
  push(value: number): void;
  /** Lower median of the last two minutes; 0 before the first value. */
  readonly median: number;
}

/** Counts values instead of sorting them, since one value comes and one goes 25 times a second. */
export function createBaseline(): Baseline {
  const counts = new Uint16Array(RANGE);
  const window = new Int16Array(WINDOW);
  let filled = 0;
  let next = 0;
  /** Place of the median among `counts`, and how many values lie below it. */
  let median = -LOWEST;
  let below = 0;

  const change = (value: number, by: 1 | -1): void => {
    const place = value - LOWEST;
    counts[place] = (counts[place] ?? 0) + by;
    if (place < median) below += by;
  };

  return {
    push(value) {
      if (filled === WINDOW) change(window[next] ?? 0, -1);
      else filled += 1;
      window[next] = value;
      next = (next + 1) % WINDOW;
      change(value, 1);
      const rank = Math.floor((filled - 1) / 2);
      while (below > rank) {
        median -= 1;
        below -= counts[median] ?? 0;
      }
      while (below + (counts[median] ?? 0) <= rank) {
        below += counts[median] ?? 0;
        median += 1;
      }
    },
    get median() {
      return median + LOWEST;
    },
  };
}
