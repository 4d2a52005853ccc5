import type { VoiceFault } from "../port/voices.ts";
import { OWN_VOICE, voiceFault } from "./own-voice.ts";
import type { Sound } from "./wav.ts";

/** What recordings are kept at: all of a voice that a loudspeaker in a house gives, in a third of a megabyte. */
export const RECORDED_RATE_HZ = 16_000;

/** Looked at together, samples. */
const FRAME = RECORDED_RATE_HZ / 50;
/** A voice lasts longer than a finger on the button: so many frames together. */
const VOICED_FRAMES = 3;
/** Mean power over a frame, of full scale: a recording that never reaches it holds nobody. */
const FAINTEST = 0.004;
/** Below this share of the loudest frame (26 dB), and below FLOOR, is no voice. */
const SILENCE = 0.05;
const FLOOR = 0.002;
/** What is left of the silence before and after, samples: beginnings and ends of words are soft. */
const LEAD = RECORDED_RATE_HZ * 0.12;
const TAIL = RECORDED_RATE_HZ * 0.2;
/** Both ends swell and fade over this, samples. */
const FADE = RECORDED_RATE_HZ / 100;
/** The loudest sample is brought here, of full scale (3 dB below), and no quiet recording is raised by more (18 dB). */
const PEAK = 0.7;
const GAIN_MAX = 8;

export type Recorded =
  | { readonly ok: true; readonly sound: Sound }
  | { readonly ok: false; readonly fault: Exclude<VoiceFault, "no_wav"> };

/**
 * Makes what a house can speak of what a microphone heard, at RECORDED_RATE_HZ: without the silence around the voice, at
 * a fair level, by the rule of OWN_VOICE.
 * @param channels of the same length, -1..1; mixed to one
 * @param cut what is longer than the rule allows ends there; else it is refused
 */
export function shapeRecording(
  channels: readonly Float32Array[],
  { cut }: { readonly cut: boolean },
): Recorded {
  const wave = mixed(channels);
  const voiced = voicedPart(wave);
  if (typeof voiced === "string") return { ok: false, fault: voiced };
  const from = Math.max(0, voiced.from - LEAD);
  const whole = Math.min(wave.length, voiced.to + TAIL);
  const longest = OWN_VOICE.longestS * RECORDED_RATE_HZ;
  // The silence that is kept around it does not make a recording too long.
  if (!cut && voiced.to - voiced.from > longest) return { ok: false, fault: "too_long" };
  const to = Math.min(whole, from + longest);
  const sound = { pcm: levelled(wave.subarray(from, to)), sampleRateHz: RECORDED_RATE_HZ };
  const fault = voiceFault(sound);
  return fault === undefined ? { ok: true, sound } : { ok: false, fault };
}

/** How loud a piece is for a meter, 0..1: 60 dB below full scale is 0. */
export function loudnessOf(wave: ArrayLike<number>): number {
  let power = 0;
  for (let i = 0; i < wave.length; i++) power += (wave[i] ?? 0) ** 2;
  const rms = Math.sqrt(power / Math.max(1, wave.length));
  return rms === 0 ? 0 : Math.max(0, Math.min(1, 1 + (20 * Math.log10(rms)) / 60));
}

function mixed(channels: readonly Float32Array[]): Float32Array {
  const wave = new Float32Array(channels[0]?.length ?? 0);
  for (const channel of channels) {
    for (let i = 0; i < wave.length; i++) wave[i] = (wave[i] ?? 0) + (channel[i] ?? 0) / channels.length;
  }
  return wave;
}

/** From the first to the last run of frames with a voice in them. */
function voicedPart(
  wave: Float32Array,
): { readonly from: number; readonly to: number } | "too_short" | "too_quiet" {
  const frames = Array.from({ length: Math.floor(wave.length / FRAME) }, (_, i) => {
    let power = 0;
    for (let at = i * FRAME; at < (i + 1) * FRAME; at++) power += (wave[at] ?? 0) ** 2;
    return Math.sqrt(power / FRAME);
  });
  const loudest = frames.reduce((highest, each) => Math.max(highest, each), 0);
  if (frames.length < VOICED_FRAMES) return "too_short";
  if (loudest < FAINTEST) return "too_quiet";
  const threshold = Math.max(FLOOR, loudest * SILENCE);
  const isVoiced = (first: number): boolean =>
    frames.slice(first, first + VOICED_FRAMES).every((each) => each >= threshold) &&
    first + VOICED_FRAMES <= frames.length;
  const first = frames.findIndex((_, i) => isVoiced(i));
  const last = frames.findLastIndex((_, i) => isVoiced(i));
  if (first === -1) return "too_short";
  const part = { from: first * FRAME, to: (last + VOICED_FRAMES) * FRAME };
  return part.to - part.from < OWN_VOICE.shortestS * RECORDED_RATE_HZ ? "too_short" : part;
}

function levelled(wave: Float32Array): Int16Array {
  const peak = wave.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0);
  const gain = Math.min(GAIN_MAX, PEAK / Math.max(peak, Number.MIN_VALUE));
  return Int16Array.from(wave, (value, i) => {
    const swell = Math.min(1, (i + 1) / FADE, (wave.length - i) / FADE);
    return Math.round(Math.max(-1, Math.min(1, value * gain * swell)) * 32_767);
  });
}
