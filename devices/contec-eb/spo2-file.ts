import { Fault } from "../../src/domain/fault.ts";
import { fromLocalClock, type LocalClock } from "../../src/domain/local-clock.ts";
import type { Wall } from "../../src/domain/time.ts";

/** A night or a part of it, as the maker's Windows program keeps it. */
export interface Spo2File {
  readonly start: Wall;
  /** One a second from `start` on; undefined where the finger was out. */
  readonly seconds: readonly Spo2Second[];
}

export interface Spo2Second {
  readonly spo2: number | undefined;
  readonly pulse: number | undefined;
}

const MAGIC = [0x58, 0x03, 0x00, 0x00, 0x01];
const HEADER_BYTES = 1056;
const WORDS = 7;
/** Everything before the values. */
export const SPO2_HEAD_BYTES = HEADER_BYTES + WORDS * 4;
const NO_SPO2 = 127;
const NO_PULSE = 255;

/**
 * Reads a `.SpO2` file: a header of 1056 bytes, then year, month, day, hour, minute, second and the count of values
 * (32 bits each, the less significant byte first), then SpO2 and pulse, a byte each, every second. Its clock is taken
 * to have stood in `zone`. Throws INPUT_INVALID for anything else, and for a file that was cut off.
 */
export function readSpo2File(bytes: Uint8Array, zone: string): Spo2File {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw unreadable("it does not begin as such files do");
  const from = SPO2_HEAD_BYTES;
  if (bytes.length < from) throw unreadable("it ends inside its header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (i: number): number => view.getUint32(HEADER_BYTES + 4 * i, true);
  const start = fromLocalClock(
    { year: word(0), month: word(1), day: word(2), hour: word(3), minute: word(4), second: word(5) },
    zone,
  );
  if (start === undefined) throw unreadable("its date is not a date");
  const count = word(6);
  if (bytes.length !== from + 2 * count) {
    throw unreadable(`it promises ${count} values and has ${(bytes.length - from) / 2}`);
  }
  const value = (at: number, none: number): number | undefined =>
    bytes[at] === none ? undefined : bytes[at];
  return {
    start,
    seconds: Array.from({ length: count }, (_, i) => ({
      spo2: value(from + 2 * i, NO_SPO2),
      pulse: value(from + 2 * i + 1, NO_PULSE),
    })),
  };
}

/** Writes such a file; `start` as the clock of the maker's program showed it. */
export function writeSpo2File(start: LocalClock, seconds: readonly Spo2Second[]): Uint8Array {
  const bytes = new Uint8Array(SPO2_HEAD_BYTES + 2 * seconds.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  const { year, month, day, hour, minute, second } = start;
  for (const [i, word] of [year, month, day, hour, minute, second, seconds.length].entries()) {
    view.setUint32(HEADER_BYTES + 4 * i, word, true);
  }
  for (const [i, { spo2 = NO_SPO2, pulse = NO_PULSE }] of seconds.entries()) {
    bytes[SPO2_HEAD_BYTES + 2 * i] = spo2;
    bytes[SPO2_HEAD_BYTES + 2 * i + 1] = pulse;
  }
  return bytes;
}

const unreadable = (why: string): Fault =>
  new Fault("INPUT_INVALID", `This is not a .SpO2 file that can be read: ${why}.`, {
    fix: "Save the night again in the maker's program, or export it as CSV and import that.",
    permanent: true,
  });
