import type { Language } from "../domain/person.ts";
import type { VoiceFault } from "../port/voices.ts";
import type { SpokenKey } from "./choice.ts";
import { readWav, type Sound } from "./wav.ts";

/** What a recording must be to stand for the voice of the machine: one rule for box and pages. */
export const OWN_VOICE = {
  /** Seconds. */
  shortestS: 0.3,
  /** Seconds; longer, and the tones of an alarm would wait for it. */
  longestS: 10,
  /** Of 32,767: a recording that never reaches it would not be heard in the place of the words. */
  quiet: 1_500,
} as const;

/** Where it lies in the data folder, all in small letters: `voices/zh-hans/spo2_low.wav`. */
export const voiceFile = (language: Language, key: SpokenKey): string =>
  `${voiceFolder(language)}/${key.toLowerCase()}.wav`;

/** The folder of one language's recordings. */
export const voiceFolder = (language: Language): string => `voices/${language.toLowerCase()}`;

export const secondsOf = ({ pcm, sampleRateHz }: Sound): number => pcm.length / sampleRateHz;

/** Why a sound cannot be used; undefined: it can. */
export function voiceFault(sound: Sound): Exclude<VoiceFault, "no_wav"> | undefined {
  const seconds = secondsOf(sound);
  if (seconds < OWN_VOICE.shortestS) return "too_short";
  if (seconds > OWN_VOICE.longestS) return "too_long";
  return sound.pcm.some((sample) => Math.abs(sample) >= OWN_VOICE.quiet) ? undefined : "too_quiet";
}

/** A recording as it was read: the sound, where the bytes are one at all, and why it is not used. */
export interface JudgedVoice {
  readonly sound?: Sound;
  /** Absent: it can be used. */
  readonly fault?: VoiceFault;
}

/** Reads 16-bit mono PCM of 8 to 96 kHz and judges it. */
export function judgeVoice(bytes: Uint8Array): JudgedVoice {
  const sound = readWav(bytes);
  if (sound === undefined) return { fault: "no_wav" };
  const fault = voiceFault(sound);
  return { sound, ...(fault === undefined ? {} : { fault }) };
}

/** What is wrong with it, to go on from "The recording" or a file's name; undefined: nothing. */
export function voiceFaultWords({ sound, fault }: JudgedVoice): string | undefined {
  if (fault === undefined) return undefined;
  if (sound === undefined || fault === "no_wav") return "is no WAV file of 16 bits and one channel";
  if (fault === "too_quiet") return "can hardly be heard";
  return `is ${secondsOf(sound).toFixed(1)} s long, not ${OWN_VOICE.shortestS} to ${OWN_VOICE.longestS} s`;
}
