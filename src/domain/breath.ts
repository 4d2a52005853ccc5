import { roundTo } from "./signal.ts";
import type { Mono } from "./time.ts";

/**
 * One complete breath. Volumes are integrals of flow over the part of the breath with flow in that direction
 * of phase; a value that the waveform cannot give is absent from the object, never 0.
 */
export interface Breath {
  /** The machine's own breath number where it sends one. */
  readonly number?: number;
  /** Arrival of the first and after the last sample, monotonic. */
  readonly start: Mono;
  readonly end: Mono;
  readonly inspTimeS: number;
  readonly expTimeS: number;
  readonly tidalVolumeInspMl: number;
  readonly tidalVolumeExpMl: number;
  /** 60 / duration. */
  readonly rateMin: number;
  /** Expiratory time divided by inspiratory time (1 : x). */
  readonly ieRatio?: number;
  readonly pressurePeakCmH2o: number;
  /** Mean over the whole breath. */
  readonly pressureMeanCmH2o: number;
  /** Mean over inspiration only. */
  readonly pressureInspMeanCmH2o?: number;
  /** Mean of the last five samples. */
  readonly peepCmH2o: number;
}

/** The samples of one breath: flow in L/min, positive into the person, and airway pressure in cmH2O. */
export interface BreathWave {
  readonly rateHz: number;
  readonly flow: readonly number[];
  readonly pressure: readonly number[];
}

/** Flow must point one way for this long before it counts as a change of phase: a cough or a bump is shorter. */
const SUSTAINED_S = 0.06;
const PEEP_SAMPLES = 5;
/** L/min over one second is this many mL. */
const ML_PER_S = 1000 / 60;

/**
 * How many samples of a breath are inspiration. Ours, since no maker publishes one: inspiration ends at the first
 * sample of the first run of 60 ms without flow into the person that follows a run of 60 ms with it; the rest of
 * the last breath out that runs into the new breath belongs to inspiration, as does all of a breath that never
 * turns. A pause at the end of inspiration, without flow, counts to expiration. 0 where on balance nothing went in.
 */
export function inspirationSamples(wave: Pick<BreathWave, "rateHz" | "flow">): number {
  const { flow, rateHz } = wave;
  const run = Math.max(1, Math.round(SUSTAINED_S * rateHz));
  const begins = firstRun(flow, 0, run, (value) => value > 0);
  const end = firstRun(flow, begins, run, (value) => value <= 0);
  return volumesMl(wave, end).insp > 0 ? end : 0;
}

/**
 * What can be told from the samples of one breath, rounded to the waveform's own resolution: 0.01, volumes 0.1 mL.
 * Needs five samples or more (RangeError).
 * `inspiration`: how many samples are inspiration, where that is known better than by inspirationSamples().
 */
export function measureBreath(
  wave: BreathWave,
  when: { readonly start: Mono; readonly end: Mono; readonly number?: number },
  inspiration: number = inspirationSamples(wave),
): Breath {
  const { rateHz, pressure } = wave;
  const samples = pressure.length;
  if (samples < PEEP_SAMPLES) throw new RangeError("a breath needs five samples");
  const expiration = samples - inspiration;
  const { insp, exp } = volumesMl(wave, inspiration);
  return {
    ...when,
    inspTimeS: hundredths(inspiration / rateHz),
    expTimeS: hundredths(expiration / rateHz),
    tidalVolumeInspMl: roundTo(insp, 0.1),
    tidalVolumeExpMl: roundTo(exp, 0.1),
    rateMin: hundredths((60 * rateHz) / samples),
    pressurePeakCmH2o: hundredths(Math.max(...pressure)),
    pressureMeanCmH2o: hundredths(mean(pressure)),
    peepCmH2o: hundredths(mean(pressure.slice(-PEEP_SAMPLES))),
    ...(inspiration > 0 && { pressureInspMeanCmH2o: hundredths(mean(pressure.slice(0, inspiration))) }),
    ...(inspiration > 0 && expiration > 0 && { ieRatio: hundredths(expiration / inspiration) }),
  };
}

/** Why a breath that had begun does not count. */
export type BreathLoss = "its end is missing" | "too few samples" | "too long" | "too many samples lost";

/** Collects one delimited breath after the other. */
export interface BreathAccumulator {
  /** Whether a breath has begun and not ended. */
  readonly open: boolean;
  /** A breath begins; the loss is that of a breath that was still open. */
  begin(at: Mono, number: number | undefined): BreathLoss | undefined;
  /** One sample; outside a breath it is ignored. The loss is that of a breath that is longer than any. */
  add(flow: number, pressure: number): BreathLoss | undefined;
  /** A sample came but could not be read: its time counts, its value lies on the line between its neighbours. */
  lose(): BreathLoss | undefined;
  /** The breath ends; undefined where none had begun. */
  end(at: Mono): Breath | BreathLoss | undefined;
  /** Gives up an open breath, for a gap of unknown length; false where none was open. */
  abandon(): boolean;
}

/** No breath is longer; what is, has lost its end. */
const LONGEST_S = 60;
/** With more of its samples lost than one in twenty a breath is not measured. */
const LOST_SHARE = 0.05;

