import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Samples } from "../../../src/domain/sample.ts";
import { type Bedside, GONE, OXIMETER, treated, VENTILATOR } from "./bedside.ts";
import { breathe, know, NOON, ventilate, ventilatorBed } from "./ventilator-bed.ts";

const occurred = (bed: Bedside, ...ids: string[]): string[] =>
  bed.lines(...ids).filter((line) => line.includes(" occurred "));

describe("VENT_LEAK_HIGH and VENT_LEAK_WARN", () => {
  test("high: above 40 L/min for 60 s, medium in every class; ends 6 below for 15 s", () => {
    for (const cls of ["A", "B", "C"] as const) {
      const bed = ventilatorBed({ cls });
      ventilate(bed, 30, { leak: 40 });
      ventilate(bed, 61, { leak: 41 });
      expect(bed.lines("VENT_LEAK_HIGH")).toEqual(["90 occurred VENT_LEAK_HIGH medium"]);
      ventilate(bed, 60, { leak: 35 });
      expect(bed.open("VENT_LEAK_HIGH")).toBeDefined();
      ventilate(bed, 15, { leak: 34 });
      expect(bed.open("VENT_LEAK_HIGH")).toBeUndefined();
    }
  });

  test("a mask that is set right within a minute is none, and a swing around the limit is one", () => {
    const bed = ventilatorBed();
    ventilate(bed, 59, { leak: 60 });
    ventilate(bed, 30, { leak: 10 });
    bed.run(120, () => bed.samples("vent", treated(bed.second, { leak: bed.second % 2 === 0 ? 38 : 42 })));
    expect(occurred(bed, "VENT_LEAK_HIGH")).toHaveLength(1);
  });

  test("warn: above 24 L/min for ten minutes, low", () => {
    const bed = ventilatorBed();
    ventilate(bed, 600, { leak: 25 });
    expect(bed.lines()).toEqual([]);
    ventilate(bed, 2, { leak: 25 });
    expect(bed.lines()).toEqual(["600 occurred VENT_LEAK_WARN low"]);
  });

  test("a leak that grows sounds again, and the lesser one keeps nobody awake after the greater has ended", () => {
    const bed = ventilatorBed();
    ventilate(bed, 605, { leak: 26 });
    ventilate(bed, 65, { leak: 50 });
    expect(bed.fold.open[0]).toMatchObject({ condition: "VENT_LEAK_HIGH", priority: "medium" });
    ventilate(bed, 20, { leak: 26 });
    expect(bed.fold.open.map(({ priority }) => priority)).toEqual(["low"]);
  });

  test("a short gap keeps the time running, a long one keeps its beginning", () => {
    const bed = ventilatorBed();
    ventilate(bed, 40, { leak: 50 });
    bed.run(9);
    ventilate(bed, 12, { leak: 50 });
    expect(occurred(bed, "VENT_LEAK_HIGH")).toEqual(["60 occurred VENT_LEAK_HIGH medium"]);
    const late = ventilatorBed();
    ventilate(late, 40, { leak: 50 });
    late.run(40);
    expect(occurred(late, "VENT_LEAK_HIGH")).toEqual([]);
    ventilate(late, 1, { leak: 50 });
    expect(occurred(late, "VENT_LEAK_HIGH")).toEqual(["80 occurred VENT_LEAK_HIGH medium"]);
  });

  test("a leak that cannot be read any more does not end it", () => {
    const bed = ventilatorBed();
    ventilate(bed, 70, { leak: 50 });
    ventilate(bed, 60, { leak: GONE });
    expect(bed.open("VENT_LEAK_HIGH")).toMatchObject({ state: "unknown" });
  });

  test("a machine on the table by day, blowing into the room in standby, is none", () => {
    const bed = ventilatorBed({ from: NOON });
    ventilate(bed, 900, { leak: 70, therapy: 0 });
    expect(bed.lines()).toEqual([]);
  });
});

