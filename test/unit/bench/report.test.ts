import { describe, expect, test } from "vitest";
import type { PathMeasurements } from "../../../src/bench/path.ts";
import { reportOf, tableOf } from "../../../src/bench/report.ts";
import type { Round } from "../../../src/bench/round.ts";

const round = (changes: Partial<Round>): Round => ({
  startMs: 900,
  latenciesMs: [2, 2, 2],
  missing: 0,
  rssMb: 100,
  cpuPercent: 5,
  floodFramesPerSecond: 40_000,
  floodMissing: 0,
  rssAfterFloodMb: 110,
  replugMs: 600,
  ...changes,
});

const measured = (rounds: PathMeasurements["rounds"]): PathMeasurements => ({
  machine: { cores: 2, platform: "linux", node: "24.0.0" },
  broker: "mosquitto",
  plan: {
    rounds: 2,
    seconds: 3,
    alarms: 0,
    bedSeconds: 0,
    driverSeconds: 1,
    floodFrames: 3_000,
    peers: true,
  },
  load: { before: 0.5, after: 1 },
  rounds,
  drivers: [],
  notes: ["Node-RED: no network"],
  problems: [],
});

const aim = (of: PathMeasurements, words: string) =>
  reportOf(of).aims.find((one) => one.aim.startsWith(words));

describe("what a run comes to", () => {
  test("the aim beside the bare script is judged by the ratio of the medians", () => {
    const ours = [round({ latenciesMs: [2.2] }), round({ latenciesMs: [9] }), round({ latenciesMs: [2.3] })];
    const good = measured({ breathwatch: ours, bare: [round({ latenciesMs: [2] })] });
    expect(aim(good, "frame to bus")).toMatchObject({ measured: expect.closeTo(1.15), met: true });
    const bad = measured({ breathwatch: ours, bare: [round({ latenciesMs: [1] })] });
    expect(aim(bad, "frame to bus")).toMatchObject({ measured: expect.closeTo(2.3), met: false });
  });

  test("one slow replug misses its aim", () => {
    const slow = measured({ breathwatch: [round({}), round({ replugMs: 1_200 }), round({})] });
    expect(aim(slow, "replug")).toMatchObject({ measured: 1_200, met: false });
  });

  test("what was not measured is neither met nor missed", () => {
    expect(aim(measured({ breathwatch: [round({})] }), "frame to bus")).toEqual({
      aim: expect.any(String),
      limit: 1.2,
    });
  });

  test("the table has no column for a program that was not there, and says why", () => {
    const of = measured({ breathwatch: [round({})], bare: [round({})] });
    const table = tableOf(of, reportOf(of));
    expect(table).toContain("bare script");
    expect(table).not.toMatch(/^.*breathwatch.*Node-RED/m);
    expect(table).toContain("not measured: Node-RED: no network");
  });

  test("a program that loses observations is named", () => {
    const of = measured({ breathwatch: [round({})], bare: [round({ missing: 2, floodMissing: 30 })] });
    expect(tableOf(of, reportOf(of))).toContain(
      "Lost by bare script: 2 observations at 75 frames/s, 30 in the floods.",
    );
  });
});
