import type { Mono, Wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { FlightRecorder } from "../port/flight.ts";
import type { ByteLink, FileLink, Link, PacketLink } from "../port/link.ts";
import { chunksUntil } from "../wire/chunks.ts";
import type { Trace } from "./contract.ts";

/** Running totals of one device since the edge started. */
export interface Counters {
  /** Received. */
  bytes: number;
  frames: number;
  rejects: number;
  reopens: number;
  observations: number;
  /** Readings further apart than the family's quiet time. */
  gaps: number;
}

export interface FrameView {
  readonly at: Wall;
  readonly direction: "in" | "out" | "rejected";
  readonly hex: string;
  readonly meaning: string;
}

/** What goes over one link, counted and remembered for the technician's page. */
export interface Tap {
  readonly trace: Trace;
  readonly counters: Counters;
  /** When something last arrived; undefined before the first. */
  readonly heardAt: Mono | undefined;
  /** The newest frames, newest last; meanings are worked out now. */
  frames(): readonly FrameView[];
  /** The same link with its bytes counted, whose chunks end when the signal aborts. */
  link(link: ByteLink, signal: AbortSignal): ByteLink;
  packets(link: PacketLink, signal: AbortSignal): PacketLink;
  /** The same files with what is read of them counted. */
  files(link: FileLink): FileLink;
  /** Called for every frame understood. */
  onFrame: () => void;
}

const REMEMBERED_FRAMES = 50;
/** Of a longer frame the beginning is kept. */
const REMEMBERED_BYTES = 256;

interface Slot {
  readonly bytes: Uint8Array;
  length: number;
  kept: number;
  at: Wall;
  direction: FrameView["direction"];
  meaning: () => string;
}

/** `flight`: keeps everything that goes over the link, both ways. */
export function createTap(clock: Clock, flight?: Pick<FlightRecorder, "chunk">): Tap {
  const counters: Counters = { bytes: 0, frames: 0, rejects: 0, reopens: 0, observations: 0, gaps: 0 };
  const slots: Slot[] = [];
  let written = 0;
  let heardAt: Mono | undefined;

  const remember = (direction: FrameView["direction"], bytes: Uint8Array, meaning: () => string): void => {
    let slot = slots[written % REMEMBERED_FRAMES];
    if (slot === undefined) {
      slot = {
        bytes: new Uint8Array(REMEMBERED_BYTES),
        length: 0,
        kept: 0,
        at: clock.wall(),
        direction,
        meaning,
      };
      slots.push(slot);
    }
    written += 1;
    slot.length = bytes.length;
    slot.kept = Math.min(bytes.length, REMEMBERED_BYTES);
    slot.bytes.set(slot.kept === bytes.length ? bytes : bytes.subarray(0, slot.kept));
    slot.at = clock.wall();
    slot.direction = direction;
    slot.meaning = meaning;
  };

  const count = (bytes: number): void => {
    counters.bytes += bytes;
    heardAt = clock.mono();
  };

  const tap: Tap = {
    counters,
    get heardAt() {
      return heardAt;
    },
    onFrame: () => undefined,
    trace: {
      frame(bytes, meaning) {
        counters.frames += 1;
        remember("in", bytes, meaning);
        tap.onFrame();
      },
      reject(bytes, reason) {
        counters.rejects += 1;
        remember("rejected", bytes, () => reason);
      },
      sent: (bytes, meaning) => remember("out", bytes, meaning),
    },
    frames() {
      const oldest = written < REMEMBERED_FRAMES ? 0 : written % REMEMBERED_FRAMES;
      return [...slots.slice(oldest), ...slots.slice(0, oldest)].map((slot) => ({
        at: slot.at,
        direction: slot.direction,
        hex: hexOf(slot),
        meaning: wordsOf(slot.meaning),
      }));
    },
    link: (link, signal) =>
      watchedLink(link, signal, (direction, bytes) => {
        if (direction === "in") count(bytes.length);
        flight?.chunk(direction, bytes);
      }),
    packets: (link, signal) =>
      watchedLink(link, signal, (direction, { channel, bytes }) => {
        if (direction === "in") count(bytes.length);
        flight?.chunk(direction, bytes, channel);
      }),
    files: (link) => ({
      growing: link.growing,
      list: () => link.list(),
      async read(path, from, to) {
        const bytes = await link.read(path, from, to);
        count(bytes.length);
        return bytes;
      },
      close: () => link.close(),
    }),
  };
  return tap;
}

const watchedLink = <Item>(
  link: Link<Item>,
  signal: AbortSignal,
  saw: (direction: "in" | "out", item: Item) => void,
): Link<Item> => ({
  chunks: counted(chunksUntil(link.chunks, signal), (item) => saw("in", item)),
  write(item) {
    saw("out", item);
    return link.write(item);
  },
  close: () => link.close(),
});

function counted<Item>(source: AsyncIterable<Item>, count: (item: Item) => void): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator]() {
      const inner = source[Symbol.asyncIterator]();
      return {
        async next() {
          const result = await inner.next();
          if (result.done !== true) count(result.value);
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

function hexOf({ bytes, kept, length }: Slot): string {
  const hex = Array.from(bytes.subarray(0, kept), (byte) => byte.toString(16).toUpperCase().padStart(2, "0"));
  return hex.join(" ") + (length > kept ? ` ... ${length} bytes` : "");
}

/** A driver's explanation must not take the page down with it. */
function wordsOf(meaning: () => string): string {
  try {
    return meaning();
  } catch {
    return "cannot be explained";
  }
}
