import {
  HIGHEST_HZ,
  HOP_MS,
  LONGEST_PULSE_MS,
  LOWEST_HZ,
  MOST_NOTES,
  MOST_PARTIALS,
  MOST_PULSES,
  type Pulse,
  periodMs,
  RATE_HZ,
  type Template,
} from "./codec.ts";
import { amplitudeAt, BIN_HZ, BINS, createAnalyser, toneAt } from "./spectrum.ts";

/** Why nothing was learned; LEARNING_ADVICE says what to do about each. */
export type NotLearned = keyof typeof LEARNING_ADVICE;

export const LEARNING_ADVICE = {
  too_short: "The recording is shorter than five seconds: record 15 to 60 seconds with the alarm in them.",
  muted: "The microphone gives nothing but silence: it is muted, or another input is chosen.",
  clipped: "The sound is too loud for the microphone: move it away or lower its gain.",
  no_tone: "No alarm tone stands out: put the microphone closer, and start the alarm test while it records.",
  no_quiet: "A tone sounds all the time: begin in quiet, start the alarm test after some seconds.",
  too_plain: "Too little of a rhythm was heard: record until the alarm has sounded at least three times.",
  too_varied: "More different sounds were heard than one alarm has: record again without voices or music.",
} as const;

const SHORTEST_S = 5;
/** What is longer is not looked at. */
const LONGEST_S = 120;
/** So quiet a partial, beside the strongest tone, is left out: -26 dB. */
const FAINTEST = 0.05;
/** A tone is on above this share of its usual strength. */
const ON_SHARE = 0.4;
const MOST_CANDIDATES = 24;
/** Shorter pulses and gaps are flicker, frames. */
const FLICKER_FRAMES = 2;
/** A pulse of 60 ms is seen for so long; most of what is seen of a tone must be pulses. */
const HELD_FRAMES = 4;
const HELD_SHARE = 0.6;
/** How far two repetitions of a pulse may differ, ms. */
const SAME_MS = 60;
/** A longer silence parts two bursts of an alarm that was heard once. */
const BURST_GAP_MS = 1_500;
const FEWEST_PULSES = 2;
/** A rhythm that is slower than this cannot be recognised in time. */
const SLOWEST_MS = 6_000;
const STEADY_MS = 3_000;
const CLIPPED_SHARE = 0.02;

/** Learns an alarm from a recording of its test, 16 kHz, with some quiet in it. */
export function learn(pcm: Int16Array): Template | NotLearned {
  if (pcm.length < SHORTEST_S * RATE_HZ) return "too_short";
  const samples = pcm.subarray(0, LONGEST_S * RATE_HZ);
  const fault = faultOf(samples);
  if (fault !== undefined) return fault;
  const spectra: Float64Array[] = [];
  createAnalyser((power) => spectra.push(power.slice())).push(samples);
  const candidates = tonesIn(spectra);
  if (candidates.length === 0) return "no_tone";
  const moving = candidates.filter(({ onFrames }) => onFrames < 0.95 * spectra.length);
  if (moving.length === 0) return "no_quiet";
  const notes = notesOf(moving);
  const runs = runsOf(notes, spectra.length);
  const pulses = pulsesOf(runs);
  if (pulses.length === 0) return "no_tone";
  if (pulses.length > MOST_PULSES) return "too_varied";
  return judged(withoutUnused(notes, pulses));
}

function faultOf(samples: Int16Array): NotLearned | undefined {
  let [clipped, low, high] = [0, 0, 0];
  for (const sample of samples) {
    if (sample >= 32_700 || sample <= -32_700) clipped += 1;
    if (sample < low) low = sample;
    if (sample > high) high = sample;
  }
  if (high - low <= 2) return "muted";
  return clipped > CLIPPED_SHARE * samples.length ? "clipped" : undefined;
}

function judged(template: Template): Template | NotLearned {
  const [first] = template.pulses;
  if (template.pulses.length === 1 && first !== undefined && first.onMs >= STEADY_MS) return template;
  const period = periodMs(template);
  if (period === undefined) return template.pulses.length > FEWEST_PULSES ? template : "too_plain";
  return template.pulses.length < FEWEST_PULSES && period > SLOWEST_MS / FEWEST_PULSES
    ? "too_plain"
    : template;
}

