/*
 * The later rings of Viatom and Wellue ("OxyII": O2Ring-S, SleepHQ O2 Ring Pro), over Bluetooth LE. Nothing comes unasked.
 *
 *   | A5 | cmd | ~cmd | 0 request, 1 reply | seq | length LE (2) | data | CRC-8 |
 *
 * The CRC is polynomial 07, start 0, over all bytes before it. A reply repeats the request's cmd and seq.
 *
 *   live (04), 26 bytes   counter LE | . . . | state | SpO2 | motion | pulse | . . . . | battery | ... | samples LE | samples
 *   info (E1), 60 bytes   ... firmware (9-16) ... clock (24-30) ... serial length (37), serial (38 ...)
 *
 * Doubts. ? State 1 as "finger in": two authors differ, the later measurement is followed; live bytes of a worn ring would
 * settle it. ? A live reply of a ring that calibrates was never seen.
 */
import { crc8 } from "../../src/wire/checksum.ts";
import { missing, u8, u16le } from "../../src/wire/field.ts";
import { frame, type ValuesOf } from "../../src/wire/frame.ts";
import type { FrameRule } from "../../src/wire/framer.ts";

/**
 * What may be sent. E3 and EE reset the ring, EE until it is put on USB power: they are not here, so that nothing can
 * send them.
 */
export const COMMAND = {
  config: 0x00,
  live: 0x04,
  setup: 0x10,
  clock: 0xc0,
  info: 0xe1,
  list: 0xf1,
  open: 0xf2,
  read: 0xf3,
  close: 0xf4,
  auth: 0xff,
} as const;

export type Command = keyof typeof COMMAND;

const START = 0xa5;
const HEAD_BYTES = 7;
/** Blocks of a file have 512. */
const LONGEST_DATA_BYTES = 1024;

export const LIVE = frame({
  name: "live data, head",
  lengthBytes: 26,
  constants: [],
  fields: {
    counter: u16le(0, "counts"),
    state: u8(5, "? 0 no finger, 1 finger in, 3 a file is open"),
    spo2: missing(u8(6, "SpO2, %"), 0xff),
    motion: u8(7, "motion"),
    pulse: missing(u8(8, "pulse, /min"), 0xff),
    battery: u8(13, "battery, %"),
    samples: u16le(24, "samples of light that follow"),
  },
});

export type LiveValues = ValuesOf<typeof LIVE>;

export const STATE = { noFinger: 0, finger: 1 } as const;

/** A frame; `data` shares the bytes that it was read from. */
export interface Message {
  readonly code: number;
  readonly seq: number;
  readonly data: Uint8Array;
}

export const encodeRequest = (
  command: Command,
  seq: number,
  data: Uint8Array = new Uint8Array(0),
): Uint8Array => envelope(0, COMMAND[command], seq, data);

/** A reply, for the simulator. */
export const encodeReply = ({ code, seq, data }: Message): Uint8Array => envelope(1, code, seq, data);

/** Reads the frame of `length` bytes from `at` on. */
export const decodeMessage = (bytes: Uint8Array, at: number, length: number): Message => ({
  code: bytes[at + 1] ?? 0,
  seq: bytes[at + 4] ?? 0,
  data: bytes.subarray(at + HEAD_BYTES, at + length - 1),
});

/** Longest info believed; 60 bytes were seen. */
const INFO_BYTES = { least: 48, most: 64 };

const ruleOf = (flag: 0 | 1): FrameRule => ({
  maxBytes: HEAD_BYTES + LONGEST_DATA_BYTES + 1,
  refusals: [
    "byte 1 is not A5",
    "byte 3 is not the complement of byte 2",
    `byte 4 is not ${flag}`,
    "the length is not one of such a frame",
    "the checksum does not fit",
  ],
  match(bytes, at, end) {
    if (bytes[at] !== START) return -1;
    if (end - at < 4) return 0;
    if (((bytes[at + 1] ?? 0) ^ (bytes[at + 2] ?? 0)) !== 0xff) return -2;
    if (bytes[at + 3] !== flag) return -3;
    if (end - at < HEAD_BYTES + 1) return 0;
    const dataBytes = (bytes[at + 5] ?? 0) | ((bytes[at + 6] ?? 0) << 8);
    if (dataBytes > LONGEST_DATA_BYTES) return -4;
    if (flag === 1 && !fits(bytes, at, end, dataBytes)) return -4;
    const length = HEAD_BYTES + dataBytes + 1;
    if (end - at < length) return 0;
    return crc8(bytes, at, at + length - 1) === bytes[at + length - 1] ? length : -5;
  },
});

