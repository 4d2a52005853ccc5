/*
 * Contec "EB" protocol: the same commands over USB HID (CMS50E/F, hardware 2.0.0) and Bluetooth LE (CMS50D-BT).
 *
 *   any frame  | head, bit 7 set | bytes without bit 7 ... | sum of all before it, modulo 128 |
 *
 *   wave       | EB 00 | strength | pleth | bar | sum |                       59 or 60 a second
 *   reading    | EB 01 | status | pulse | SpO2 | PI low | PI high | sum |     once a second
 *   record     | D3 or D2 | number (2) | flags (2) | 14 data | sum |          memory, "manual"
 *   spot check | E9 | number | start (6) | end (6) | ? | length (2) | SpO2 max min mean | pulse ... | sum |   PO60 only
 *   record     | ED 04 | kind | number (2) | flags (3) | 21 data | sum |      memory, "auto"
 *
 * A HID report has 64 bytes: 3 frames (rarely 4), then zeros; frames of a record go on in the next report.
 *
 * Doubts. ? Status of a reading: 04 always, 06 from a pulse of 128 on; what other bits mean, and whether 04 ever goes
 * away, is not known. ? Bits 6 and 5 of the bar were seen once, together, when the finger left; the older Contec
 * protocols keep "probe error" and "searching" there. A recording of a finger that comes and goes would settle both.
 */
import { bits, flag, joined, missing, u8 } from "../../src/wire/field.ts";
import { type Constant, frame, type ValuesOf } from "../../src/wire/frame.ts";
import type { FrameRule } from "../../src/wire/framer.ts";

const is = (byte: number, value: number, doc: string): Constant => ({ byte, mask: 0xff, value, doc });
const sum = (lengthBytes: number) =>
  ({ kind: "sum7", from: 0, to: lengthBytes - 1, at: lengthBytes - 1 }) as const;

/** Seven bits a byte, the less significant byte first. */
const low7 = (byte: number, count: number, doc: string) =>
  joined(
    Array.from({ length: count }, (_, i) => ({ byte: byte + count - 1 - i, mask: 0x7f })),
    doc,
  );

const clockFields = (byte: number, when = "") => ({
  year: u8(byte, `${when}year, from 2000`),
  month: u8(byte + 1, `${when}month`),
  day: u8(byte + 2, `${when}day`),
  hour: u8(byte + 3, `${when}hour`),
  minute: u8(byte + 4, `${when}minute`),
  second: u8(byte + 5, `${when}second`),
});

/** One step of the pulse wave. */
export const WAVE = frame({
  name: "wave",
  lengthBytes: 6,
  constants: [is(0, 0xeb, "EB"), is(1, 0x00, "00")],
  fields: {
    beat: flag(2, 6, "beat marker (seen on Bluetooth)"),
    strength: bits(2, 0x0f, "signal strength, 3 to 7 seen; ? b4 was seen once"),
    pleth: u8(3, "pulse wave, 0 to 127; 64 (40) with the finger out"),
    finger: bits(4, 0x60, "0 on the finger, 3 finger out; ? b6 and b5 alone"),
    bar: bits(4, 0x0f, "bar graph"),
  },
  checksum: sum(6),
});

/** The numbers of a second. */
export const READING = frame({
  name: "reading",
  lengthBytes: 8,
  constants: [is(0, 0xeb, "EB"), is(1, 0x01, "01")],
  fields: {
    valid: flag(2, 2, "? set in every reading of a finger"),
    status: bits(2, 0x79, "? other bits, 0 seen only"),
    pulse: missing(
      joined(
        [
          { byte: 2, mask: 0x02 },
          { byte: 3, mask: 0x7f },
        ],
        "pulse, /min",
      ),
      255,
    ),
    spo2: missing(bits(4, 0x7f, "SpO2, %"), 127),
    perfusion: missing(
      joined(
        [
          { byte: 6, mask: 0x7f },
          { byte: 5, mask: 0x7f },
        ],
        "perfusion index, 0.01 %",
      ),
      127,
    ),
  },
  checksum: sum(8),
});

