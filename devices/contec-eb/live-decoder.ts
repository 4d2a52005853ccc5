import { bothAbsent, createOximetry, inWords } from "../../src/domain/oximetry.ts";
import { absent, measured, type Sample, type Samples } from "../../src/domain/sample.ts";
import type { DeviceReading, Trace } from "../../src/driver/contract.ts";
import { createFramer, type Framer } from "../../src/wire/framer.ts";
import {
  CLOCK_SET,
  EB_RULE,
  modelText,
  PADDING,
  READING,
  type ReadingValues,
  STOPPED,
  WAVE,
} from "./codec.ts";

/** Steps of the wave in a second; now and then a reading takes the place of one. */
export const WAVE_RATE_HZ = 60;
/** Without a reading for so long the wave that was kept for it is let go. */
const WAVE_MAX = 2 * WAVE_RATE_HZ;
/** A shorter rest of a wave is let go. */
const WAVE_MIN = 20;

/** Bytes in, readings out: one of each kind with every reading frame of the device, that is once a second. */
export function createLiveDecoder(
  onReading: (reading: DeviceReading) => void,
  trace: Pick<Trace, "frame" | "reject">,
): Framer {
  const oximetry = createOximetry();
  let wave: number[] = [];
  let finger = 0;
  let hasPerfusion = false;
  let status = 0;
  let model = "";

  const samplesOf = (values: ReadingValues): Samples => {
    if (values.perfusion !== undefined) hasPerfusion = true;
    if (finger !== 0) return withPerfusion(bothAbsent(finger === FINGER_OUT ? "sensor_off" : "searching"));
    if (!values.valid) return withPerfusion(bothAbsent("poor_signal"));
    return withPerfusion(oximetry(values.spo2, values.pulse, "sensor_off"), values.perfusion);
  };

  /** Beside two numbers that are missing for a reason, the index is missing for the same. */
  const withPerfusion = (samples: Samples, index?: number): Samples => {
    const own: Sample = hasPerfusion ? absent("not_measured") : absent("unsupported");
    const gone = typeof samples.spo2 !== "number" && typeof samples.pulse_rate !== "number" && hasPerfusion;
    const missing = gone ? (samples.spo2 ?? own) : own;
    const value = index === undefined || gone ? missing : measured("perfusion_index", index / 100);
    return { ...samples, perfusion_index: value };
  };

  const take: { [head: number]: (bytes: Uint8Array, at: number) => () => string } = {
    0xeb: (bytes, at) => {
      if (WAVE.check(bytes, at) === 0) return takeWave(bytes, at);
      if (STOPPED.check(bytes, at) === 0) return () => "stopped";
      return takeReading(bytes, at);
    },
    0xf1: (bytes, at) => {
      const name = modelText(bytes, at);
      if (name !== model) onReading({ body: { kind: "identity", model: name } });
      model = name;
      return () => `model ${name}`;
    },
  };

  const takeWave = (bytes: Uint8Array, at: number): (() => string) => {
    const values = WAVE.decode(bytes, at);
    finger = values.finger;
    if (finger === 0 && wave.length < WAVE_MAX) wave.push(values.pleth);
    else wave = [];
    return () =>
      `wave ${values.pleth}, strength ${values.strength}${values.finger === 0 ? "" : ", finger out"}`;
  };

  const takeReading = (bytes: Uint8Array, at: number): (() => string) => {
    const values = READING.decode(bytes, at);
    if (wave.length >= WAVE_MIN) {
      onReading({ body: { kind: "wave", rateHz: WAVE_RATE_HZ, channels: { pleth: wave } } });
    }
    wave = [];
    const samples = samplesOf(values);
    onReading({ body: { kind: "samples", samples } });
    if (values.status !== status) {
      status = values.status;
      const codes = status === 0 ? [] : [`reading_status_${status.toString(16)}`];
      onReading({ body: { kind: "status", codes } });
    }
    return () => `SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}`;
  };

  return createFramer({
    rule: EB_RULE,
    confirm: 1,
    onFrame(bytes, at, length) {
      const head = bytes[at] ?? PADDING;
      if (head === PADDING) return;
      const meaning = take[head]?.(bytes, at) ?? (() => answerMeaning(head));
      trace.frame(bytes.subarray(at, at + length), meaning);
    },
    onNoise(bytes, reason) {
      wave = [];
      trace.reject(bytes, reason);
    },
  });
}

const FINGER_OUT = 3;

const answerMeaning = (head: number): string =>
  head === CLOCK_SET.spec.constants[0]?.value ? "clock set" : `answer ${head.toString(16).toUpperCase()}`;