/** Holds at most 60 s of samples. */
export function createBreathAccumulator(rateHz: number): BreathAccumulator {
  let start: Mono | undefined;
  let number: number | undefined;
  let flow: number[] = [];
  let pressure: number[] = [];
  let lost = 0;

  const close = (): void => {
    start = undefined;
    flow = [];
    pressure = [];
    lost = 0;
  };

  const add = (flowNow: number, pressureNow: number): BreathLoss | undefined => {
    if (start === undefined) return undefined;
    flow.push(flowNow);
    pressure.push(pressureNow);
    if (flow.length <= LONGEST_S * rateHz) return undefined;
    close();
    return "too long";
  };

  return {
    get open() {
      return start !== undefined;
    },
    begin(at, ownNumber) {
      const loss = start === undefined ? undefined : "its end is missing";
      close();
      start = at;
      number = ownNumber;
      return loss;
    },
    add,
    lose() {
      lost += 1;
      return add(Number.NaN, Number.NaN);
    },
    end(at) {
      if (start === undefined) return undefined;
      const when = { start, end: at, ...(number !== undefined && { number }) };
      const wave = { rateHz, flow, pressure };
      const damaged = lost > LOST_SHARE * flow.length;
      const short = flow.length - lost < PEEP_SAMPLES;
      close();
      if (short) return "too few samples";
      if (damaged) return "too many samples lost";
      return measureBreath({ rateHz, flow: mended(wave.flow), pressure: mended(wave.pressure) }, when);
    },
    abandon() {
      const open = start !== undefined;
      close();
      return open;
    },
  };
}

/** Finds breaths in a flow that nobody has divided. */
export interface BreathDetector {
  /**
   * The next sample. Returns the breath that it completes: the one before the inspiration that it confirms. The
   * first stretch, which began somewhere, is never returned.
   */
  push(flow: number, pressure: number): BreathWave | undefined;
}

/** Flow below this, either way, is the machine's base flow and drift. L/min. */
const DEAD_BAND = 2;
/** So much must flow beyond the dead band before a change of direction is believed. mL. */
const CONFIRM_ML = 25;

/**
 * A breath begins where flow turned into the person and at least 25 mL followed it, after at least 25 mL had come
 * out, both counted beyond a dead band of 2 L/min. Needs the person's own flow: leak taken off, positive inwards.
 * Holds at most 60 s of samples; a longer stretch is forgotten.
 */
export function createBreathDetector(rateHz: number): BreathDetector {
  const flow: number[] = [];
  const pressure: number[] = [];
  let breathing: "in" | "out" | undefined;
  /** Volume towards the other phase, and where it began to gather. */
  let turnedMl = 0;
  let turnAt = 0;
  let divided = false;

  const forget = (count: number): void => {
    flow.splice(0, count);
    pressure.splice(0, count);
    turnAt -= count;
  };

  return {
    push(flowNow, pressureNow) {
      flow.push(flowNow);
      pressure.push(pressureNow);
      const inwards = breathing === "in" ? -flowNow : flowNow;
      const beyondMl = ((inwards - DEAD_BAND) * ML_PER_S) / rateHz;
      if (turnedMl === 0) turnAt = flow.length - 1;
      turnedMl = Math.max(0, turnedMl + beyondMl);
      if (flow.length > LONGEST_S * rateHz) {
        forget(flow.length);
        turnedMl = 0;
        divided = false;
      }
      if (turnedMl < CONFIRM_ML) return undefined;
      turnedMl = 0;
      const seenToBegin = breathing === "out";
      breathing = breathing === "in" ? "out" : "in";
      if (breathing === "out") return undefined;
      const wave = { rateHz, flow: flow.slice(0, turnAt), pressure: pressure.slice(0, turnAt) };
      forget(turnAt);
      const whole = divided;
      divided = seenToBegin;
      return whole ? wave : undefined;
    },
  };
}

/** Where the first run of `run` samples that pass begins, at `from` or later; a shorter run counts at the end. */
function firstRun(
  flow: readonly number[],
  from: number,
  run: number,
  pass: (value: number) => boolean,
): number {
  let passed = 0;
  for (let i = from; i < flow.length; i++) {
    passed = pass(flow[i] ?? 0) ? passed + 1 : 0;
    if (passed === run) return i + 1 - run;
  }
  return flow.length - passed;
}

/** Trapezoids; the step from inspiration to expiration is divided where the line between its samples meets zero. */
function volumesMl({ rateHz, flow }: Pick<BreathWave, "rateHz" | "flow">, inspiration: number) {
  let insp = 0;
  let exp = 0;
  for (let i = 1; i < flow.length; i++) {
    const from = flow[i - 1] ?? 0;
    const to = flow[i] ?? 0;
    if (i < inspiration) insp += (from + to) / 2;
    else if (i > inspiration) exp -= (from + to) / 2;
    else if (from > to) {
      const crossing = Math.min(1, Math.max(0, from / (from - to)));
      insp += (from * crossing) / 2;
      exp -= (to * (1 - crossing)) / 2;
    }
  }
  return { insp: (insp * ML_PER_S) / rateHz, exp: (exp * ML_PER_S) / rateHz };
}

/** Puts lost samples (NaN) on the line between their neighbours; at an edge they repeat the nearest. */
function mended(values: readonly number[]): readonly number[] {
  if (!values.some(Number.isNaN)) return values;
  const known = values.flatMap((value, index) => (Number.isNaN(value) ? [] : [index]));
  let next = 0;
  return values.map((value, index) => {
    if (!Number.isNaN(value)) return value;
    while (next < known.length && (known[next] ?? 0) < index) next += 1;
    const before = known[next - 1] ?? known[next] ?? 0;
    const after = known[next] ?? before;
    const from = values[before] ?? 0;
    const share = after === before ? 0 : (index - before) / (after - before);
    return from + ((values[after] ?? from) - from) * share;
  });
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const hundredths = (value: number): number => roundTo(value, 0.01);
