import type { Clock } from "../port/clock.ts";

/** Waits; false where the signal cut the waiting short. */
export const slept = (clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> =>
  clock.sleep(ms, signal).then(
    () => true,
    () => false,
  );

/** Yields every `ms` until the signal aborts; the first time after `ms`. What a device's own clock does for its simulator. */
export async function* ticks(clock: Clock, ms: number, signal: AbortSignal): AsyncGenerator<void> {
  while (await slept(clock, ms, signal)) yield;
}
