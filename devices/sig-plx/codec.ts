/*
 * Bluetooth SIG Pulse Oximeter Service 1.0.1 (1822); numbers little endian, SpO2 and the like as SFLOAT.
 *
 *   2a5f continuous  | flags | SpO2 | pulse | b0 fast SpO2, pulse | b1 slow SpO2, pulse | b2 measurement status (2)
 *                    | b3 sensor status (3) | b4 pulse amplitude index |
 *   2a5e spot check  | flags | SpO2 | pulse | b0 year (2) month day hour minute second | b1 measurement status (2)
 *                    | b2 sensor status (3) | b3 pulse amplitude index |            b4 the device's clock is not set
 *   2a60 features    | bits (2) | b0 mask of measurement status (2) | b1 mask of sensor status (3) |
 *   2a52 records     | opcode | operator |, answers | 05 00 count (2) | or | 06 00 opcode code |
 *
 * A part with a bit is there when that bit of the flags is set: the two characteristics number them differently.
 *
 * Doubts. ? Whether a clip keeps bit 13 set for as long as the finger is out: a capture of one would tell.
 */

import type { QualityFlag } from "../../src/domain/observation.ts";
import type { Absence } from "../../src/domain/sample.ts";
import { flag, u8, u16le } from "../../src/wire/field.ts";
import { type Constant, frame } from "../../src/wire/frame.ts";
import { readSfloat, writeSfloat } from "../../src/wire/sfloat.ts";

type Kind = "sfloat" | "tenths" | "u8" | "u16" | "u24";

interface Part {
  readonly name: PartName;
  readonly kind: Kind;
  /** Bit of the flags that says whether it is there; absent: always. */
  readonly bit?: number;
  readonly doc: string;
}

type PartName =
  | "spo2"
  | "pulse"
  | "spo2Fast"
  | "pulseFast"
  | "spo2Slow"
  | "pulseSlow"
  | "year"
  | "month"
  | "day"
  | "hour"
  | "minute"
  | "second"
  | "measurement"
  | "sensor"
  | "amplitude";

/** The parts that were there and have a number; special SFLOATs are left out. */
export type PlxValues = { -readonly [name in PartName]?: number };

/** A measurement whose flags say which parts it has. */
export interface Measurement {
  readonly name: string;
  /** Why the bytes are no such measurement; undefined when they are. */
  refuse(bytes: Uint8Array): string | undefined;
  /** The bytes must not be refused. */
  decode(bytes: Uint8Array): PlxValues;
  /** With the parts that these flags name; what has no value goes out as NaN or 0. */
  encode(values: PlxValues, flags: number): Uint8Array;
  /** For the README. */
  table(): string;
}

const BYTES = { sfloat: 2, tenths: 2, u8: 1, u16: 2, u24: 3 } as const;

