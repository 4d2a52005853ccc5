import type { BedView } from "./bed.ts";
import type { Mono } from "./time.ts";

/** One sample of a simulated oximeter's pulse wave. */
export interface PulseSample {
  /** 0 to 1. */
  readonly level: number;
  /** A beat begins with this sample. */
  readonly beat: boolean;
}

/** The next sample, for a pulse in /min; undefined where the oximeter has none: its beat stands still. */
export type PulseWave = (at: Mono, pulse: number | undefined) => PulseSample;

const BED_HIGHEST = 255;

/** A pulse wave at this rate: the bed's, else quick rises with a slower, notched fall for beds that have none. */
export function createPulseWave(bed: BedView, rateHz: number): PulseWave {
  let beat = 0;
  return (at, pulse) => {
    const before = beat;
    beat = (beat + (pulse ?? 0) / (60 * rateHz)) % 1;
    const level = (bed.wave("pleth", at) ?? ownShape(beat)) / BED_HIGHEST;
    return { level: Math.min(1, Math.max(0, level)), beat: beat < before };
  };
}

const ownShape = (beat: number): number =>
  60 + 140 * (Math.exp(-(((beat - 0.2) / 0.1) ** 2)) + 0.35 * Math.exp(-(((beat - 0.5) / 0.12) ** 2)));