describe("LEAK_DESAT", () => {
  const both = (bed: Bedside, seconds: number, leak: number, spo2: number) =>
    bed.run(seconds, () => {
      bed.oxi(spo2);
      bed.samples("vent", treated(bed.second, { leak }));
    });
  const bedWith = (limits?: unknown) =>
    ventilatorBed({ sources: [OXIMETER, VENTILATOR], ...(limits !== undefined && { limits }) });

  test("both together for 60 s are high; either in range ends it", () => {
    for (const [leak, spo2] of [
      [20, 89],
      [25, 91],
    ] as const) {
      const bed = bedWith();
      both(bed, 60, 25, 89);
      expect(occurred(bed, "LEAK_DESAT")).toEqual([]);
      both(bed, 2, 25, 89);
      expect(occurred(bed, "LEAK_DESAT")).toEqual(["60 occurred LEAK_DESAT high"]);
      both(bed, 16, leak, spo2);
      expect(bed.open("LEAK_DESAT")).toBeUndefined();
    }
  });

  test("neither alone is one", () => {
    const bed = bedWith();
    both(bed, 200, 35, 93);
    both(bed, 200, 10, 89);
    expect(occurred(bed, "LEAK_DESAT")).toEqual([]);
  });

  test("follows the limit of a person whose oxygen is always low", () => {
    const bed = bedWith({ SPO2_LOW: { limit: 82 } });
    both(bed, 300, 30, 86);
    expect(occurred(bed, "LEAK_DESAT")).toEqual([]);
    both(bed, 61, 30, 83);
    expect(occurred(bed, "LEAK_DESAT")).toHaveLength(1);
  });

  test("is not ended by an oximeter that is gone", () => {
    const bed = bedWith();
    both(bed, 62, 30, 88);
    ventilate(bed, 120, { leak: 30 });
    expect(bed.open("LEAK_DESAT")).toMatchObject({ state: "unknown" });
  });
});

describe("VENT_MV_LOW", () => {
  const bedWith = (cls: "A" | "B" | "C" = "B", limits?: unknown) =>
    ventilatorBed({ cls, ...(limits !== undefined && { limits }) });

  test("cannot judge without a usual value or a therapist's number, and says so", () => {
    const bed = bedWith();
    ventilate(bed, 200, { minute_volume: 3 });
    expect(bed.lines("VENT_MV_LOW")).toEqual([]);
    expect(bed.fold.unknown).toContainEqual({ condition: "VENT_MV_LOW", why: "baseline:minute_volume" });
  });

  test.each([
    ["A", "medium"],
    ["B", "high"],
    ["C", "high"],
  ] as const)("class %s: the mean below 60 % of the usual for 60 s is %s", (cls, priority) => {
    const bed = bedWith(cls);
    know(bed, { minute_volume: 7 });
    ventilate(bed, 61, { minute_volume: 4.1 });
    expect(bed.lines("VENT_MV_LOW")).toEqual([`60 occurred VENT_MV_LOW ${priority}`]);
    expect(bed.open("VENT_MV_LOW")?.values).toMatchObject({ minute_volume: 4.1, limit: 4.2, usual: 7 });
  });

  test("ends when the mean is 10 % of the usual above for 30 s", () => {
    const bed = bedWith();
    know(bed, { minute_volume: 10 });
    ventilate(bed, 70, { minute_volume: 5.9 });
    ventilate(bed, 200, { minute_volume: 6.9 });
    expect(bed.open("VENT_MV_LOW")).toBeDefined();
    ventilate(bed, 130, { minute_volume: 7.2 });
    expect(bed.open("VENT_MV_LOW")).toBeUndefined();
  });

  test("the therapist's number counts where nothing is known, and beside the usual where it is higher", () => {
    const alone = bedWith("B", { VENT_MV_LOW: { absolute: 5 } });
    ventilate(alone, 62, { minute_volume: 4.9 });
    expect(alone.open("VENT_MV_LOW")).toBeDefined();
    const beside = bedWith("B", { VENT_MV_LOW: { absolute: 5 } });
    know(beside, { minute_volume: 7 });
    ventilate(beside, 62, { minute_volume: 4.9 });
    expect(beside.open("VENT_MV_LOW")).toBeDefined();
    const below = bedWith("B", { VENT_MV_LOW: { absolute: 2 } });
    know(below, { minute_volume: 7 });
    ventilate(below, 62, { minute_volume: 4 });
    expect(below.open("VENT_MV_LOW")).toBeDefined();
  });

  test("while much leaks the volume is a guess: no alarm from it, and none ended by it", () => {
    const bed = bedWith();
    know(bed, { minute_volume: 7 });
    ventilate(bed, 300, { minute_volume: 3, leak: 41 });
    expect(bed.lines("VENT_MV_LOW")).toEqual([]);
    expect(bed.fold.unknown).toContainEqual({ condition: "VENT_MV_LOW", why: "leak" });
    ventilate(bed, 62, { minute_volume: 3, leak: 40 });
    expect(bed.open("VENT_MV_LOW")).toBeDefined();
    ventilate(bed, 300, { minute_volume: 9, leak: 60 });
    expect(bed.open("VENT_MV_LOW")).toMatchObject({ state: "unknown" });
  });

  test("a mask that is lifted for half a minute is none", () => {
    const bed = bedWith();
    know(bed, { minute_volume: 7 });
    ventilate(bed, 120);
    ventilate(bed, 30, { minute_volume: 0 });
    ventilate(bed, 120);
    expect(bed.lines("VENT_MV_LOW")).toEqual([]);
  });
});

