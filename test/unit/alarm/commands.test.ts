import { describe, expect, test } from "vitest";
import type { Occurrence } from "../../../src/domain/alarm.ts";
import { ANNA, BEN, Bedside, EVENING, GONE } from "./bedside.ts";

const low = (seconds = 40, cls: "A" | "B" | "C" = "B") => new Bedside({ cls }).at(85, seconds);

const take = (
  bed: Bedside,
  occurrence: Occurrence | undefined,
  place: "going" | "bedside" = "going",
  by = ANNA,
) => bed.command({ kind: "acknowledge", occurrence: occurrence?.id ?? "none", by, place });

describe("acknowledging", () => {
  test("names who took it on, when, and until when", () => {
    const bed = low();
    take(bed, bed.open("SPO2_LOW"));
    expect(bed.open("SPO2_LOW")?.acknowledgement).toEqual({
      by: ANNA,
      at: EVENING + 40_000,
      until: EVENING + 220_000,
      place: "going",
    });
    expect(bed.events.at(-1)).toMatchObject({ kind: "acknowledged", by: ANNA });
  });

  test.each([
    ["B", "going", 180],
    ["B", "bedside", 900],
    ["A", "bedside", 900],
  ] as const)("class %s, %s: sounds again after %i s while the condition holds", (cls, place, seconds) => {
    const bed = low(70, cls);
    take(bed, bed.open("SPO2_LOW"), place);
    bed.at(85, seconds);
    expect(bed.open("SPO2_LOW")?.acknowledgement).toBeDefined();
    bed.at(85, 1);
    expect(bed.open("SPO2_LOW")?.acknowledgement).toBeUndefined();
    expect(bed.lines().at(-1)).toBe(`${70 + seconds} lapsed SPO2_LOW high`);
  });

  test("by somebody at the bedside is not shortened by another who says they are going", () => {
    const bed = low();
    take(bed, bed.open("SPO2_LOW"), "bedside", ANNA);
    bed.at(85, 10);
    take(bed, bed.open("SPO2_LOW"), "going", BEN);
    const there = { by: ANNA, at: EVENING + 40_000, until: EVENING + 940_000, place: "bedside" };
    expect(bed.open("SPO2_LOW")?.acknowledgement).toEqual(there);
    expect(bed.events.at(-1)).toMatchObject({ kind: "acknowledged", by: BEN });
    bed.at(85, 890);
    expect(bed.open("SPO2_LOW")?.acknowledgement).toBeDefined();
    bed.at(85, 1);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("940 lapsed SPO2_LOW high");
  });

  test("by somebody going gives way to somebody who is there, and to a later one going", () => {
    const bed = low();
    take(bed, bed.open("SPO2_LOW"), "going", BEN);
    bed.at(85, 10);
    take(bed, bed.open("SPO2_LOW"), "going", ANNA);
    expect(bed.open("SPO2_LOW")?.acknowledgement).toMatchObject({ by: ANNA, until: EVENING + 230_000 });
    take(bed, bed.open("SPO2_LOW"), "bedside", BEN);
    expect(bed.open("SPO2_LOW")?.acknowledgement).toMatchObject({ by: BEN, place: "bedside" });
  });

  test("near the end of its time at the bedside, somebody who is coming makes it last as long as their own", () => {
    const bed = low();
    take(bed, bed.open("SPO2_LOW"), "bedside", ANNA);
    bed.at(85, 840);
    take(bed, bed.open("SPO2_LOW"), "going", BEN);
    expect(bed.open("SPO2_LOW")?.acknowledgement).toMatchObject({ by: ANNA, until: EVENING + 1_060_000 });
  });

  test("of two, both are void when it gets worse", () => {
    const bed = low();
    take(bed, bed.open("SPO2_LOW"), "bedside", ANNA);
    take(bed, bed.open("SPO2_LOW"), "going", BEN);
    bed.at(79, 11);
    expect(bed.open("SPO2_CRIT")?.acknowledgement).toBeUndefined();
  });

  test("a medium alarm lapses after ten minutes", () => {
    const bed = new Bedside();
    bed.run(100, () => bed.oxi(96 + (bed.second % 2), 46));
    take(bed, bed.open("PR_LOW"));
    bed.run(600, () => bed.oxi(96 + (bed.second % 2), 46));
    expect(bed.lines("PR_LOW").at(-1)).toBe("100 acknowledged PR_LOW medium");
    bed.run(1, () => bed.oxi(96, 46));
    expect(bed.lines("PR_LOW").at(-1)).toBe("700 lapsed PR_LOW medium");
  });

  test("lapses while nobody knows", () => {
    const bed = low();
    take(bed, bed.open("SPO2_LOW"));
    bed.run(181);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("220 lapsed SPO2_LOW high");
  });

  test("does not lapse while the values are recovering, but does when they fall again", () => {
    const bed = low();
    take(bed, bed.open("SPO2_LOW"));
    bed.at(85, 178).at(95, 4);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("40 acknowledged SPO2_LOW high");
    bed.at(85, 1);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("222 lapsed SPO2_LOW high");
  });

  test("is for one alarm: another one sounds, before and after", () => {
    const bed = new Bedside();
    bed.run(40, () => bed.oxi(85, 60 + (bed.second % 5)));
    take(bed, bed.open("SPO2_LOW"));
    bed.run(40, () => bed.oxi(85, 45));
    expect(bed.open("SPO2_LOW")?.acknowledgement).toBeDefined();
    expect(bed.open("PR_LOW")?.acknowledgement).toBeUndefined();
  });

  test("of a tier is void when a worse one joins: it sounds again", () => {
    const bed = new Bedside().at(85, 40);
    take(bed, bed.open("SPO2_LOW"));
    bed.at(79, 11);
    expect(bed.lines("SPO2_CRIT")).toEqual(["50 occurred SPO2_CRIT high", "50 escalated SPO2_CRIT high"]);
    expect(bed.open("SPO2_CRIT")?.id).toBe(bed.open("SPO2_LOW")?.id);
    expect(bed.open("SPO2_LOW")?.acknowledgement).toBeUndefined();
  });

  test("of the lesser alarm ends when the priority rises", () => {
    const bed = new Bedside({ cls: "A", limits: { SPO2_INTEGRAL: { on: false } } }).at(87, 40);
    take(bed, bed.open("SPO2_LOW"));
    bed.at(87, 21);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("60 escalated SPO2_LOW high");
    expect(bed.open("SPO2_LOW")?.acknowledgement).toBeUndefined();
    bed.at(87, 700);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("60 escalated SPO2_LOW high");
  });

  test("the same command twice is one acknowledgement", () => {
    const bed = low();
    const occurrence = bed.open("SPO2_LOW")?.id ?? "";
    const command = { kind: "acknowledge", id: "same", occurrence, by: ANNA, place: "going" } as const;
    expect(bed.command(command).events).toHaveLength(1);
    bed.at(85, 100);
    const again = bed.command(command);
    expect(again).toMatchObject({ events: [], refused: "repeated" });
    bed.at(85, 81);
    expect(bed.lines().at(-1)).toBe("220 lapsed SPO2_LOW high");
  });

  test("of an alarm that is over changes nothing and says so", () => {
    const bed = low();
    const over = bed.open("SPO2_LOW");
    bed.at(97, 10);
    const before = bed.state;
    expect(take(bed, over)).toMatchObject({ events: [], refused: "not_open" });
    expect(bed.state).toBe(before);
  });

  test("nothing is said about an alarm after it has ended", () => {
    const bed = low();
    take(bed, bed.open("SPO2_LOW"));
    bed.at(97, 1000);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("44 ended SPO2_LOW high recovered");
  });
});

