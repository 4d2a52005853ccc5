import { FRAME_SAMPLES, HOP_SAMPLES, RATE_HZ } from "./codec.ts";

/** Width of one bin of a spectrum, Hz. */
export const BIN_HZ = RATE_HZ / FRAME_SAMPLES;

/** Bins of a spectrum, from 0 Hz up. */
export const BINS = FRAME_SAMPLES / 2 + 1;

/** Cuts samples into overlapping frames and gives the power spectrum of each. */
export interface Analyser {
  push(samples: Int16Array): void;
}

/**
 * `onSpectrum`: power by bin, in which a full-scale sine has a peak of 1; the array is only valid during the call. Every
 * HOP_SAMPLES samples, the first after FRAME_SAMPLES.
 */
export function createAnalyser(onSpectrum: (power: Float64Array) => void): Analyser {
  const transform = createTransform();
  const held = new Float64Array(FRAME_SAMPLES);
  let heldSamples = 0;
  return {
    push(samples) {
      for (let at = 0; at < samples.length; ) {
        const count = Math.min(samples.length - at, FRAME_SAMPLES - heldSamples);
        for (let i = 0; i < count; i++) held[heldSamples + i] = (samples[at + i] ?? 0) / 32_768;
        heldSamples += count;
        at += count;
        if (heldSamples < FRAME_SAMPLES) return;
        onSpectrum(transform(held));
        held.copyWithin(0, HOP_SAMPLES);
        heldSamples = FRAME_SAMPLES - HOP_SAMPLES;
      }
    },
  };
}

/** Weight of a Hann window at a place from 0 to 1. */
export const hann = (place: number): number => 0.5 - 0.5 * Math.cos(2 * Math.PI * place);

/** Real FFT of one windowed frame by a complex one of half its length (Cooley and Tukey 1965). */
function createTransform(): (frame: Float64Array) => Float64Array {
  const half = FRAME_SAMPLES / 2;
  const window = Float64Array.from({ length: FRAME_SAMPLES }, (_, i) => hann((i + 0.5) / FRAME_SAMPLES));
  const cos = Float64Array.from({ length: half }, (_, i) => Math.cos((2 * Math.PI * i) / FRAME_SAMPLES));
  const sin = Float64Array.from({ length: half }, (_, i) => Math.sin((2 * Math.PI * i) / FRAME_SAMPLES));
  const bits = Math.log2(half);
  const reversed = Uint16Array.from({ length: half }, (_, i) => {
    let turned = 0;
    for (let bit = 0; bit < bits; bit++) turned |= ((i >> bit) & 1) << (bits - 1 - bit);
    return turned;
  });
  const real = new Float64Array(half);
  const imaginary = new Float64Array(half);
  const power = new Float64Array(BINS);
  // A sine of amplitude 1 gives FRAME_SAMPLES / 4 at its bin through a Hann window.
  const scale = (4 / FRAME_SAMPLES) ** 2;

  return (frame) => {
    for (let i = 0; i < half; i++) {
      const to = reversed[i] ?? 0;
      real[to] = (frame[2 * i] ?? 0) * (window[2 * i] ?? 0);
      imaginary[to] = (frame[2 * i + 1] ?? 0) * (window[2 * i + 1] ?? 0);
    }
    butterflies(real, imaginary, cos, sin);
    for (let bin = 0; bin <= half; bin++) {
      const [k, mirror] = [bin % half, (half - bin) % half];
      const evenReal = ((real[k] ?? 0) + (real[mirror] ?? 0)) / 2;
      const evenImaginary = ((imaginary[k] ?? 0) - (imaginary[mirror] ?? 0)) / 2;
      const oddReal = ((imaginary[k] ?? 0) + (imaginary[mirror] ?? 0)) / 2;
      const oddImaginary = ((real[mirror] ?? 0) - (real[k] ?? 0)) / 2;
      const c = bin === half ? -1 : (cos[bin] ?? 0);
      const s = bin === half ? 0 : (sin[bin] ?? 0);
      const x = evenReal + oddReal * c + oddImaginary * s;
      const y = evenImaginary + oddImaginary * c - oddReal * s;
      power[bin] = (x * x + y * y) * scale;
    }
    return power;
  };
}

/** Radix-2 stages in place, input in bit-reversed order; `cos` and `sin` are of twice the length. */
function butterflies(
  real: Float64Array,
  imaginary: Float64Array,
  cos: Float64Array,
  sin: Float64Array,
): void {
  const size = real.length;
  for (let span = 1; span < size; span *= 2) {
    const step = size / span;
    for (let start = 0; start < size; start += 2 * span) {
      for (let k = 0; k < span; k++) {
        const [low, high] = [start + k, start + k + span];
        const c = cos[k * step] ?? 0;
        const s = sin[k * step] ?? 0;
        const x = (real[high] ?? 0) * c + (imaginary[high] ?? 0) * s;
        const y = (imaginary[high] ?? 0) * c - (real[high] ?? 0) * s;
        real[high] = (real[low] ?? 0) - x;
        imaginary[high] = (imaginary[low] ?? 0) - y;
        real[low] = (real[low] ?? 0) + x;
        imaginary[low] = (imaginary[low] ?? 0) + y;
      }
    }
  }
}

/** A tone in a spectrum. */
export interface Tone {
  readonly hz: number;
  /** Above what lies around it; 1 is a full-scale sine. */
  readonly amplitude: number;
}

/** A tone stands out of its surroundings by so much, in power. */
const STANDS_OUT = 6;
/** What surrounds a tone: so many bins away on either side. */
const NEAR_BINS = 4;
const FAR_BINS = 10;

/** The tone whose top is at a bin; undefined where no top is or it does not stand out. */
export function toneAt(power: Float64Array, bin: number): Tone | undefined {
  const top = power[bin] ?? 0;
  const [before, after] = [power[bin - 1] ?? 0, power[bin + 1] ?? 0];
  if (top <= before || top < after || before === 0 || after === 0) return undefined;
  const floor = floorAround(power, bin);
  if (top < STANDS_OUT * floor) return undefined;
  const [left, middle, right] = [Math.log(before), Math.log(top), Math.log(after)];
  const offset = (left - right) / (2 * (left - 2 * middle + right));
  return { hz: (bin + offset) * BIN_HZ, amplitude: Math.sqrt(top - floor) };
}

function floorAround(power: Float64Array, bin: number): number {
  let sum = 0;
  for (let away = NEAR_BINS; away <= FAR_BINS; away++) {
    sum += (power[bin - away] ?? 0) + (power[bin + away] ?? 0);
  }
  return sum / (2 * (FAR_BINS - NEAR_BINS + 1));
}

/** How far a heard tone may lie from the learned one: quartz and temperature, and the error of a short look. */
const TOLERANCE = 0.008;
const TOLERANCE_HZ = 6;

/** Amplitude of the tone of a frequency; 0 where none is within the tolerance. */
export function amplitudeAt(power: Float64Array, hz: number): number {
  const tolerance = Math.max(TOLERANCE_HZ, TOLERANCE * hz);
  const to = Math.round((hz + tolerance) / BIN_HZ);
  let amplitude = 0;
  for (let bin = Math.round((hz - tolerance) / BIN_HZ); bin <= to; bin++) {
    const tone = toneAt(power, bin);
    if (tone !== undefined && Math.abs(tone.hz - hz) <= tolerance) {
      amplitude = Math.max(amplitude, tone.amplitude);
    }
  }
  return amplitude;
}
