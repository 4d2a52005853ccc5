import type { Clock } from "../port/clock.ts";

/** Yields every `ms` until the signal aborts; the first time after `ms`. What a device's own clock does for its simulator. */
export async function* ticks(clock: Clock, ms: number, signal: AbortSignal): AsyncGenerator<void> {
  while (!signal.aborted) {
    const slept = await clock.sleep(ms, signal).then(
      () => true,
      () => false,
    );
    if (!slept) return;
    yield;
  }
}