export type ReadingValues = ValuesOf<typeof READING>;

/** Streams end. */
export const STOPPED = frame({
  name: "stopped",
  lengthBytes: 3,
  constants: [is(0, 0xeb, "EB"), is(1, 0x7f, "7F")],
  fields: {},
  checksum: sum(3),
});

/** Whether there is something in the memory, and how it is kept. */
export const PRESENCE = frame({
  name: "presence",
  lengthBytes: 8,
  constants: [is(0, 0xef, "EF")],
  fields: {
    present: u8(2, "not 0: there is a record"),
    auto: u8(3, "not 0: records of the automatic mode, else one of the manual mode"),
  },
  checksum: sum(8),
});

/** Head of the one record of the manual mode. */
export const MANUAL_HEAD = frame({
  name: "manual head",
  lengthBytes: 14,
  constants: [is(0, 0xd0, "D0")],
  fields: { ...clockFields(2), seconds: low7(10, 3, "length, s: one value a second") },
  checksum: sum(14),
});

/** Head of a record of the automatic mode; asked for again it is the next one's. */
export const AUTO_HEAD = frame({
  name: "auto head",
  lengthBytes: 21,
  constants: [is(0, 0xec, "EC")],
  fields: {
    last: u8(1, "not 0: no record after it"),
    user: u8(2, "user, 1"),
    record: u8(3, "number of the record, from 1"),
    ...clockFields(4),
    seconds: low7(10, 3, "length, s: one value a second"),
  },
  checksum: sum(21),
});

const manualData = (name: string, head: number, doc: string) =>
  frame({
    name,
    lengthBytes: 20,
    constants: [is(0, head, doc)],
    fields: {
      number: low7(1, 2, "number of the frame, from 0"),
      flags: low7(3, 2, "a bit for each data byte"),
    },
    checksum: sum(20),
  });

/** 14 data bytes of the manual mode's SpO2, from byte 5 on. */
export const MANUAL_SPO2 = manualData("manual SpO2", 0xd3, "D3");
/** The same for the pulse. */
export const MANUAL_PULSE = manualData("manual pulse", 0xd2, "D2");

/** 21 data bytes of the automatic mode, from byte 8 on. */
export const AUTO_DATA = frame({
  name: "auto data",
  lengthBytes: 30,
  constants: [is(0, 0xed, "ED"), is(1, 0x04, "04")],
  fields: {
    kind: u8(2, "1 SpO2, 2 pulse"),
    number: low7(3, 2, "number of the frame, from 0"),
    flags: low7(5, 3, "a bit for each data byte"),
  },
  checksum: sum(30),
});

/** One measurement that a Beurer PO60 kept; of its start only the end is read. */
export const SPOT_CHECK = frame({
  name: "spot check",
  lengthBytes: 24,
  constants: [is(0, 0xe9, "E9")],
  fields: {
    number: bits(1, 0x0f, "number"),
    ...clockFields(8, "end: "),
    unknown: u8(14, "? perhaps top bits of the pulse: it is passed on only while this is 0"),
    spo2Max: u8(17, "SpO2, largest, %"),
    spo2Min: u8(18, "SpO2, smallest, %"),
    spo2Mean: u8(19, "SpO2, mean, %"),
    pulseMax: u8(20, "pulse, largest, /min; ? above 127"),
    pulseMin: u8(21, "pulse, smallest, /min"),
    pulseMean: u8(22, "pulse, mean, /min"),
  },
  checksum: sum(24),
});

const plain = (name: string, head: number, lengthBytes: number) =>
  frame({
    name,
    lengthBytes,
    constants: [is(0, head, head.toString(16).toUpperCase())],
    fields: {},
    checksum: sum(lengthBytes),
  });

/** Model, 8 characters from byte 1 on. */
export const MODEL = plain("model", 0xf1, 10);
export const READY = plain("ready", 0xf0, 2);
export const CLOCK_SET = plain("clock set", 0xf3, 3);

interface Checked {
  readonly lengthBytes: number;
  check(bytes: Uint8Array, at: number): number;
}

