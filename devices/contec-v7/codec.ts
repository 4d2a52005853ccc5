/*
 * Contec "communication protocol of pulse oximeter V7.0" (2010): 115200 baud 8N1, or a Bluetooth serial port.
 *
 *   packet   | type, bit 7 clear | 1 h6 .. h0 | 1 d0 | 1 d1 | ...      length by type, 2 to 9 bytes, no checksum
 *
 *   The type is the only byte without bit 7. h0 is bit 7 of the first data byte, h1 of the second and so on.
 *
 *   live     | 01 | h | status | pleth | bar | pulse | SpO2 | PI low | PI high |      60 a second
 *   stored   | 0F | h | SpO2 | pulse | SpO2 | pulse | SpO2 | pulse |                  3 s of the memory
 *   stored   | 09 | h | SpO2 | pulse | PI low | PI high |                             1 s, models with PI
 *   command  | 7D | h | command, 80 and up | 6 arguments |                            from the host
 *
 * Doubts. ? No live stream of a real device was seen: its packet follows the maker's document. ? "Searching too long"
 * is taken for searching. A capture of a finger that comes and goes would settle both.
 */
import { bits, flag, joined, missing } from "../../src/wire/field.ts";
import { type Constant, frame, type ValuesOf } from "../../src/wire/frame.ts";
import type { FrameRule } from "../../src/wire/framer.ts";

const DATA_FROM = 2;

/** The data bytes first .. first + count - 1 as one number, the less significant first, with their bits 7. */
const data = (first: number, doc: string, count = 1) =>
  joined(
    Array.from({ length: count }, (_, i) => first + count - 1 - i).flatMap((index) => [
      { byte: 1, mask: 1 << index },
      { byte: DATA_FROM + index, mask: 0x7f },
    ]),
    doc,
  );

const bit7 = (index: number, doc: string) => flag(1, index, doc);

const constants = (type: number, lengthBytes: number): readonly Constant[] => [
  { byte: 0, mask: 0xff, value: type, doc: type.toString(16).toUpperCase().padStart(2, "0") },
  ...Array.from({ length: lengthBytes - 1 }, (_, i) => ({
    byte: i + 1,
    mask: 0x80,
    value: 0x80,
    doc: "bit 7 set",
  })),
];

const of = (name: string, type: number, lengthBytes: number) =>
  ({ name, lengthBytes, constants: constants(type, lengthBytes) }) as const;

const NO_SPO2 = 0x7f;
const NO_PULSE = 0xff;

/** What the device measures, 60 times a second. */
export const LIVE = frame({
  ...of("live", 0x01, 9),
  fields: {
    probeError: bit7(0, "finger out"),
    searching: bit7(1, "searching for the pulse"),
    beat: flag(2, 6, "beep: a beat"),
    lowSpo2: flag(2, 5, "SpO2 is low"),
    searchTooLong: flag(2, 4, "searching for too long"),
    strength: bits(2, 0x0f, "signal strength, 0 to 8"),
    pleth: bits(3, 0x7f, "pulse wave, 0 to 127; 64 (40) with the finger out"),
    noPerfusion: flag(4, 4, "perfusion index not valid"),
    bar: bits(4, 0x0f, "bar graph"),
    pulse: missing(data(3, "pulse, /min"), NO_PULSE),
    spo2: missing(data(4, "SpO2, %"), NO_SPO2),
    perfusion: missing(data(5, "perfusion index, 0.01 %", 2), 0xffff),
  },
});

export type LiveValues = ValuesOf<typeof LIVE>;

/** On which day a session began. */
export const START_DATE = frame({
  ...of("start date", 0x07, 8),
  fields: {
    user: data(0, "user, from 0"),
    segment: data(1, "session, from 0"),
    century: data(2, "century: 20"),
    year: data(3, "year of it"),
    month: data(4, "month"),
    day: data(5, "day"),
  },
});

/** At what time of that day; all zeros on models without a clock. */
export const START_TIME = frame({
  ...of("start time", 0x12, 8),
  fields: {
    user: data(0, "user, from 0"),
    segment: data(1, "session, from 0"),
    hour: data(2, "hour"),
    minute: data(3, "minute"),
    second: data(4, "second"),
  },
});

export const LENGTH = frame({
  ...of("length", 0x08, 8),
  fields: {
    user: data(0, "user, from 0"),
    segment: data(1, "session, from 0"),
    bytes: data(2, "data of the session, bytes: 2 a second, 4 with perfusion index", 4),
  },
});

