import { FRAME_SAMPLES, HOP_MS, periodMs, RATE_HZ, type Template } from "./codec.ts";
import { amplitudeAt, hann } from "./spectrum.ts";

/** Waits for one learned alarm. */
export interface Recogniser {
  /** One spectrum of the analyser, in order. */
  take(power: Float64Array): void;
  /** Whether the alarm sounds, with hysteresis. */
  readonly sounds: boolean;
  /** How well the last seconds fit the alarm, 0 to 1. */
  readonly score: number;
  /** How long it must have listened before "no" means something, ms. */
  readonly spanMs: number;
}

/** The alarm begins at the upper score and goes on at the lower. */
const BEGINS = 0.78;
const GOES_ON = 0.6;
/** One tone that comes and goes is a sound of many things: it must fit better. */
const BEGINS_PLAIN = 0.82;
/** So many tones of the alarm must follow its rhythm by themselves, each so well. */
const HEARD_SHARE = 0.4;
const PARTIAL_SCORE = 0.3;
/** Nothing longer than this is waited for, and so many pulses are enough. */
const LONGEST_SPAN_MS = 7_000;
const ENOUGH_PULSES = 3;
const ENOUGH_MS = 3_500;
/** Silence around the pulses that belongs to the pattern. */
const BEFORE_MS = 350;
const AFTER_MS = 200;
/** Of a steady tone, this much is listened to. */
const STEADY_MS = 3_000;
/** Rooms, as the time in which a sound's amplitude falls to 1/e: none, furnished, bare. */
const ROOMS_MS = [0, 45, 100];
/** Looked at every second spectrum. */
const EVERY = 2;
/** A moment of another sound at the same tone must not outweigh the rest. */
const LOUDEST = 2.5;

export function createRecogniser(template: Template): Recogniser {
  const pattern = patternOf(template);
  const { frames, rooms } = pattern;
  const notes = template.notes.map((partials) => ({
    partials,
    heard: partials.map(() => new Float32Array(frames)),
    sum: new Float32Array(frames),
  }));
  const partials = template.notes.flat().length;
  const begins = partials === 1 ? BEGINS_PLAIN : BEGINS;
  const holdMs = holdOf(periodMs(template));
  let taken = 0;
  let score = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  let sounds = false;

  const fits = (): boolean => {
    score = 0;
    const oldest = taken % frames;
    const dry = rooms[0] ?? [];
    let on = 0;
    let loudness = 0;
    let heard = 0;
    notes.forEach(({ sum }, note) => {
      const wanted = dry[note] ?? sum;
      for (let i = 0, at = oldest; i < frames; i++, at = at + 1 === frames ? 0 : at + 1) {
        if ((wanted[i] ?? 0) < 0.5) continue;
        const amplitude = sum[at] ?? 0;
        on += 1;
        loudness += amplitude;
        if (amplitude > 0) heard += 1;
      }
    });
    if (heard < on / 2) return false;
    const limit = (LOUDEST * loudness) / on;
    const amplitudes = notes.map(({ sum }) => sum);
    for (const room of rooms) score = Math.max(score, correlation(room, amplitudes, oldest, limit));
    if (score < (sounds ? GOES_ON : begins)) return false;
    if (partials === 1) return true;
    const following = notes.flatMap((note, index) =>
      note.heard.filter(
        (amplitude) => correlation([dry[index] ?? amplitude], [amplitude], oldest, limit) >= PARTIAL_SCORE,
      ),
    );
    return following.length >= Math.max(2, HEARD_SHARE * partials);
  };

  return {
    take(power) {
      const at = taken % frames;
      for (const { partials: tones, heard, sum } of notes) {
        let total = 0;
        tones.forEach((hz, index) => {
          const amplitude = amplitudeAt(power, hz);
          total += amplitude;
          const track = heard[index];
          if (track !== undefined) track[at] = amplitude;
        });
        sum[at] = total;
      }
      taken += 1;
      if (taken % EVERY !== 0 || taken < frames) return;
      const nowMs = taken * HOP_MS;
      if (fits() || (pattern.steady && isSteady(notes[0]?.sum ?? new Float32Array(0)))) {
        lastMs = nowMs;
        sounds = true;
      } else if (nowMs - lastMs > holdMs) sounds = false;
    },
    get sounds() {
      return sounds;
    },
    get score() {
      return score;
    },
    spanMs: frames * HOP_MS,
  };
}

/** Until it is believed that an alarm has ended: longer than the silence between two of its bursts. */
const holdOf = (period: number | undefined): number =>
  period === undefined ? 20_000 : Math.min(45_000, Math.max(8_000, 1.5 * period + 3_000));

interface Pattern {
  readonly frames: number;
  readonly steady: boolean;
  /** By room and note: what the tracks look like while the alarm sounds, 0 to 1. */
  readonly rooms: readonly (readonly Float32Array[])[];
}

