import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { WHOLE_BED } from "../../../src/bench/alarms.ts";
import { measureBurden } from "../../../src/bench/alarms-burden.ts";
import {
  countingRule,
  delayedThreshold,
  naiveAlarms,
  plainThreshold,
} from "../../../src/bench/alarms-naive.ts";
import { CHRONICALLY_LOW, ORDINARY, simulateNight } from "../../../src/bench/alarms-nights.ts";
import { recordedRuns } from "../../../src/bench/alarms-recordings.ts";
import { HAZARDS, measureSensitivity } from "../../../src/bench/alarms-sensitivity.ts";
import { createTrial } from "../../../src/bench/alarms-trial.ts";
import { benchCommand } from "../../../src/cli/bench.ts";
import { createClock } from "../../../src/ops/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { recordings } from "../../support/require.ts";
import { createTestTerminal } from "../../support/terminal.ts";

const at = (spo2: number | undefined, seconds: number) =>
  Array.from({ length: seconds }, (_, second) => ({ spo2, pulse: 60 + (second % 5) }));

test("bench alarms misses nothing in any row, and says what it measured", { timeout: 120_000 }, async () => {
  const terminal = createTestTerminal({ clock: createClock() });
  const code = await benchCommand.run(["alarms", "--quick", "--json", "-"], terminal);
  const measured = JSON.parse(terminal.data());
  expect(measured.problems).toEqual([]);
  expect(code).toBe(0);
  expect(measured.sensitivity.length).toBe(HAZARDS.length + 1);
  for (const { variations, raised } of measured.sensitivity) expect(raised).toBe(variations);
  expect(measured.burden.ordinary).toMatchObject({ nights: 1, hours: 0.5, deepLost: [] });
  expect(measured.calibration).toHaveLength(2);
  expect(measured.aims.map(({ met }: { met: boolean }) => typeof met)).not.toContain("undefined");
  expect(measured.speed.samplesPerSecond).toBeGreaterThan(0);
  expect(measured.speed.plainAlarms).toBe(0);
});

describe("the yardstick itself", () => {
  const oneRow = (play: Parameters<typeof measureSensitivity>[0]["play"]) =>
    measureSensitivity({ row: "x", what: "made up", play }, 3, 1);

  test("an event that the engine does not answer counts as missed", () => {
    const { raised, variations, missed } = oneRow((trial) => {
      const bed = trial.bed();
      trial.run(bed, 60);
      return { must: [{ conditions: ["SPO2_LOW"], from: 0, delayS: 30 }] };
    });
    expect([raised, variations]).toEqual([0, 3]);
    expect(missed[0]).toContain("SPO2_LOW never");
  });

  test("an alarm more than a sample late counts as missed", () => {
    const { raised, missed } = oneRow((trial) => {
      const bed = trial.bed();
      trial.run(bed, 10);
      const from = trial.run(bed, 60, () => ({ spo2: 86 }));
      return { must: [{ conditions: ["SPO2_LOW"], from, delayS: 15 }] };
    });
    expect(raised).toBe(0);
    expect(missed[0]).toMatch(/SPO2_LOW 1[5-9]\.\d s late/);
  });

  test("what must not happen, and does, counts as missed", () => {
    const { raised } = oneRow((trial) => {
      const bed = trial.bed();
      trial.run(bed, 10);
      trial.run(bed, 60, () => ({ spo2: 86 }));
      return { must: [], never: [{ kind: "occurred", condition: "SPO2_LOW" }] };
    });
    expect(raised).toBe(0);
  });

  test("nine trials in a row show every class at every pace", () => {
    const seen = Array.from({ length: 9 }, (_, turn) => {
      const { dependencyClass, paceS } = createTrial(createSeededRandom(turn), turn);
      return `${dependencyClass} ${paceS.toFixed(2)}`;
    });
    expect(new Set(seen).size).toBe(9);
  });
});

describe("naive engines", () => {
  const values = [95, 87, 87, 88, 87, 95, undefined, 87, 90, 90];

  test("the plain one rings with every fall below its limit and stops with the first better sample", () => {
    expect(naiveAlarms(values, plainThreshold(88))).toEqual([
      { from: 1, to: 3 },
      { from: 4, to: 5 },
      { from: 7, to: 8 },
    ]);
  });

  test("the delayed one forgets its delay at the first sample that is not below", () => {
    const hovering = Array.from({ length: 300 }, (_, second) => (second % 10 === 9 ? 88 : 87));
    expect(naiveAlarms(hovering, delayedThreshold(88))).toEqual([]);
    expect(
      naiveAlarms(
        Array.from({ length: 40 }, () => 87),
        delayedThreshold(88),
      ),
    ).toEqual([{ from: 15, to: 40 }]);
  });

  test("the counting rule asks for five seconds above the limit", () => {
    const dips = [...Array.from({ length: 20 }, () => 87), 89, 89, 87, 87, 89, 89, 89, 89, 89, 89];
    expect(naiveAlarms(dips, countingRule(88, 0))).toEqual([{ from: 0, to: 28 }]);
  });
});