function measurement(name: string, definedFlags: number, parts: readonly Part[]): Measurement {
  const present = (flags: number): readonly Part[] =>
    parts.filter(({ bit }) => bit === undefined || (flags & (1 << bit)) !== 0);
  const lengthOf = (flags: number): number =>
    present(flags).reduce((length, { kind }) => length + BYTES[kind], 1);
  return {
    name,
    refuse(bytes) {
      const flags = bytes[0];
      if (flags === undefined) return `an empty ${name}`;
      const needed = lengthOf(flags);
      if (bytes.length < needed) return `a ${name} of ${bytes.length} bytes whose flags want ${needed}`;
      // What a later edition adds stands at the end, behind a flag that is reserved today.
      const later = (flags & ~definedFlags) !== 0;
      if (bytes.length > needed && !later)
        return `a ${name} of ${bytes.length} bytes whose flags name ${needed}`;
      return undefined;
    },
    decode(bytes) {
      const values: PlxValues = {};
      let at = 1;
      for (const part of present(bytes[0] ?? 0)) {
        const value = read(part.kind, bytes, at);
        if (value !== undefined) values[part.name] = value;
        at += BYTES[part.kind];
      }
      return values;
    },
    encode(values, flags) {
      const bytes = new Uint8Array(lengthOf(flags));
      bytes[0] = flags;
      let at = 1;
      for (const part of present(flags)) {
        write(part.kind, values[part.name], bytes, at);
        at += BYTES[part.kind];
      }
      return bytes;
    },
    table() {
      const rows = parts.map(({ name: part, kind, bit, doc }) => {
        const when = bit === undefined ? "always" : `flag b${bit}`;
        return `| ${when} | \`${part}\` | ${KIND_WORDS[kind]} | ${doc} |`;
      });
      return ["| when | field | type | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
    },
  };
}

const KIND_WORDS = {
  sfloat: "SFLOAT",
  tenths: "SFLOAT",
  u8: "1 byte",
  u16: "2 bytes",
  u24: "3 bytes",
} as const;

function read(kind: Kind, bytes: Uint8Array, at: number): number | undefined {
  if (kind === "sfloat" || kind === "tenths") return readSfloat(bytes, at);
  let value = 0;
  for (let i = BYTES[kind] - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

function write(kind: Kind, value: number | undefined, bytes: Uint8Array, at: number): void {
  if (kind === "sfloat" || kind === "tenths") {
    bytes.set(writeSfloat(value, kind === "tenths" ? 1 : 0), at);
    return;
  }
  for (let i = 0; i < BYTES[kind]; i++) bytes[at + i] = ((value ?? 0) >> (8 * i)) & 0xff;
}

const part = (name: PartName, kind: Kind, doc: string, bit?: number): Part => ({
  name,
  kind,
  doc,
  ...(bit === undefined ? {} : { bit }),
});

/** 2a5f; about once a second. */
export const CONTINUOUS = measurement("continuous measurement", 0x1f, [
  part("spo2", "sfloat", "SpO2, %"),
  part("pulse", "sfloat", "pulse, /min"),
  part("spo2Fast", "sfloat", "SpO2, fast answer, %", 0),
  part("pulseFast", "sfloat", "pulse, fast answer, /min", 0),
  part("spo2Slow", "sfloat", "SpO2, slow answer, %", 1),
  part("pulseSlow", "sfloat", "pulse, slow answer, /min", 1),
  part("measurement", "u16", "measurement status", 2),
  part("sensor", "u24", "device and sensor status", 3),
  part("amplitude", "tenths", "pulse amplitude index, %", 4),
]);

/** 2a5e; one finished measurement, now or from the memory. */
export const SPOT_CHECK = measurement("spot check", 0x1f, [
  part("spo2", "sfloat", "SpO2, %"),
  part("pulse", "sfloat", "pulse, /min"),
  part("year", "u16", "year by the device's clock", 0),
  part("month", "u8", "month", 0),
  part("day", "u8", "day", 0),
  part("hour", "u8", "hour", 0),
  part("minute", "u8", "minute", 0),
  part("second", "u8", "second", 0),
  part("measurement", "u16", "measurement status", 1),
  part("sensor", "u24", "device and sensor status", 2),
  part("amplitude", "tenths", "pulse amplitude index, %", 3),
]);

/** Flags of the parts, as the simulator sends them. */
export const CONTINUOUS_FLAGS = { status: 0x0c, amplitude: 0x10 } as const;
export const SPOT_CHECK_FLAGS = { stamp: 0x01, status: 0x06, amplitude: 0x08, clockNotSet: 0x10 } as const;

/** What a set bit does to the numbers beside it: takes them away, remarks on them, or nothing. */
export interface StatusBit {
  readonly bit: number;
  readonly name: string;
  readonly absent?: Absence;
  readonly flag?: QualityFlag;
}

/** Measurement status (table 3.4 of the specification); of several that take numbers away the first counts. */
export const MEASUREMENT_STATUS: readonly StatusBit[] = [
  { bit: 10, name: "demonstration", absent: "invalid" },
  { bit: 11, name: "test", absent: "invalid" },
  { bit: 15, name: "invalid", absent: "invalid" },
  { bit: 13, name: "unavailable", absent: "not_measured" },
  { bit: 12, name: "calibrating", flag: "artifact" },
  { bit: 14, name: "questionable", flag: "artifact" },
  { bit: 5, name: "ongoing" },
  { bit: 6, name: "early estimate" },
  { bit: 7, name: "validated" },
  { bit: 8, name: "fully qualified" },
  { bit: 9, name: "from the memory" },
];

export const FROM_MEMORY = 1 << 9;
export const UNAVAILABLE = 1 << 13;

/** Device and sensor status; they speak before the measurement status, since they say why. */
export const SENSOR_STATUS: readonly StatusBit[] = [
  { bit: 15, name: "sensor disconnected", absent: "not_connected" },
  { bit: 11, name: "sensor not on the finger", absent: "sensor_off" },
  { bit: 13, name: "sensor displaced", absent: "sensor_off" },
  { bit: 14, name: "sensor malfunction", absent: "invalid" },
  { bit: 1, name: "equipment malfunction", absent: "invalid" },
  { bit: 12, name: "unknown sensor", absent: "invalid" },
  { bit: 7, name: "no pulse in the signal", absent: "no_pulse" },
  { bit: 3, name: "inadequate signal", absent: "poor_signal" },
  { bit: 0, name: "display kept longer than usual", absent: "held" },
  { bit: 5, name: "low perfusion", flag: "low_perfusion" },
  { bit: 2, name: "irregular processing", flag: "artifact" },
  { bit: 4, name: "poor signal", flag: "artifact" },
  { bit: 6, name: "erratic signal", flag: "artifact" },
  { bit: 8, name: "questionable pulse", flag: "artifact" },
  { bit: 10, name: "interference", flag: "artifact" },
  { bit: 9, name: "analysis goes on" },
];

export const ANALYSING = 1 << 9;

/** Names of the bits that are set, for people. */
export const statusWords = (bits: readonly StatusBit[], status: number): string =>
  bits
    .filter(({ bit }) => (status & (1 << bit)) !== 0)
    .map(({ name }) => name)
    .join(", ");

/** The two bytes that begin the features; masks of the status bits that the device can set follow. */
export const FEATURES = frame({
  name: "features",
  lengthBytes: 2,
  constants: [],
  fields: {
    measurementMask: flag(0, 0, "a mask of the measurement status follows"),
    sensorMask: flag(0, 1, "a mask of the sensor status follows"),
    memory: flag(0, 2, "keeps spot checks"),
    stamps: flag(0, 3, "dates spot checks"),
    fast: flag(0, 4, "fast values"),
    slow: flag(0, 5, "slow values"),
    amplitude: flag(0, 6, "pulse amplitude index"),
    severalBonds: flag(0, 7, "bonds with several"),
  },
});

const is = (byte: number, value: number): Constant => ({
  byte,
  mask: 0xff,
  value,
  doc: value.toString(16).padStart(2, "0").toUpperCase(),
});

export const RECORD_REQUEST = frame({
  name: "request for records",
  lengthBytes: 2,
  constants: [],
  fields: {
    opcode: u8(0, "1 report, 2 delete, 3 abort, 4 count"),
    operator: u8(1, "1 all records; 0 with abort"),
  },
});

export const RECORD_COUNT = frame({
  name: "answer with the number of records",
  lengthBytes: 4,
  constants: [is(0, 0x05), is(1, 0x00)],
  fields: { count: u16le(2, "records in the memory") },
});

export const RECORD_ANSWER = frame({
  name: "answer to a request for records",
  lengthBytes: 4,
  constants: [is(0, 0x06), is(1, 0x00)],
  fields: {
    opcode: u8(2, "the request's"),
    code: u8(3, "1 done, 2 unknown opcode, 3 to 5 wrong operator or operand, 6 no records, 7 to 9 failed"),
  },
});

export const REPORT = 1;
export const COUNT = 4;
export const ALL_RECORDS = 1;
export const DONE = 1;
export const UNKNOWN_OPCODE = 2;
export const NO_RECORDS = 6;
