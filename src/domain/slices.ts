import type { Clock } from "../port/clock.ts";

/** Work at one go; with one step more it stays below 8 ms. */
const SLICE_MS = 6;
/** Where time stands still while something works (rehearsals), steps count instead. */
const STEPS_MAX = 400;
/** Others are let go on for so long. */
const REST_MS = 2;

/**
 * Long work beside the alarm path: takes it step by step, never more than 8 ms at once, and lets everything else go on
 * in between. Rejects with the signal's reason, and with what a step throws.
 */
export async function inSlices<Result>(
  work: Generator<void, Result>,
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<Result> {
  for (;;) {
    signal?.throwIfAborted();
    const end = clock.mono() + SLICE_MS;
    for (let steps = 0; steps < STEPS_MAX && clock.mono() < end; steps++) {
      const next = work.next();
      if (next.done === true) return next.value;
    }
    await clock.sleep(REST_MS, signal);
  }
}
