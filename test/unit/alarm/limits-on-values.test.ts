import { describe, expect, test } from "vitest";
import { absent } from "../../../src/domain/sample.ts";
import { Bedside, EVENING, GONE } from "./bedside.ts";

describe("a low limit", () => {
  test("occurs at the first sample inside the band once the violation is as old as the delay", () => {
    const bed = new Bedside().at(96, 10).at(87, 40);
    expect(bed.lines("SPO2_LOW")).toEqual(["40 occurred SPO2_LOW high"]);
    expect(bed.events[0]?.at).toBe(EVENING + 40_000);
    expect(bed.events[0]?.occurrence.values).toEqual({ spo2: 87, limit: 88, seconds: 30 });
  });

  test("does not occur at the limit itself", () => {
    expect(new Bedside().at(88, 200).lines("SPO2_LOW")).toEqual([]);
  });

  test("a single good second before the delay starts the timer again", () => {
    const bed = new Bedside().at(87, 29).at(89, 1).at(87, 30);
    expect(bed.lines("SPO2_LOW")).toEqual([]);
    bed.at(87, 1);
    expect(bed.lines("SPO2_LOW")).toEqual(["60 occurred SPO2_LOW high"]);
  });

  test("a value between limit and limit plus hysteresis does not start the timer, and does not stop it", () => {
    const never = new Bedside().at(88, 100);
    expect(never.lines("SPO2_LOW")).toEqual([]);
    const zigzag = new Bedside().run(31, (bed) => bed.oxi(bed.second % 2 === 0 ? 87 : 88));
    expect(zigzag.lines("SPO2_LOW")).toEqual(["30 occurred SPO2_LOW high"]);
  });

  test("ends at the fifth in-range second at one sample a second", () => {
    const bed = new Bedside().at(85, 40).at(89, 4);
    expect(bed.open("SPO2_LOW")).toBeDefined();
    bed.at(89, 1);
    expect(bed.lines("SPO2_LOW")).toEqual(["30 occurred SPO2_LOW high", "44 ended SPO2_LOW high recovered"]);
  });

  test("a value back in the band starts the in-range time again", () => {
    const bed = new Bedside().at(85, 40).at(89, 4).at(88, 1).at(89, 4);
    expect(bed.open("SPO2_LOW")).toBeDefined();
    bed.at(89, 1);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("49 ended SPO2_LOW high recovered");
  });

  test("seconds without a sample do not count towards the end", () => {
    const bed = new Bedside().at(85, 40).at(95, 3).at(GONE, 4).at(95, 1);
    expect(bed.open("SPO2_LOW")).toBeDefined();
    bed.at(95, 1);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("48 ended SPO2_LOW high recovered");
    const unheard = new Bedside().at(85, 40).at(95, 3).run(4).at(95, 1);
    expect(unheard.open("SPO2_LOW")).toBeDefined();
    unheard.at(95, 1);
    expect(unheard.open("SPO2_LOW")).toBeUndefined();
  });

  test("a device that speaks every four seconds recovers in the time, not in the number of samples", () => {
    const bed = new Bedside();
    const every4 = (spo2: number, seconds: number) =>
      bed.run(seconds, () => bed.second % 4 === 0 && bed.oxi(spo2));
    every4(96, 20);
    every4(85, 40);
    expect(bed.lines("SPO2_LOW")).toEqual(["52 occurred SPO2_LOW high"]);
    every4(95, 8);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("64 ended SPO2_LOW high recovered");
  });

  test("the deep limit is a condition of its own, faster and with its own recovery", () => {
    const bed = new Bedside().at(78, 35).at(81, 10).at(82, 10);
    expect(bed.lines("SPO2_CRIT")).toEqual([
      "10 occurred SPO2_CRIT high",
      "10 escalated SPO2_CRIT high",
      "49 ended SPO2_CRIT high recovered",
    ]);
    expect(bed.lines("SPO2_LOW")).toEqual(["30 occurred SPO2_LOW high"]);
  });

  test("a delay of 0 occurs with the first sample", () => {
    const bed = new Bedside({ limits: { SPO2_LOW: { delay_s: 0 } } }).at(95, 3).at(87, 1);
    expect(bed.lines("SPO2_LOW")).toEqual(["3 occurred SPO2_LOW high"]);
  });

  test("quality flags beside a value do not hold it back: they only say that it is doubtful", () => {
    const bed = new Bedside();
    bed.run(46, () => {
      bed.hear("oxi", {
        kind: "samples",
        samples: { spo2: 80, pulse_rate: 70 },
        flags: ["low_perfusion", "artifact", "motion"],
      });
    });
    expect(bed.lines("SPO2_LOW_UNCERTAIN", "SPO2_LOW")[0]).toBe("45 occurred SPO2_LOW_UNCERTAIN medium");
  });
});

describe("class A", () => {
  test("is woken with medium, and with high once the violation is 60 s old, in the same occurrence", () => {
    const bed = new Bedside({ cls: "A", limits: { SPO2_INTEGRAL: { on: false } } }).at(87, 70);
    expect(bed.lines("SPO2_LOW")).toEqual(["30 occurred SPO2_LOW medium", "60 escalated SPO2_LOW high"]);
    const spo2 = bed.events.filter(({ occurrence }) => occurrence.condition === "SPO2_LOW");
    expect(new Set(spo2.map(({ occurrence }) => occurrence.id))).toHaveLength(1);
  });

  test("a priority that has risen does not fall while it recovers", () => {
    const bed = new Bedside({ cls: "A" }).at(85, 70).at(95, 3);
    expect(bed.open("SPO2_LOW")?.priority).toBe("high");
  });

  test("does not rise while the values are recovering", () => {
    const bed = new Bedside({ cls: "A" }).at(85, 58).at(95, 5);
    expect(bed.lines("SPO2_LOW")).toEqual([
      "30 occurred SPO2_LOW medium",
      "62 ended SPO2_LOW medium recovered",
    ]);
  });
});