/** A frequency that stood out, and how strong it was in each spectrum. */
interface Candidate {
  readonly hz: number;
  readonly track: Float32Array;
  readonly on: readonly boolean[];
  readonly onFrames: number;
  readonly energy: number;
}

function tonesIn(spectra: readonly Float64Array[]): readonly Candidate[] {
  const strength = new Float64Array(BINS);
  const [lowest, highest] = [Math.ceil(LOWEST_HZ / BIN_HZ), Math.floor(HIGHEST_HZ / BIN_HZ)];
  for (const power of spectra) {
    for (let bin = lowest; bin <= highest; bin++) {
      const tone = toneAt(power, bin);
      if (tone !== undefined) strength[bin] = (strength[bin] ?? 0) + tone.amplitude;
    }
  }
  // A tone between two bins is in either.
  const joined = strength.map((own, bin) => own + Math.max(strength[bin - 1] ?? 0, strength[bin + 1] ?? 0));
  const bins = [...joined.keys()]
    .filter((bin) => (joined[bin] ?? 0) > 0 && isTop(strength, joined, bin))
    .toSorted((one, other) => (joined[other] ?? 0) - (joined[one] ?? 0))
    .slice(0, MOST_CANDIDATES);
  const candidates = bins.flatMap((bin) => candidateOf(spectra, bin) ?? []);
  const loudest = Math.max(...candidates.map(usual));
  return candidates
    .filter((candidate) => usual(candidate) >= FAINTEST * loudest)
    .toSorted((one, other) => other.energy - one.energy);
}

const isTop = (strength: Float64Array, joined: Float64Array, bin: number): boolean =>
  (strength[bin] ?? 0) >= (strength[bin - 1] ?? 0) &&
  (strength[bin] ?? 0) > (strength[bin + 1] ?? 0) &&
  (joined[bin] ?? 0) >= Math.max(joined[bin - 2] ?? 0, joined[bin + 2] ?? 0);

function candidateOf(spectra: readonly Float64Array[], bin: number): Candidate | undefined {
  let [weighted, weight] = [0, 0];
  for (const power of spectra) {
    for (const near of [bin - 1, bin, bin + 1]) {
      const tone = toneAt(power, near);
      if (tone === undefined || Math.abs(tone.hz - bin * BIN_HZ) > 1.1 * BIN_HZ) continue;
      weighted += tone.hz * tone.amplitude ** 2;
      weight += tone.amplitude ** 2;
    }
  }
  if (weight === 0) return undefined;
  const hz = Math.round((weighted / weight) * 10) / 10;
  const track = Float32Array.from(spectra, (power) => amplitudeAt(power, hz));
  const limit = ON_SHARE * usualOf(track);
  const on = Array.from(track, (amplitude) => limit > 0 && amplitude >= limit);
  const onFrames = on.filter(Boolean).length;
  const energy = track.reduce((sum, amplitude) => sum + amplitude ** 2, 0);
  return onFrames < 2 * FLICKER_FRAMES || !isHeld(on, onFrames)
    ? undefined
    : { hz, track, on, onFrames, energy };
}

/** Tones last; what noise throws up is gone with the next spectrum. */
function isHeld(on: readonly boolean[], onFrames: number): boolean {
  let [run, held] = [0, 0];
  for (const isOn of [...on, false]) {
    if (!isOn && run >= HELD_FRAMES) held += run;
    run = isOn ? run + 1 : 0;
  }
  return held >= HELD_SHARE * onFrames;
}

/** How strong a tone is while it sounds: nine tenths of its moments are weaker. */
function usualOf(track: Float32Array): number {
  const present = track.filter((amplitude) => amplitude > 0).toSorted();
  return present[Math.floor(present.length * 0.9)] ?? 0;
}

const usual = ({ track }: Candidate): number => usualOf(track);

interface Note {
  readonly partials: readonly number[];
  /** Strength beside the note's usual one; 0 while it is off. */
  readonly level: Float32Array;
}

