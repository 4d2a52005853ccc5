import { describe, expect, test } from "vitest";
import { settle } from "../../../src/rehearsal/clock.ts";
import { createChunkQueue } from "../../../src/transport/chunk-queue.ts";
import { chunksUntil } from "../../../src/wire/chunks.ts";

async function collect(chunks: AsyncIterable<Uint8Array>, into: number[]): Promise<string> {
  try {
    for await (const chunk of chunks) into.push(...chunk);
    return "ended";
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

describe("chunks until a signal", () => {
  test("pass through in order", async () => {
    const queue = createChunkQueue();
    const got: number[] = [];
    const reading = collect(chunksUntil(queue.chunks, new AbortController().signal), got);
    queue.push(Uint8Array.of(1, 2));
    await settle();
    queue.push(Uint8Array.of(3));
    queue.end();
    expect(await reading).toBe("ended");
    expect(got).toEqual([1, 2, 3]);
  });

  test("end at once when the signal aborts while waiting", async () => {
    const stop = new AbortController();
    const reading = collect(chunksUntil(createChunkQueue().chunks, stop.signal), []);
    await settle();
    stop.abort();
    expect(await reading).toBe("ended");
  });

  test("do not begin when the signal has aborted before", async () => {
    const queue = createChunkQueue();
    queue.push(Uint8Array.of(1));
    const got: number[] = [];
    expect(await collect(chunksUntil(queue.chunks, AbortSignal.abort()), got)).toBe("ended");
    expect(got).toEqual([]);
  });

  test("pass the source's error on", async () => {
    const source: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("pulled")) }),
    };
    expect(await collect(chunksUntil(source, new AbortController().signal), [])).toBe("threw Error: pulled");
  });

  test("an error after the abort is nobody's any more", async () => {
    const stop = new AbortController();
    let fail: (error: Error) => void = () => undefined;
    const source: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise((_, reject) => {
            fail = reject;
          }),
      }),
    };
    const reading = collect(chunksUntil(source, stop.signal), []);
    await settle();
    stop.abort();
    fail(new Error("late"));
    expect(await reading).toBe("ended");
  });
});
