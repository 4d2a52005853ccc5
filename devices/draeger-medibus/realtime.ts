/**
 * The realtime bytes, all with bit 7 set.
 *
 *     1101mmmm                    sync: of streams 1 to 4, those in the mask follow
 *     1100cccc 1100aaaa           after a sync: command and argument
 *         C1, C2, C3 + mask           host: wants streams 1-4, 5-8, 9-12; mask 0 wants none
 *         C0 + C0                     host: end of the sequence
 *         C4, C5 + mask               device: of streams 5-8, 9-12, these follow too
 *         C6 + 0 or 1                 device: inspiration, expiration begins
 *         CF                          device: what follows is damaged
 *     10xxxxxx 10xxxxxx           one sample of one stream: lower six bits, then higher six
 *
 *     D3 A5 92 80 A0              streams 1 and 2: 4A5 and 800
 *     D0 C6 C0                    inspiration begins
 *     D0 C1 C3 C0 C0              host: streams 1 and 2, please
 *
 * ? Whether CF has an argument; whether commands may stand behind samples. Both are read here, and neither matters while
 *   four streams at most are asked for.
 */
import { hex2 } from "./codec.ts";
import { fixed } from "./records.ts";

/** One stream that the device offers. */
export interface RealtimeConfiguration {
  readonly code: string;
  /** Microseconds between two samples. */
  readonly intervalUs: number;
  /** What bin 0 and the highest bin stand for. */
  readonly min: number;
  readonly max: number;
  readonly maxBin: number;
}

const CONFIGURATION_CHARACTERS = 23;

/** "00   16000  -20  100FFF": code 2, interval 8, lowest 5, highest 5, highest bin 3. Undefined where it cannot be. */
export const parseConfigurations = (data: string): readonly RealtimeConfiguration[] | undefined =>
  fixed(data, CONFIGURATION_CHARACTERS, (record) => {
    const field = (from: number, to: number): string => record.slice(from, to).replaceAll(" ", "");
    const configuration = {
      code: record.slice(0, 2),
      intervalUs: decimal(field(2, 10)),
      min: decimal(field(10, 15)),
      max: decimal(field(15, 20)),
      maxBin: /^[0-9A-F]{1,3}$/.test(field(20, 23)) ? Number.parseInt(field(20, 23), 16) : Number.NaN,
    };
    return isSound(configuration) ? configuration : undefined;
  });

const decimal = (text: string): number => (/^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN);

const isSound = ({ code, intervalUs, min, max, maxBin }: RealtimeConfiguration): boolean =>
  /^[0-9A-F]{2}$/.test(code) && intervalUs > 0 && max > min && maxBin > 0;

export const encodeConfiguration = ({ code, intervalUs, min, max, maxBin }: RealtimeConfiguration): string =>
  code +
  String(intervalUs).padStart(8) +
  String(min).padStart(5) +
  String(max).padStart(5) +
  maxBin.toString(16).toUpperCase().padStart(3);

/** The number that a bin stands for. */
export const valueOf = ({ min, max, maxBin }: RealtimeConfiguration, bin: number): number =>
  (bin / maxBin) * (max - min) + min;

/** The bin nearest to a number; what is out of range is at the end of the range. */
export const binOf = ({ min, max, maxBin }: RealtimeConfiguration, value: number): number =>
  Math.min(maxBin, Math.max(0, Math.round(((value - min) / (max - min)) * maxBin)));

/** A stream asked for: every `multiplier`-th sample of it. */
export interface WantedStream {
  readonly code: string;
  readonly multiplier: number;
}

/** Argument of command 54; the first stream becomes stream 1. */
export const encodeWanted = (streams: readonly WantedStream[]): string =>
  streams.map(({ code, multiplier }) => code + hex2(multiplier)).join("");

export const parseWanted = (argument: string): readonly WantedStream[] | undefined =>
  fixed(argument, 4, (record) => {
    if (!/^[0-9A-F]{4}$/.test(record)) return undefined;
    return { code: record.slice(0, 2), multiplier: Number.parseInt(record.slice(2), 16) };
  });

/** The host's sequence that switches on the first `count` of streams 1 to 4, and all others off. */
export const enableStreams = (count: number): Uint8Array =>
  Uint8Array.of(SYNC, STREAMS_1_TO_4, 0xc0 | ((1 << count) - 1), END, END);