/** Three seconds of a session. */
export const STORED = frame({
  ...of("stored", 0x0f, 8),
  fields: {
    spo2First: data(0, "SpO2, %; 0 or 127 no finger"),
    pulseFirst: data(1, "pulse, /min; 0 or 255 no finger"),
    spo2Second: data(2, "SpO2 of the next second"),
    pulseSecond: data(3, "pulse of the next second"),
    spo2Third: data(4, "SpO2 of the one after"),
    pulseThird: data(5, "pulse of the one after"),
  },
});

/** One second of a session with perfusion index. */
export const STORED_PERFUSION = frame({
  ...of("stored with perfusion", 0x09, 6),
  fields: {
    spo2: data(0, "SpO2, %; 0 or 127 no finger"),
    pulse: data(1, "pulse, /min; 0 or 255 no finger"),
    perfusion: data(2, "perfusion index, 0.01 %; 0 or 65535 none", 2),
  },
});

export const SEGMENTS = frame({
  ...of("sessions", 0x0a, 4),
  fields: { user: data(0, "user, from 0"), count: data(1, "number of sessions") },
});

export const USERS = frame({ ...of("users", 0x10, 3), fields: { count: data(0, "number of users") } });

/** How a command ended. */
export const FEEDBACK = frame({
  ...of("feedback", 0x0b, 4),
  fields: { command: data(0, "the command"), reason: data(1, "how it ended") },
});

export const GOODBYE = frame({ ...of("goodbye", 0x0d, 3), fields: { reason: data(0, "why") } });

/** Live or stored data stopped. */
export const FREE = frame({ ...of("free", 0x0c, 2), fields: {} });

/** Reasons of FEEDBACK and GOODBYE, as status codes say them; 0 is success. */
export const REASONS: { readonly [reason: number]: string } = {
  1: "shutting_down",
  2: "user_changed",
  3: "recording",
  4: "delete_failed",
  5: "not_supported",
  255: "unknown",
};

/** Lengths of all packets of a device, by type. */
const LENGTHS: ReadonlyMap<number, number> = new Map([
  ...[
    LIVE,
    START_DATE,
    START_TIME,
    LENGTH,
    STORED,
    STORED_PERFUSION,
    SEGMENTS,
    USERS,
    FEEDBACK,
    GOODBYE,
    FREE,
  ].map(({ spec, lengthBytes }) => [spec.constants[0]?.value ?? 0, lengthBytes] as const),
  // Model, vendor, ids, user, notice, two that nobody has described, PI in storage.
  ...[0x02, 0x03, 0x04, 0x05, 0x11, 0x13, 0x14, 0x15].map((type) => [type, 9] as const),
  // Version; whether there is a perfusion index.
  [0x06, 4],
  [0x0e, 3],
]);

/** Packets of a device of all types. */
export const V7_RULE: FrameRule = {
  maxBytes: 9,
  refusals: ["no packet begins with this byte", "a byte inside the packet has bit 7 clear"],
  match(bytes, at, end) {
    const length = LENGTHS.get(bytes[at] ?? 0xff);
    if (length === undefined) return -1;
    const seen = Math.min(end, at + length);
    for (let i = at + 1; i < seen; i++) if (((bytes[i] ?? 0) & 0x80) === 0) return -2;
    return end - at < length ? 0 : length;
  },
};

/** Commands, always 9 bytes. */
export const COMMAND = frame({
  ...of("command", 0x7d, 9),
  fields: {
    command: data(0, "command"),
    first: data(1, "arguments; 0 where not used"),
    second: data(2, "second"),
    third: data(3, "third"),
    fourth: data(4, "fourth"),
    fifth: data(5, "fifth"),
    sixth: data(6, "sixth"),
  },
});

export const DO = {
  startLive: 0xa1,
  stopLive: 0xa2,
  countSegments: 0xa3,
  tellLength: 0xa4,
  tellStart: 0xa5,
  sendSegment: 0xa6,
  stopSegment: 0xa7,
  countUsers: 0xad,
  keepAlive: 0xaf,
  setTime: 0xb1,
  setDate: 0xb2,
} as const;

/** A command of the host with up to six arguments. */
export const command = (
  code: number,
  [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0]: readonly number[] = [],
): Uint8Array => COMMAND.encode({ command: code, first, second, third, fourth, fifth, sixth });

/** In hex, as the maker's document names commands and types. */
export const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");
