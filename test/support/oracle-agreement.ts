import fc from "fast-check";
import { expect } from "vitest";
import { nightOracle, type OracleLine } from "./oracle-bed.ts";
import { engineOver, resolverOf } from "./oracle-engine.ts";
import type { Night } from "./oracle-night.ts";

/** How many times the nights of every day: `npm run nightly -- oracle` asks for more, and for other ones each time. */
const TIMES = Number(process.env["BREATHWATCH_ORACLE_TIMES"] ?? 1);

/** Every day's nights are the same everywhere, so that a change of the code alone makes a difference. */
const SEED = 20_260_301;

/** How often what happened in the nights of a property: kinds of events, conditions that occurred, and the rest. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    this.#counts.set(what, this.of(what) + 1);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** Fails and shows everything when one of these happened less often than in one of `nights` nights. */
  expectAtLeast(times: number, ...all: readonly string[]): void {
    expect(
      all.filter((what) => this.of(what) < times),
      `less than ${times} times; counted ${JSON.stringify(Object.fromEntries(this.#counts))}`,
    ).toEqual([]);
  }

  take(lines: readonly OracleLine[]): void {
    const ended = new Set<string>();
    for (const { kind, condition, at, opened, priority } of lines) {
      this.add(kind);
      if (kind === "ended") ended.add(`${opened}`);
      if (kind !== "occurred") continue;
      this.add(condition);
      if (at > opened) this.add(ended.has(`${opened}`) ? "again" : "joined");
      if (condition.startsWith("DATA_STALE") && priority === "high") this.add("inherited");
    }
  }
}

/** Engine and oracle over the same random nights; tells what happened in them. */
export function agree(nights: fc.Arbitrary<Night>, runs: number): Tally {
  const tally = new Tally();
  fc.assert(
    fc.property(nights, (night) => {
      const lines = nightOracle(night, resolverOf(night));
      expect(told(engineOver(night))).toEqual(told(lines));
      tally.take(lines);
    }),
    {
      numRuns: Math.ceil(runs * TIMES),
      ...(TIMES === 1 && { seed: SEED }),
      interruptAfterTimeLimit: LONGEST_MS * TIMES,
      markInterruptAsFailure: true,
    },
  );
  return tally;
}

/** Where shrinking a disagreement would go on for longer, it stops with what it has. */
const LONGEST_MS = 240_000;

/** Sorted: what happens in one second has no order, and all of it has the priority that the second ends with. */
const told = (lines: readonly OracleLine[]): readonly string[] =>
  lines
    .map(({ at, kind, condition, opened, group }) => {
      const last = lines.findLast((line) => line.at === at && line.opened === opened && line.group === group);
      return `${String(at).padStart(5)} ${kind} ${condition} ${last?.priority} of ${opened}`;
    })
    .toSorted();