describe("pulse", () => {
  const pulse = (bed: Bedside, rate: number, seconds: number) =>
    bed.run(seconds, () => bed.oxi(96 + (bed.second % 2), rate));

  test("slow for 30 s is medium, below 40 high", () => {
    const bed = new Bedside();
    pulse(bed, 46, 35);
    pulse(bed, 39, 5);
    expect(bed.lines("PR_LOW")).toEqual(["30 occurred PR_LOW medium", "35 escalated PR_LOW high"]);
    pulse(bed, 53, 10);
    expect(bed.lines("PR_LOW").at(-1)).toBe("49 ended PR_LOW high recovered");
  });

  test("fast for 60 s is medium, above 150 high; it ends 3 below the limit", () => {
    const bed = new Bedside();
    pulse(bed, 121, 61);
    expect(bed.lines("PR_HIGH")).toEqual(["60 occurred PR_HIGH medium"]);
    pulse(bed, 118, 30);
    expect(bed.open("PR_HIGH")).toBeDefined();
    pulse(bed, 151, 1);
    expect(bed.open("PR_HIGH")?.priority).toBe("high");
    pulse(bed, 117, 10);
    expect(bed.open("PR_HIGH")).toBeUndefined();
  });

  test("at the limit nothing happens on either side", () => {
    const bed = new Bedside();
    pulse(bed, 50, 100);
    pulse(bed, 120, 100);
    expect(bed.lines("PR_LOW", "PR_HIGH")).toEqual([]);
  });
});

describe("what is not a measurement", () => {
  test.each([Number.NaN, 0, 101, -5, Number.POSITIVE_INFINITY])("%s as SpO2 is absent", (value) => {
    const bed = new Bedside().at(96, 5);
    bed.run(40, () => bed.oxi(value));
    expect(bed.lines("SPO2_LOW", "SPO2_CRIT")).toEqual([]);
    expect(bed.state.live.devices["oxi"]?.signals.spo2?.sample).toEqual(absent("invalid"));
    expect(bed.lines("DATA_STALE")).toEqual(["34 occurred DATA_STALE medium"]);
  });

  test("late observations neither ring nor count as heard", () => {
    const bed = new Bedside().at(96, 5);
    bed.run(60, () => bed.oxi(70, 60, { timeliness: "late" }));
    expect(bed.lines("SPO2_LOW", "SPO2_CRIT")).toEqual([]);
    expect(bed.lines("DATA_STALE")).toEqual(["34 occurred DATA_STALE medium"]);
  });

  test("an observation that arrived more than 15 s ago is not live", () => {
    const bed = new Bedside().at(96, 60);
    bed.run(20, () => bed.oxi(70, 60, { mono: Number(bed.mono(bed.second - 20)) }));
    expect(bed.lines("SPO2_CRIT")).toEqual([]);
    expect(bed.open("DATA_STALE")).toBeUndefined();
  });

  test("delayed observations feed only conditions with a delay of two minutes and more", () => {
    const bed = new Bedside({ limits: { PR_HIGH: { delay_s: 120 } } });
    bed.run(150, () => bed.oxi(70, 140, { timeliness: "delayed" }));
    expect(bed.lines("SPO2_LOW", "SPO2_CRIT")).toEqual([]);
    expect(bed.lines("PR_HIGH")).toEqual(["120 occurred PR_HIGH medium"]);
  });

  test("repeats and observations out of order change nothing", () => {
    const bed = new Bedside();
    bed.oxi(96, 60, { seq: 100 });
    const before = bed.state;
    bed.oxi(70, 60, { seq: 100 });
    bed.oxi(70, 60, { seq: 7 });
    expect(bed.state).toBe(before);
    bed.oxi(95, 60, { seq: 101 });
    expect(bed.state.live.devices["oxi"]?.signals.spo2?.sample).toBe(95);
    bed.oxi(94, 60, { seq: 0, epoch: "e2" });
    expect(bed.state.live.devices["oxi"]?.signals.spo2?.sample).toBe(94);
    bed.oxi(70, 60, { seq: 101, epoch: "e1" });
    expect(bed.state.live.devices["oxi"]?.signals.spo2?.sample).toBe(94);
  });

  test("another bed's observation is nothing to this one", () => {
    const bed = new Bedside().at(96, 1);
    const before = bed.state;
    bed.oxi(60, 60, { bed: "b2" });
    expect(bed.state).toBe(before);
  });
});

describe("a series that swings by one percent about the limit for two hours", () => {
  /** A fixed row of -1, 0, 1 without a pattern. */
  const noise = (second: number): number => ((second * 7919 + ((second * 104_729) >> 3)) % 3) - 1;

  test.each<[string, (second: number) => number]>([
    ["every second", (second) => 88 + [-1, 1][second % 2]!],
    ["within four seconds", (second) => [87, 88, 89, 88][second % 4]!],
    ["within eight seconds", (second) => 88 + Math.round(Math.sin((second * 2 * Math.PI) / 8))],
    ["without a pattern", (second) => 88 + noise(second)],
  ])("rings at most once in ten minutes: %s", (_name, spo2) => {
    const bed = new Bedside().at(87, 40);
    bed.run(7200, () => bed.oxi(spo2(bed.second)));
    const occurred = bed.seen("SPO2_LOW").filter(({ kind }) => kind === "occurred");
    expect(occurred.length).toBeGreaterThan(0);
    for (const [index, one] of occurred.entries()) {
      const next = occurred[index + 1];
      if (next !== undefined) expect(next.at - one.at).toBeGreaterThanOrEqual(600);
    }
  });
});
