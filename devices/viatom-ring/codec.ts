/*
 * Viatom and Wellue rings and wrist oximeters of the first protocol (O2Ring, SleepU, Checkme O2 ...), over Bluetooth LE.
 * Nothing comes unasked: one request, one reply, each cut into pieces of 20 bytes.
 *
 *   request   | AA | cmd    | ~cmd    | block LE (2) | length LE (2) | data | CRC-8 |
 *   reply     | 55 | status | ~status | block LE (2) | length LE (2) | data | CRC-8 |
 *
 * Byte 2 of a reply is a status (0 = done), not the command. The CRC is polynomial 07, start 0, not reflected, over all
 * bytes before it.
 *
 *   live data (13 bytes)   SpO2 | pulse LE | steps LE (4) | battery | charging | motion | PI | state | alarms
 *
 *   state      c c c c . . . worn      c: seconds counted down after removal, 10 to 0
 *   alarms     motion  pulse  SpO2  invalid signal, two bits each: 0 none, 1 ringing, 2 reached but silent
 *
 * Doubts. ? Perfusion index: a tenth of a percent a step, after the maker's kit alone; a reading beside the app's would
 * settle it. ? Two bits of an alarm: after the maker's kit alone; bytes of a ring that vibrates would settle it.
 */
import { crc8 } from "../../src/wire/checksum.ts";
import { bits, flag, missing, u8, u16le, u32le } from "../../src/wire/field.ts";
import { frame, type ValuesOf } from "../../src/wire/frame.ts";
import type { FrameRule } from "../../src/wire/framer.ts";

/** What may be asked. Commands that change or erase something (16, 18) are not here, so that nothing can send them. */
export const COMMAND = { open: 0x03, read: 0x04, close: 0x05, info: 0x14, live: 0x17 } as const;

export type Command = keyof typeof COMMAND;

const REQUEST = 0xaa;
const REPLY = 0x55;
/** Bytes before the data. */
const HEAD_BYTES = 7;
/** Of one piece, both ways. */
export const PIECE_BYTES = 20;
/** What the info reply is padded to. */
export const INFO_BYTES = 512;
/** Longest data of a reply believed: info and blocks of a file have 512. */
const LONGEST_DATA_BYTES = 1024;

export const LIVE = frame({
  name: "live data",
  lengthBytes: 13,
  constants: [],
  fields: {
    spo2: missing(u8(0, "SpO2, %; 0 while calibrating"), 0xff),
    pulse: missing(u16le(1, "pulse, /min; 0 while calibrating"), 0xffff),
    steps: u32le(3, "steps"),
    battery: u8(7, "battery, %"),
    charging: u8(8, "0 in use, 1 charging, 2 full"),
    motion: u8(9, "motion"),
    perfusion: missing(u8(10, "? perfusion index, tenths of %"), 0),
    worn: flag(11, 0, "finger in"),
    countdown: bits(11, 0xf0, "seconds until the session ends, after removal"),
    invalidAlarm: bits(12, 0x03, "? invalid signal: 1 ringing, 2 reached but silent"),
    spo2Alarm: bits(12, 0x0c, "? SpO2 below its limit, the same"),
    pulseAlarm: bits(12, 0x30, "? pulse beyond its limits, the same"),
    motionAlarm: bits(12, 0xc0, "? motion, the same"),
  },
});

export type LiveValues = ValuesOf<typeof LIVE>;

/** A request as it goes out, before it is cut into pieces. */
export function encodeRequest(command: Command, block = 0, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const code = COMMAND[command];
  return envelope(REQUEST, code, block, data);
}

/** A reply, for the simulator. */
export const encodeReply = (status: number, block: number, data: Uint8Array): Uint8Array =>
  envelope(REPLY, status, block, data);

/** A reply that a rule below found; `data` shares the bytes. */
export interface Reply {
  /** 0: done. */
  readonly status: number;
  readonly block: number;
  readonly data: Uint8Array;
}

/** Reads the reply of `length` bytes from `at` on. */
export const decodeReply = (bytes: Uint8Array, at: number, length: number): Reply => ({
  status: bytes[at + 1] ?? 0,
  block: (bytes[at + 3] ?? 0) | ((bytes[at + 4] ?? 0) << 8),
  data: bytes.subarray(at + HEAD_BYTES, at + length - 1),
});

