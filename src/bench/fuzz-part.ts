import type { BedView } from "../domain/bed.ts";
import { Fault } from "../domain/fault.ts";
import type { DeviceModule, OptionValues } from "../driver/contract.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import { toHex } from "../wire/transcript.ts";
import { described, type Ears } from "./fuzz-session.ts";
import { createHonesty } from "./honest.ts";

/** Frames of a clean stream that were lost, or questions that were asked until one was answered. */
export interface Wait {
  readonly count: number;
  readonly of: "frames" | "lines" | "questions";
}

/** What the parts of a run count together. */
export interface Tally {
  bytes: number;
  frames: number;
  rejects: number;
  readings: number;
  faults: number;
  wait: Wait | undefined;
  /** Bytes above the lowest so far. */
  heapGrowth: number;
  readonly problems: Set<string>;
}

/** One setting of a family's options, and how much noise it gets. */
export interface FuzzPart {
  readonly module: DeviceModule;
  readonly options: OptionValues;
  /** Each other option as well, one at a time. */
  readonly everyOptions: readonly OptionValues[];
  readonly bytes: number;
  readonly random: Random;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  /** Whom the simulator watches. */
  bed(clock: Clock): BedView;
  heldBytes(): number;
}

/** More memory than this held after noise is a leak. */
export const HEAP_LIMIT_BYTES = 4_000_000;
/** A collection costs more than the noise: one is made so often. */
export const HEAP_EVERY_BYTES = 500_000;
/** Keeps the longest. */
export function waited(tally: Tally, wait: Wait): void {
  if (tally.wait === undefined || wait.count > tally.wait.count) tally.wait = wait;
}

/** A meter of what is held above the lowest that was held since it was made. */
export function createGrowthMeter({ tally, heldBytes }: Pick<FuzzPart, "tally" | "heldBytes">): () => void {
  let lowest = heldBytes();
  return () => {
    let held = heldBytes();
    // Buffers that one collection found dead are counted until the next.
    if (held - lowest > HEAP_LIMIT_BYTES / 4) held = heldBytes();
    lowest = Math.min(lowest, held);
    tally.heapGrowth = Math.max(tally.heapGrowth, held - lowest);
  };
}

/** Counts everything, judges every reading, and keeps frames while asked to. */
export interface Hearing extends Ears {
  /** Frames since it was told to keep them; undefined: not kept. */
  kept: string[] | undefined;
  questions: number;
  framesHeard: number;
  rejectsHeard: number;
}

/** @param declared options whose signals it may tell; default: those that it runs with */
export function createHearing(
  { module, options, tally }: FuzzPart,
  declared: readonly OptionValues[] = [options],
): Hearing {
  const problemOf = createHonesty(module, declared);
  const hearing: Hearing = {
    ...{ kept: undefined, questions: 0, framesHeard: 0, rejectsHeard: 0 },
    frame(bytes) {
      tally.frames += 1;
      hearing.framesHeard += 1;
      hearing.kept?.push(toHex(bytes));
    },
    reject() {
      tally.rejects += 1;
      hearing.rejectsHeard += 1;
    },
    sent() {
      hearing.questions += 1;
    },
    reading(reading) {
      tally.readings += 1;
      const problem = problemOf(reading);
      if (problem !== undefined) hearing.problem(problem);
    },
    ended(thrown) {
      if (thrown instanceof Fault) tally.faults += 1;
      else hearing.problem(`threw ${described(thrown)}`);
    },
    problem(words) {
      if (tally.problems.size < 100) tally.problems.add(words);
    },
  };
  return hearing;
}