const SYNC = 0xd0;
const END = 0xc0;
const STREAMS_1_TO_4 = 0xc1;
const STREAMS_5_TO_8 = 0xc4;
const STREAMS_9_TO_12 = 0xc5;
const PHASE = 0xc6;
const DAMAGED = 0xcf;

export type Phase = "inspiration" | "expiration";

/** Samples taken at one moment: bin by stream, counted from 0. */
export type Group = ReadonlyMap<number, number>;

export interface RealtimeOptions {
  onGroup(group: Group, bytes: Uint8Array): void;
  onPhase(phase: Phase, bytes: Uint8Array): void;
  /** The device asks for streams: what a host sends. Bit 0 of the mask is the first stream of the four. */
  onWanted?(mask: number): void;
  /** Bytes that are no samples, or samples that cannot be used. */
  onLoss(bytes: Uint8Array, reason: "samples missing" | "marked as damaged" | "belongs to no sync"): void;
}

/** Sync, three commands with arguments, twelve samples. */
const LONGEST_GROUP_BYTES = 1 + 6 + 24;

/** Reads realtime bytes; holds one group at most. */
export function createRealtimeDecoder(options: RealtimeOptions): { push(byte: number): void } {
  const held = new Uint8Array(LONGEST_GROUP_BYTES);
  let heldBytes = 0;
  let inSync = false;
  let damaged = false;
  let streams: number[] = [];
  let bins: number[] = [];
  let low: number | undefined;
  let command: number | undefined;

  const expect = (mask: number, first: number): void => {
    for (let bit = 0; bit < 4; bit++) if (mask & (1 << bit)) streams.push(first + bit);
  };

  const begin = (byte: number): void => {
    if (inSync && bins.length < streams.length)
      options.onLoss(held.subarray(0, heldBytes), "samples missing");
    heldBytes = 0;
    inSync = true;
    damaged = false;
    streams = [];
    bins = [];
    low = undefined;
    command = undefined;
    expect(byte, 0);
  };

  const obey = (order: number, argument: number): void => {
    if (order === PHASE) {
      options.onPhase((argument & 1) === 0 ? "inspiration" : "expiration", held.subarray(0, heldBytes));
    } else if (order === STREAMS_5_TO_8) expect(argument, 4);
    else if (order === STREAMS_9_TO_12) expect(argument, 8);
    else if (order === STREAMS_1_TO_4) options.onWanted?.(argument & 0x0f);
  };

  const sample = (bits: number): void => {
    // A damage mark came without an argument.
    command = undefined;
    if (low === undefined) {
      low = bits;
      return;
    }
    bins.push(low | (bits << 6));
    low = undefined;
    if (bins.length < streams.length) return;
    const bytes = held.subarray(0, heldBytes);
    if (damaged) options.onLoss(bytes, "marked as damaged");
    else options.onGroup(new Map(streams.map((stream, index) => [stream, bins[index] ?? 0])), bytes);
  };

  return {
    push(byte) {
      if ((byte & 0xf0) === SYNC) begin(byte);
      const isSample = (byte & 0xc0) === 0x80;
      if (!inSync || heldBytes === held.length || (isSample && bins.length === streams.length)) {
        options.onLoss(Uint8Array.of(byte), "belongs to no sync");
        return;
      }
      held[heldBytes++] = byte;
      if ((byte & 0xf0) === SYNC) return;
      if (isSample) return sample(byte & 0x3f);
      if (command === undefined) {
        command = byte;
        if (byte === DAMAGED) damaged = true;
        return;
      }
      const order = command;
      command = undefined;
      obey(order, byte & 0x0f);
    },
  };
}

/** A sync with the samples of streams 1 to 4 that follow it. */
export function encodeGroup(bins: readonly number[]): Uint8Array {
  const bytes = [SYNC | ((1 << bins.length) - 1)];
  for (const bin of bins) bytes.push(0x80 | (bin & 0x3f), 0x80 | (bin >> 6));
  return Uint8Array.from(bytes);
}

export const encodePhase = (phase: Phase): Uint8Array =>
  Uint8Array.of(SYNC, PHASE, phase === "inspiration" ? 0xc0 : 0xc1);