/** What a device says, by the first byte; EB has a second one. */
const BY_HEAD: ReadonlyMap<number, Checked> = new Map(
  [
    MANUAL_HEAD,
    MANUAL_PULSE,
    MANUAL_SPO2,
    AUTO_HEAD,
    AUTO_DATA,
    PRESENCE,
    READY,
    MODEL,
    plain("capabilities", 0xf2, 8),
    CLOCK_SET,
    plain("user name", 0xfe, 10),
    SPOT_CHECK,
  ].map((format) => [format.spec.constants[0]?.value ?? 0, format]),
);
const LIVE_BY_TYPE: ReadonlyMap<number, Checked> = new Map(
  [WAVE, READING, STOPPED].map((format) => [format.spec.constants[1]?.value ?? 0, format]),
);

/** The zeros between the frames of one report and the next are "frames" of this one byte, which say nothing. */
export const PADDING = 0x00;

/** Frames of all kinds, and padding. */
export const EB_RULE: FrameRule = {
  maxBytes: AUTO_DATA.lengthBytes,
  refusals: [
    "no frame begins with this byte",
    "a byte inside the frame has bit 7 set",
    "the checksum does not fit",
  ],
  match(bytes, at, end) {
    const head = bytes[at] ?? PADDING;
    if (head === PADDING) return 1;
    if (head === 0xeb && end - at < 2) return 0;
    const format = head === 0xeb ? LIVE_BY_TYPE.get(bytes[at + 1] ?? 0xff) : BY_HEAD.get(head);
    if (format === undefined) return -1;
    // A frame that was cut short shows itself by the next one's head, long before all its bytes are there.
    const seen = Math.min(end, at + format.lengthBytes);
    for (let i = at + 1; i < seen; i++) if (((bytes[i] ?? 0) & 0x80) !== 0) return -2;
    if (end - at < format.lengthBytes) return 0;
    return format.check(bytes, at) === 0 ? format.lengthBytes : -3;
  },
};

/** A command of the host: its bytes and their sum. */
export function command(...bytes: readonly number[]): Uint8Array {
  let total = 0;
  for (const byte of bytes) total += byte;
  return Uint8Array.of(...bytes, total & 0x7f);
}

export const ASK_MODEL = command(0x81);
export const START_WAVE = command(0x9b, 0x00);
export const START_READINGS = command(0x9b, 0x01);
export const STOP = command(0x9b, 0x7f);
/** Without it the device stops within a minute. */
export const KEEP_ALIVE = command(0x9a);
export const ASK_PRESENCE = command(0x9f);
export const ASK_MANUAL_HEAD = command(0xa0, 0x00);
export const ASK_MANUAL_SPO2 = command(0xa3, 0x00, 0x00, 0x00);
export const ASK_MANUAL_PULSE = command(0xa2, 0x00, 0x00, 0x00);
/** PO60: what is there? Its answer (E0...) is not described; that there is one tells that it listens. */
export const ASK_SPOT_COUNT = command(0x90, 0x05);
/** PO60: the first ten measurements, and the next ten. */
export const ASK_SPOT_CHECKS = command(0x99, 0x00);
export const ASK_MORE_SPOT_CHECKS = command(0x99, 0x01);
export const SPOT_CHECKS_AT_ONCE = 10;
export const ASK_AUTO_HEAD = command(0x9c, 0x01);

/** `kind`: 1 SpO2, 2 pulse; `record` as its head says. */
export const askAutoData = (kind: 1 | 2, record: number): Uint8Array =>
  command(0x9d, 0x04, kind, 0x01, record, 0x00, 0x00, 0x00);

/** Sets the device's clock, with its checksum. */
export const SET_CLOCK = frame({
  name: "set clock",
  lengthBytes: 10,
  constants: [is(0, 0x83, "83")],
  fields: clockFields(1),
  checksum: sum(10),
});

/** The eight characters of a MODEL frame, without the blanks around them. */
export const modelText = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(...bytes.subarray(at + 1, at + 9)).trim();
