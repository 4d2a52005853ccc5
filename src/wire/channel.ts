import type { ByteLink, Packet, PacketLink } from "../port/link.ts";

/**
 * Two characteristics of a Bluetooth LE device, one each way, as a byte link. Notifications of other characteristics
 * are left out. For one reader; ends, throws and closes as the packet link does.
 */
export const channelLink = (link: PacketLink, { from, to }: { from: string; to: string }): ByteLink => ({
  chunks: channelChunks(link.chunks, from),
  write: (bytes) => link.write({ channel: to, bytes }),
  close: () => link.close(),
});

/** The bytes of one channel. */
export function channelChunks(packets: AsyncIterable<Packet>, channel: string): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const inner = packets[Symbol.asyncIterator]();
      return {
        async next() {
          for (;;) {
            const result = await inner.next();
            if (result.done === true) return { done: true, value: undefined };
            if (result.value.channel === channel) return { done: false, value: result.value.bytes };
          }
        },
        async return() {
          await inner.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
