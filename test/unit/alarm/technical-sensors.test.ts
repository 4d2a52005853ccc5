import fc from "fast-check";
import { expect, test } from "vitest";
import { doubtedMs, isDoubted, lastDoubtAt, withDoubt } from "../../../src/alarm/doubt.ts";
import type { ExpectedSource } from "../../../src/domain/bed.ts";
import type { QualityFlag } from "../../../src/domain/observation.ts";
import { absent, type Sample } from "../../../src/domain/sample.ts";
import { type Mono, mono } from "../../../src/domain/time.ts";
import { Bedside, GONE, OXIMETER, treated, VENTILATOR } from "./bedside.ts";

/** A second of an oximeter with remarks of its own. */
const doubting = (
  bed: Bedside,
  flags: readonly QualityFlag[],
  samples: { readonly [id: string]: Sample } = {},
) =>
  bed.hear("oxi", {
    kind: "samples",
    samples: { spo2: 96, pulse_rate: 60 + (bed.second % 5), ...samples },
    ...(flags.length > 0 && { flags }),
  });

const poor = (bed: Bedside): readonly string[] => bed.lines("OXI_POOR_SIGNAL");

test("two minutes of doubt are an alarm, and half a minute without ends it", () => {
  const bed = new Bedside();
  bed.run(10, (one) => doubting(one, []));
  bed.run(130, (one) => doubting(one, ["motion"]));
  expect(poor(bed)).toEqual(["130 occurred OXI_POOR_SIGNAL medium"]);
  bed.run(40, (one) => doubting(one, []));
  expect(poor(bed).slice(1)).toEqual(["169 ended OXI_POOR_SIGNAL medium recovered"]);
});

test("a hand that moves every other second is in doubt no less", () => {
  const bed = new Bedside();
  bed.run(180, (one) => doubting(one, one.second % 3 === 0 ? [] : ["artifact"]));
  expect(bed.open("OXI_POOR_SIGNAL")).toMatchObject({ priority: "medium", values: { device: "oxi" } });
});

test("a doubt in less than half of the time is none", () => {
  const bed = new Bedside();
  bed.run(600, (one) => doubting(one, one.second % 10 < 4 ? ["motion"] : []));
  expect(poor(bed)).toEqual([]);
});

test("a minute and a half of turning over is none", () => {
  const bed = new Bedside();
  bed.run(60, (one) => doubting(one, []));
  bed.run(90, (one) => doubting(one, ["motion", "artifact"]));
  bed.run(300, (one) => doubting(one, []));
  expect(poor(bed)).toEqual([]);
});

test("a cold hand with good numbers wakes nobody; with numbers near the limits it does", () => {
  const bed = new Bedside();
  bed.run(900, (one) => doubting(one, ["low_perfusion"]));
  expect(poor(bed)).toEqual([]);
  bed.run(121, (one) => doubting(one, ["low_perfusion"], { spo2: 91 }));
  expect(bed.open("OXI_POOR_SIGNAL")).toBeDefined();
});

test("a perfusion that is too weak to measure with is in doubt whatever the number says", () => {
  const bed = new Bedside();
  bed.run(121, (one) => doubting(one, [], { perfusion_index: 0.2 }));
  expect(bed.open("OXI_POOR_SIGNAL")?.values).toMatchObject({ perfusion_index: 0.2 });
});

test("off watch nobody is told of a poor signal", () => {
  const bed = new Bedside({ schedule: { fromMinute: 60, toMinute: 61 } });
  bed.run(300, (one) => doubting(one, ["motion"]));
  expect(poor(bed)).toEqual([]);
});

test("silence does not end a poor signal", () => {
  const bed = new Bedside();
  bed.run(121, (one) => doubting(one, ["motion"]));
  bed.run(60);
  expect(bed.open("OXI_POOR_SIGNAL")?.state).toBe("unknown");
});

test("doubt counts like a list of every doubtful second of the last two minutes", () => {
  const seconds = fc.array(fc.boolean(), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(seconds, (doubtful) => {
      let doubts: readonly (readonly [Mono, Mono])[] = [];
      for (const [i, is] of doubtful.entries()) doubts = withDoubt(doubts, is, mono(i * 1000));
      const now = doubtful.length - 1;
      const last = doubtful.lastIndexOf(true);
      if (last >= now - 119) expect(lastDoubtAt(doubts)).toBe(last < 0 ? undefined : last * 1000);
      const counted = doubtful.filter((is, i) => is && i >= now - 120).length;
      const bridged = doubtful.filter(
        (is, i) => !is && doubtful[i - 1] === true && doubtful[i + 1] === true && i >= now - 121,
      ).length;
      const ms = doubtedMs(doubts, mono(now * 1000), 120_000);
      // One good second between two doubtful ones counts with them; stretches beyond the window by their part in it.
      expect(ms).toBeGreaterThanOrEqual(Math.min(counted, 118) * 1000);
      expect(ms).toBeLessThanOrEqual((counted + bridged + 2) * 1000);
      expect(doubts.length).toBeLessThanOrEqual(60);
    }),
  );
});