describe("the patient's call", () => {
  const call = (bed: Bedside, kind: "come" | "breathing" = "come") =>
    bed.command({ kind: "call", call: { how: "switch", kind } });

  test("rings high at once, without any data and off watch", () => {
    const bed = new Bedside({ from: Date.UTC(2024, 0, 15, 12, 0, 0) });
    expect(call(bed, "breathing").events.map(({ kind }) => kind)).toEqual(["occurred"]);
    expect(bed.open("PATIENT_CALL")).toMatchObject({
      priority: "high",
      simulated: false,
      values: { how: "switch", kind: "breathing" },
    });
  });

  test("presses within 300 ms are one call, later ones are calls of their own", () => {
    const bed = new Bedside();
    call(bed);
    bed.second += 0.2;
    call(bed);
    bed.second += 0.299;
    call(bed);
    expect(bed.fold.open).toHaveLength(1);
    bed.second += 0.3;
    call(bed);
    expect(bed.fold.open).toHaveLength(2);
  });

  test("stays open when somebody is going, and sounds again after three minutes", () => {
    const bed = new Bedside();
    call(bed);
    take(bed, bed.open("PATIENT_CALL"));
    bed.at(96, 179);
    expect(bed.open("PATIENT_CALL")?.acknowledgement).toBeDefined();
    bed.at(96, 10);
    expect(bed.lines("PATIENT_CALL").at(-1)).toBe("180 lapsed PATIENT_CALL high");
  });

  test("is answered by whoever is with the patient; earlier calls with it, later ones not", () => {
    const bed = new Bedside();
    call(bed);
    bed.second = 5;
    call(bed);
    bed.second = 9;
    call(bed);
    const [, middle] = bed.fold.open;
    bed.command({ kind: "with_patient", occurrence: middle?.id ?? "", by: BEN });
    expect(bed.lines("PATIENT_CALL").slice(3)).toEqual([
      "9 ended PATIENT_CALL high answered",
      "9 ended PATIENT_CALL high answered",
    ]);
    expect(bed.events.at(-1)?.by).toEqual(BEN);
    expect(bed.fold.open).toHaveLength(1);
  });

  test("being with the patient takes any other alarm on at the bedside", () => {
    const bed = low();
    bed.command({ kind: "with_patient", occurrence: bed.open("SPO2_LOW")?.id ?? "", by: BEN });
    expect(bed.open("SPO2_LOW")?.acknowledgement).toMatchObject({ by: BEN, place: "bedside" });
  });

  test("a hundred calls are bounded, and each further one still sounds", () => {
    const bed = new Bedside();
    for (let i = 0; i < 100; i++) {
      bed.second += 1;
      const calls = call(bed).events.filter(({ occurrence }) => occurrence.condition === "PATIENT_CALL");
      expect(calls).toHaveLength(1);
    }
    const open = bed.fold.open.filter(({ condition }) => condition === "PATIENT_CALL");
    expect(open.length).toBeLessThanOrEqual(8);
    const newest = open.at(-1);
    take(bed, newest);
    bed.second += 1;
    expect(call(bed).events.map(({ kind }) => kind)).toEqual(["lapsed"]);
  });
});