describe("VENT_VTE_LOW", () => {
  test("where each breath is told: small ones for 30 s, at least three of them", () => {
    const bed = ventilatorBed();
    know(bed, { tidal_volume_exp: 500 });
    breathe(bed, 40);
    breathe(bed, 40, { volumeMl: 349 });
    expect(bed.lines("VENT_VTE_LOW")).toEqual(["72 occurred VENT_VTE_LOW medium"]);
    // Slow breaths, 15 s apart: the third makes it.
    const slow = ventilatorBed();
    know(slow, { tidal_volume_exp: 500 });
    breathe(slow, 60, { everyS: 15 });
    breathe(slow, 46, { everyS: 15, volumeMl: 200 });
    expect(occurred(slow, "VENT_VTE_LOW")).toEqual(["90 occurred VENT_VTE_LOW medium"]);
  });

  test("one good breath begins the count anew", () => {
    const bed = ventilatorBed();
    know(bed, { tidal_volume_exp: 500 });
    for (let i = 0; i < 10; i++) {
      breathe(bed, 24, { volumeMl: 200 });
      breathe(bed, 4);
    }
    expect(bed.lines("VENT_VTE_LOW")).toEqual([]);
  });

  test("good breaths for 15 s end it", () => {
    const bed = ventilatorBed({ cls: "C" });
    know(bed, { tidal_volume_exp: 500 });
    breathe(bed, 44, { volumeMl: 200 });
    expect(occurred(bed, "VENT_VTE_LOW")).toEqual(["32 occurred VENT_VTE_LOW high"]);
    breathe(bed, 12);
    expect(bed.open("VENT_VTE_LOW")).toBeDefined();
    breathe(bed, 8);
    expect(bed.open("VENT_VTE_LOW")).toBeUndefined();
  });

  test("where only numbers come: by time", () => {
    const bed = ventilatorBed();
    know(bed, { tidal_volume_exp: 500 });
    ventilate(bed, 31, { tidal_volume_exp: 349 });
    expect(bed.lines("VENT_VTE_LOW")).toEqual(["30 occurred VENT_VTE_LOW medium"]);
    ventilate(bed, 15, { tidal_volume_exp: 380 });
    expect(bed.open("VENT_VTE_LOW")).toBeUndefined();
  });

  test("the volume that the machine aims at stands for the usual one until that is known", () => {
    const bed = ventilatorBed();
    bed.hear("vent", { kind: "settings", settings: { tidal_volume_target: 500 } });
    ventilate(bed, 32, { tidal_volume_exp: 340 });
    expect(bed.open("VENT_VTE_LOW")).toBeDefined();
    const known = ventilatorBed();
    known.hear("vent", { kind: "settings", settings: { tidal_volume_target: 500 } });
    know(known, { tidal_volume_exp: 400 });
    ventilate(known, 60, { tidal_volume_exp: 340 });
    expect(known.lines("VENT_VTE_LOW")).toEqual([]);
  });

  test("breaths that leak are not judged, and a device that falls silent has not said that they are good", () => {
    const bed = ventilatorBed();
    know(bed, { tidal_volume_exp: 500 });
    ventilate(bed, 100, { tidal_volume_exp: 200, leak: 45 });
    expect(bed.lines("VENT_VTE_LOW")).toEqual([]);
    ventilate(bed, 31, { tidal_volume_exp: 200 });
    expect(bed.open("VENT_VTE_LOW")).toBeDefined();
    bed.run(100);
    expect(bed.open("VENT_VTE_LOW")).toMatchObject({ state: "unknown" });
  });
});

