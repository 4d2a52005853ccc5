import { createNews } from "../../src/domain/news.ts";
import type { QualityFlag } from "../../src/domain/observation.ts";
import { createOximetry, flagsOf, inWords, type Oximetry } from "../../src/domain/oximetry.ts";
import { type Absence, absent, measured, type Samples } from "../../src/domain/sample.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { channelLink } from "../../src/wire/channel.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { COMMANDS, decodeMessage, FRAME_RULE, type Message, type Values } from "./codec.ts";

export const PC60_OPTIONS = {
  enable: {
    kind: "flag",
    default: false,
    help: "Ask for values and wave when the link opens; for models that say nothing by themselves.",
  },
} as const satisfies OptionSpecs;

/** Characteristics of the Nordic UART service. */
export const PC60_CHANNELS = {
  from: "6e400003b5a3f393e0a9e50e24dcca9e",
  to: "6e400002b5a3f393e0a9e50e24dcca9e",
} as const;

const WAVE_RATE_HZ = 50;
/** Wave frames come ten a second; after a longer pause a new stretch begins. */
const WAVE_PAUSE_MS = 2_000;

/** Reads an oximeter over Bluetooth LE; it is asked for its serial number once. */
export async function* observePc60Ble(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const link = channelLink(context.link, PC60_CHANNELS);
  await link.write(COMMANDS.serial);
  context.trace.sent(COMMANDS.serial, () => "serial number?");
  yield* observePc60({ ...context, link });
}

/** Reads an oximeter on a serial port; what each field becomes stands in README.md. */
export async function* observePc60(context: DriverContext): AsyncGenerator<DeviceReading> {
  const { link, clock, options, signal, trace } = context;
  const ready: DeviceReading[] = [];
  const reader = createReader(
    () => clock.mono(),
    (reading) => ready.push(reading),
  );
  const framer = createFramer({
    rule: FRAME_RULE,
    confirm: 1,
    onFrame(bytes, at, length) {
      const message = decodeMessage(bytes, at, length);
      trace.frame(bytes.subarray(at, at + length), () => meaningOf(message));
      reader.take(message);
    },
    onNoise(bytes, reason) {
      reader.gap();
      trace.reject(bytes, reason);
    },
  });
  if (options["enable"] === true) {
    for (const [name, bytes] of [
      ["values", COMMANDS.valuesOn],
      ["wave", COMMANDS.waveOn],
    ] as const) {
      await link.write(bytes);
      trace.sent(bytes, () => `send ${name}`);
    }
  }
  for await (const chunk of chunksUntil(link.chunks, signal)) {
    framer.push(chunk);
    for (const reading of ready) yield reading;
    ready.length = 0;
  }
}

interface Reader {
  take(message: Message): void;
  /** Bytes were lost: a wave does not go on over it. */
  gap(): void;
}

function createReader(now: () => number, give: (reading: DeviceReading) => void): Reader {
  const oximetry = createOximetry();
  const isNews = createNews();
  let wave: number[] = [];
  let waveMs = 0;
  let vouched = false;
  let mode: number | undefined;
  let level: number | undefined;

  const status = (): void => {
    const codes: string[] = [];
    if (level === 0) codes.push("battery_low");
    if (mode === 1) codes.push("spot_check");
    if (mode === 3) codes.push("menu");
    const body = { kind: "status", codes } as const;
    if (isNews(body, now())) give({ body });
  };

  const takeWave = (samples: readonly number[]): void => {
    const nowMs = now();
    if (nowMs - waveMs > WAVE_PAUSE_MS) wave = [];
    waveMs = nowMs;
    if (!vouched) return;
    wave.push(...samples);
    if (wave.length < WAVE_RATE_HZ) return;
    give({ body: { kind: "wave", rateHz: WAVE_RATE_HZ, channels: { pleth: wave } } });
    wave = [];
  };

  return {
    take(message) {
      switch (message.kind) {
        case "values": {
          vouched = refusal(message.values) === undefined;
          if (!vouched) wave = [];
          const samples = samplesOf(message.values, oximetry);
          give({ body: { kind: "samples", samples, ...quality(message.values) } });
          return;
        }
        case "wave":
          return takeWave(message.samples);
        case "state":
          mode = message.mode;
          return status();
        case "battery":
          level = message.level;
          return status();
        case "serial":
          if (message.serial !== "") give({ body: { kind: "identity", serial: message.serial } });
          return;
        case "other":
          return;
      }
    },
    gap() {
      wave = [];
    },
  };
}

/** Numbers go on beside every one of these: what the status says counts. */
function refusal({ disconnected, probeOff, checkProbe, searching }: Values): Absence | undefined {
  if (disconnected) return "not_connected";
  if (probeOff) return "sensor_off";
  if (checkProbe) return "poor_signal";
  return searching ? "searching" : undefined;
}

function samplesOf(values: Values, oximetry: Oximetry): Samples {
  const { spo2, pulse, perfusion } = values;
  const reason = refusal(values);
  if (reason !== undefined) {
    return { ...oximetry(undefined, undefined, reason), perfusion_index: absent(reason) };
  }
  return {
    ...oximetry(spo2, pulse, "searching"),
    perfusion_index:
      perfusion === undefined ? absent("not_measured") : measured("perfusion_index", perfusion / 10),
  };
}

const quality = ({ motion, lowPerfusion }: Values): { readonly flags?: readonly QualityFlag[] } =>
  flagsOf({ motion, low_perfusion: lowPerfusion });

function meaningOf(message: Message): string {
  switch (message.kind) {
    case "values": {
      const { spo2, pulse } = message.values;
      const reason = refusal(message.values);
      return `SpO2 ${inWords(spo2)}, pulse ${inWords(pulse)}${reason === undefined ? "" : `, but ${inWords(absent(reason))}`}`;
    }
    case "wave":
      return `wave ${message.samples.join(" ")}`;
    case "state":
      return `mode ${message.mode}`;
    case "battery":
      return `battery ${message.level} of 3`;
    case "serial":
      return `serial number ${message.serial}`;
    case "other":
      return `token ${message.token}, type ${message.type}: not known`;
  }
}
