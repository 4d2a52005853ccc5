import { type Finger, lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import {
  ALL_RECORDS,
  CONTINUOUS,
  CONTINUOUS_FLAGS,
  COUNT,
  DONE,
  FEATURES,
  FROM_MEMORY,
  NO_RECORDS,
  type PlxValues,
  RECORD_ANSWER,
  RECORD_COUNT,
  RECORD_REQUEST,
  REPORT,
  SENSOR_STATUS,
  SPOT_CHECK,
  SPOT_CHECK_FLAGS,
  UNAVAILABLE,
  UNKNOWN_OPCODE,
} from "./codec.ts";

/** Longest pulse that the clip shows. */
const MAX_PULSE = 300;
/** A spot check is finished some seconds after the finger went in. */
const SPOT_SECONDS = 10;
/** One measurement a minute is kept, the newest of them. */
const RECORD_SECONDS = 60;
const MOST_RECORDS = 100;
const ONGOING = 1 << 5;

/**
 * Plays a clip: measurements once a second (or one spot check each time a finger has been in), a memory that it hands
 * out on request, battery and device information at the start. Its clock shows UTC.
 */
export async function simulatePlx(context: SimulatorContext<PacketLink>): Promise<void> {
  const { bed, clock, link, options, signal } = context;
  const records: PlxValues[] = [];
  const send = (channel: string, bytes: Uint8Array): Promise<void> => link.write({ channel, bytes });

  const introduce = async (): Promise<void> => {
    const text = new TextEncoder();
    await send("2a60", FEATURES.encode(HAS));
    await send("2a24", text.encode("Simulated PLX clip"));
    await send("2a25", text.encode("PLX-0001"));
    await send("2a26", text.encode("1.0"));
  };

  const play = async (): Promise<void> => {
    let secondsIn = 0;
    let second = 0;
    for await (const _ of ticks(clock, 1000, signal)) {
      const finger = lookAtFinger(bed, MAX_PULSE);
      if (finger.silent) continue;
      if (second === 0) await introduce();
      second += 1;
      if (finger.battery !== undefined && second % RECORD_SECONDS === 1) {
        await send("2a19", Uint8Array.of(Math.round(finger.battery)));
      }
      const values = measurementOf(finger);
      secondsIn = finger.off ? 0 : secondsIn + 1;
      const stamped = { ...values, ...stampOf(clock.wall()) };
      if (!finger.off && secondsIn % RECORD_SECONDS === SPOT_SECONDS) {
        records.push({ ...stamped, measurement: (values.measurement ?? 0) | FROM_MEMORY });
        if (records.length > MOST_RECORDS) records.shift();
      }
      if (options["measurement"] === "spot") {
        if (secondsIn === SPOT_SECONDS) await send("2a5e", SPOT_CHECK.encode(stamped, spotFlags(stamped)));
      } else {
        const amplitude = values.amplitude === undefined ? 0 : CONTINUOUS_FLAGS.amplitude;
        await send("2a5f", CONTINUOUS.encode(values, CONTINUOUS_FLAGS.status | amplitude));
      }
    }
  };

  const obey = async (): Promise<void> => {
    for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
      if (channel !== "2a52" || bytes.length !== RECORD_REQUEST.lengthBytes) continue;
      const { opcode, operator } = RECORD_REQUEST.decode(bytes, 0);
      const known = (opcode === REPORT || opcode === COUNT) && operator === ALL_RECORDS;
      if (known && opcode === COUNT) {
        await send("2a52", RECORD_COUNT.encode({ count: records.length }));
        continue;
      }
      if (known)
        for (const record of records) await send("2a5e", SPOT_CHECK.encode(record, spotFlags(record)));
      const code = !known ? UNKNOWN_OPCODE : records.length === 0 ? NO_RECORDS : DONE;
      await send("2a52", RECORD_ANSWER.encode({ opcode, code }));
    }
  };
  await Promise.all([play(), obey()]);
}

const HAS = {
  measurementMask: false,
  sensorMask: false,
  memory: true,
  stamps: true,
  fast: false,
  slow: false,
  amplitude: true,
  severalBonds: false,
};

const spotFlags = ({ amplitude }: PlxValues): number =>
  SPOT_CHECK_FLAGS.stamp |
  SPOT_CHECK_FLAGS.status |
  (amplitude === undefined ? 0 : SPOT_CHECK_FLAGS.amplitude);

/** The numbers with their status, as one real clip and the specification put them. */
function measurementOf(finger: Finger): PlxValues {
  const { spo2, pulse, perfusion, flags } = finger;
  const neither = spo2 === undefined && pulse === undefined;
  let sensor = 0;
  if (finger.unplugged) sensor |= bitOf("sensor disconnected");
  else if (finger.off) sensor |= bitOf("sensor not on the finger");
  if (finger.poorSignal) sensor |= bitOf("inadequate signal");
  if (finger.searching) sensor |= bitOf("analysis goes on");
  if (flags.includes("low_perfusion")) sensor |= bitOf("low perfusion");
  if (flags.includes("artifact") || flags.includes("motion")) sensor |= bitOf("erratic signal");
  // While it searches this clip sends zeros, as a real one does that is badly seated; else NaN.
  const zero = finger.searching ? { spo2: 0, pulse: 0 } : {};
  return {
    ...(spo2 === undefined ? {} : { spo2 }),
    ...(pulse === undefined ? {} : { pulse }),
    ...(neither ? zero : {}),
    ...(perfusion === undefined ? {} : { amplitude: perfusion }),
    measurement: neither && !finger.searching ? UNAVAILABLE : ONGOING,
    sensor,
  };
}

function stampOf(at: number): PlxValues {
  const date = new Date(at);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

const bitOf = (name: string): number => 1 << (SENSOR_STATUS.find((status) => status.name === name)?.bit ?? 0);
