/*
 * A session of an OxyII ring as a file ("Format A"):
 *
 *   | 01 | 03 | zeros (6) | 04 00 |   then 3 bytes a record: SpO2 | pulse | motion b7-2, pulse alarm b1, SpO2 alarm b0
 *   then a trailer of 48 bytes:
 *
 *   | checksum (4) | 48 12 5A DA | start LE (4) | records LE (4) | interval s | 01 | 03 | zeros (13) | asleep (2) |
 *   | mean SpO2 | least SpO2 | drops of 3 % | drops of 4 % | ? % below 90 | seconds below 90 LE (2) | events below 90 |
 *   | score x 10 | steps (4) | mean pulse |
 *
 * FF (and 0) is no value. The start counts seconds as if the ring's local time were UTC; the file's name says the same.
 * Until the trailer is there the file is not whole, and its last 48 bytes may be a part of one.
 */
import { Fault } from "../../src/domain/fault.ts";
import type { LocalClock } from "../../src/domain/local-clock.ts";
import { createOximetry } from "../../src/domain/oximetry.ts";
import { measured } from "../../src/domain/sample.ts";
import { SECOND_MS, wall } from "../../src/domain/time.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { createLocalTimes, isDate, localTimeOf } from "../../src/wire/card.ts";
import { bits, flag, missing, u8, u16le, u32le } from "../../src/wire/field.ts";
import { frame, type ValuesOf } from "../../src/wire/frame.ts";

const HEAD = Uint8Array.of(1, 3, 0, 0, 0, 0, 0, 0, 4, 0);

const same = (byte: number, value: number) => ({
  byte,
  mask: 0xff,
  value,
  doc: value.toString(16).toUpperCase().padStart(2, "0"),
});

export const RECORD = frame({
  name: "session file, record",
  lengthBytes: 3,
  constants: [],
  fields: {
    spo2: missing(u8(0, "SpO2, %; 0 is none too"), 0xff),
    pulse: missing(u8(1, "pulse, /min; 0 is none too"), 0xff),
    motion: bits(2, 0xfc, "motion"),
    pulseAlarm: flag(2, 1, "pulse alarm"),
    spo2Alarm: flag(2, 0, "SpO2 alarm"),
  },
});

export const TRAILER = frame({
  name: "session file, trailer",
  lengthBytes: 48,
  constants: [same(4, 0x48), same(5, 0x12), same(6, 0x5a), same(7, 0xda)],
  fields: {
    checksum: u32le(0, "? checksum of all before it"),
    startS: u32le(8, "start, s since 1970 as if local time were UTC"),
    records: u32le(12, "records"),
    intervalS: u8(16, "s from one record to the next"),
    channels: u8(17, "? 1: SpO2, pulse, motion"),
    recordBytes: u8(18, "bytes of a record"),
    spo2Mean: u8(34, "mean SpO2, %"),
    spo2Min: u8(35, "least SpO2, %"),
    drops3: u8(36, "drops of 3 %"),
    drops4: u8(37, "drops of 4 %"),
    below90S: u16le(39, "time below 90 %, s"),
    below90Events: u8(41, "events below 90 %"),
    scoreTenths: missing(u8(42, "score, tenths"), 0xff),
    pulseMean: u8(47, "mean pulse, /min"),
  },
});

/** A day and a half of records, and more than any ring keeps. */
export const LARGEST_SESSION_BYTES = 1 << 19;

/** A session file as read. */
export interface Session {
  /** Local time without a zone. */
  readonly start: LocalClock;
  readonly intervalS: number;
  /** Records that can be believed. */
  readonly records: number;
  /** Undefined where the file is not whole. */
  readonly trailer: ValuesOf<typeof TRAILER> | undefined;
}

/**
 * Finds the records of a session; `name` is the file's, which may tell its start, `sizeBytes` how long the file will be
 * when it is whole. Undefined where nothing is there yet. Throws INPUT_INVALID with a sentence.
 */
