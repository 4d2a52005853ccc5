import type { ChannelMessage, ChannelTarget } from "../../port/channel.ts";

/** Which message stands in a chat for an incident. */
export interface Shown {
  of(target: ChannelTarget, message: ChannelMessage): number | undefined;
  /** The message that stood there before. */
  put(target: ChannelTarget, message: ChannelMessage, id: number): number | undefined;
}

const MESSAGES_MAX = 1_000;

/** Kept for this run alone: after a restart a quiet message follows the alarm instead of taking its place. */
export function createShown(): Shown {
  const messages = new Map<string, number>();
  const place = ({ id }: ChannelTarget, { collapseKey }: ChannelMessage) => `${id} ${collapseKey}`;
  return {
    of: (target, message) => messages.get(place(target, message)),
    put(target, message, id) {
      const key = place(target, message);
      const before = messages.get(key);
      messages.delete(key);
      messages.set(key, id);
      const oldest = messages.keys().next().value;
      if (messages.size > MESSAGES_MAX && oldest !== undefined) messages.delete(oldest);
      return before;
    },
  };
}
