import { expect, test } from "vitest";
import type { Packet } from "../../../src/port/link.ts";
import { channelChunks, channelLink } from "../../../src/wire/channel.ts";

async function* packets(...all: Packet[]) {
  yield* all;
}

test("bytes of the wanted channel come in order, those of others are left out", async () => {
  const source = packets(
    { channel: "a", bytes: Uint8Array.of(1) },
    { channel: "b", bytes: Uint8Array.of(2) },
    { channel: "a", bytes: Uint8Array.of(3, 4) },
  );
  const seen: number[][] = [];
  for await (const bytes of channelChunks(source, "a")) seen.push([...bytes]);
  expect(seen).toEqual([[1], [3, 4]]);
});

test("what the source throws reaches the reader", async () => {
  async function* broken(): AsyncGenerator<Packet> {
    yield { channel: "b", bytes: Uint8Array.of(2) };
    throw new Error("cut");
  }
  const chunks = channelChunks(broken(), "a")[Symbol.asyncIterator]();
  await expect(chunks.next()).rejects.toThrow("cut");
});

test("a reader that stops lets the source stop too", async () => {
  let stopped = false;
  async function* endless(): AsyncGenerator<Packet> {
    try {
      for (;;) yield { channel: "a", bytes: Uint8Array.of(1) };
    } finally {
      stopped = true;
    }
  }
  for await (const _bytes of channelChunks(endless(), "a")) break;
  expect(stopped).toBe(true);
});

test("what is written goes to the channel of that direction", async () => {
  const written: Packet[] = [];
  let closed = false;
  const link = channelLink(
    {
      chunks: packets(),
      write: async (packet) => {
        written.push(packet);
      },
      close: async () => {
        closed = true;
      },
    },
    { from: "a", to: "b" },
  );
  await link.write(Uint8Array.of(9));
  await link.close();
  expect(written).toEqual([{ channel: "b", bytes: Uint8Array.of(9) }]);
  expect(closed).toBe(true);
});
