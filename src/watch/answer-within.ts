import { messageOf } from "../domain/fault.ts";
import type { SendResult } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";

/** A channel's answer; one that throws or does not answer within the time has failed. Never rejects. */
export function answerWithin(clock: Clock, ms: number, send: () => Promise<SendResult>): Promise<SendResult> {
  // Asked at once, and also what it throws at once is a failure.
  const sending = (async () => send())();
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => resolve({ outcome: "failed", detail: "no answer in time" }));
    sending
      .catch((thrown: unknown): SendResult => ({ outcome: "failed", detail: messageOf(thrown) }))
      .then((result) => {
        cancel();
        resolve(result);
      })
      .catch((thrown: unknown) => resolve({ outcome: "failed", detail: messageOf(thrown) }));
  });
}