/** Live data says how long it is, and info has one length: a damaged length then does not swallow what comes after. */
function fits(bytes: Uint8Array, at: number, end: number, dataBytes: number): boolean {
  const code = bytes[at + 1];
  if (code === COMMAND.info) return dataBytes >= INFO_BYTES.least && dataBytes <= INFO_BYTES.most;
  if (code !== COMMAND.live) return true;
  if (dataBytes < LIVE.lengthBytes) return false;
  if (end - at < HEAD_BYTES + LIVE.lengthBytes) return true;
  return LIVE.decode(bytes, at + HEAD_BYTES).samples === dataBytes - LIVE.lengthBytes;
}

export const REPLY_RULE: FrameRule = ruleOf(1);

/** Requests, for the simulator. */
export const REQUEST_RULE: FrameRule = ruleOf(0);

/** What the ring says of itself. */
export interface Info {
  readonly serial: string | undefined;
  readonly firmware: string | undefined;
}

const FIRMWARE_AT = 9;
const FIRMWARE_BYTES = 8;
const SERIAL_LENGTH_AT = 37;

/** Reads the data of an info reply. */
export function decodeInfo(data: Uint8Array): Info {
  const text = (from: number, count: number): string | undefined => {
    const words = new TextDecoder("latin1").decode(data.subarray(from, from + count));
    const plain = words.replaceAll(/[^\x21-\x7e]/g, "");
    return plain === "" ? undefined : plain;
  };
  return {
    firmware: text(FIRMWARE_AT, FIRMWARE_BYTES),
    serial: text(SERIAL_LENGTH_AT + 1, Math.min(data[SERIAL_LENGTH_AT] ?? 0, 20)),
  };
}

/** The data of an info reply, for the simulator. */
export function encodeInfo(firmware: string, serial: string): Uint8Array {
  const data = new Uint8Array(60);
  const encoder = new TextEncoder();
  data.set(encoder.encode(firmware).subarray(0, FIRMWARE_BYTES), FIRMWARE_AT);
  data[SERIAL_LENGTH_AT] = serial.length;
  data.set(encoder.encode(serial), SERIAL_LENGTH_AT + 1);
  return data;
}

/** MD5 of the maker's word "lepucloud". */
const WORD = Uint8Array.from([
  0xc2, 0xa7, 0xcf, 0x50, 0xda, 0xfe, 0xd8, 0x85, 0xa8, 0xf8, 0xf7, 0xea, 0xc4, 0x43, 0x35, 0xf3,
]);

/** What opens a ring of the older firmware for files: a key of the time, veiled. `unixS`: seconds since 1970. */
export function authData(unixS: number): Uint8Array {
  const key = new Uint8Array(16);
  for (let i = 0; i < 8; i++) key[i] = WORD[2 * i] ?? 0;
  key.fill("0".charCodeAt(0), 8, 12);
  for (let i = 0; i < 4; i++) key[12 + i] = Math.floor(unixS / 2 ** i) & 0xff;
  return key.map((byte, i) => byte ^ (WORD[i] ?? 0));
}

/** A session is named after its start. */
const NAME_BYTES = 16;

/** Names of the stored sessions, oldest first. */
export function decodeList(data: Uint8Array): readonly string[] {
  const names: string[] = [];
  for (let at = 1; at + NAME_BYTES <= data.length && names.length < (data[0] ?? 0); at += NAME_BYTES) {
    const name = new TextDecoder("latin1").decode(data.subarray(at, at + 14));
    if (/^\d{14}$/.test(name)) names.push(name);
  }
  return names.toSorted();
}

/** A list, for the simulator. */
export function encodeList(names: readonly string[]): Uint8Array {
  const data = new Uint8Array(1 + names.length * NAME_BYTES);
  data[0] = names.length;
  for (const [index, name] of names.entries())
    data.set(new TextEncoder().encode(name), 1 + index * NAME_BYTES);
  return data;
}

/** What opens a session: its name, and the kind of its content (0: oximetry). */
export function encodeOpen(name: string): Uint8Array {
  const data = new Uint8Array(NAME_BYTES + 4);
  data.set(new TextEncoder().encode(name));
  return data;
}

export function u32Data(value: number): Uint8Array {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value, true);
  return data;
}

/** The first four bytes as a number; undefined where there are fewer. */
export const readU32 = (data: Uint8Array): number | undefined =>
  data.length < 4 ? undefined : new DataView(data.buffer, data.byteOffset).getUint32(0, true);

function envelope(flag: 0 | 1, code: number, seq: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + data.length + 1);
  bytes.set([START, code, ~code & 0xff, flag, seq & 0xff, data.length & 0xff, data.length >> 8]);
  bytes.set(data, HEAD_BYTES);
  bytes[bytes.length - 1] = crc8(bytes, 0, bytes.length - 1);
  return bytes;
}
