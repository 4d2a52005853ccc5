import type { Fault } from "../domain/fault.ts";
import type { Packet } from "../port/link.ts";

/** Bytes on their way from whoever has them to one reader. */
export type ChunkQueue = LinkQueue<Uint8Array>;

/** The same for packets. */
export type PacketQueue = LinkQueue<Packet>;

export interface LinkQueue<Item> {
  /** For one reader: every iterator takes from the same queue. */
  readonly chunks: AsyncIterable<Item>;
  /** Adds an item; beyond the limit the oldest waiting ones are let go, because the newest are what counts. */
  push(item: Item): void;
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

export const createChunkQueue = (limitBytes = LIMIT_BYTES): ChunkQueue =>
  createQueue((chunk) => chunk.length, limitBytes);

/** A packet costs its bytes and a little more, so that empty ones are counted too. */
export const createPacketQueue = (limitBytes = LIMIT_BYTES): PacketQueue =>
  createQueue(({ channel, bytes }) => bytes.length + channel.length + 16, limitBytes);

/** `sizeOf`: bytes of an item; items of none are left out. */
function createQueue<Item>(sizeOf: (item: Item) => number, limitBytes: number): LinkQueue<Item> {
  let waiting: Item[] = [];
  /** Where the oldest waiting chunk stands: taking from the front of a long array would move all the others. */
  let head = 0;
  let waitingBytes = 0;
  let droppedBytes = 0;
  let ended = false;
  let fault: Fault | undefined;
  let reader: { resolve(result: IteratorResult<Item>): void; reject(fault: Fault): void } | undefined;
  const writers: (() => void)[] = [];

  const letWritersGo = (): void => {
    if (!ended && waitingBytes > limitBytes / 4) return;
    for (const go of writers.splice(0)) go();
  };

  const oldest = (): Item | undefined => {
    const chunk = waiting[head];
    if (chunk === undefined) return undefined;
    head += 1;
    if (head > 1024 && head * 2 > waiting.length) {
      waiting = waiting.slice(head);
      head = 0;
    }
    waitingBytes -= sizeOf(chunk);
    return chunk;
  };

  const take = (): Promise<IteratorResult<Item>> | undefined => {
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

  const iterator: AsyncIterator<Item> = {
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
      const bytes = sizeOf(chunk);
      if (ended || bytes === 0) return;
      if (reader !== undefined) {
        const waitingReader = reader;
        reader = undefined;
        waitingReader.resolve({ done: false, value: chunk });
        return;
      }
      waiting.push(chunk);
      waitingBytes += bytes;
      while (waitingBytes > limitBytes && waitingBytes > bytes) {
        const dropped = oldest();
        if (dropped !== undefined) droppedBytes += sizeOf(dropped);
      }
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
