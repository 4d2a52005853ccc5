import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { prHigh } from "../../../src/alarm/conditions/pr-high.ts";
import { prLow } from "../../../src/alarm/conditions/pr-low.ts";
import { spo2Crit } from "../../../src/alarm/conditions/spo2-crit.ts";
import { spo2Low } from "../../../src/alarm/conditions/spo2-low.ts";
import { judge } from "../../../src/alarm/judge.ts";
import type { ConditionId } from "../../../src/domain/alarm.ts";
import type { SignalId } from "../../../src/domain/signal.ts";
import { wall } from "../../../src/domain/time.ts";
import { type OracleEvent, type OracleRule, oracle } from "../../support/oracle.ts";
import { Bedside, GONE } from "./bedside.ts";

interface Case {
  readonly id: ConditionId;
  readonly signal: SignalId;
  readonly rule: OracleRule;
}

const CASES: readonly Case[] = [
  { id: "SPO2_LOW", signal: "spo2", rule: { side: "low", limit: 88, hysteresis: 1, delayS: 8, clearS: 5 } },
  { id: "SPO2_CRIT", signal: "spo2", rule: { side: "low", limit: 80, hysteresis: 2, delayS: 10, clearS: 3 } },
  {
    id: "PR_LOW",
    signal: "pulse_rate",
    rule: { side: "low", limit: 50, hysteresis: 3, delayS: 0, clearS: 10 },
  },
  {
    id: "PR_HIGH",
    signal: "pulse_rate",
    rule: { side: "high", limit: 120, hysteresis: 3, delayS: 12, clearS: 0 },
  },
];

const limitsOf = ({ id, rule }: Case) => ({
  [id]: { limit: rule.limit, delay_s: rule.delayS, hysteresis: rule.hysteresis, clear_s: rule.clearS },
});

/** Values around the limit in short stretches, with gaps around the ten seconds that are borne. */
const seriesAround = ({ limit, hysteresis, side }: OracleRule) => {
  const beyond = side === "low" ? -1 : 1;
  const value = fc.constantFrom(
    limit + 2 * beyond,
    limit + beyond,
    limit,
    limit - beyond * Math.max(1, hysteresis - 1),
    limit - beyond * hysteresis,
    limit - beyond * (hysteresis + 1),
  );
  const steady = fc
    .tuple(value, fc.integer({ min: 1, max: 14 }))
    .map(([x, n]) => Array.from({ length: n }, () => x));
  const mixed = fc.array(value, { minLength: 1, maxLength: 14 });
  const gap = fc
    .constantFrom(1, 2, 5, 9, 10, 11, 12, 20)
    .map((n): (number | undefined)[] => Array.from({ length: n }, () => undefined));
  return fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: steady },
        { weight: 2, arbitrary: mixed },
        { weight: 2, arbitrary: gap },
      ),
      {
        minLength: 1,
        maxLength: 10,
      },
    )
    .map((stretches) => stretches.flat());
};

const condition = { SPO2_LOW: spo2Low, SPO2_CRIT: spo2Crit, PR_LOW: prLow, PR_HIGH: prHigh };

/** The engine with this condition alone; a second without a sample is an absence or silence, by turns. */
function engine(series: readonly (number | undefined)[], one: Case, silent: boolean): OracleEvent[] {
  const bed = new Bedside({
    limits: limitsOf(one),
    conditions: [condition[one.id as keyof typeof condition]],
  });
  for (const x of series) {
    bed.run(1, () => {
      if (x !== undefined || !silent) bed.samples("oxi", { [one.signal]: x ?? GONE });
    });
  }
  return [
    ...bed.notices.map(({ at, kind }) => ({ at: (at - bed.from) / 1000, event: kind })),
    ...bed.seen().map(({ at, kind }) => ({ at, event: kind })),
  ]
    .filter((found): found is OracleEvent => found.event !== "escalated")
    .toSorted(byTime);
}

const ORDER = ["unknown", "known", "occurred", "ended"];
const byTime = (a: OracleEvent, b: OracleEvent) =>
  a.at - b.at || ORDER.indexOf(a.event) - ORDER.indexOf(b.event);

describe("the engine agrees with the rule written a second time", () => {
  test.each(CASES)(
    "$id, on a thousand series with gaps",
    (one) => {
      fc.assert(
        fc.property(seriesAround(one.rule), fc.boolean(), (series, silent) => {
          expect(engine(series, one, silent)).toEqual(oracle(series, one.rule).toSorted(byTime));
        }),
        { numRuns: 1000 },
      );
    },
    120_000,
  );

  test("a sample lost twice is no slower device: the seconds without one count for nothing", () => {
    const [low] = CASES;
    if (low === undefined) throw new Error("no case");
    const series = [...Array.from({ length: 9 }, () => 86), undefined, 89, undefined, 90, 89, 89, 89];
    for (const silent of [true, false]) {
      expect(engine(series, low, silent)).toEqual([
        { at: 8, event: "occurred" },
        { at: 15, event: "ended" },
      ]);
    }
  });

  test.each(CASES)("$id through judge, beside all the others", (one) => {
    fc.assert(
      fc.property(seriesAround(one.rule), (series) => {
        const rows = series.map((x, index) => ({
          at: wall(1_700_000_000_000 + index * 1000),
          samples: { [one.signal]: x ?? GONE },
          settings: {},
        }));
        const lines = [
          ...judge({ signals: [one.signal], rows }, { dependencyClass: "B", limits: limitsOf(one) }),
        ]
          .filter(({ id, event }) => id === one.id && event !== "escalated")
          .map(({ at, event }) => ({ at: (at - 1_700_000_000_000) / 1000, event }));
        expect(lines).toEqual(oracle(series, one.rule).toSorted(byTime));
      }),
      { numRuns: 60 },
    );
  });

  test("and the oracle itself finds the worked example of the contract", () => {
    const low: OracleRule = { side: "low", limit: 88, hysteresis: 1, delayS: 30, clearS: 5 };
    const series = [...Array.from({ length: 35 }, () => 87), ...Array.from({ length: 6 }, () => 89)];
    expect(oracle(series, low)).toEqual([
      { at: 30, event: "occurred" },
      { at: 39, event: "ended" },
    ]);
  });
});