describe("simulated evidence", () => {
  const simulated = { simulated: true };
  const run = (bed: Bedside, spo2: number, seconds: number) =>
    bed.run(seconds, () => bed.oxi(spo2, 60 + (bed.second % 5), simulated));
  const drill = (bed: Bedside, forMs: number) => bed.command({ kind: "drill", forMs, by: ANNA });

  test("marks the alarm, and outside a drill not as a drill", () => {
    const bed = new Bedside();
    run(bed, 85, 40);
    expect(bed.open("SPO2_LOW")).toMatchObject({ simulated: true, drill: false });
  });

  test("a drill marks what is open and what comes, until it ends by itself", () => {
    const bed = new Bedside();
    run(bed, 85, 40);
    const before = bed.fold.revision;
    drill(bed, 60_000);
    expect(bed.fold.revision).toBeGreaterThan(before);
    expect(bed.fold.drillUntil).toBe(EVENING + 100_000);
    expect(bed.open("SPO2_LOW")).toMatchObject({ simulated: true, drill: true });
    run(bed, 75, 20);
    expect(bed.open("SPO2_CRIT")).toMatchObject({ simulated: true, drill: true });
    run(bed, 75, 41);
    expect(bed.fold.drillUntil).toBeUndefined();
    expect(bed.fold.open.map((one) => one.drill)).toEqual([false]);
  });

  test("a drill marks no real alarm", () => {
    const bed = low();
    drill(bed, 60_000);
    expect(bed.open("SPO2_LOW")).toMatchObject({ simulated: false, drill: false });
  });

  test("a drill lasts an hour at most, and 0 ends it", () => {
    const bed = new Bedside();
    drill(bed, 1e12);
    expect(bed.fold.drillUntil).toBe(EVENING + 3_600_000);
    drill(bed, 0);
    expect(bed.fold.drillUntil).toBeUndefined();
  });

  test("evidence of a real device alone makes the alarm real, and never the other way", () => {
    const bed = new Bedside();
    run(bed, 85, 40);
    bed.at(85, 1);
    expect(bed.open("SPO2_LOW")).toMatchObject({ simulated: false, drill: false });
    run(bed, 85, 5);
    expect(bed.open("SPO2_LOW")).toMatchObject({ simulated: false });
  });

  test("a simulated device that never speaks is a simulated alarm", () => {
    const source = { device: "oxi", role: "oximeter", signals: ["spo2"], simulated: true } as const;
    const bed = new Bedside({ sources: [source] }).run(70);
    expect(bed.open("DATA_NEVER")).toMatchObject({ simulated: true, drill: false });
  });
});