test("a sensor that is off is not in doubt", () => {
  const at = mono(0);
  const of = (spo2: Sample, pulse_rate: Sample) =>
    isDoubted({ signals: { spo2: { sample: spo2, at }, pulse_rate: { sample: pulse_rate, at } } });
  expect(of(absent("sensor_off"), absent("sensor_off"))).toBe(false);
  expect(of(absent("not_connected"), absent("not_connected"))).toBe(false);
  expect(of(absent("under_range"), 72)).toBe(false);
  expect(of(absent("poor_signal"), absent("poor_signal"))).toBe(true);
  expect(of(absent("searching"), absent("searching"))).toBe(true);
  expect(of(absent("not_measured"), 72)).toBe(true);
  expect(of(96, 72)).toBe(false);
});

const SECOND_OXIMETER: ExpectedSource = { ...OXIMETER, device: "ring", signals: ["pulse_rate"] };

test("two pulses that differ for a minute are a quiet remark, until they agree for half a minute", () => {
  const bed = new Bedside({ sources: [OXIMETER, SECOND_OXIMETER] });
  const beat = (other: number) => (one: Bedside) => {
    one.oxi(96, 60 + (one.second % 3));
    one.samples("ring", { pulse_rate: other + (one.second % 3) });
  };
  bed.run(30, beat(62));
  bed.run(70, beat(80));
  expect(bed.lines("OXI_VENT_PR_MISMATCH")).toEqual(["90 occurred OXI_VENT_PR_MISMATCH low"]);
  bed.run(40, beat(74));
  expect(bed.lines("OXI_VENT_PR_MISMATCH")).toHaveLength(1);
  bed.run(40, beat(66));
  expect(bed.lines("OXI_VENT_PR_MISMATCH").slice(1)).toEqual([
    "169 ended OXI_VENT_PR_MISMATCH low recovered",
  ]);
});

test("one pulse alone never disagrees", () => {
  const bed = new Bedside({ sources: [OXIMETER, SECOND_OXIMETER] });
  bed.at(96, 20);
  bed.run(30, (one) => {
    one.oxi(96);
    one.samples("ring", { pulse_rate: 110 });
  });
  bed.at(96, 200);
  expect(bed.lines("OXI_VENT_PR_MISMATCH")).toEqual([]);
});

test("a tube that is off for minutes is a disconnection and no frozen device", () => {
  const bed = new Bedside({ sources: [OXIMETER, VENTILATOR] });
  bed.run(60, (one) => {
    one.oxi(96);
    one.samples("vent", treated(one.second));
  });
  bed.run(600, (one) => {
    one.oxi(90 + (one.second % 2));
    one.samples("vent", {
      leak: 45,
      pressure_peak: 0.2,
      tidal_volume_exp: 0,
      minute_volume: 0,
      resp_rate: 14,
      therapy: 1,
    });
  });
  expect(bed.open("VENT_DISCONNECT")).toBeDefined();
  expect(bed.lines("DATA_FROZEN")).toEqual([]);
});

test("a ventilator that repeats good numbers is still frozen", () => {
  const bed = new Bedside({ sources: [OXIMETER, VENTILATOR] });
  bed.run(60, (one) => {
    one.oxi(96);
    one.samples("vent", treated(one.second));
  });
  bed.run(180, (one) => {
    one.oxi(96);
    one.samples("vent", treated(0));
  });
  expect(bed.open("DATA_FROZEN")?.values).toMatchObject({ device: "vent" });
});

test("without a breath a ventilator's pressure stands, and that is apnoea's; an oximeter that stands is frozen all the same", () => {
  const bed = new Bedside({ sources: [OXIMETER, VENTILATOR] });
  bed.run(60, (one) => {
    one.oxi(96);
    one.samples("vent", treated(one.second));
  });
  bed.run(200, (one) => {
    one.oxi(91, 88);
    one.samples("vent", { pressure_peak: 6, leak: 3, minute_volume: GONE, apnea_duration: one.second - 60 });
  });
  expect(bed.open("VENT_APNEA")).toBeDefined();
  const frozen = bed.fold.open.filter(({ condition }) => condition === "DATA_FROZEN");
  expect(frozen.map(({ subject }) => subject)).toEqual(["oxi"]);
  expect(bed.lines("DATA_STALE")).toEqual([]);
});

test("oxygen too low to measure is told as that first, and its number as missing after it", () => {
  const bed = new Bedside();
  bed.at(96, 20).at(66, 5);
  bed.run(120, (one) => one.oxi(GONE, 96 + (one.second % 3)));
  expect(bed.fold.open.flatMap(({ conditions = [] }) => conditions)).toContain("SPO2_UNDER_RANGE");
  expect(bed.lines("DATA_STALE")).toEqual(["35 occurred DATA_STALE high"]);
});