function patternOf(template: Template): Pattern {
  const steady = isSteadyTone(template);
  const { spans, lengthMs } = steady
    ? {
        spans: [{ note: 0, fromMs: BEFORE_MS, toMs: BEFORE_MS + STEADY_MS }],
        lengthMs: BEFORE_MS + STEADY_MS,
      }
    : spansOf(template);
  const frames = Math.ceil(lengthMs / HOP_MS);
  const rooms = ROOMS_MS.map((decayMs) =>
    template.notes.map((_, note) => {
      const track = new Float32Array(frames);
      let tail = 0;
      for (let frame = 0; frame < frames; frame++) {
        const mine = spans.filter((span) => span.note === note);
        const direct = mine.reduce((sum, span) => sum + overlap(span, frame * HOP_MS), 0);
        tail = decayMs === 0 ? 0 : tail * Math.exp(-HOP_MS / decayMs);
        tail = Math.max(tail, direct);
        track[frame] = tail;
      }
      return track;
    }),
  );
  return { frames, steady, rooms };
}

const isSteadyTone = ({ pulses }: Template): boolean =>
  pulses.length === 1 && (pulses[0]?.onMs ?? 0) >= STEADY_MS;

interface Span {
  readonly note: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Pulses on a time line: as many periods as there is time for, and as are needed. */
function spansOf(template: Template): { readonly spans: readonly Span[]; readonly lengthMs: number } {
  const { pulses } = template;
  const period = periodMs(template);
  const lastOffMs = pulses.at(-1)?.offMs;
  const beforeMs = Math.min(BEFORE_MS, lastOffMs ?? BEFORE_MS);
  const afterMs = Math.min(AFTER_MS, lastOffMs ?? AFTER_MS);
  const spans: Span[] = [];
  let atMs = beforeMs;
  let endMs = atMs;
  do {
    for (const { note, onMs, offMs } of pulses) {
      if (atMs + onMs > LONGEST_SPAN_MS && spans.length > 0) return { spans, lengthMs: endMs + afterMs };
      const toMs = Math.min(atMs + onMs, LONGEST_SPAN_MS);
      spans.push({ note, fromMs: atMs, toMs });
      endMs = toMs;
      atMs += onMs + (offMs ?? 0);
    }
  } while (period !== undefined && (spans.length < ENOUGH_PULSES || atMs < ENOUGH_MS));
  return { spans, lengthMs: endMs + afterMs };
}

const FRAME_MS = (FRAME_SAMPLES * 1_000) / RATE_HZ;
const PLACES = 16;

/** How much of a spectrum's window, whose middle is at a moment, lies in a span; 0 to 1. */
function overlap({ fromMs, toMs }: Span, middleMs: number): number {
  let sum = 0;
  for (let i = 0; i < PLACES; i++) {
    const place = (i + 0.5) / PLACES;
    const atMs = middleMs + (place - 0.5) * FRAME_MS;
    if (atMs >= fromMs && atMs < toMs) sum += hann(place);
  }
  return sum / (PLACES / 2);
}

/** Correlation of tracks with what is wanted, over all notes together; the tracks are rings. */
function correlation(
  wanted: readonly Float32Array[],
  tracks: readonly Float32Array[],
  oldest: number,
  limit: number,
): number {
  let [sumA, sumB, sumAA, sumBB, sumAB, count] = [0, 0, 0, 0, 0, 0];
  tracks.forEach((track, index) => {
    const want = wanted[index] ?? track;
    const length = track.length;
    count += length;
    for (let i = 0, at = oldest; i < length; i++, at = at + 1 === length ? 0 : at + 1) {
      const amplitude = track[at] ?? 0;
      const a = amplitude > limit ? limit : amplitude;
      const b = want[i] ?? 0;
      sumA += a;
      sumB += b;
      sumAA += a * a;
      sumBB += b * b;
      sumAB += a * b;
    }
  });
  const spread = (sumAA - (sumA * sumA) / count) * (sumBB - (sumB * sumB) / count);
  return spread <= 0 ? 0 : (sumAB - (sumA * sumB) / count) / Math.sqrt(spread);
}

/** A tone that neither pauses nor swells, as no voice and no music holds it. */
const STEADY_SHARE = 0.97;
const STEADY_SPREAD = 0.15;

function isSteady(track: Float32Array): boolean {
  let [sum, squares, present] = [0, 0, 0];
  for (const amplitude of track) {
    sum += amplitude;
    squares += amplitude * amplitude;
    if (amplitude > 0) present += 1;
  }
  const mean = sum / track.length;
  const spread = Math.sqrt(Math.max(0, squares / track.length - mean * mean));
  return present >= STEADY_SHARE * track.length && spread <= STEADY_SPREAD * mean;
}
