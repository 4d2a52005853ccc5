import type { DeviceModule, OptionValues } from "../driver/contract.ts";
import { fillOptions } from "../driver/options.ts";
import type { Clock } from "../port/clock.ts";
import { createPatient } from "../rehearsal/patient.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import { fuzzCards } from "./fuzz-cards.ts";
import { fuzzMemory } from "./fuzz-memory.ts";
import { type FuzzPart, HEAP_LIMIT_BYTES, type Tally, type Wait } from "./fuzz-part.ts";
import { fuzzStream } from "./fuzz-stream.ts";
import { createHeapMeter } from "./heap.ts";

/** What a flood of noise did to one family. */
export interface FuzzResult {
  readonly device: string;
  readonly seed: number;
  /** Of noise, over all variants of its options. */
  readonly bytes: number;
  /** How many settings of its options were tried, fetching its memory among them. */
  readonly variants: number;
  readonly seconds: number;
  readonly frames: number;
  readonly rejects: number;
  readonly readings: number;
  /** How often the driver gave up with a Fault and was started again. */
  readonly faults: number;
  /** Longest way back in step after noise; absent for cards. */
  readonly longestWait?: Wait;
  /** Most that was still held after a collection, above what was held before, in bytes. */
  readonly peakHeapGrowth: number;
  /** What went wrong, at most ten. */
  readonly problems: readonly string[];
  readonly ok: boolean;
}

/** Less noise than this on one setting of the options says nothing. */
const LEAST_BYTES = 50_000;
const MOST_PROBLEMS = 10;

/**
 * Floods a family's real driver with noise, on virtual time: it may throw Faults only, must hold no more memory than
 * before, say nothing that is not honest, and understand the next clean stream at once. Rejects when it is stopped.
 */
export async function fuzzFamily(
  module: DeviceModule,
  { bytes, seed, clock, signal }: { bytes: number; seed: number; clock: Clock; signal: AbortSignal },
): Promise<FuzzResult> {
  const from = clock.mono();
  const tally: Tally = {
    ...{ bytes: 0, frames: 0, rejects: 0, readings: 0, faults: 0, heapGrowth: 0 },
    wait: undefined,
    problems: new Set(),
  };
  const random = createSeededRandom(seed);
  const heldBytes = createHeapMeter();
  const all = variantsOf(module);
  const everyOptions = all.map(({ options }) => options);
  const variants = all.slice(0, Math.max(1, Math.floor(bytes / LEAST_BYTES)));
  for (const { options, fuzz } of variants) {
    const part = {
      ...{ module, options, everyOptions, random, tally, signal, heldBytes },
      bytes: Math.ceil(bytes / variants.length),
      bed: (at: Clock) => createPatient({ clock: at, random: createSeededRandom(seed + 1) }),
    };
    const before = new Set(tally.problems);
    await fuzz(part);
    for (const problem of tally.problems) {
      if (before.has(problem) || problem.startsWith("with ")) continue;
      tally.problems.delete(problem);
      tally.problems.add(`with ${JSON.stringify(options)}: ${problem}`);
    }
  }
  if (tally.heapGrowth > HEAP_LIMIT_BYTES)
    tally.problems.add(`holds ${tally.heapGrowth} bytes more than before`);
  const { frames, rejects, readings, faults, wait, heapGrowth, problems } = tally;
  return {
    device: module.id,
    seed,
    bytes: tally.bytes,
    variants: variants.length,
    seconds: Math.round(clock.mono() - from) / 1000,
    ...{ frames, rejects, readings, faults },
    ...(wait === undefined ? {} : { longestWait: wait }),
    peakHeapGrowth: heapGrowth,
    problems: [...problems].slice(0, MOST_PROBLEMS),
    ok: problems.size === 0,
  };
}

interface Variant {
  readonly options: OptionValues;
  fuzz(part: FuzzPart): Promise<void>;
}

/** The default options, each other choice of each of them alone, and the device's memory. */
function variantsOf(module: DeviceModule): readonly Variant[] {
  const defaults = fillOptions(module.options, {});
  const fuzz = module.link === "files" ? fuzzCards : fuzzStream;
  const others = Object.entries(module.options).flatMap(([name, spec]): OptionValues[] => {
    switch (spec.kind) {
      case "choice":
        return spec.values.filter((value) => value !== spec.default).map((value) => ({ [name]: value }));
      case "flag":
        return [{ [name]: !spec.default }];
      case "number":
      case "text":
        return [];
    }
  });
  const hasMemory = module.stored !== undefined && module.link !== "files";
  const kept: readonly Variant[] = hasMemory ? [{ options: defaults, fuzz: fuzzMemory }] : [];
  return [
    { options: defaults, fuzz },
    ...kept,
    ...others.map((options) => ({ options: { ...defaults, ...options }, fuzz })),
  ];
}