const REFUSALS = [
  "byte 1 is not 55",
  "byte 3 is not the complement of byte 2",
  "the length is not one of a reply",
  "the checksum does not fit",
];

const wholeRule = (start: number, longest: number, fits: LengthCheck): FrameRule => ({
  maxBytes: HEAD_BYTES + longest + 1,
  refusals: REFUSALS.map((text) => text.replace("55", start.toString(16).toUpperCase())),
  match(bytes, at, end) {
    if (bytes[at] !== start) return -1;
    if (end - at < 3) return 0;
    if (((bytes[at + 1] ?? 0) ^ (bytes[at + 2] ?? 0)) !== 0xff) return -2;
    if (end - at < HEAD_BYTES + 1) return 0;
    const dataBytes = (bytes[at + 5] ?? 0) | ((bytes[at + 6] ?? 0) << 8);
    if (dataBytes > longest || !fits(dataBytes, bytes[at + HEAD_BYTES] ?? 0)) return -3;
    const length = HEAD_BYTES + dataBytes + 1;
    if (end - at < length) return 0;
    return crc8(bytes, at, at + length - 1) === bytes[at + length - 1] ? length : -4;
  },
});

type LengthCheck = (dataBytes: number, firstByte: number) => boolean;

const JSON_START = 0x7b;

/**
 * Replies to info and live requests alone: nothing, 13 bytes, or text that begins with a brace. A damaged length can then
 * not make the reader wait for what will never come.
 */
export const LIVE_RULE: FrameRule = wholeRule(
  REPLY,
  LONGEST_DATA_BYTES,
  (dataBytes, first) => dataBytes === 0 || dataBytes === LIVE.lengthBytes || first === JSON_START,
);

/** Replies of any kind. */
export const REPLY_RULE: FrameRule = wholeRule(REPLY, LONGEST_DATA_BYTES, () => true);

/** Requests, for the simulator. */
export const REQUEST_RULE: FrameRule = wholeRule(REQUEST, 64, () => true);

/** What the ring says of itself; a key that is not there is undefined. */
export interface Info {
  readonly serial: string | undefined;
  readonly model: string | undefined;
  readonly firmware: string | undefined;
  /** Names of the stored sessions, `YYYYMMDDhhmmss` in the ring's own time, oldest first. */
  readonly files: readonly string[];
}

/** Reads an info reply: JSON with zeros behind it. Undefined where it is not. */
export function decodeInfo(data: Uint8Array): Info | undefined {
  const end = data.indexOf(0);
  const text = new TextDecoder().decode(end < 0 ? data : data.subarray(0, end));
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Not the text that was asked for: the caller says so.
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const values = new Map<string, unknown>(Object.entries(parsed));
  const textOf = (key: string): string | undefined => {
    const value = values.get(key);
    return typeof value === "string" && value !== "" ? value.slice(0, 40) : undefined;
  };
  const list = values.get("FileList");
  const files = typeof list === "string" ? list.split(",").map((name) => name.trim()) : [];
  return {
    serial: textOf("SN"),
    model: textOf("Model"),
    firmware: textOf("SoftwareVer"),
    files: files.filter((name) => FILE_NAME.test(name)).toSorted(),
  };
}

/** A session is named after its start, in the ring's own time. */
const FILE_NAME = /^\d{14}$/;

/** Info as a ring sends it, for the simulator. */
export function encodeInfo(values: { readonly [key: string]: string }): Uint8Array {
  const data = new Uint8Array(INFO_BYTES);
  data.set(new TextEncoder().encode(JSON.stringify(values)).subarray(0, INFO_BYTES));
  return data;
}

/** The name of a file as the open request wants it: with a zero behind it. */
export const encodeName = (name: string): Uint8Array => new TextEncoder().encode(`${name}\0`);

/** The pieces in which bytes go over the radio. */
export function* pieces(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

function envelope(start: number, code: number, block: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + data.length + 1);
  bytes.set([start, code, ~code & 0xff, block & 0xff, block >> 8, data.length & 0xff, data.length >> 8]);
  bytes.set(data, HEAD_BYTES);
  bytes[bytes.length - 1] = crc8(bytes, 0, bytes.length - 1);
  return bytes;
}
