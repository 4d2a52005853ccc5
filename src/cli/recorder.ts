import type { AttachOptions } from "../driver/attach.ts";
import type { Clock } from "../port/clock.ts";
import type { Link } from "../port/link.ts";
import { chunksUntil } from "../wire/chunks.ts";
import type { TranscriptChunk } from "../wire/transcript.ts";

/** Hands on everything that goes over a link, both ways, with its time since the recorder was made. Copies the bytes. */
export function createRecorder(
  clock: Pick<Clock, "mono">,
  onChunk: (chunk: TranscriptChunk) => void,
): NonNullable<AttachOptions["tap"]> {
  const startMs: number = clock.mono();
  const keep = (direction: "in" | "out", bytes: Uint8Array, channel?: string): void =>
    onChunk({
      offsetMs: clock.mono() - startMs,
      direction,
      ...(channel === undefined ? {} : { channel }),
      bytes: bytes.slice(),
    });
  return {
    link: (link, signal) => recorded(link, signal, (direction, bytes) => keep(direction, bytes)),
    packets: (link, signal) =>
      recorded(link, signal, (direction, { channel, bytes }) => keep(direction, bytes, channel)),
    files: (link) => link,
  };
}

const recorded = <Item>(
  link: Link<Item>,
  signal: AbortSignal,
  saw: (direction: "in" | "out", item: Item) => void,
): Link<Item> => ({
  chunks: seen(chunksUntil(link.chunks, signal), (item) => saw("in", item)),
  write(item) {
    saw("out", item);
    return link.write(item);
  },
  close: () => link.close(),
});

/** By hand, not as a generator, so that nothing comes between a chunk and whoever waits for it. */
function seen<Item>(source: AsyncIterable<Item>, saw: (item: Item) => void): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator]() {
      const inner = source[Symbol.asyncIterator]();
      return {
        async next() {
          const result = await inner.next();
          if (result.done !== true) saw(result.value);
          return result;
        },
        async return() {
          await inner.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
