import type { ByteLink } from "../port/link.ts";
import { createChunkQueue } from "../transport/chunk-queue.ts";

/** The device's end of a port that other programs open. */
export interface Outlet {
  /** What a reader opens: a path, or `tcp:HOST:PORT`. */
  readonly address: string;
  /** What is written while nobody has the port open, or faster than it is read, is lost, as on a real cable. */
  readonly link: ByteLink;
  /** Resolves when the port is first opened by a reader; never when it is closed before. */
  readonly opened: Promise<void>;
  /** Bytes written while nobody could take them. */
  readonly lostBytes: number;
  close(): Promise<void>;
}

/** Takes bytes on their way to a reader; false when it cannot take them now. */
type Sink = (bytes: Uint8Array) => boolean;

/** The half of an outlet that does not depend on what it is made of. */
export interface DeviceEnd {
  readonly link: ByteLink;
  readonly opened: Promise<void>;
  readonly lostBytes: number;
  /** A reader has come (its sink), or gone (undefined). */
  attach(sink: Sink | undefined): void;
  /** Bytes from the reader to the device. */
  hear(bytes: Uint8Array): void;
  /** The port is gone for good: whoever writes is told. */
  fail(error: Error): void;
}

/** A reader that stands still may leave this much waiting; more would reach it too late to be true. */
export const WAITING_BYTES_MAX = 16 * 1024;

export function createDeviceEnd(close: () => Promise<void>): DeviceEnd {
  const heard = createChunkQueue();
  const first = Promise.withResolvers<void>();
  // Whoever waits for the first reader is told of a failure; nobody has to wait.
  first.promise.catch(() => undefined);
  let sink: Sink | undefined;
  let lostBytes = 0;
  let failure: Error | undefined;
  return {
    link: {
      chunks: heard.chunks,
      async write(bytes) {
        if (failure !== undefined) throw failure;
        if (sink?.(bytes) !== true) lostBytes += bytes.length;
      },
      close,
    },
    opened: first.promise,
    get lostBytes() {
      return lostBytes;
    },
    attach(next) {
      sink = next;
      if (next !== undefined) first.resolve();
    },
    hear: (bytes) => heard.push(bytes),
    fail(error) {
      failure = error;
      first.reject(error);
      heard.end();
    },
  };
}
