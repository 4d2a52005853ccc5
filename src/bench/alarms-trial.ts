import type { ConditionId, EventKind, Priority } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import type { QualityFlag } from "../domain/observation.ts";
import { absent, type Sample, type Samples } from "../domain/sample.ts";
import type { Random } from "../port/random.ts";
import { type BedPlan, type BenchBed, createBenchBed, OXIMETER, VENTILATOR } from "./alarms-bed.ts";

/** What has to come of a trial. */
export interface Must {
  /** Any of them. */
  readonly conditions: readonly ConditionId[];
  /** ms; the first sample that violates, or the last one before the silence. */
  readonly from: number;
  readonly delayS: number;
  /** Default: occurred. */
  readonly kind?: EventKind;
  /** At least. */
  readonly priority?: Priority;
}

/** What a trial came to: what must be raised, and what must not happen at all. */
export interface Outcome {
  readonly must: readonly Must[];
  readonly never?: readonly { readonly kind: EventKind; readonly condition: ConditionId }[];
}

/** What devices say at one moment; absent: as usual, in good order. */
export interface Words {
  readonly spo2?: Sample;
  readonly pulse?: Sample;
  readonly perfusion?: Sample;
  readonly flags?: readonly QualityFlag[];
  /** Changes to the ventilator's numbers in good order. */
  readonly ventilator?: Samples;
  /** The number that the trial is about is not among them this time. */
  readonly lost?: boolean;
  /** Devices that say nothing. */
  readonly silent?: readonly ("oximeter" | "ventilator")[];
}

/** One seeded variation of a row: chance, a bed, and devices that speak at its pace. */
export interface Trial {
  readonly dependencyClass: DependencyClass;
  /** Between two samples of a device; s. */
  readonly paceS: number;
  /** Moments at which a device spoke of what the trial is about, ms, in order. */
  readonly spokenAt: readonly number[];
  int(min: number, max: number): number;
  pick<T>(values: readonly [T, ...T[]]): T;
  chance(share: number): boolean;
  bed(plan?: Partial<BedPlan>): BenchBed;
  /** Devices speak for some seconds; `say` is asked at each of a device's moments. Returns the first of them. */
  run(bed: BenchBed, seconds: number, say?: (second: number) => Words): number;
  /** A number below a limit with noise that stays in the band; at first below the limit itself. */
  below(limit: number, depth: number, hysteresis?: number): (second: number) => number;
  /** Whether this second is lost: now and then up to ten of them, never the first. */
  gaps(): (second: number) => boolean;
}

export const NOT_MEASURED = absent("not_measured");

/** `turn` goes through the classes and paces evenly, so that few trials already show all of them. */
export function createTrial(random: Random, turn: number): Trial {
  const dependencyClass = (["A", "B", "C"] as const)[turn % 3] ?? "B";
  const paceS = ([1, 4, 1 / 3] as const)[Math.floor(turn / 3) % 3] ?? 1;
  const spokenAt: number[] = [];
  const int = (min: number, max: number): number => min + Math.floor(random.uniform() * (max - min + 1));
  // Devices do not speak at whole seconds of the box.
  const phaseMs = int(0, Math.min(999, Math.floor(paceS * 1000) - 1));
  const stepMs = Math.round(paceS * 1000);
  return {
    ...{ dependencyClass, paceS, spokenAt, int },
    pick: ([first, ...rest]) => [first, ...rest][int(0, rest.length)] ?? first,
    chance: (share) => random.uniform() < share,
    bed: (plan = {}) => createBenchBed({ dependencyClass, sources: [OXIMETER, VENTILATOR], ...plan }),
    run(bed, seconds, say = () => ({})) {
      const begin = bed.now;
      const end = begin + seconds * 1000;
      let first: number | undefined;
      let next = Math.ceil((begin - phaseMs) / stepMs) * stepMs + phaseMs;
      if (next < begin + 1 && begin > 0) next += stepMs;
      for (; next < end; next += stepMs) {
        bed.advance(next - bed.now);
        first ??= next;
        const words = say((next - begin) / 1000);
        if (words.lost !== true) spokenAt.push(next);
        speak(bed, words);
      }
      bed.advance(end - bed.now);
      return first ?? end;
    },
    below(limit, depth, hysteresis = 1) {
      const noise = int(0, 2);
      let isFirst = true;
      return () => {
        const value = limit - depth + int(-noise, noise);
        const top = isFirst ? limit - 1 : limit + hysteresis - 1;
        isFirst = false;
        return Math.min(value, top);
      };
    },
    gaps() {
      // Borne are ten seconds without a sample after the second of the last one.
      const most = Math.ceil(11 / paceS) - 2;
      if (most < 1 || random.uniform() < 0.5) return () => false;
      const lengthS = int(1, most) * paceS;
      const fromS = int(2, 12);
      return (second) => second >= fromS && second < fromS + lengthS - 0.001;
    },
  };
}

function speak(bed: BenchBed, words: Words): void {
  const second = Math.floor(bed.now / 1000);
  if (words.silent?.includes("ventilator") !== true) {
    const samples = { ...wellVentilated(bed.now), ...words.ventilator };
    bed.hear("ventilator", { kind: "samples", samples });
  }
  if (words.silent?.includes("oximeter") === true) return;
  const { spo2 = 96, pulse = 60 + (second % 5), perfusion = 2 + (second % 7) / 10, flags } = words;
  const samples: Samples = { spo2, pulse_rate: pulse, perfusion_index: perfusion };
  bed.hear("oximeter", { kind: "samples", samples, ...(flags === undefined ? {} : { flags }) });
}

/** A ventilator's numbers in good order; they move, so that nothing looks frozen. */
const wellVentilated = (now: number): Samples => {
  const second = Math.floor(now / 1000);
  return {
    leak: 8 + (second % 3),
    pressure_peak: 18 + (second % 4) / 10,
    tidal_volume_exp: 480 + (second % 11),
    minute_volume: 7 + (second % 3) / 10,
    resp_rate: 14 + (second % 2),
    // A breath about every four seconds.
    apnea_duration: second % 4,
    therapy: 1,
    mains: 1,
    battery_minutes: 300,
  };
};