describe("VENT_RR_HIGH and VENT_RR_LOW", () => {
  test("fast: above 30 for three minutes, and above the usual by ten", () => {
    const bed = ventilatorBed();
    ventilate(bed, 180, { resp_rate: 31 });
    expect(bed.lines("VENT_RR_HIGH")).toEqual([]);
    ventilate(bed, 2, { resp_rate: 31 });
    expect(bed.lines("VENT_RR_HIGH")).toEqual(["180 occurred VENT_RR_HIGH medium"]);
    const quick = ventilatorBed();
    know(quick, { resp_rate: 24 });
    ventilate(quick, 400, { resp_rate: 34 });
    expect(quick.lines("VENT_RR_HIGH")).toEqual([]);
    ventilate(quick, 182, { resp_rate: 35 });
    expect(quick.open("VENT_RR_HIGH")).toBeDefined();
  });

  test("slow: below 8 for a minute", () => {
    const bed = ventilatorBed();
    ventilate(bed, 120, { resp_rate: 8 });
    ventilate(bed, 61, { resp_rate: 7.9 });
    expect(bed.lines("VENT_RR_LOW")).toEqual(["180 occurred VENT_RR_LOW high"]);
    ventilate(bed, 10, { resp_rate: 10 });
    expect(bed.open("VENT_RR_LOW")).toBeUndefined();
  });

  test("slow against the backup rate: a machine that measures a little less than it gives is none, and ends it", () => {
    const bed = ventilatorBed();
    bed.hear("vent", { kind: "settings", settings: { backup_rate: 14 } });
    ventilate(bed, 300, { resp_rate: 13.6 });
    expect(bed.lines("VENT_RR_LOW")).toEqual([]);
    ventilate(bed, 61, { resp_rate: 11.9 });
    expect(bed.open("VENT_RR_LOW")?.values).toMatchObject({ limit: 12, backup_rate: 14 });
    ventilate(bed, 10, { resp_rate: 13.6 });
    expect(bed.open("VENT_RR_LOW")).toBeUndefined();
  });

  test("no breath at all is VENT_APNEA alone", () => {
    const bed = ventilatorBed({ sources: [{ ...VENTILATOR, signals: ["resp_rate", "pressure_peak"] }] });
    bed.run(10, () => bed.samples("vent", { resp_rate: 14, pressure_peak: 18 }));
    bed.run(200, () => bed.samples("vent", { resp_rate: 0, pressure_peak: 18 }));
    expect(occurred(bed)).toEqual(["30 occurred VENT_APNEA high"]);
    bed.run(200, () => bed.samples("vent", { resp_rate: 5, pressure_peak: 18 }));
    expect(bed.open("VENT_RR_LOW")).toBeDefined();
  });

  test("a machine that triggers itself in a leak is none", () => {
    const bed = ventilatorBed();
    ventilate(bed, 400, { resp_rate: 45, leak: 60 });
    expect(bed.lines("VENT_RR_HIGH")).toEqual([]);
  });
});

describe("VENT_OBSTRUCTION", () => {
  test("the third breath without volume at the set pressure is one, at once; three normal ones end it", () => {
    const bed = ventilatorBed();
    bed.hear("vent", { kind: "settings", settings: { ipap: 18 } });
    breathe(bed, 40);
    breathe(bed, 12, { volumeMl: 30, peakCmH2o: 17 });
    expect(occurred(bed)).toEqual(["48 occurred VENT_OBSTRUCTION high"]);
    breathe(bed, 8);
    breathe(bed, 4, { volumeMl: 30, peakCmH2o: 17 });
    breathe(bed, 8);
    expect(bed.open("VENT_OBSTRUCTION")).toBeDefined();
    breathe(bed, 4);
    expect(bed.open("VENT_OBSTRUCTION")).toBeUndefined();
  });

  test("two such breaths, a cough and a swallow, are none", () => {
    const bed = ventilatorBed();
    for (let i = 0; i < 10; i++) {
      breathe(bed, 8, { volumeMl: 20, peakCmH2o: 22 });
      breathe(bed, 4);
    }
    expect(bed.lines("VENT_OBSTRUCTION", "VENT_DISCONNECT")).toEqual([]);
  });

  test("without pressure, or with a leak, it is an open circuit and not a blocked one", () => {
    const open = ventilatorBed();
    ventilate(open, 60, { tidal_volume_exp: 20, pressure_peak: 4, leak: 30 });
    expect(occurred(open, "VENT_OBSTRUCTION")).toEqual([]);
    expect(open.open("VENT_DISCONNECT")).toBeDefined();
    const leaky = ventilatorBed();
    ventilate(leaky, 60, { tidal_volume_exp: 20, leak: 60 });
    expect(occurred(leaky, "VENT_OBSTRUCTION")).toEqual([]);
    expect(leaky.open("VENT_DISCONNECT")).toBeDefined();
  });

  test("by numbers: 15 s; no disconnection is claimed, however small the volumes", () => {
    const bed = ventilatorBed();
    const blocked: Samples = { tidal_volume_exp: 20, minute_volume: 0.3, apnea_duration: 40, leak: 5 };
    ventilate(bed, 10);
    ventilate(bed, 120, blocked);
    expect(occurred(bed, "VENT_OBSTRUCTION")).toEqual(["25 occurred VENT_OBSTRUCTION high"]);
    expect(occurred(bed, "VENT_DISCONNECT")).toEqual([]);
  });

  test("a tube that is taken off to suck it free does not end it: only volume does", () => {
    const bed = ventilatorBed();
    ventilate(bed, 30, { tidal_volume_exp: 20 });
    ventilate(bed, 30, { tidal_volume_exp: 20, pressure_peak: 3 });
    expect(bed.open("VENT_OBSTRUCTION")).toBeDefined();
    ventilate(bed, 10, { tidal_volume_exp: 450 });
    expect(bed.open("VENT_OBSTRUCTION")).toBeUndefined();
  });
});