/** Of its tones, those that come and go together are one note. */
const TOGETHER = 0.6;
/** A tone that mostly sounds under notes that are known already belongs to several of them. */
const COVERED = 0.5;

function notesOf(candidates: readonly Candidate[]): readonly Note[] {
  const groups: Candidate[][] = [];
  const covered: boolean[] = [];
  for (const candidate of candidates) {
    if (isShared(candidate, candidates)) continue;
    const group = groups.find(([seed]) => seed !== undefined && togetherness(seed, candidate) >= TOGETHER);
    if (group !== undefined) {
      if (group.length < MOST_PARTIALS) group.push(candidate);
      continue;
    }
    const known = candidate.on.filter((isOn, frame) => isOn && covered[frame] === true).length;
    if (groups.length >= MOST_NOTES || known > COVERED * candidate.onFrames) continue;
    groups.push([candidate]);
    candidate.on.forEach((isOn, frame) => {
      if (isOn) covered[frame] = true;
    });
  }
  return groups.map(noteOf);
}

/** A partial that two notes have in common sounds when one or the other does: it would join them into one. */
function isShared(candidate: Candidate, candidates: readonly Candidate[]): boolean {
  const parts = candidates.filter(
    (part) =>
      part !== candidate &&
      part.onFrames < 0.75 * candidate.onFrames &&
      part.onFrames > 0.2 * candidate.onFrames &&
      part.on.filter((isOn, frame) => isOn && candidate.on[frame] === true).length > 0.8 * part.onFrames,
  );
  return parts.some((one, index) =>
    parts.slice(index + 1).some((other) => {
      const either = one.on.map((isOn, frame) => isOn || other.on[frame] === true);
      const covered = candidate.on.filter((isOn, frame) => isOn && either[frame] === true).length;
      return togetherness(one, other) < 0.2 && covered > 0.8 * candidate.onFrames;
    }),
  );
}

function togetherness(one: Candidate, other: Candidate): number {
  let [both, any] = [0, 0];
  one.on.forEach((isOn, frame) => {
    const otherOn = other.on[frame] === true;
    if (isOn && otherOn) both += 1;
    if (isOn || otherOn) any += 1;
  });
  return both / any;
}

function noteOf(group: readonly Candidate[]): Note {
  const sum = new Float32Array(group[0]?.track.length ?? 0);
  for (const { track } of group) {
    track.forEach((amplitude, frame) => {
      sum[frame] = (sum[frame] ?? 0) + amplitude;
    });
  }
  const normal = usualOf(sum);
  return {
    partials: group.map(({ hz }) => hz).toSorted((one, other) => one - other),
    level: sum.map((amplitude) => (amplitude >= ON_SHARE * normal ? amplitude / normal : 0)),
  };
}

interface Run {
  /** -1: silence. */
  readonly note: number;
  readonly fromFrame: number;
  readonly toFrame: number;
}

const SILENCE = -1;

/** Which note sounded when, without flicker. */
function runsOf(notes: readonly Note[], frames: number): readonly Run[] {
  const states = Array.from({ length: frames }, (_, frame) => {
    const levels = notes.map(({ level }) => level[frame] ?? 0);
    const highest = Math.max(...levels);
    return highest > 0 ? levels.indexOf(highest) : SILENCE;
  });
  for (let pass = 1; pass <= FLICKER_FRAMES; pass++) {
    for (const { fromFrame, toFrame } of runsIn(states)) {
      if (toFrame - fromFrame <= pass && fromFrame > 0)
        states.fill(states[fromFrame - 1] ?? SILENCE, fromFrame, toFrame);
    }
  }
  return runsIn(states);
}

function runsIn(states: readonly number[]): Run[] {
  const runs: Run[] = [];
  let fromFrame = 0;
  for (let frame = 1; frame <= states.length; frame++) {
    if (states[frame] === states[fromFrame] && frame < states.length) continue;
    runs.push({ note: states[fromFrame] ?? SILENCE, fromFrame, toFrame: frame });
    fromFrame = frame;
  }
  return runs;
}