describe("simulated nights", () => {
  test("are the same for the same seed, and others for another", () => {
    expect(simulateNight(ORDINARY, 3, 1)).toEqual(simulateNight(ORDINARY, 3, 1));
    expect(simulateNight(ORDINARY, 4, 1)).not.toEqual(simulateNight(ORDINARY, 3, 1));
  });

  test.each([
    { kind: ORDINARY, limit: 88, delayS: 0, recorded: 8.8 },
    { kind: ORDINARY, limit: 90, delayS: 15, recorded: 14.5 },
    { kind: CHRONICALLY_LOW, limit: 88, delayS: 0, recorded: 146 },
    { kind: CHRONICALLY_LOW, limit: 88, delayS: 30, recorded: 60 },
  ])(
    "ring below $limit % for $delayS s about as often as the recorded ones: $kind.name",
    ({ kind, limit, delayS, recorded }) => {
      const nights = Array.from({ length: 10 }, (_, night) => simulateNight(kind, 1000 + night, 8));
      const counts = nights.map(
        (night) =>
          naiveAlarms(
            night.map(({ spo2 }) => spo2),
            countingRule(limit, delayS),
          ).length,
      );
      const mean = counts.reduce((sum, count) => sum + count, 0) / nights.length;
      expect(mean / recorded).toBeGreaterThan(0.6);
      expect(mean / recorded).toBeLessThan(1.6);
    },
  );
});

describe("what is counted as an alarm of a night", () => {
  const plan = { what: "made up", dependencyClass: "B" } as const;

  test("one long fall is one high alarm, whatever tiers join; its answer runs out and it sounds once more", () => {
    const night = [...at(96, 60), ...at(86, 300), ...at(96, 60)];
    const { signals, again, deep, plain, delayed } = measureBurden(plan, [night]);
    expect(signals.high).toBe(1);
    expect({ again, deep, plain, delayed }).toEqual({ again: 1, deep: 0, plain: 1, delayed: 1 });
  });

  test("low ones are counted, and nobody is woken to answer them", () => {
    const { signals, again } = measureBurden(plan, [[...at(96, 60), ...at(89, 1500), ...at(96, 60)]]);
    expect({ ...signals, again }).toEqual({ low: 1, medium: 0, high: 0, again: 0 });
  });

  test("a fall below the critical limit counts as deep and is found among the alarms", () => {
    const night = [...at(96, 60), ...at(79, 15), ...at(96, 60), ...at(79, 9), ...at(96, 60)];
    expect(measureBurden(plan, [night])).toMatchObject({ deep: 1, deepLost: [] });
  });

  test("a deep fall that no alarm told is named", () => {
    const limits = { SPO2_CRIT: { on: false } };
    const night = [...at(96, 60), ...at(79, 15), ...at(96, 60)];
    expect(measureBurden({ ...plan, limits }, [night]).deepLost).toEqual(["night 0, second 60 to 74"]);
  });
});

const real = recordings("uw-induced-hypoxia");

real.describe("recordings", () => {
  real.test(
    "of volunteers and of an oximeter tried out hold what people measured, and no display of nothing",
    () => {
      const runs = recordedRuns(`${real.path}/..`);
      expect(runs).toHaveLength(13);
      for (const { seconds } of runs) {
        const values = seconds.flatMap(({ spo2 }) => spo2 ?? []);
        expect(values.length).toBeGreaterThan(900);
        expect(Math.min(...values)).toBeGreaterThan(50);
        expect(Math.max(...values)).toBeLessThanOrEqual(100);
      }
    },
  );
});

test("every whole bed that is played comes with the project", () => {
  const folder = path.join(import.meta.dirname, "../../../devices/scenarios");
  const lacking = WHOLE_BED.filter(({ scenario }) => !existsSync(path.join(folder, `${scenario}.yaml`)));
  expect(lacking).toEqual([]);
});

test("without a folder of recordings nothing is counted, and that is no failure", () => {
  expect(recordedRuns("/nonexistent")).toEqual([]);
});
