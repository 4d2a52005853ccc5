import type { Channel, HeardAnswer } from "../port/channel.ts";

type OnAnswer = (answer: HeardAnswer) => Promise<void> | undefined;

/**
 * The same channel for several who listen: its provider hears one of them. An answer is for whoever follows its message;
 * where nobody does, for the first who knows the alarm.
 */
export function oneListener(channel: Channel): Channel {
  const { listen } = channel;
  if (listen === undefined) return channel;
  const listeners = new Set<OnAnswer>();
  let running: { readonly ended: Promise<void>; readonly stop: AbortController } | undefined;

  const hear: OnAnswer = (answer) => {
    const { isAbout, ...followed } = answer;
    for (const told of isAbout === undefined ? [followed] : [followed, answer]) {
      for (const listener of listeners) {
        const taken = listener(told);
        if (taken !== undefined) return taken;
      }
    }
    return undefined;
  };

  return {
    ...channel,
    async listen(targets, onAnswer, signal) {
      if (signal.aborted) return;
      listeners.add(onAnswer);
      if (running === undefined) {
        const stop = new AbortController();
        running = { ended: listen.call(channel, targets, hear, stop.signal), stop };
      }
      const mine = running;
      const left = Promise.withResolvers<void>();
      const leave = (): void => left.resolve();
      signal.addEventListener("abort", leave, { once: true });
      try {
        await Promise.race([mine.ended, left.promise]);
      } finally {
        signal.removeEventListener("abort", leave);
        listeners.delete(onAnswer);
        // Whoever is left goes on hearing; what has ended by itself is begun anew by the next.
        if (!signal.aborted || listeners.size === 0) {
          mine.stop.abort();
          if (running === mine) running = undefined;
        }
      }
    },
  };
}
