import type { QualityFlag } from "../domain/observation.ts";
import type { Random } from "../port/random.ts";
import { createSeededRandom, normal } from "../rehearsal/random.ts";

/** One second of an oximeter's night; `spo2` undefined: searching, as pulse then is too. */
export interface NightSecond {
  readonly spo2: number | undefined;
  readonly pulse: number | undefined;
  readonly flags?: readonly QualityFlag[];
}

/** How a night's oxygen behaves. Every number is fitted to the alarm counts of real nights, nothing to a diagnosis. */
export interface NightKind {
  readonly name: "ordinary" | "chronically low";
  /** %; where it lies between dips, and how that differs from night to night. */
  readonly usual: number;
  readonly usualSpread: number;
  /** %; slow waves (minutes) and fast ones (breaths). */
  readonly slow: number;
  readonly fast: number;
  readonly slowS: number;
  readonly fastS: number;
  /** Per hour; the mean number, and how unevenly nights share it (the spread of its logarithm). */
  readonly dips: number;
  readonly dipsSpread: number;
  /** % below the usual: the least, and the mean beyond it. */
  readonly leastDepth: number;
  readonly meanDepth: number;
  /** s at half depth: median, and the spread of its logarithm. */
  readonly widthS: number;
  readonly widthSpread: number;
  /** Now and then a long stretch of so much less, as REM sleep brings: per night, depth in %, s. */
  readonly plateaus: number;
  readonly plateauDepth: number;
  readonly plateauS: number;
}

export const ORDINARY: NightKind = {
  ...{ name: "ordinary", usual: 93.8, usualSpread: 0.94, slow: 0.57, slowS: 600, fast: 0.43, fastS: 16 },
  ...{ dips: 15.5, dipsSpread: 0.42, leastDepth: 1.87, meanDepth: 1.64, widthS: 22, widthSpread: 0.6 },
  ...{ plateaus: 0.52, plateauDepth: 4.1, plateauS: 2013 },
};

export const CHRONICALLY_LOW: NightKind = {
  ...{
    name: "chronically low",
    usual: 90.35,
    usualSpread: 0.15,
    slow: 0.63,
    slowS: 916,
    fast: 0.84,
    fastS: 6,
  },
  ...{ dips: 34.1, dipsSpread: 0.2, leastDepth: 1.45, meanDepth: 2.58, widthS: 38.1, widthSpread: 0.957 },
  ...{ plateaus: 0, plateauDepth: 0, plateauS: 0 },
};

/** What the recorded nights behind the fit were: a value every 4 s, held. */
const STEP_S = 4;
const HIGHEST = 99;
const LOWEST = 55;

/** A seeded night of an oximeter at 1 Hz; the same seed gives the same night. */
export function simulateNight(kind: NightKind, seed: number, hours: number): readonly NightSecond[] {
  const random = createSeededRandom(seed);
  const steps = Math.round((hours * 3600) / STEP_S);
  const depth = depths(kind, random, steps, hours);
  const usual = kind.usual + kind.usualSpread * normal(random);
  const slow = wave(random, kind.slow, kind.slowS);
  const fast = wave(random, kind.fast, kind.fastS);
  const heart = wave(random, 3, 120);
  const resting = 62 + 10 * random.uniform();
  const seconds: NightSecond[] = [];
  const trouble = troubles(random, hours);
  let before = 0;
  for (let i = 0; i < steps; i++) {
    const now = depth[i] ?? 0;
    const oxygen = Math.round(usual + slow() + fast() - now);
    const spo2 = Math.min(HIGHEST, Math.max(LOWEST, oxygen));
    // A dip ends with an arousal, and the pulse jumps with it.
    const arousal = now < before && now > 1 ? 8 : 0;
    before = now;
    const beat = Math.round(resting + heart() + arousal);
    for (let s = 0; s < STEP_S; s++) {
      const kindOfTrouble = trouble(i * STEP_S + s);
      const pulse = beat + (s % 2);
      if (kindOfTrouble === "lost") seconds.push({ spo2: undefined, pulse: undefined });
      else if (kindOfTrouble === "motion") seconds.push({ spo2, pulse, flags: ["motion"] });
      else seconds.push({ spo2, pulse });
    }
  }
  return seconds;
}

/** % below the usual at every step: dips that overlap add up to the deeper one. */
function depths(kind: NightKind, random: Random, steps: number, hours: number): Float64Array {
  const depth = new Float64Array(steps);
  const add = (centre: number, deep: number, halfS: number, isFlat: boolean): void => {
    const reach = Math.ceil((halfS * (isFlat ? 1 : 2)) / STEP_S);
    for (let i = Math.max(0, centre - reach); i <= Math.min(steps - 1, centre + reach); i++) {
      const far = Math.abs(i - centre) / reach;
      const shape = isFlat ? Math.min(1, 6 * (1 - far)) : (1 + Math.cos(Math.PI * far)) / 2;
      depth[i] = Math.max(depth[i] ?? 0, deep * shape);
    }
  };
  const rate = kind.dips * Math.exp(kind.dipsSpread * normal(random) - kind.dipsSpread ** 2 / 2);
  for (let n = Math.round(rate * hours); n > 0; n--) {
    const deep = kind.leastDepth + exponential(random, kind.meanDepth);
    const widthS = kind.widthS * Math.exp(kind.widthSpread * normal(random));
    add(Math.floor(random.uniform() * steps), deep, widthS / 2, false);
  }
  for (let n = poisson(random, kind.plateaus); n > 0; n--) {
    const deep = kind.plateauDepth * (0.7 + 0.6 * random.uniform());
    add(Math.floor(random.uniform() * steps), deep, (kind.plateauS * (0.5 + random.uniform())) / 2, true);
  }
  return depth;
}

/** A hand that moves about three times an hour, and the signal lost for some seconds once in a while. */
function troubles(random: Random, hours: number): (second: number) => "lost" | "motion" | undefined {
  const at = new Map<number, "lost" | "motion">();
  const seconds = hours * 3600;
  const put = (times: number, lengthS: () => number, what: "lost" | "motion"): void => {
    for (let n = poisson(random, times); n > 0; n--) {
      const from = Math.floor(random.uniform() * seconds);
      for (let s = lengthS(); s > 0; s--) at.set(from + s, what);
    }
  };
  put(3 * hours, () => Math.round(4 + exponential(random, 12)), "motion");
  put(0.5 * hours, () => Math.round(3 + exponential(random, 6)), "lost");
  return (second) => at.get(second);
}

/** A number that wanders about 0 with this spread and forgets itself in so many seconds. */
function wave(random: Random, spread: number, forgetS: number): () => number {
  const keep = Math.exp(-STEP_S / forgetS);
  let value = spread * normal(random);
  return () => {
    value = keep * value + Math.sqrt(1 - keep * keep) * spread * normal(random);
    return value;
  };
}

const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random.uniform());

function poisson(random: Random, mean: number): number {
  let count = 0;
  for (let p = random.uniform(); p > Math.exp(-mean); p *= random.uniform()) count++;
  return count;
}
