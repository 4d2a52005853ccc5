/*
 * A session of a ring as a file (.vld), version 3, and 5 of the Checkme O2 Max, which has the same layout:
 *
 *   | version LE (2) | year LE (2) | month | day | hour | minute | second | size LE (4) | duration s LE (4) |
 *   | mean SpO2 | least SpO2 | drops of 3 % | drops of 4 % | ? | seconds below 90 % LE (2) | events below 90 % |
 *   | score x 10 | steps LE (4) | mean pulse | zeros to byte 40 |
 *   then 5 bytes a record: SpO2 (FF none) | pulse | FF without a finger | motion | vibration
 *
 * A record stands for duration / records seconds, mostly 4. Older models write every record of 4 s twice, and say half
 * the size in the header. The time has no zone: it is what the app gave the ring, local time.
 */
import { Fault } from "../../src/domain/fault.ts";
import type { LocalClock } from "../../src/domain/local-clock.ts";
import { bothAbsent, createOximetry, type Oximetry } from "../../src/domain/oximetry.ts";
import { measured, type Samples } from "../../src/domain/sample.ts";
import { SECOND_MS, wall } from "../../src/domain/time.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { createLocalTimes, isDate } from "../../src/wire/card.ts";
import { missing, u8, u16le, u32le } from "../../src/wire/field.ts";
import { type FrameValues, frame } from "../../src/wire/frame.ts";

export const VLD_HEADER = frame({
  name: ".vld file, header",
  lengthBytes: 40,
  constants: [],
  fields: {
    version: u16le(0, "version: 3 or 5"),
    year: u16le(2, "year"),
    month: u8(4, "month"),
    day: u8(5, "day"),
    hour: u8(6, "hour"),
    minute: u8(7, "minute"),
    second: u8(8, "second"),
    sizeBytes: u32le(9, "size of the file"),
    durationS: u32le(13, "duration, s"),
    spo2Mean: u8(17, "mean SpO2, %"),
    spo2Min: u8(18, "least SpO2, %"),
    drops3: u8(19, "drops of more than 3 %"),
    drops4: u8(20, "drops of more than 4 %"),
    below90Percent: u8(21, "? part of the time below 90 %, in %"),
    below90S: u16le(22, "time below 90 %, s"),
    below90Events: u8(24, "events below 90 %"),
    scoreTenths: u8(25, "score, tenths"),
    steps: u32le(26, "steps"),
    pulseMean: u8(30, "mean pulse, /min; 0 where the model leaves it out"),
  },
});

export const VLD_RECORD = frame({
  name: ".vld file, record",
  lengthBytes: 5,
  constants: [],
  fields: {
    spo2: missing(u8(0, "SpO2, %"), 0xff),
    pulse: missing(u8(1, "pulse, /min"), 0xff),
    invalid: u8(2, "0 valid, FF no finger"),
    motion: u8(3, "motion"),
    vibration: u8(4, "? 40 or 80: an alarm vibrated"),
  },
});

export type VldHeader = FrameValues<(typeof VLD_HEADER)["spec"]["fields"]>;

const VERSIONS: readonly number[] = [3, 5];
/** How the files of the later rings begin. */
const OXYII_FILE = 0x0301;
/** Seconds that a record may stand for; 4 and 2 were seen. */
const LONGEST_STEP_S = 60;
/** The largest file read, and with it the longest night: 11 days of records. */
export const LARGEST_VLD_BYTES = 1 << 20;

/** A session file as read. */
export interface Vld {
  readonly header: VldHeader;
  /** Start, local time without a zone. */
  readonly start: LocalClock;
  /** Seconds from one record to the next. */
  readonly stepS: number;
  /** Readings come from records: 1 where every record counts, 2 where each stands twice. */
  readonly repeats: 1 | 2;
  /** Whole records that the bytes hold. */
  readonly records: number;
  /** Whether the file is as long as its header says. */
  readonly complete: boolean;
}

/**
 * Reads the header of a session and finds the records; they may still be coming. Undefined where less than a header and
 * one record is there. Throws INPUT_INVALID with a sentence on a version that is not known, on a date that does not
 * exist and on records that cannot be placed in time.
 */
