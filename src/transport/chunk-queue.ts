import type { Fault } from "../domain/fault.ts";

/** Bytes on their way from whoever has them to one reader. */
export interface ChunkQueue {
  /** For one reader: every iterator takes from the same queue. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Adds bytes; beyond the limit the oldest waiting chunks are let go, because the newest are what counts. */
  push(chunk: Uint8Array): void;
  /** No more bytes: the reader gets what is waiting, then the fault, or the end without one. */
  end(fault?: Fault): void;
  readonly waitingBytes: number;
  /** Bytes let go because nobody read them. */
  readonly droppedBytes: number;
  /** Resolves once less than a quarter of the limit is waiting, or the queue has ended: for writers that can wait. */
  roomy(): Promise<void>;
}

/** A reader that stands still for long keeps this much of a serial port: minutes at any rate of interest. */
const LIMIT_BYTES = 1 << 20;

export function createChunkQueue(limitBytes = LIMIT_BYTES): ChunkQueue {
  let waiting: Uint8Array[] = [];
  /** Where the oldest waiting chunk stands: taking from the front of a long array would move all the others. */
  let head = 0;
  let waitingBytes = 0;
  let droppedBytes = 0;
  let ended = false;
  let fault: Fault | undefined;
  let reader: { resolve(result: IteratorResult<Uint8Array>): void; reject(fault: Fault): void } | undefined;
  const writers: (() => void)[] = [];

  const letWritersGo = (): void => {
    if (!ended && waitingBytes > limitBytes / 4) return;
    for (const go of writers.splice(0)) go();
  };

  const oldest = (): Uint8Array | undefined => {
    const chunk = waiting[head];
    if (chunk === undefined) return undefined;
    head += 1;
    if (head > 1024 && head * 2 > waiting.length) {
      waiting = waiting.slice(head);
      head = 0;
    }
    waitingBytes -= chunk.length;
    return chunk;
  };

  const take = (): Promise<IteratorResult<Uint8Array>> | undefined => {
    const chunk = oldest();
    if (chunk !== undefined) {
      letWritersGo();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (!ended) return undefined;
    const thrown = fault;
    fault = undefined;
    return thrown === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(thrown);
  };

  const iterator: AsyncIterator<Uint8Array> = {
    next: () =>
      take() ??
      new Promise((resolve, reject) => {
        // A second waiting reader would be a mistake; the first is told that this is the end.
        reader?.resolve({ done: true, value: undefined });
        reader = { resolve, reject };
      }),
  };

  return {
    chunks: { [Symbol.asyncIterator]: () => iterator },
    push(chunk) {
      if (ended || chunk.length === 0) return;
      if (reader !== undefined) {
        const waitingReader = reader;
        reader = undefined;
        waitingReader.resolve({ done: false, value: chunk });
        return;
      }
      waiting.push(chunk);
      waitingBytes += chunk.length;
      while (waitingBytes > limitBytes && waitingBytes > chunk.length) droppedBytes += oldest()?.length ?? 0;
    },
    end(reason) {
      if (ended) return;
      ended = true;
      letWritersGo();
      if (reader === undefined) {
        fault = reason;
        return;
      }
      if (reason === undefined) reader.resolve({ done: true, value: undefined });
      else reader.reject(reason);
      reader = undefined;
    },
    get waitingBytes() {
      return waitingBytes;
    },
    get droppedBytes() {
      return droppedBytes;
    },
    roomy: () =>
      ended || waitingBytes <= limitBytes / 4
        ? Promise.resolve()
        : new Promise((resolve) => {
            writers.push(resolve);
          }),
  };
}
