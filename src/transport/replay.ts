import { Fault } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { ByteLink, OpenLink } from "../port/link.ts";
import { type ChunkQueue, createChunkQueue } from "./chunk-queue.ts";

/** Bytes and when they come, in milliseconds since the start; times never fall. */
export interface TimedBytes {
  readonly offsetMs: number;
  readonly bytes: Uint8Array;
}

export interface ReplayOptions {
  /** For people: the file. */
  readonly name: string;
  readonly recording: Iterable<TimedBytes>;
  readonly clock: Clock;
}

/**
 * A recording as a device: it starts when it is first opened and then goes on as a real one would, also while
 * nobody has it open. After its last byte the link is lost and cannot be opened again. Always simulated (law 7).
 */
export interface Replay {
  /** Throws LINK_NOT_FOUND after the end and LINK_REFUSED while another reader has it. */
  open(): OpenLink;
  stop(): void;
}

/** Due now: sums of fractions of milliseconds must not leave a remainder to wait for. */
const NOW_MS = 0.01;

export function createReplay({ name, recording, clock }: ReplayOptions): Replay {
  const source = recording[Symbol.iterator]();
  let next = source.next();
  let startedMs: number | undefined;
  let reader: ChunkQueue | undefined;
  let cancel = (): void => undefined;

  const play = (): void => {
    const elapsedMs = clock.mono() - (startedMs ?? 0);
    while (next.done !== true && next.value.offsetMs <= elapsedMs + NOW_MS) {
      reader?.push(next.value.bytes);
      next = source.next();
    }
    if (next.done === true) {
      reader?.end(new Fault("LINK_LOST", `The recording ${name} has ended.`, { permanent: true }));
      reader = undefined;
    } else cancel = clock.after(next.value.offsetMs - elapsedMs, play);
  };

  return {
    open() {
      if (next.done === true) {
        const fix = "Start again to play it once more.";
        throw new Fault("LINK_NOT_FOUND", `The recording ${name} has ended.`, { fix, permanent: true });
      }
      if (reader !== undefined) throw new Fault("LINK_REFUSED", `The recording ${name} is already open.`);
      const queue = createChunkQueue();
      reader = queue;
      if (startedMs === undefined) {
        startedMs = clock.mono();
        cancel = clock.after(next.value.offsetMs, play);
      }
      const link: ByteLink = {
        chunks: queue.chunks,
        // A recording answers what was answered then, whatever it is asked now.
        write: () => Promise.resolve(),
        async close() {
          queue.end();
          if (reader === queue) reader = undefined;
        },
      };
      return { link, simulated: true, resolved: `replay:${name}` };
    },
    stop() {
      cancel();
      reader?.end();
      reader = undefined;
    },
  };
}
