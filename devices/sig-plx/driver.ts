import type { QualityFlag } from "../../src/domain/observation.ts";
import { bothAbsent, createOximetry, createPace, flagsOf } from "../../src/domain/oximetry.ts";
import { type Absence, absent, measured, type Samples } from "../../src/domain/sample.ts";
import { atLocal, type Wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import {
  ANALYSING,
  CONTINUOUS,
  FEATURES,
  FROM_MEMORY,
  MEASUREMENT_STATUS,
  type Measurement,
  type PlxValues,
  SENSOR_STATUS,
  SPOT_CHECK,
  SPOT_CHECK_FLAGS,
  statusWords,
} from "./codec.ts";

export const PLX_OPTIONS = {
  measurement: {
    kind: "choice",
    values: ["continuous", "spot"],
    default: "continuous",
    help: "spot for a clip that sends one finished measurement and then nothing: its silence is not noticed.",
  },
} as const satisfies OptionSpecs;

/** Reads any oximeter with the SIG's service; see README.md for what takes a number away. */
export async function* observePlx(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, signal, trace, zone } = context;
  const oximetry = createOximetry();
  const pace = createPace();
  const aside = createAside();
  const withAmplitude = createAmplitude();

  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    if (channel !== "2a5f" && channel !== "2a5e") {
      const refusal = aside.take(channel, bytes);
      if (refusal !== undefined) trace.reject(bytes, refusal);
      else trace.frame(bytes, asideWords(channel, bytes.slice()));
      continue;
    }
    const format = channel === "2a5f" ? CONTINUOUS : SPOT_CHECK;
    const refusal = format.refuse(bytes);
    if (refusal !== undefined) {
      trace.reject(bytes, refusal);
      continue;
    }
    const values = format.decode(bytes);
    trace.frame(bytes, () => describe(format, values));
    // An old measurement that is sent now is not how the person is now (law 6).
    if (((values.measurement ?? 0) & FROM_MEMORY) !== 0 || !pace(clock.mono())) continue;
    const gate = gateOf(values);
    const deviceAt = channel === "2a5e" ? dateOf(bytes, values, zone) : undefined;
    const identity = aside.identity();
    if (identity !== undefined) yield { body: { kind: "identity", ...identity } };
    yield {
      body: {
        kind: "samples",
        samples: {
          ...withAmplitude(vouched(values, gate.absent, oximetry), values, gate.absent),
          ...aside.battery(),
        },
        ...flagsOf(gate.flags),
      },
      ...(deviceAt === undefined ? {} : { deviceAt }),
    };
  }
}

/** Reads what a spot check says; for the memory, where the numbers obey the same status. */
export function spotCheckSamples(values: PlxValues): Samples {
  const gate = gateOf(values);
  return { ...vouched(values, gate.absent, createOximetry()), ...amplitudeOf(values, gate.absent) };
}

interface Gate {
  readonly absent: Absence | undefined;
  readonly flags: { readonly [flag in QualityFlag]?: boolean };
}

/** What the two status fields say of the numbers beside them. */
function gateOf({ sensor = 0, measurement = 0 }: PlxValues): Gate {
  const set = [
    ...SENSOR_STATUS.filter(({ bit }) => (sensor & (1 << bit)) !== 0),
    ...MEASUREMENT_STATUS.filter(({ bit }) => (measurement & (1 << bit)) !== 0),
  ];
  const flags: { [flag in QualityFlag]?: boolean } = {};
  for (const { flag } of set) if (flag !== undefined) flags[flag] = true;
  return { absent: set.find((status) => status.absent !== undefined)?.absent, flags };
}

/** One maker sends 0 for what it could not measure; neither number can be 0 on a living person. */
const nonZero = (value: number | undefined): number | undefined => (value === 0 ? undefined : value);

function vouched(
  { spo2, pulse, sensor = 0 }: PlxValues,
  gate: Absence | undefined,
  oximetry: ReturnType<typeof createOximetry>,
): Samples {
  const whenNeither = (sensor & ANALYSING) === 0 ? "not_measured" : "searching";
  if (gate === undefined) return oximetry(nonZero(spo2), nonZero(pulse), whenNeither);
  oximetry(undefined, undefined, gate);
  return bothAbsent(gate === "not_measured" ? whenNeither : gate);
}

