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

/** Sounds at one sample rate; what is dear to compute is computed when it is made. 16-bit mono samples. */
export interface Voice {
  /** One burst at full loudness and the silence after it: played in a loop it is the alarm. */
  alarm(kind: SoundKind): Int16Array;
  /**
   * Three bursts that grow louder, to be played once before the loop: a sleeper is woken, not startled.
   * `handOverMs` is when the loop should take over: the silence around it is long enough for a player to start
   * late and short enough for the standard.
   */
  introduction(kind: SoundKind): { readonly pcm: Int16Array; readonly handOverMs: number };
}

/** `sampleRateHz` from 8000 up, so that the highest harmonic (3120 Hz) fits. */
export function createVoice(sampleRateHz: number): Voice {
  const tones = tonesOf(sampleRateHz);
  return {
    alarm(kind) {
      const sound = new Int16Array(samplesIn(burstMs(kind) + PATTERNS[kind].silenceMs, sampleRateHz));
      addBurst(sound, tones, { kind, startMs: 0, loudness: 1 }, sampleRateHz);
      return sound;
    },
    introduction(kind) {
      const periodMs = burstMs(kind) + PATTERNS[kind].silenceMs;
      const handOverMs = periodMs * RAMP.length;
      const pcm = new Int16Array(samplesIn(handOverMs + HANDOVER_MS, sampleRateHz));
      RAMP.forEach((loudness, index) => {
        addBurst(pcm, tones, { kind, startMs: periodMs * index, loudness }, sampleRateHz);
      });
      return { pcm, handOverMs };
    },
  };
}

/** The alarm of a voice that is needed once. */
export const alarmSound = (kind: SoundKind, sampleRateHz: number): Int16Array =>
  createVoice(sampleRateHz).alarm(kind);

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

interface Burst {
  readonly kind: SoundKind;
  readonly startMs: number;
  /** 0..1 of the kind's own peak. */
  readonly loudness: number;
}

function addBurst(sound: Int16Array, tones: Tones, burst: Burst, sampleRateHz: number): void {
  const { pulses, peak } = PATTERNS[burst.kind];
  const scale = peak * burst.loudness * 32_767;
  let startMs = burst.startMs;
  for (const { hz, ms, restMs } of pulses) {
    const wave = tones.get(toneId(hz, ms)) ?? new Float64Array();
    const from = samplesIn(startMs, sampleRateHz);
    for (let i = 0; i < wave.length; i++) sound[from + i] = Math.round((wave[i] ?? 0) * scale);
    startMs += ms + restMs;
  }
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