export function parseSession(bytes: Uint8Array, name: string, sizeBytes = bytes.length): Session | undefined {
  const head = bytes.subarray(0, HEAD.length);
  if (head.some((byte, index) => byte !== HEAD[index])) {
    throw refuse(
      bytes[1] === 0 && (bytes[0] === 3 || bytes[0] === 5)
        ? "It is a session of an older ring, which the family viatom-ring-file reads."
        : "It does not begin as a session of an O2Ring-S does; another version is not known.",
    );
  }
  const bodyEnd = sizeBytes - TRAILER.lengthBytes;
  if (bodyEnd < HEAD.length + RECORD.lengthBytes || bytes.length < HEAD.length + RECORD.lengthBytes)
    return undefined;
  const whole = bytes.length === sizeBytes && TRAILER.check(bytes, bodyEnd) === 0;
  const trailer = whole ? TRAILER.decode(bytes, bodyEnd) : undefined;
  const records = Math.floor((Math.min(bytes.length, bodyEnd) - HEAD.length) / RECORD.lengthBytes);
  if (trailer !== undefined && trailer.records !== records) {
    throw refuse(`It says ${trailer.records} records and holds ${records}.`);
  }
  const intervalS = trailer?.intervalS ?? 1;
  if (intervalS < 1 || intervalS > 60 || (trailer?.recordBytes ?? 3) !== RECORD.lengthBytes) {
    throw refuse(`Records of ${trailer?.recordBytes} bytes every ${intervalS} s are not known.`);
  }
  const start = startOf(trailer?.startS, name);
  if (start === undefined) throw refuse("Neither it nor its name says when it began.");
  return { start, intervalS, records, trailer };
}

/** The trailer's start, or what the name says: `20260115220000`, also with words before it. */
function startOf(startS: number | undefined, name: string): LocalClock | undefined {
  const told = startS === undefined ? undefined : localTimeOf(startS * SECOND_MS);
  if (told !== undefined && isDate(told.year, told.month, told.day)) return told;
  const parts = /(20\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?!\d)[^/]*$/.exec(name)?.slice(1).map(Number) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const clock = { year, month, day, hour, minute, second };
  return isDate(year, month, day) && hour < 24 && minute < 60 && second < 60 ? clock : undefined;
}

/** The readings of a session, oldest first, from the `from`-th on. `zone`: where the ring's clock was set. */
export function* sessionReadings(
  bytes: Uint8Array,
  { start, intervalS, records }: Session,
  zone: string,
  from = 0,
): Generator<DeviceReading> {
  const began = createLocalTimes(zone)(start);
  if (began === undefined) return;
  const oximetry = createOximetry();
  for (let index = 0; index < records; index++) {
    const { spo2, pulse, motion } = RECORD.decode(bytes, HEAD.length + index * RECORD.lengthBytes);
    const samples = {
      ...oximetry(spo2 === 0 ? undefined : spo2, pulse === 0 ? undefined : pulse, "sensor_off"),
      motion: measured("motion", motion),
    };
    if (index < from) continue;
    yield { body: { kind: "samples", samples }, deviceAt: wall(began + index * intervalS * SECOND_MS) };
  }
}

/** One second, for simulators; undefined is no value. */
export interface SessionSample {
  readonly spo2: number | undefined;
  readonly pulse: number | undefined;
  readonly motion: number;
}

/** A whole session, one record a second. */
export function encodeSession(start: LocalClock, samples: readonly SessionSample[]): Uint8Array {
  const bodyBytes = samples.length * RECORD.lengthBytes;
  const bytes = new Uint8Array(HEAD.length + bodyBytes + TRAILER.lengthBytes);
  bytes.set(HEAD);
  for (const [index, sample] of samples.entries()) {
    const record = RECORD.encode({ ...sample, pulseAlarm: false, spo2Alarm: false });
    bytes.set(record, HEAD.length + index * RECORD.lengthBytes);
  }
  const valid = samples.flatMap(({ spo2 }) => spo2 ?? []);
  const { year, month, day, hour, minute, second } = start;
  bytes.set(
    TRAILER.encode({
      checksum: bytes.reduce((sum, byte) => (sum + byte) >>> 0, 0),
      startS: Date.UTC(year, month - 1, day, hour, minute, second) / SECOND_MS,
      records: samples.length,
      intervalS: 1,
      channels: 1,
      recordBytes: RECORD.lengthBytes,
      spo2Mean: Math.round(valid.reduce((sum, value) => sum + value, 0) / Math.max(1, valid.length)),
      spo2Min: valid.reduce((least, value) => Math.min(least, value), 100),
      drops3: 0,
      drops4: 0,
      below90S: Math.min(0xffff, valid.filter((value) => value < 90).length),
      below90Events: 0,
      scoreTenths: undefined,
      pulseMean: 0,
    }),
    HEAD.length + bodyBytes,
  );
  return bytes;
}

const refuse = (sentence: string): Fault =>
  new Fault("INPUT_INVALID", sentence, {
    fix: "Export the session again with the app, or name the family of the device that wrote it.",
    permanent: true,
  });
