import {
  burstMs,
  CHIME,
  PATTERNS,
  SOFT_PEAK,
  type SoundKind,
  SPEECH_LEAD_MS,
  silenceWithSpeechMs,
  TICK,
} from "./pattern.ts";
import type { Sentence } from "./speech.ts";

/**
 * Levels of harmonics 2 to 6 below the fundamental, dB: within 3 to 12, so that at least four harmonics lie between
 * 300 and 4000 Hz and within 15 dB of the fundamental, as IEC 60601-1-8 asks.
 */
const HARMONICS_DB = [-4, -5, -6, -8, -10];

/** Each pulse swells and fades over this share of its length, so that it does not click. */
const EDGE = 0.15;

/** Sounds at one sample rate; what is dear to compute is computed when it is made. 16-bit mono samples. */
export interface Voice {
  readonly sampleRateHz: number;
  /** One burst; `loudness` is 0..1 of the kind's own. */
  burst(kind: SoundKind, loudness?: number): Int16Array;
  /**
   * What follows a burst: silence, and in it the sentence where there is one. A sentence that is too long for the
   * silence of the standard is left out.
   */
  silence(kind: SoundKind, sentence?: Sentence, loudness?: number): Int16Array;
  /**
   * One round of the alarm at full loudness: played in a loop it is the alarm. With sentences there is a burst for
   * each of them, in their order.
   */
  alarm(kind: SoundKind, sentences?: readonly Sentence[]): Int16Array;
  /** A burst and what follows it: one of the first rounds, which are at the loudness of RAMP. */
  round(kind: SoundKind, sentence?: Sentence, loudness?: number): Int16Array;
  /** The tick that confirms an action. */
  tick(): Int16Array;
  /** A sentence alone, for a patient who may sleep. */
  soft(sentence: Sentence): Int16Array;
  /** What stands for a soft sentence where there is no voice: so many pairs of notes. */
  chime(pairs: number): Int16Array;
}

/** `sampleRateHz` from 8000 up, so that the highest harmonic (3120 Hz) fits. */
export function createVoice(sampleRateHz: number): Voice {
  const tones = tonesOf(sampleRateHz);
  const voice: Voice = {
    sampleRateHz,
    burst(kind, loudness = 1) {
      const sound = new Int16Array(samplesIn(burstMs(kind), sampleRateHz));
      const scale = PATTERNS[kind].peak * loudness * 32_767;
      let startMs = 0;
      for (const { hz, ms, restMs } of PATTERNS[kind].pulses) {
        const wave = tones.get(toneId(hz, ms)) ?? new Float64Array();
        add(sound, wave, samplesIn(startMs, sampleRateHz), scale);
        startMs += ms + restMs;
      }
      return sound;
    },
    silence(kind, sentence, loudness = 1) {
      const speechMs = sentence === undefined ? 0 : (sentence.length / sampleRateHz) * 1_000;
      const grownMs = sentence === undefined ? undefined : silenceWithSpeechMs(kind, speechMs);
      if (sentence === undefined || grownMs === undefined)
        return new Int16Array(samplesIn(PATTERNS[kind].silenceMs, sampleRateHz));
      const sound = new Int16Array(samplesIn(grownMs, sampleRateHz));
      add(sound, sentence, samplesIn(SPEECH_LEAD_MS, sampleRateHz), PATTERNS[kind].peak * loudness * 32_767);
      return sound;
    },
    round: (kind, sentence, loudness = 1) =>
      joined([voice.burst(kind, loudness), voice.silence(kind, sentence, loudness)]),
    alarm: (kind, sentences = []) =>
      joined(
        (sentences.length === 0 ? [undefined] : sentences).map((sentence) => voice.round(kind, sentence)),
      ),
    tick() {
      const sound = new Int16Array(samplesIn(TICK.ms, sampleRateHz));
      add(sound, tone(TICK.hz, TICK.ms, sampleRateHz), 0, TICK.peak * 32_767);
      return sound;
    },
    soft(sentence) {
      const sound = new Int16Array(sentence.length);
      add(sound, sentence, 0, SOFT_PEAK * 32_767);
      return sound;
    },
    chime(pairs) {
      const { notesHz, ms, restMs, pairMs, peak } = CHIME;
      const pairLongMs = notesHz.length * (ms + restMs) + pairMs;
      const sound = new Int16Array(samplesIn(pairs * pairLongMs, sampleRateHz));
      for (let pair = 0; pair < pairs; pair++) {
        notesHz.forEach((hz, note) => {
          const startMs = pair * pairLongMs + note * (ms + restMs);
          add(sound, tone(hz, ms, sampleRateHz), samplesIn(startMs, sampleRateHz), peak * 32_767);
        });
      }
      return sound;
    },
  };
  return voice;
}