export function parseVld(bytes: Uint8Array): Vld | undefined {
  const head = VLD_HEADER.lengthBytes;
  const version = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
  if (bytes.length >= 2 && !VERSIONS.includes(version)) {
    throw refuse(
      version === OXYII_FILE
        ? "It is a session of an O2Ring-S, which the family viatom-oxyii-file reads."
        : `It is a session file of version ${version}, and only ${VERSIONS.join(" and ")} are known.`,
    );
  }
  if (bytes.length < head + VLD_RECORD.lengthBytes) return undefined;
  const header = VLD_HEADER.decode(bytes, 0);
  const { year, month, day, hour, minute, second, sizeBytes, durationS } = header;
  if (!isDate(year, month, day) || hour > 23 || minute > 59 || second > 59) {
    throw refuse(`Its start, ${year}-${month}-${day} ${hour}:${minute}:${second}, is not a time.`);
  }
  const expected = Math.floor((sizeBytes - head) / VLD_RECORD.lengthBytes);
  const stepS = durationS / expected;
  if (!(expected > 0 && stepS >= 1 && stepS <= LONGEST_STEP_S && sizeBytes <= LARGEST_VLD_BYTES)) {
    throw refuse(`It says ${expected} records in ${durationS} s, which cannot be.`);
  }
  const records = Math.floor((bytes.length - head) / VLD_RECORD.lengthBytes);
  const repeats = records > expected ? 2 : 1;
  return {
    header,
    start: { year, month, day, hour, minute, second },
    stepS,
    repeats,
    records,
    complete: records === expected * repeats,
  };
}

/** The readings of a session, oldest first, from the `from`-th on. `zone`: where the ring's clock was set. */
export function* vldReadings(bytes: Uint8Array, vld: Vld, zone: string, from = 0): Generator<DeviceReading> {
  const start = createLocalTimes(zone)(vld.start);
  if (start === undefined) return;
  const oximetry = createOximetry();
  const count = Math.floor(vld.records / vld.repeats);
  for (let index = 0; index < count; index++) {
    const at = VLD_HEADER.lengthBytes + index * vld.repeats * VLD_RECORD.lengthBytes;
    const { spo2, pulse, invalid, motion } = VLD_RECORD.decode(bytes, at);
    const samples: Samples = {
      ...recorded(oximetry, invalid === 0 ? spo2 : undefined, invalid === 0 ? pulse : undefined),
      motion: measured("motion", motion),
    };
    if (index < from) continue;
    yield {
      body: { kind: "samples", samples },
      deviceAt: wall(Math.round(start + index * vld.stepS * SECOND_MS)),
    };
  }
}

/** 0 is no value either: it stands in the files of rings that were still calibrating. */
function recorded(oximetry: Oximetry, spo2: number | undefined, pulse: number | undefined): Samples {
  if (spo2 === 0 && (pulse ?? 0) === 0) return bothAbsent("searching");
  return oximetry(spo2 === 0 ? undefined : spo2, pulse === 0 ? undefined : pulse, "sensor_off");
}

/** One record, for simulators; undefined is no value. */
export interface VldSample {
  readonly spo2: number | undefined;
  readonly pulse: number | undefined;
  readonly finger: boolean;
  readonly motion: number;
}

/** A session of version 3 that began at this local time, 4 s a record. */
export function encodeVld(
  { year, month, day, hour, minute, second }: LocalClock,
  samples: readonly VldSample[],
): Uint8Array {
  const valid = samples.flatMap(({ spo2 }) => spo2 ?? []);
  const sizeBytes = VLD_HEADER.lengthBytes + samples.length * VLD_RECORD.lengthBytes;
  const bytes = new Uint8Array(sizeBytes);
  const below90 = valid.filter((value) => value < 90).length;
  bytes.set(
    VLD_HEADER.encode({
      version: 3,
      year,
      month,
      day,
      hour,
      minute,
      second: Math.floor(second),
      sizeBytes,
      durationS: samples.length * STEP_S,
      spo2Mean:
        valid.length === 0 ? 0 : Math.round(valid.reduce((sum, value) => sum + value, 0) / valid.length),
      spo2Min: valid.length === 0 ? 0 : Math.min(...valid),
      drops3: 0,
      drops4: 0,
      below90Percent: valid.length === 0 ? 0 : Math.floor((100 * below90) / valid.length),
      below90S: Math.min(0xffff, below90 * STEP_S),
      below90Events: 0,
      scoreTenths: 0,
      steps: 0,
      pulseMean: 0,
    }),
  );
  for (const [index, { spo2, pulse, finger, motion }] of samples.entries()) {
    const record = VLD_RECORD.encode({ spo2, pulse, invalid: finger ? 0 : 0xff, motion, vibration: 0 });
    bytes.set(record, VLD_HEADER.lengthBytes + index * VLD_RECORD.lengthBytes);
  }
  return bytes;
}

/** Seconds of a record that a simulator writes. */
export const STEP_S = 4;

const refuse = (sentence: string): Fault =>
  new Fault("INPUT_INVALID", sentence, {
    fix: "Export the session again with the app, or name the family of the device that wrote it.",
    permanent: true,
  });
