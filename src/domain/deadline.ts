import type { Clock } from "../port/clock.ts";

const SLICES = 5;

/**
 * Calls back once after `ms` of this program's own running time: a moment in which the whole process stood still (a
 * busy machine, a suspended one) counts once at most, since what it waits for had no chance to answer either. The
 * returned function cancels.
 */
export function deadline(clock: Clock, ms: number, onLate: () => void): () => void {
  let left = SLICES;
  let cancel = (): void => undefined;
  const wait = (): void => {
    cancel = clock.after(ms / SLICES, () => {
      left -= 1;
      if (left === 0) onLate();
      else wait();
    });
  };
  wait();
  return () => cancel();
}
