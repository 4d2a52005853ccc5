import type { Priority } from "../domain/alarm.ts";

/** What a sound says: an alarm of a priority, or the patient calling. */
export type SoundKind = Priority | "call";

/** One pulse of a burst and the silence after it, milliseconds. */
export interface Pulse {
  readonly hz: number;
  readonly ms: number;
  readonly restMs: number;
}

/**
 * A repeating sound. Timing after IEC 60601-1-8: high 10 pulses as 3 + 2, 3 + 2 of 75 to 200 ms, medium 3 and low 2
 * pulses of 125 to 250 ms, bursts 2.5 to 15 s (high), 2.5 to 30 s (medium) and more than 15 s (low) apart.
 */
export interface SoundPattern {
  readonly pulses: readonly Pulse[];
  /** From the end of the last pulse to the next burst; the last pulse's own rest is not added. */
  readonly silenceMs: number;
  /** As far as the silence may grow for a spoken sentence; absent: this sound is never joined by one. */
  readonly silenceMaxMs?: number;
  /** Peak at full loudness, 0..1 of full scale: high is never quieter than medium, medium than low. */
  readonly peak: number;
}

const pulse = (hz: number, ms: number, restMs: number): Pulse => ({ hz, ms, restMs });

/** 3 + 2 pulses; the pause inside is twice the spacing and a pulse, as the standard draws it. */
const highHalf = (restMs: number): readonly Pulse[] => [
  pulse(520, 150, 100),
  pulse(520, 150, 100),
  pulse(520, 150, 350),
  pulse(520, 150, 100),
  pulse(520, 150, restMs),
];

/** Fundamentals lie between 440 and 520 Hz: the band that wakes sleepers best (src/notify/sounder/README.md). */
export const PATTERNS: { readonly [kind in SoundKind]: SoundPattern } = {
  high: { pulses: [...highHalf(500), ...highHalf(0)], silenceMs: 3_000, silenceMaxMs: 15_000, peak: 0.95 },
  medium: {
    pulses: [pulse(480, 200, 200), pulse(480, 200, 200), pulse(480, 200, 0)],
    silenceMs: 6_000,
    silenceMaxMs: 30_000,
    peak: 0.47,
  },
  low: { pulses: [pulse(440, 200, 200), pulse(440, 200, 0)], silenceMs: 16_000, peak: 0.24 },
  // Two slow falling pairs like a doorbell: cannot be taken for an alarm's quick even pulses.
  call: {
    pulses: [pulse(520, 450, 60), pulse(440, 600, 500), pulse(520, 450, 60), pulse(440, 600, 0)],
    silenceMs: 2_500,
    silenceMaxMs: 15_000,
    peak: 0.9,
  },
};

/**
 * Loudness of the first bursts, of 1; all later ones are at 1. A sleeper is woken, not startled, and even the first
 * burst of an urgent sound is no quieter than the next less urgent one.
 */
export const RAMP: readonly number[] = [0.5, 0.65, 0.8];

/** Silence between the last pulse and the sentence, and between the sentence and the next pulse, milliseconds. */
export const SPEECH_LEAD_MS = 500;
export const SPEECH_TAIL_MS = 700;

/** What a page that got no rendered sentence leaves for the browser's own voice, milliseconds. */
export const BROWSER_SPEECH_MS = 6_000;

/**
 * What a patient hears where there is no voice: two soft notes that rise, once for "help has been called", twice for
 * "somebody is coming". Far below any alarm, and rising where the call falls. Peak of full scale.
 */
export const CHIME = { notesHz: [330, 440], ms: 350, restMs: 60, pairMs: 500, peak: 0.12 } as const;

/** Peak of a sentence that is spoken softly to a patient who may sleep, of full scale: 10 dB below an alarm's. */
export const SOFT_PEAK = 0.3;

/** A short tick that confirms an action on a page; no alarm. Peak of full scale. */
export const TICK = { hz: 480, ms: 120, peak: 0.2 } as const;

/**
 * The silence after a burst when a sentence of this length is spoken in it, milliseconds; undefined when the sentence
 * is too long for the standard, and the tones go on without it.
 */
export function silenceWithSpeechMs(kind: SoundKind, speechMs: number): number | undefined {
  const { silenceMs, silenceMaxMs } = PATTERNS[kind];
  if (silenceMaxMs === undefined) return undefined;
  const needed = SPEECH_LEAD_MS + speechMs + SPEECH_TAIL_MS;
  return needed > silenceMaxMs ? undefined : Math.max(silenceMs, needed);
}

/** Length of one burst without the silence after it, milliseconds. */
export function burstMs(kind: SoundKind): number {
  const { pulses } = PATTERNS[kind];
  const rests = pulses.slice(0, -1).reduce((sum, each) => sum + each.restMs, 0);
  return pulses.reduce((sum, each) => sum + each.ms, 0) + rests;
}