describe("VENT_PRESSURE_HIGH", () => {
  test("above IPAP + 10 for 10 s, or for three breaths", () => {
    const bed = ventilatorBed();
    bed.hear("vent", { kind: "settings", settings: { ipap: 18 } });
    ventilate(bed, 60, { pressure_peak: 28 });
    expect(bed.lines()).toEqual([]);
    ventilate(bed, 11, { pressure_peak: 28.1 });
    expect(bed.lines()).toEqual(["70 occurred VENT_PRESSURE_HIGH high"]);
    ventilate(bed, 5, { pressure_peak: 26 });
    expect(bed.open("VENT_PRESSURE_HIGH")).toBeUndefined();
    const quick = ventilatorBed();
    quick.run(9, () => {
      quick.samples("vent", treated(quick.second, { pressure_peak: 45 }));
      breathe(quick, 1, { everyS: 2, peakCmH2o: 45 });
      quick.second -= 1;
    });
    expect(occurred(quick, "VENT_PRESSURE_HIGH")).toEqual(["5 occurred VENT_PRESSURE_HIGH high"]);
  });

  test("without IPAP above 40; a cough is none", () => {
    const bed = ventilatorBed();
    for (let i = 0; i < 20; i++) {
      ventilate(bed, 6, { pressure_peak: 55 });
      ventilate(bed, 6);
    }
    expect(bed.lines()).toEqual([]);
    ventilate(bed, 11, { pressure_peak: 41 });
    expect(bed.open("VENT_PRESSURE_HIGH")).toBeDefined();
  });
});

describe("all of them", () => {
  const numbers = fc.record({
    leak: fc.integer({ min: 0, max: 90 }),
    pressure_peak: fc.integer({ min: 0, max: 60 }),
    tidal_volume_exp: fc.integer({ min: 0, max: 900 }),
    minute_volume: fc.integer({ min: 0, max: 12 }),
    resp_rate: fc.integer({ min: 0, max: 50 }),
  });

  test("none that is open ends while the ventilator says nothing, for however long", () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 20, max: 200 }), (change, seconds) => {
        const bed = ventilatorBed();
        know(bed, { minute_volume: 7, tidal_volume_exp: 480, resp_rate: 14 });
        ventilate(bed, seconds, change);
        const before = bed.fold.open.map(({ id }) => id);
        bed.run(300);
        const after = bed.fold.open.map(({ id }) => id);
        return before.every((id) => after.includes(id));
      }),
      { numRuns: 25 },
    );
  });

  test("a machine that gives none of these numbers is named as such, and rings for none of them", () => {
    const bed = ventilatorBed();
    const none = Object.fromEntries(
      VENTILATOR.signals.map((id) => [id, { absent: "unsupported" }]),
    ) as Samples;
    bed.run(700, () => bed.samples("vent", { ...none, therapy: 1 }));
    expect(bed.lines().filter((line) => line.includes("VENT_") || line.includes("LEAK_"))).toEqual([]);
    expect(bed.fold.unknown.some(({ condition }) => condition === "VENT_MV_LOW")).toBe(true);
  });
});