/** The alarm of a voice that is needed once. */
export const alarmSound = (kind: SoundKind, sampleRateHz: number): Int16Array =>
  createVoice(sampleRateHz).alarm(kind);

/** Adds a wave of -1..1, never beyond full scale. */
function add(sound: Int16Array, wave: ArrayLike<number>, from: number, scale: number): void {
  for (let i = 0; i < wave.length && from + i < sound.length; i++) {
    sound[from + i] = Math.max(-32_767, Math.min(32_767, Math.round((wave[i] ?? 0) * scale)));
  }
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const samplesIn = (ms: number, sampleRateHz: number): number => Math.round((ms / 1000) * sampleRateHz);

type Tones = ReadonlyMap<string, Float64Array>;

const toneId = (hz: number, ms: number): string => `${hz} ${ms}`;

function tonesOf(sampleRateHz: number): Tones {
  const tones = new Map<string, Float64Array>();
  for (const { pulses } of Object.values(PATTERNS)) {
    for (const { hz, ms } of pulses) {
      const id = toneId(hz, ms);
      if (!tones.has(id)) tones.set(id, tone(hz, ms, sampleRateHz));
    }
  }
  return tones;
}

/** A swelling and fading chord of the fundamental and its harmonics; its peak is 1. */
function tone(hz: number, ms: number, sampleRateHz: number): Float64Array {
  const wave = new Float64Array(samplesIn(ms, sampleRateHz));
  addPartial(wave, hz, 1, 0, sampleRateHz);
  HARMONICS_DB.forEach((decibels, index) => {
    const order = index + 2;
    // Phases after Schroeder (1970) keep the peaks low, so that the same peak is louder.
    const phase = (-Math.PI * order * (order - 1)) / (HARMONICS_DB.length + 1);
    addPartial(wave, hz * order, 10 ** (decibels / 20), phase, sampleRateHz);
  });
  const edge = Math.max(1, Math.round(wave.length * EDGE));
  let highest = 0;
  for (let i = 0; i < wave.length; i++) {
    const swell = Math.min(1, (i + 1) / edge, (wave.length - i) / edge);
    const value = (wave[i] ?? 0) * swell;
    wave[i] = value;
    highest = Math.max(highest, Math.abs(value));
  }
  return wave.map((value) => value / highest);
}

/** Adds a sine by turning a vector: a sine function for every sample would hold up an alarm on a small machine. */
function addPartial(
  wave: Float64Array,
  hz: number,
  amplitude: number,
  phase: number,
  sampleRateHz: number,
): void {
  const turn = (2 * Math.PI * hz) / sampleRateHz;
  const [turnCos, turnSin] = [Math.cos(turn), Math.sin(turn)];
  let [x, y] = [amplitude * Math.cos(phase), amplitude * Math.sin(phase)];
  for (let i = 0; i < wave.length; i++) {
    wave[i] = (wave[i] ?? 0) + y;
    const nextX = x * turnCos - y * turnSin;
    y = x * turnSin + y * turnCos;
    x = nextX;
  }
}