function amplitudeOf({ amplitude }: PlxValues, gate: Absence | undefined): Samples {
  if (amplitude === undefined) return {};
  return { perfusion_index: gate === undefined ? measured("perfusion_index", amplitude) : absent(gate) };
}

/** The index is optional; where it came once and then stays away, it is missing for the reason of the two numbers. */
function createAmplitude(): (samples: Samples, values: PlxValues, gate: Absence | undefined) => Samples {
  let came = false;
  return (samples, values, gate) => {
    const { spo2, pulse_rate } = samples;
    if (values.amplitude !== undefined) came = true;
    else if (came) {
      const neither = typeof spo2 === "object" && typeof pulse_rate === "object";
      return { ...samples, perfusion_index: neither ? spo2 : absent("not_measured") };
    }
    return { ...samples, ...amplitudeOf(values, gate) };
  };
}

/** When the device says it was, its clock being the bed's local time; undefined where it cannot say. */
export function dateOf(bytes: Uint8Array, values: PlxValues, zone: string): Wall | undefined {
  const { year, month, day, hour, minute, second } = values;
  if (((bytes[0] ?? 0) & SPOT_CHECK_FLAGS.clockNotSet) !== 0) return undefined;
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return undefined;
  return atLocal(date, hour * 60 + minute + second / 60, zone);
}

interface Identity {
  model?: string;
  serial?: string;
  firmware?: string;
}

/** What comes beside measurements, and leaves once with the next one: identity and battery. */
interface Aside {
  /** Why it was refused; undefined when it was taken. */
  take(channel: string, bytes: Uint8Array): string | undefined;
  identity(): Identity | undefined;
  battery(): Samples;
}

function createAside(): Aside {
  const known: Identity = {};
  let isNews = false;
  let battery: Samples = {};
  return {
    take(channel, bytes) {
      const name = IDENTITY.get(channel);
      if (name !== undefined) {
        const text = textOf(bytes);
        isNews ||= text !== "" && known[name] !== text;
        if (text !== "") known[name] = text;
        return undefined;
      }
      if (channel === "2a19") {
        if (bytes.length === 0) return "a battery level of no bytes";
        battery = { battery_percent: measured("battery_percent", bytes[0] ?? 0) };
        return undefined;
      }
      if (channel !== "2a60") return `nothing is known of characteristic ${channel}`;
      return bytes.length < FEATURES.lengthBytes ? "features of less than 2 bytes" : undefined;
    },
    identity() {
      if (!isNews) return undefined;
      isNews = false;
      return { ...known };
    },
    battery() {
      const last = battery;
      battery = {};
      return last;
    },
  };
}

const TEXT_BYTES = 64;
const IDENTITY: ReadonlyMap<string, keyof Identity> = new Map([
  ["2a24", "model"],
  ["2a25", "serial"],
  ["2a26", "firmware"],
]);

/** A text of the device information service; some end in zeros. */
const textOf = (bytes: Uint8Array): string =>
  new TextDecoder()
    .decode(bytes.subarray(0, TEXT_BYTES))
    .replaceAll(/\p{Cc}/gu, "")
    .trim();

const asideWords = (channel: string, bytes: Uint8Array) => (): string => {
  if (channel === "2a19") return `battery ${bytes[0]} %`;
  if (channel !== "2a60") return `${IDENTITY.get(channel) ?? channel}: ${textOf(bytes)}`;
  const names = Object.entries(FEATURES.decode(bytes, 0)).filter(([, has]) => has);
  return `features: ${names.map(([name]) => name).join(", ") || "none"}`;
};

/** A measurement for the technician's page. */
export function describe(format: Measurement, values: PlxValues): string {
  const status = [
    statusWords(SENSOR_STATUS, values.sensor ?? 0),
    statusWords(MEASUREMENT_STATUS, values.measurement ?? 0),
  ].filter((words) => words !== "");
  const number = (value: number | undefined): string => String(value ?? "none");
  return [`${format.name}: SpO2 ${number(values.spo2)}, pulse ${number(values.pulse)}`, ...status].join("; ");
}
