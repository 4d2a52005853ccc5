import { describe, expect, test } from "vitest";
import { Fault } from "../../../src/domain/fault.ts";
import { settle } from "../../../src/rehearsal/clock.ts";
import { createChunkQueue } from "../../../src/transport/chunk-queue.ts";

const take = async (chunks: AsyncIterable<Uint8Array>): Promise<number[]> => {
  const got: number[] = [];
  for await (const chunk of chunks) got.push(...chunk);
  return got;
};

describe("a chunk queue", () => {
  test("hands a chunk to a waiting reader within the same turn of the event loop", async () => {
    const queue = createChunkQueue();
    const order: string[] = [];
    const next = queue.chunks[Symbol.asyncIterator]().next();
    const reading = next.then(() => order.push("read"));
    setImmediate(() => order.push("next turn"));
    queue.push(Uint8Array.of(1));
    await settle();
    await reading;
    expect(order).toEqual(["read", "next turn"]);
  });

  test("gives what is waiting before the fault, and the fault once", async () => {
    const queue = createChunkQueue();
    queue.push(Uint8Array.of(1));
    queue.push(Uint8Array.of(2));
    queue.end(new Fault("LINK_LOST", "gone"));
    const iterator = queue.chunks[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: Uint8Array.of(1) });
    expect(await iterator.next()).toMatchObject({ value: Uint8Array.of(2) });
    await expect(iterator.next()).rejects.toMatchObject({ code: "LINK_LOST" });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("lets the oldest bytes go beyond its limit, and counts them", async () => {
    const queue = createChunkQueue(10);
    for (let i = 0; i < 9; i++) queue.push(Uint8Array.of(i, i));
    expect(queue.waitingBytes).toBe(10);
    expect(queue.droppedBytes).toBe(8);
    queue.end();
    expect(await take(queue.chunks)).toEqual([4, 4, 5, 5, 6, 6, 7, 7, 8, 8]);
  });

  test("stays bounded and quick with very many small chunks that nobody reads", () => {
    const queue = createChunkQueue(100_000);
    for (let i = 0; i < 500_000; i++) queue.push(Uint8Array.of(1));
    expect(queue.waitingBytes).toBe(100_000);
    expect(queue.droppedBytes).toBe(400_000);
  });

  test("ignores bytes after its end", async () => {
    const queue = createChunkQueue();
    queue.end();
    queue.push(Uint8Array.of(1));
    queue.end(new Fault("LINK_LOST", "late"));
    expect(await take(queue.chunks)).toEqual([]);
  });

  test("makes a writer that asks wait until there is room, or until the end", async () => {
    const queue = createChunkQueue(100);
    queue.push(new Uint8Array(60));
    let roomy = false;
    const waiting = queue.roomy().then(() => {
      roomy = true;
    });
    await settle();
    expect(roomy).toBe(false);
    await queue.chunks[Symbol.asyncIterator]().next();
    await waiting;
    expect(roomy).toBe(true);

    queue.push(new Uint8Array(60));
    const ending = queue.roomy();
    queue.end();
    await ending;
  });
});
