import type { ObservationBody } from "../../src/domain/observation.ts";
import { bothAbsent, createOximetry, createPace, inWords } from "../../src/domain/oximetry.ts";
import { type Absence, absent, measured, type Samples } from "../../src/domain/sample.ts";
import { createFramer, fixedLengthRule } from "../../src/wire/framer.ts";
import { BCI, type BciValues, BERRY, type BerryValues, USUAL_RATE, versionIn } from "./codec.ts";

/** Where the decoder puts what it makes of the bytes, which are valid during the call only. */
export interface Sink {
  reading(body: ObservationBody): void;
  frame(bytes: Uint8Array, meaning: () => string): void;
  reject(bytes: Uint8Array, reason: string): void;
}

export type Form = "bci" | "berry";

export interface Decoder {
  /** `nowMs` is monotonic. */
  push(chunk: Uint8Array, nowMs: number): void;
}

/** Only the pattern of bit 7 tells a BCI frame: three in a row are chance once in 32768 places. */
const CONFIRM_BCI = 3;
/** So many BCI frames without one of BERRY, and the oximeter was switched back. */
const BACK_TO_BCI = 20;
/** So many bytes without a frame of either form are worth a remark. */
const REMARK_BYTES = 512;
const RATES = [50, 100, 200];

/**
 * Both forms read along; a BERRY frame, which cannot be mistaken, decides for BERRY, and BCI frames decide while none
 * has come. One reading goes out for a second's worth of frames, with the first numbers after it that two frames in a
 * row agree on: BCI has no checksum. With a form `told`, the other is not looked for.
 */
export function createBerryDecoder(told: Form | undefined, sink: Sink): Decoder {
  /** The form of the frames that come; undefined while none has. */
  let chosen: Form | undefined;
  let bciSinceBerry = 0;
  let unknownBytes = 0;
  let nowMs = 0;
  let identity: { readonly firmware?: string; readonly model?: string } = {};
  const second = createSecond(sink, () => nowMs);

  const berry = createFramer({
    rule: fixedLengthRule(BERRY),
    confirm: 1,
    onFrame(bytes, at, length) {
      if (told === "bci") return;
      chosen = "berry";
      bciSinceBerry = 0;
      const whole = bytes.subarray(at, at + length);
      const version = versionIn(bytes, at);
      if (version !== undefined) {
        sink.frame(whole, () => Object.entries(version).join(" ").replace(",", " "));
        const news = { ...identity, ...version };
        if (news.firmware === identity.firmware && news.model === identity.model) return;
        identity = news;
        sink.reading({ kind: "identity", ...identity });
        return;
      }
      const values = BERRY.decode(bytes, at);
      const gate = gateOfBerry(values);
      sink.frame(whole, () => words(gate, values.spo2, values.pulse));
      second.take(RATES.includes(values.rate) ? values.rate : values.rate === 1 ? 1 : USUAL_RATE, {
        ...values,
        gate,
        extra: () => ({
          ...perfusionOf(values, gate),
          battery_percent: measured("battery_percent", values.battery),
        }),
      });
    },
    onNoise(bytes, reason) {
      if (chosen === "berry") sink.reject(bytes, reason);
    },
  });

  const bci = createFramer({
    rule: fixedLengthRule(BCI),
    confirm: CONFIRM_BCI,
    onFrame(bytes, at, length) {
      if (told === "berry") return;
      if (chosen === "berry") {
        bciSinceBerry += 1;
        if (bciSinceBerry < BACK_TO_BCI) return;
      }
      chosen = "bci";
      const values = BCI.decode(bytes, at);
      const gate = gateOfBci(values);
      sink.frame(bytes.subarray(at, at + length), () => words(gate, values.spo2, values.pulse));
      second.take(USUAL_RATE, { ...values, gate, extra: () => ({}) });
    },
    onNoise(bytes, reason) {
      if (chosen !== "bci") return;
      second.gap();
      sink.reject(bytes, reason);
    },
  });

  return {
    push(chunk, now) {
      nowMs = now;
      berry.push(chunk);
      bci.push(chunk);
      if (chosen !== undefined) return;
      unknownBytes += chunk.length;
      if (unknownBytes < REMARK_BYTES) return;
      unknownBytes = 0;
      sink.reject(chunk, "neither BCI nor BERRY frames");
    },
  };
}

/** One frame of either form. */
interface Moment {
  readonly spo2: number | undefined;
  readonly pulse: number | undefined;
  readonly pleth: number | undefined;
  readonly gate: Absence | undefined;
  extra(): Samples;
}

/** Gathers a second's worth of frames into one reading and one stretch of waveform. */
function createSecond(sink: Sink, now: () => number) {
  const oximetry = createOximetry();
  const pace = createPace();
  // The first numbers that two frames agree on need not wait for a second of them.
  let frames = Number.POSITIVE_INFINITY;
  let before: Moment | undefined;
  let wave: number[] = [];
  return {
    /** `rate`: frames a second. */
    take(rate: number, moment: Moment): void {
      const agrees =
        rate === 1 ||
        (before !== undefined &&
          before.spo2 === moment.spo2 &&
          before.pulse === moment.pulse &&
          before.gate === moment.gate);
      before = moment;
      frames += 1;
      if (moment.pleth === undefined) wave = [];
      else if (rate > 1) wave.push(moment.pleth);
      if (wave.length >= rate && rate > 1) {
        sink.reading({ kind: "wave", rateHz: rate, channels: { pleth: wave } });
        wave = [];
      }
      if (frames < rate || !agrees) return;
      frames = 0;
      // At one a second the device's own clock decides, and it may be faster.
      if (rate === 1 && !pace(now())) return;
      const { spo2, pulse, gate } = moment;
      if (gate !== undefined) oximetry(undefined, undefined, gate);
      const samples = gate === undefined ? oximetry(spo2, pulse, "searching") : bothAbsent(gate);
      sink.reading({ kind: "samples", samples: { ...samples, ...moment.extra() } });
    },
    /** Frames were lost: the waveform begins anew. */
    gap(): void {
      wave = [];
      before = undefined;
    },
  };
}

/** Why the numbers of a BCI frame are not vouched for; undefined where they are. */
function gateOfBci({
  unplugged,
  noFinger,
  noSignal,
  searching,
  strength,
  spo2,
  pulse,
}: BciValues): Absence | undefined {
  if (unplugged) return "not_connected";
  if (noFinger) return "sensor_off";
  if (searching) return "searching";
  if (noSignal) return "poor_signal";
  // A real one without a finger leaves that bit clear, and sets strength and numbers to their missing codes.
  return strength === undefined && spo2 === undefined && pulse === undefined ? "sensor_off" : undefined;
}

function gateOfBerry({ sensorOff, noFinger, noPulse }: BerryValues): Absence | undefined {
  if (noFinger) return "sensor_off";
  if (sensorOff) return "not_connected";
  return noPulse ? "no_pulse" : undefined;
}

function perfusionOf({ perfusion }: BerryValues, gate: Absence | undefined): Samples {
  if (gate !== undefined || perfusion === undefined)
    return { perfusion_index: absent(gate ?? "not_measured") };
  return { perfusion_index: measured("perfusion_index", perfusion / 10) };
}

const words = (gate: Absence | undefined, spo2: number | undefined, pulse: number | undefined): string => {
  const missing = absent(gate ?? "not_measured");
  const shown = gate === undefined ? [spo2 ?? missing, pulse ?? missing] : [missing, missing];
  return `SpO2 ${inWords(shown[0])}, pulse ${inWords(shown[1])}`;
};
