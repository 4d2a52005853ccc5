import { createOximetry } from "../../src/domain/oximetry.ts";
import { measured, type Samples } from "../../src/domain/sample.ts";
import { roundTo, type SignalId, WAVES, type WaveId } from "../../src/domain/signal.ts";
import { SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { type Channel, rawOf, type SignalFile } from "./codec.ts";

/** Names of the card, signals, and what a step is worth in the signal's unit. */
const NUMBERS: { readonly [name: string]: readonly [SignalId, number] } = {
  IPAP: ["pressure_insp", 0.01],
  EPAP: ["pressure_exp", 0.01],
  Leak: ["leak", 0.1],
  Vt: ["tidal_volume_exp", 1],
  MV: ["minute_volume", 0.01],
  RR: ["resp_rate", 0.1],
  Ti: ["insp_time", 0.001],
};

const WAVE_NAMES: { readonly [name: string]: WaveId } = { Flow: "flow", Pressure: "airway_pressure" };
const WAVE_STEP = 0.01;

/** A stretch of waveform is at most so long, in samples: 10 s at 25 Hz. */
const STRETCH_SAMPLES = 250;

/** The numbers of one chunk that began at `start`, one reading an instant. */
export function* numbersOf(
  chunk: Uint8Array,
  { channels, chunkSeconds }: SignalFile,
  start: Wall,
): Generator<DeviceReading> {
  const named = new Map(channels.map((channel) => [channel.name, channel]));
  const longest = Math.max(0, ...channels.map(({ samples }) => samples));
  const oximetry = createOximetry();
  for (let i = 0; i < longest; i++) {
    const samples: { [id in SignalId]?: Samples[id] } = {};
    for (const [name, [signal, step]] of Object.entries(NUMBERS)) {
      const channel = named.get(name);
      if (channel?.samples !== longest) continue;
      samples[signal] = measured(signal, rawOf(chunk, channel, i) * step);
    }
    const spo2 = oximeterValue(chunk, named.get("SpO2"), i, longest);
    const pulse = oximeterValue(chunk, named.get("PR"), i, longest);
    // Machines have both signals also without an oximeter: nothing is said of one that says nothing.
    const all: Samples = {
      ...samples,
      ...((spo2 !== undefined || pulse !== undefined) && oximetry(spo2, pulse, "not_measured")),
    };
    if (Object.keys(all).length === 0) continue;
    const at = wall(start + Math.round(((i + 1) * chunkSeconds * SECOND_MS) / longest));
    yield { body: { kind: "samples", samples: all }, deviceAt: at };
  }
}

/** 0, all ones and what is above any value are none. */
function oximeterValue(
  chunk: Uint8Array,
  channel: Channel | undefined,
  index: number,
  samples: number,
): number | undefined {
  if (channel?.samples !== samples) return undefined;
  const raw = rawOf(chunk, channel, index);
  return raw <= 0 || raw >= 255 ? undefined : raw;
}

/** Flow and pressure of one chunk that began at `start`. */
export function* wavesOf(
  chunk: Uint8Array,
  { channels, chunkSeconds }: SignalFile,
  start: Wall,
): Generator<DeviceReading> {
  const waves = channels.flatMap((channel) => {
    const wave = WAVE_NAMES[channel.name];
    return wave === undefined ? [] : [{ wave, channel }];
  });
  const samples = waves[0]?.channel.samples ?? 0;
  // One reading holds signals of one rate.
  const together = waves.filter(({ channel }) => channel.samples === samples);
  const rateHz = samples / chunkSeconds;
  for (let from = 0; from < samples; from += STRETCH_SAMPLES) {
    const to = Math.min(samples, from + STRETCH_SAMPLES);
    const values: { [id in WaveId]?: readonly number[] } = {};
    for (const { wave, channel } of together) {
      values[wave] = Array.from({ length: to - from }, (_, i) =>
        roundTo(rawOf(chunk, channel, from + i) * WAVE_STEP, WAVES[wave].resolution),
      );
    }
    yield {
      body: { kind: "wave", rateHz, channels: values },
      deviceAt: wall(start + Math.round((to * SECOND_MS) / rateHz)),
    };
  }
}
