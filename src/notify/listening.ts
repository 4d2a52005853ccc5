import { messageOf } from "../domain/fault.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { ChannelDeps } from "../port/channel.ts";

const RETRY_MS_MIN = 1 * SECOND_MS;
const RETRY_MS_MAX = 30 * SECOND_MS;
/** A line that held for so long is a good one: after it the waiting begins anew. */
const STEADY_MS = 60 * SECOND_MS;

/**
 * Listens for answers in rounds until the signal aborts. A round resolves with the milliseconds until the next; one
 * that throws is tried again, ever more slowly, at most half a minute later. Never rejects.
 */
export async function keepListening(
  { clock, random, log }: Pick<ChannelDeps, "clock" | "random" | "log">,
  channel: string,
  round: () => Promise<number>,
  signal: AbortSignal,
): Promise<void> {
  let retryMs = RETRY_MS_MIN;
  while (!signal.aborted) {
    const began = clock.mono();
    let waitMs: number;
    try {
      waitMs = await round();
      retryMs = RETRY_MS_MIN;
    } catch (error) {
      if (signal.aborted) return;
      log.note("channel.deaf", { channel, why: messageOf(error) }, "warn");
      if (clock.mono() - began > STEADY_MS) retryMs = RETRY_MS_MIN;
      waitMs = retryMs * (0.5 + random.uniform() / 2);
      retryMs = Math.min(RETRY_MS_MAX, 2 * retryMs);
    }
    try {
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    } catch {
      return; // aborted
    }
  }
}

/** What a promise comes to, or undefined as soon as the signal aborts. Leaves nothing behind on the signal. */
export function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise
      .finally(() => signal.removeEventListener("abort", stop))
      .then(resolve)
      .catch(reject);
  });
}