describe("faults of the box", () => {
  const fault = (bed: Bedside, active: boolean, detail = "disk full") =>
    bed.command({ kind: "self_fault", condition: "DB_WRITE_FAIL", active, detail });

  test("are raised once and end when the box says so", () => {
    const bed = new Bedside().at(96, 1);
    fault(bed, true);
    fault(bed, true);
    expect(bed.open("DB_WRITE_FAIL")).toMatchObject({ priority: "high", values: { detail: "disk full" } });
    fault(bed, false);
    expect(bed.lines()).toEqual(["1 occurred DB_WRITE_FAIL high", "1 ended DB_WRITE_FAIL high recovered"]);
  });

  test("that are still there when the next watch begins are raised again", () => {
    const bed = new Bedside().at(96, 1);
    fault(bed, true);
    bed.command({ kind: "end_watch", by: ANNA });
    bed.at(96, 100);
    expect(bed.fold.open).toEqual([]);
    bed.command({ kind: "start_watch", by: BEN });
    expect(bed.open("DB_WRITE_FAIL")).toMatchObject({ values: { detail: "disk full" } });
    const mended = new Bedside().at(96, 1);
    fault(mended, true);
    mended.command({ kind: "end_watch", by: ANNA });
    fault(mended, false);
    mended.command({ kind: "start_watch", by: BEN });
    expect(mended.fold.open).toEqual([]);
  });
});

describe("the fold", () => {
  test("lists the most urgent first and grows its revision with every change of it, and only then", () => {
    const bed = new Bedside();
    let last = bed.fold;
    const check = () => {
      const { at: _at, revision: _revision, ...now } = bed.fold;
      const { at: _before, revision: _last, ...before } = last;
      const isSame = JSON.stringify(now) === JSON.stringify(before);
      if (!isSame) expect(bed.fold.revision).toBeGreaterThan(last.revision);
      else if (bed.fold.revision > last.revision) expect(bed.events.length).toBeGreaterThan(0);
      last = bed.fold;
    };
    for (const [spo2, pulse, seconds] of [
      [96, 60, 10],
      [85, 46, 60],
      [74, 46, 20],
      [GONE, GONE, 50],
      [96, 60, 30],
    ] as const) {
      bed.run(seconds, () => {
        bed.oxi(spo2, pulse);
        check();
      });
    }
    const urgent = new Bedside();
    urgent.run(50, () => urgent.oxi(85, 46));
    urgent.command({ kind: "call", call: { how: "key", kind: "come" } });
    expect(urgent.fold.open.map(({ condition }) => condition)).toEqual([
      "SPO2_LOW",
      "PATIENT_CALL",
      "PR_LOW",
    ]);
  });

  test("a quiet night does not change it", () => {
    const bed = new Bedside().at(97, 60);
    const { revision } = bed.fold;
    bed.at(97, 3600);
    expect(bed.fold.revision).toBe(revision);
  });
});
