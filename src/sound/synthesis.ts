import { burstMs, PATTERNS, type SoundKind } from "./pattern.ts";

/**
 * Levels of harmonics 2 to 6 below the fundamental, dB: within 3 to 12, so that at least four harmonics lie between
 * 300 and 4000 Hz and within 15 dB of the fundamental, as IEC 60601-1-8 asks.
 */
const HARMONICS_DB = [-4, -5, -6, -8, -10];

/** Each pulse swells and fades over this share of its length, so that it does not click. */
const EDGE = 0.15;

/** Loudness of the first bursts; after them the sound stays at 1. */
const RAMP = [0.5, 0.65, 0.8];

/** Silence between the last burst of the introduction and the full sound, beyond the usual one, milliseconds. */
const HANDOVER_MS = 2_000;

/**
 * One burst at full loudness and the silence after it: played in a loop it is the alarm. 16-bit mono samples.
 * `sampleRateHz` from 8000 up, so that the highest harmonic (3120 Hz) fits.
 */
export function alarmSound(kind: SoundKind, sampleRateHz: number): Int16Array {
  const sound = new Int16Array(samplesIn(burstMs(kind) + PATTERNS[kind].silenceMs, sampleRateHz));
  addBurst(sound, 0, kind, 1, sampleRateHz);
  return sound;
}

/**
 * Three bursts that grow louder, to be played once before the loop of `alarmSound`: a sleeper is woken, not
 * startled. `handOverMs` is when the loop should take over: the silence around it is long enough for a player to
 * start late and short enough for the standard.
 */
export function introductionSound(
  kind: SoundKind,
  sampleRateHz: number,
): { readonly pcm: Int16Array; readonly handOverMs: number } {
  const periodMs = burstMs(kind) + PATTERNS[kind].silenceMs;
  const handOverMs = periodMs * RAMP.length;
  const pcm = new Int16Array(samplesIn(handOverMs + HANDOVER_MS, sampleRateHz));
  RAMP.forEach((loudness, index) => {
    addBurst(pcm, samplesIn(periodMs * index, sampleRateHz), kind, loudness, sampleRateHz);
  });
  return { pcm, handOverMs };
}

const samplesIn = (ms: number, sampleRateHz: number): number => Math.round((ms / 1000) * sampleRateHz);

function addBurst(into: Int16Array, from: number, kind: SoundKind, loudness: number, sampleRateHz: number) {
  const { pulses, peak } = PATTERNS[kind];
  const tones = new Map<number, Int16Array>();
  let startMs = 0;
  for (const { hz, ms, restMs } of pulses) {
    const id = hz * 10_000 + ms;
    const known = tones.get(id) ?? tone(hz, ms, peak * loudness, sampleRateHz);
    tones.set(id, known);
    into.set(known, from + samplesIn(startMs, sampleRateHz));
    startMs += ms + restMs;
  }
}

/** A swelling and fading chord of the fundamental and its harmonics, scaled to a peak. */
function tone(hz: number, ms: number, peak: number, sampleRateHz: number): Int16Array {
  const count = samplesIn(ms, sampleRateHz);
  const edge = Math.max(1, Math.round(count * EDGE));
  const wave = new Float64Array(count);
  let highest = 0;
  for (let i = 0; i < count; i++) {
    const turn = (2 * Math.PI * hz * i) / sampleRateHz;
    let value = Math.sin(turn);
    HARMONICS_DB.forEach((decibels, index) => {
      const order = index + 2;
      // Phases after Schroeder (1970) keep the peaks low, so that the same peak is louder.
      const phase = (Math.PI * order * (order - 1)) / (HARMONICS_DB.length + 1);
      value += 10 ** (decibels / 20) * Math.sin(order * turn - phase);
    });
    const swell = Math.min(1, (i + 1) / edge, (count - i) / edge);
    wave[i] = value * swell;
    highest = Math.max(highest, Math.abs(value));
  }
  const scale = (peak * 32_767) / highest;
  return Int16Array.from(wave, (value) => Math.round(value * scale));
}
