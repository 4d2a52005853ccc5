/*
 * Memory card of Resvent iBreeze, also sold by Hoffrichter as Point and Trend.
 *
 *   THERAPY/CONFIG/SYSCFG, TCTRL, N_ST30...     texts: 4 bytes, then KEY=value lines
 *   THERAPY/RECORD/YYYYMM/DD/STATnn             text: begin, seconds of use, counts of session nn
 *                            EVnn, ALMnn        text: ID=20,DT=1707490206,DR=6,GD=0, a line
 *                            Wnn_c, Pnn_c       waves (25 Hz) and numbers (every 2 to 4 s), chunk file c
 *
 *   W, P, little-endian   | 00 ? ... | 10 seconds of a chunk (u16) | 12 signals (u16) | ? to 24 |
 *                         | for each signal 32 bytes: name (8), ? ..., 1E samples of a chunk (u16) |
 *                         | chunks: each signal's samples in turn, int16 |
 *
 * Times are s since 1970 by a clock that takes itself to stand in China: its local time is what the count shows 8 hours
 * east of UTC, wherever the machine is.
 *
 * Doubts. ? The lines of ALMnn: taken to be those of EVnn; their numbers are not known. ? The unit of Ti and I:E beyond
 * their steps. ? What SpO2 and PR hold without an oximeter. A card of a machine with one would settle it.
 */
import { HOUR_MS, SECOND_MS } from "../../src/domain/time.ts";
import { u16le } from "../../src/wire/field.ts";
import { frame } from "../../src/wire/frame.ts";

export const HEAD = frame({
  name: "head of a W or P file",
  lengthBytes: 0x24,
  constants: [],
  fields: {
    seconds: u16le(0x10, "seconds of a chunk"),
    signals: u16le(0x12, "signals that follow"),
  },
});

export const SIGNAL_BYTES = 0x20;
const NAME_BYTES = 8;
const SAMPLES_AT = 0x1e;
/** Two in W, eleven in P; more is no such file. */
const MOST_SIGNALS = 64;
const LARGEST_CHUNK_BYTES = 8 << 20;

export interface Channel {
  readonly name: string;
  /** In each chunk. */
  readonly samples: number;
  /** Place of the first sample in a chunk, in bytes. */
  readonly offset: number;
}

export interface SignalFile {
  readonly headBytes: number;
  readonly chunkBytes: number;
  readonly chunkSeconds: number;
  readonly channels: readonly Channel[];
}

/** No head is longer. */
export const HEAD_LIMIT_BYTES = HEAD.lengthBytes + MOST_SIGNALS * SIGNAL_BYTES;

/** Reads the head of a W or P file; a sentence where it is none. Never throws. */
export function readHead(bytes: Uint8Array): SignalFile | string {
  if (bytes.length < HEAD.lengthBytes) return "a head that is cut off";
  const { seconds, signals } = HEAD.decode(bytes, 0);
  const headBytes = HEAD.lengthBytes + signals * SIGNAL_BYTES;
  if (seconds === 0 || signals === 0 || signals > MOST_SIGNALS) {
    return `an absurd head: ${signals} signals in chunks of ${seconds} s`;
  }
  if (bytes.length < headBytes) return "a head that is cut off";
  let offset = 0;
  const channels = Array.from({ length: signals }, (_, i): Channel => {
    const at = HEAD.lengthBytes + i * SIGNAL_BYTES;
    const name = String.fromCharCode(...bytes.subarray(at, at + NAME_BYTES))
      .replace(/\0.*$/s, "")
      .trim();
    const samples = (bytes[at + SAMPLES_AT] ?? 0) | ((bytes[at + SAMPLES_AT + 1] ?? 0) << 8);
    const channel = { name, samples, offset };
    offset += 2 * samples;
    return channel;
  });
  if (offset === 0 || offset > LARGEST_CHUNK_BYTES) return `an absurd head: chunks of ${offset} bytes`;
  return { headBytes, chunkBytes: offset, chunkSeconds: seconds, channels };
}

/** One sample of a chunk as it is kept. */
export function rawOf(chunk: Uint8Array, { offset }: Channel, index: number): number {
  const at = offset + 2 * index;
  const value = (chunk[at] ?? 0) | ((chunk[at + 1] ?? 0) << 8);
  return value >= 0x8000 ? value - 0x10000 : value;
}

/** A head for these signals. */
export function encodeHead(
  seconds: number,
  signals: readonly { readonly name: string; readonly samples: number }[],
): Uint8Array {
  const bytes = new Uint8Array(HEAD.lengthBytes + signals.length * SIGNAL_BYTES);
  bytes.set(HEAD.encode({ seconds, signals: signals.length }));
  signals.forEach(({ name, samples }, i) => {
    const at = HEAD.lengthBytes + i * SIGNAL_BYTES;
    bytes.set(new TextEncoder().encode(name).subarray(0, NAME_BYTES), at);
    bytes[at + SAMPLES_AT] = samples & 0xff;
    bytes[at + SAMPLES_AT + 1] = samples >> 8;
  });
  return bytes;
}

const TEXT_FROM = 4;

/** The lines of a text file, without the four bytes before them. */
export const linesOf = (bytes: Uint8Array): readonly string[] =>
  new TextDecoder("latin1")
    .decode(bytes.subarray(TEXT_FROM))
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== "");

/** KEY=value lines. */
export const valuesOf = (bytes: Uint8Array): ReadonlyMap<string, string> =>
  new Map(
    linesOf(bytes).flatMap((line) => {
      const parts = /^\s*([\w.]{1,40})\s*=\s*([\x20-\x7e]{0,80}?)\s*$/.exec(line);
      return parts === null ? [] : [[parts[1] ?? "", parts[2] ?? ""] as const];
    }),
  );

/** A line of an EV or ALM file. */
export interface Note {
  readonly id: number;
  /** As the file has it, s. */
  readonly at: number;
  readonly seconds: number;
}

/** Undefined where a line is none. */
export function noteOf(line: string): Note | undefined {
  const parts = /^\s*ID=(\d{1,5}),DT=(\d{1,10}),DR=(\d{1,6})\b/.exec(line);
  return parts === null
    ? undefined
    : { id: Number(parts[1]), at: Number(parts[2]), seconds: Number(parts[3]) };
}

const CHINA_MS = 8 * HOUR_MS;

/** The local time that a count of the card shows, as if it were UTC, in ms; and back. */
export const shownAt = (seconds: number): number => seconds * SECOND_MS + CHINA_MS;
export const countOf = (shownMs: number): number => Math.floor((shownMs - CHINA_MS) / SECOND_MS);

/** Name, session and number of chunk file of the files of a day. */
export interface DayFile {
  /** Folder and session: what the files of one session have in common. */
  readonly session: string;
  readonly kind: "STAT" | "EV" | "ALM" | "W" | "P";
  readonly part: number;
}

export function dayFile(path: string): DayFile | undefined {
  const parts = /^((?:.*\/)?THERAPY\/RECORD\/\d{6}\/\d{1,2})\/(STAT|EV|ALM|W|P)(\d{2})(?:_(\d{1,4}))?$/i.exec(
    path,
  );
  if (parts === null) return undefined;
  const kind = (parts[2] ?? "").toUpperCase();
  const isSignals = kind === "W" || kind === "P";
  if (isSignals !== (parts[4] !== undefined)) return undefined;
  if (kind !== "STAT" && kind !== "EV" && kind !== "ALM" && kind !== "W" && kind !== "P") return undefined;
  return { session: `${parts[1]}/${parts[3]}`, kind, part: Number(parts[4] ?? 0) };
}