/** Pulses left out at the beginning and at the end. */
const PARTS = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;

interface TimedPulse extends Pulse {
  readonly atMs: number;
}

/** One period of the rhythm, beginning after its longest silence; of an alarm that was heard once, its largest burst. */
function pulsesOf(runs: readonly Run[]): readonly Pulse[] {
  const timed = timedPulses(runs);
  // The recording may have begun, and the alarm ended, in the middle of a pulse.
  for (const [first, last] of PARTS) {
    const inner = timed.slice(first, timed.length - last);
    for (let length = 1; length <= MOST_PULSES && 2 * length <= inner.length; length++) {
      const period = repeated(inner, length);
      if (period !== undefined) return fromLongestSilence(period);
    }
  }
  return largestBurst(timed);
}

/** Pulses that were heard from beginning to end; a steady tone may last until the end. */
function timedPulses(runs: readonly Run[]): readonly TimedPulse[] {
  return runs.flatMap(({ note, fromFrame, toFrame }, index) => {
    const onMs = Math.min(LONGEST_PULSE_MS, Math.round((toFrame - fromFrame) * HOP_MS));
    const cutOff = index === 0 || index === runs.length - 1;
    if (note === SILENCE || (cutOff && onMs < STEADY_MS)) return [];
    const next = runs[index + 1];
    const silent = next?.note === SILENCE ? (next.toFrame - next.fromFrame) * HOP_MS : 0;
    const known = index + (next?.note === SILENCE ? 2 : 1) < runs.length;
    const atMs = fromFrame * HOP_MS;
    return [{ note, onMs, offMs: known ? Math.round(silent) : undefined, atMs }];
  });
}

/** Averages of a period of so many pulses; undefined where the pulses do not repeat so. */
function repeated(timed: readonly TimedPulse[], length: number): readonly Pulse[] | undefined {
  const same = timed.every((pulse, index) => {
    const before = timed[index - length];
    if (before === undefined) return true;
    return (
      before.note === pulse.note &&
      Math.abs(before.onMs - pulse.onMs) <= SAME_MS &&
      (before.offMs === undefined ||
        pulse.offMs === undefined ||
        Math.abs(before.offMs - pulse.offMs) <= SAME_MS)
    );
  });
  if (!same) return undefined;
  return timed.slice(0, length).map(({ note }, index) => {
    const alike = timed.filter((_, other) => other % length === index);
    const known = alike.flatMap(({ offMs }) => offMs ?? []);
    return {
      note,
      onMs: mean(alike.map(({ onMs }) => onMs)),
      offMs: known.length === 0 ? undefined : mean(known),
    };
  });
}

const mean = (values: readonly number[]): number =>
  Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);

function fromLongestSilence(pulses: readonly Pulse[]): readonly Pulse[] {
  const silences = pulses.map(({ offMs }) => offMs ?? 0);
  const last = silences.indexOf(Math.max(...silences));
  return [...pulses.slice(last + 1), ...pulses.slice(0, last + 1)];
}

function largestBurst(timed: readonly TimedPulse[]): readonly Pulse[] {
  const bursts: TimedPulse[][] = [];
  for (const pulse of timed) {
    const burst = bursts.at(-1);
    const last = burst?.at(-1);
    if (burst === undefined || last?.offMs === undefined || last.offMs > BURST_GAP_MS) bursts.push([pulse]);
    else burst.push(pulse);
  }
  const [largest = []] = bursts.toSorted((one, other) => other.length - one.length);
  return largest.map(({ note, onMs, offMs }, index) => ({
    note,
    onMs,
    offMs: index === largest.length - 1 ? undefined : offMs,
  }));
}

/** The template of the pulses, without notes that none of them has. */
function withoutUnused(notes: readonly Note[], pulses: readonly Pulse[]): Template {
  const used = [...new Set(pulses.map(({ note }) => note))].toSorted((one, other) => one - other);
  return {
    notes: used.map((note) => notes[note]?.partials ?? []),
    pulses: pulses.map((pulse) => ({ ...pulse, note: used.indexOf(pulse.note) })),
  };
}
