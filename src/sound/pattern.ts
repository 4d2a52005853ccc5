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

/** Fundamentals lie between 440 and 520 Hz: the band that wakes sleepers best (docs/channels.md). */
export const PATTERNS: { readonly [kind in SoundKind]: SoundPattern } = {
  high: { pulses: [...highHalf(500), ...highHalf(0)], silenceMs: 3_000, peak: 0.95 },
  medium: {
    pulses: [pulse(480, 200, 200), pulse(480, 200, 200), pulse(480, 200, 0)],
    silenceMs: 6_000,
    peak: 0.47,
  },
  low: { pulses: [pulse(440, 200, 200), pulse(440, 200, 0)], silenceMs: 16_000, peak: 0.24 },
  // Two slow falling pairs like a doorbell: cannot be taken for an alarm's quick even pulses.
  call: {
    pulses: [pulse(520, 450, 60), pulse(440, 600, 500), pulse(520, 450, 60), pulse(440, 600, 0)],
    silenceMs: 2_500,
    peak: 0.9,
  },
};

/** Length of one burst without the silence after it, milliseconds. */
export function burstMs(kind: SoundKind): number {
  const { pulses } = PATTERNS[kind];
  const rests = pulses.slice(0, -1).reduce((sum, each) => sum + each.restMs, 0);
  return pulses.reduce((sum, each) => sum + each.ms, 0) + rests;
}
