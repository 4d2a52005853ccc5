/*
 * The stream of a microphone: samples of 16 bits, little endian, one channel, 16000 a second, without any frame:
 *
 *   | low high | low high | low high | ...
 *
 * It has no sync: whoever joins it begins with a whole sample, and a pause begins it anew.
 *
 * What was learned of an alarm, as a text that fits an option; several alarms of one machine are joined by colons:
 *
 *   1/523.3~1569.8~2616.3+659.2~1977.8/0.150.100+0.150.350+1.150.3000
 *   |  note 0: its partials, Hz  note 1   pulses: note . ms of sound . ms of silence after it
 *   version                               the last silence is missing where the alarm was heard once only
 */

export const RATE_HZ = 16_000;

/** Samples of one spectrum, and from one to the next: 64 ms every 16 ms. */
export const FRAME_SAMPLES = 1_024;
export const HOP_SAMPLES = 256;
export const HOP_MS = (HOP_SAMPLES * 1_000) / RATE_HZ;

/** Where alarms have their tones, Hz. */
export const LOWEST_HZ = 250;
export const HIGHEST_HZ = 7_000;

export const MOST_NOTES = 5;
export const MOST_PARTIALS = 5;
export const MOST_PULSES = 24;
/** A tone that lasts longer is a steady one. */
export const LONGEST_PULSE_MS = 10_000;
const LONGEST_SILENCE_MS = 60_000;
/** Alarms of one machine: high, medium, low. */
const MOST_TEMPLATES = 3;

/** Longest text of MOST_TEMPLATES templates that learn() makes. */
export const LONGEST_TEXT = 1_200;

export interface Pulse {
  /** Index of its note. */
  readonly note: number;
  readonly onMs: number;
  /** Silence after it; undefined: not known. */
  readonly offMs: number | undefined;
}

/** What is known of one alarm: its notes as frequencies, and one period of its rhythm. */
export interface Template {
  readonly notes: readonly (readonly number[])[];
  readonly pulses: readonly Pulse[];
}

export function templateText({ notes, pulses }: Template): string {
  const tones = notes.map((partials) => partials.map((hz) => hz.toFixed(1)).join("~")).join("+");
  const rhythm = pulses
    .map(({ note, onMs, offMs }) => [note, onMs, ...(offMs === undefined ? [] : [offMs])].join("."))
    .join("+");
  return `1/${tones}/${rhythm}`;
}

/** What templateText() writes, several joined by colons. */
export const TEMPLATES_PATTERN = /1\/[\d.~+]+\/[\d.+]+(?::1\/[\d.~+]+\/[\d.+]+){0,2}/;

/** The templates of an option's text; undefined where it is none. */
export function parseTemplates(text: string): readonly Template[] | undefined {
  const templates = text.split(":").flatMap((part) => parseTemplate(part) ?? []);
  const complete = templates.length === text.split(":").length && templates.length <= MOST_TEMPLATES;
  return complete ? templates : undefined;
}

function parseTemplate(text: string): Template | undefined {
  const [version, tones = "", rhythm = "", ...rest] = text.split("/");
  if (version !== "1" || rest.length > 0) return undefined;
  const notes = tones.split("+").map((note) => note.split("~").map(numberOf));
  const pulses = rhythm.split("+").map((pulse) => pulse.split(".").map(numberOf));
  const areNotes = notes.every(
    (note) =>
      note.length <= MOST_PARTIALS && note.every((hz) => isWithin(hz, LOWEST_HZ * 0.9, HIGHEST_HZ * 1.1)),
  );
  const arePulses = pulses.every(
    ([note, onMs, offMs, ...more], index) =>
      isWithin(note, 0, notes.length - 1) &&
      isWithin(onMs, 20, LONGEST_PULSE_MS) &&
      (offMs === undefined ? index === pulses.length - 1 : isWithin(offMs, 0, LONGEST_SILENCE_MS)) &&
      more.length === 0,
  );
  if (!areNotes || !arePulses || notes.length > MOST_NOTES || pulses.length > MOST_PULSES) return undefined;
  return {
    notes,
    pulses: pulses.map(([note = 0, onMs = 0, offMs]) => ({ note, onMs, offMs })),
  };
}

const numberOf = (text: string): number => (/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN);

const isWithin = (value: number | undefined, min: number, max: number): boolean =>
  value !== undefined && value >= min && value <= max;

/** One period, ms; undefined where the alarm was heard once only. */
export function periodMs({ pulses }: Template): number | undefined {
  let sum = 0;
  for (const { onMs, offMs } of pulses) {
    if (offMs === undefined) return undefined;
    sum += onMs + offMs;
  }
  return sum;
}

/** Puts a byte stream back into samples. */
export interface SampleReader {
  /** The whole samples so far; valid until the next call. */
  read(chunk: Uint8Array): Int16Array;
  /** Forgets half a sample: what comes begins anew. */
  reset(): void;
}

export function createSampleReader(): SampleReader {
  let half: number | undefined;
  return {
    read(chunk) {
      const bytes = chunk.length + (half === undefined ? 0 : 1);
      const samples = new Int16Array(bytes >> 1);
      let at = 0;
      for (let i = 0; i < samples.length; i++) {
        const low: number = half ?? chunk[at++] ?? 0;
        half = undefined;
        samples[i] = low | ((chunk[at++] ?? 0) << 8);
      }
      if (at < chunk.length) half = chunk[at];
      return samples;
    },
    reset() {
      half = undefined;
    },
  };
}

/** Samples as a microphone sends them. */
export function sampleBytes(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, i) => view.setInt16(2 * i, sample, true));
  return bytes;
}
