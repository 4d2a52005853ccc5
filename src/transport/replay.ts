import { Fault } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { Link, OpenLink, PacketLink } from "../port/link.ts";
import { createChunkQueue, createPacketQueue, type LinkQueue } from "./chunk-queue.ts";

/** Bytes and when they come, in milliseconds since the start; times never fall. */
export interface TimedBytes {
  readonly offsetMs: number;
  /** On links that carry packets. */
  readonly channel?: string;
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
  /** The same for a family that speaks in packets; bytes without a channel are left out. */
  openPackets(): OpenLink<PacketLink>;
  stop(): void;
}

/** Due now: sums of fractions of milliseconds must not leave a remainder to wait for. */
const NOW_MS = 0.01;

export function createReplay({ name, recording, clock }: ReplayOptions): Replay {
  const source = recording[Symbol.iterator]();
  let next = source.next();
  let startedMs: number | undefined;
  let reader: Reader | undefined;
  let cancel = (): void => undefined;

  const play = (): void => {
    const elapsedMs = clock.mono() - (startedMs ?? 0);
    while (next.done !== true && next.value.offsetMs <= elapsedMs + NOW_MS) {
      reader?.push(next.value);
      next = source.next();
    }
    if (next.done === true) {
      reader?.end(new Fault("LINK_LOST", `The recording ${name} has ended.`, { permanent: true }));
      reader = undefined;
    } else cancel = clock.after(next.value.offsetMs - elapsedMs, play);
  };

  const opened = <Item>(
    queue: LinkQueue<Item>,
    itemOf: (chunk: TimedBytes) => Item | undefined,
  ): OpenLink<Link<Item>> => {
    if (next.done === true) {
      const fix = "Start again to play it once more.";
      throw new Fault("LINK_NOT_FOUND", `The recording ${name} has ended.`, { fix, permanent: true });
    }
    if (reader !== undefined) throw new Fault("LINK_REFUSED", `The recording ${name} is already open.`);
    const own: Reader = {
      push(chunk) {
        const item = itemOf(chunk);
        if (item !== undefined) queue.push(item);
      },
      end: (fault) => queue.end(fault),
    };
    reader = own;
    if (startedMs === undefined) {
      startedMs = clock.mono();
      cancel = clock.after(next.value.offsetMs, play);
    }
    const link: Link<Item> = {
      chunks: queue.chunks,
      // A recording answers what was answered then, whatever it is asked now.
      write: () => Promise.resolve(),
      async close() {
        queue.end();
        if (reader === own) reader = undefined;
      },
    };
    return { link, simulated: true, resolved: `replay:${name}` };
  };

  return {
    open: () => opened(createChunkQueue(), ({ bytes }) => bytes),
    openPackets: () =>
      opened(createPacketQueue(), ({ channel, bytes }) =>
        channel === undefined ? undefined : { channel, bytes },
      ),
    stop() {
      cancel();
      reader?.end();
      reader = undefined;
    },
  };
}

/** Whoever has the recording open. */
interface Reader {
  push(chunk: TimedBytes): void;
  end(fault?: Fault): void;
}
