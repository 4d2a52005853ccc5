import { describe, expect, test } from "vitest";
import { PRESETS } from "../../../src/alarm/presets.ts";
import { absent } from "../../../src/domain/sample.ts";
import { ANNA, type Bedside, GONE, OXIMETER } from "./bedside.ts";
import { calls, openNow, personal, told } from "./physiological-bed.ts";

/** Limits with which one condition alone can speak of the oxygen. */
const alone = (...ids: string[]) => ({
  ...Object.fromEntries(
    [
      "SPO2_LOW",
      "SPO2_CRIT",
      "SPO2_RAPID",
      "SPO2_INTEGRAL",
      "SPO2_SUSTAINED",
      "SPO2_WARN",
      "SPO2_UNDER_RANGE",
    ]
      .filter((id) => !ids.includes(id))
      .map((id) => [id, { on: false }]),
  ),
});

describe("oxygen that falls fast", () => {
  test("is told at the second sample 10 below the limit, long before the delay, in every class", () => {
    for (const cls of ["A", "B", "C"] as const) {
      const bed = personal({ cls }).at(96, 10).at(78, 3);
      expect(calls(bed)).toEqual(["11 SPO2_RAPID high"]);
    }
  });

  test("is not told for one such sample, nor for two with another between", () => {
    const bed = personal().at(96, 10).at(78, 1).at(80, 1).at(77, 1).at(96, 5);
    expect(calls(bed)).toEqual([]);
  });

  test("is over with SPO2_LOW, not as soon as it is a little better", () => {
    const bed = personal({ limits: { SPO2_INTEGRAL: { on: false } } });
    bed.at(96, 10).at(76, 3).at(84, 14).at(96, 4);
    expect(told(bed, "SPO2_RAPID")).toEqual(["11 occurred high"]);
    bed.at(96, 1);
    expect(told(bed, "SPO2_RAPID").at(-1)).toBe("31 ended high recovered");
    expect(openNow(bed)).toEqual([]);
  });

  test("is one alarm with what follows from it: critical is worse and sounds again, low is not", () => {
    const bed = personal().at(96, 10).at(76, 60);
    expect(calls(bed)).toEqual(["11 SPO2_RAPID high", "20 SPO2_CRIT high"]);
    expect(openNow(bed)).toHaveLength(1);
    expect(openNow(bed)[0]?.conditions).toEqual(
      expect.arrayContaining(["SPO2_RAPID", "SPO2_CRIT", "SPO2_LOW", "SPO2_INTEGRAL"]),
    );
  });

  test("follows the limit of SPO2_LOW, and a smaller margin where that is set", () => {
    const bed = personal({ limits: { SPO2_LOW: { limit: 92 }, SPO2_RAPID: { below: 5 } } });
    bed.at(96, 10).at(87, 2);
    expect(told(bed, "SPO2_RAPID")).toEqual(["11 occurred high"]);
  });

  test("two samples on either side of a short gap are successive", () => {
    const bed = personal().at(96, 10).at(77, 1).at(GONE, 8).at(77, 1);
    expect(told(bed, "SPO2_RAPID")).toEqual(["19 occurred high"]);
  });
});

describe("dips that add up", () => {
  test("100 %.s below the limit: 8 points for 13 s", () => {
    const bed = personal({ limits: alone("SPO2_INTEGRAL") })
      .at(96, 10)
      .at(80, 20);
    expect(told(bed, "SPO2_INTEGRAL")).toEqual(["22 occurred high"]);
  });

  test("several dips add up until 10 s in range", () => {
    const dips = (apart: number) =>
      personal({ limits: { ...alone("SPO2_INTEGRAL"), SPO2_INTEGRAL: { crossings: 10 } } })
        .at(96, 10)
        .at(80, 7)
        .at(92, apart)
        .at(80, 7);
    expect(told(dips(9), "SPO2_INTEGRAL")).toHaveLength(1);
    expect(told(dips(10), "SPO2_INTEGRAL")).toEqual([]);
  });

  test("the third dip within a minute is told whatever its depth; three in two minutes are not", () => {
    const dips = (apart: number) => {
      const bed = personal().at(96, 10);
      for (let i = 0; i < 3; i++) bed.at(87, 3).at(92, apart);
      return told(bed, "SPO2_INTEGRAL")[0];
    };
    expect(dips(20)).toBe("56 occurred high");
    expect(dips(40)).toBeUndefined();
  });

  test("a number that flickers at the limit is one dip and not five", () => {
    const bed = personal()
      .at(96, 10)
      .run(25, (one) => one.oxi(one.second % 2 === 0 ? 87 : 88));
    expect(told(bed, "SPO2_INTEGRAL")).toEqual([]);
  });

  test("ends after 10 s in range, and the third dip of a minute is not told again without a fourth", () => {
    const bed = personal().at(96, 10);
    for (let i = 0; i < 3; i++) bed.at(87, 3).at(92, 5);
    bed.at(92, 60);
    expect(told(bed, "SPO2_INTEGRAL")).toEqual(["26 occurred high", "38 ended high recovered"]);
  });

  test("class A is woken softly first, as by SPO2_LOW: 85 % is high after a minute", () => {
    const bed = personal({ cls: "A" }).at(85, 90);
    expect(told(bed, "SPO2_INTEGRAL")).toEqual(["33 occurred medium"]);
    expect(calls(bed)).toEqual(["30 SPO2_LOW medium", "60 SPO2_LOW high"]);
  });

  test("the last dip is an alarm only while it lasts", () => {
    const bed = personal({ limits: { SPO2_INTEGRAL: { limit: 25 } } })
      .at(96, 10)
      .at(86, 10)
      .at(92, 30);
    expect(calls(bed)).toEqual([]);
  });
});

describe("oxygen that stays low", () => {
  test("is told when the median of 5 min is low and the sample too", () => {
    const bed = personal({ limits: alone("SPO2_SUSTAINED") })
      .at(94, 300)
      .at(86, 200);
    expect(told(bed, "SPO2_SUSTAINED")).toEqual(["450 occurred high"]);
  });

  test("is told after zigzags that never last for the delay of SPO2_LOW", () => {
    const bed = personal({ limits: { SPO2_INTEGRAL: { on: false } } }).at(94, 300);
    for (let i = 0; i < 20; i++) bed.at(86, 20).at(89, 6);
    expect(told(bed, "SPO2_LOW")).toEqual([]);
    expect(told(bed, "SPO2_SUSTAINED")[0]).toMatch(/occurred high$/);
  });

  test("needs values in 80 % of the time", () => {
    const holes = (gone: number) =>
      personal({ limits: alone("SPO2_SUSTAINED") }).run(600, (bed) =>
        bed.second % 10 < gone ? bed.oxi(GONE, GONE) : bed.oxi(86),
      );
    expect(told(holes(2), "SPO2_SUSTAINED")).toHaveLength(1);
    expect(told(holes(3), "SPO2_SUSTAINED")).toEqual([]);
  });

  test.each([
    ["every 2 s", [0], 2],
    ["every 2 s, and one early", [0, 2, 4, 6], 7],
    ["every 3 s, and one early", [0, 3, 6, 9], 10],
    ["every 2 or 3 s", [0, 2, 5], 7],
  ] as const)("takes a device that speaks %s for one that speaks all the time", (_, seconds, period) => {
    const speaks = (bed: Bedside): boolean => seconds.some((second) => second === bed.second % period);
    const bed = personal({ limits: alone("SPO2_SUSTAINED") }).run(700, (each) => {
      if (speaks(each)) each.oxi(86);
    });
    expect(told(bed, "SPO2_SUSTAINED")).toHaveLength(1);
  });

  test("is over after 2 min in range, not when the median has come up minutes later", () => {
    const bed = personal({ limits: alone("SPO2_SUSTAINED") })
      .at(80, 600)
      .at(97, 119);
    expect(openNow(bed)).toHaveLength(1);
    bed.at(97, 1);
    expect(openNow(bed)).toEqual([]);
    bed.at(97, 300);
    expect(told(bed, "SPO2_SUSTAINED")).toHaveLength(2);
  });

  test("one low sample within the two minutes starts them again, and a loss of data ends nothing", () => {
    const bed = personal({ limits: alone("SPO2_SUSTAINED") })
      .at(80, 600)
      .at(97, 100)
      .at(87, 1);
    bed.at(97, 100).at(GONE, 30).at(97, 50);
    expect(openNow(bed)).toHaveLength(1);
    bed.at(97, 70);
    expect(openNow(bed)).toEqual([]);
  });
});

describe("oxygen below tonight's usual", () => {
  const limits = { ...alone("SPO2_RELATIVE"), SPO2_RELATIVE: { on: true } };

  test("is off unless somebody switches it on: an ordinary night has REM dips", () => {
    expect(told(personal().at(96, 1_800).at(89, 100), "SPO2_RELATIVE")).toEqual([]);
  });

  test("is told after 60 s at 6 below, and ends within 3 for 10 s", () => {
    const bed = personal({ limits }).at(90, 1_800).at(84, 70).at(86, 20).at(87, 10);
    expect(told(bed, "SPO2_RELATIVE")).toEqual(["1860 occurred medium", "1899 ended medium recovered"]);
    expect(bed.events.map(({ occurrence }) => occurrence.values)).toContainEqual(
      expect.objectContaining({ spo2: 84, usual: 90, limit: 6 }),
    );
  });

  test("is not told at 5 below, nor after a quarter of an hour of data too little", () => {
    expect(calls(personal({ limits }).at(90, 1_800).at(85, 300))).toEqual([]);
    expect(calls(personal({ limits }).at(90, 800).at(84, 70))).toEqual([]);
    expect(calls(personal({ limits }).at(90, 960).at(84, 70))).toHaveLength(1);
  });

  test("does not end by getting used to it: an hour later the person is still 7 below the usual", () => {
    const bed = personal({ limits }).at(90, 1_800).at(83, 3_600);
    expect(told(bed, "SPO2_RELATIVE")).toEqual(["1860 occurred medium"]);
    bed.at(88, 10);
    expect(openNow(bed)).toEqual([]);
  });

  test("follows the person once somebody has looked: asleep is lower than awake", () => {
    const bed = personal({ limits }).at(93, 1_800).at(86, 120);
    bed.command({
      kind: "acknowledge",
      occurrence: openNow(bed)[0]?.id ?? "",
      by: ANNA,
      place: "going",
    });
    bed.at(86, 1_500);
    expect(openNow(bed)).toEqual([]);
  });

  test("keeps that over a restart, when nobody knows the last half hour any more", () => {
    const bed = personal({ limits }).at(90, 1_800).at(83, 120).restart({ downS: 5 }).at(83, 120);
    expect(openNow(bed)).toMatchObject([{ condition: "SPO2_RELATIVE", values: { usual: 90 } }]);
    bed.at(88, 10);
    expect(openNow(bed)).toEqual([]);
  });
});

describe("oxygen too low to measure", () => {
  test("is told 4 s after the last value, and ends with the second valid sample", () => {
    const bed = personal({ limits: alone("SPO2_UNDER_RANGE") })
      .at(96, 10)
      .at(63, 5)
      .at(GONE, 40);
    expect(told(bed, "SPO2_UNDER_RANGE")).toEqual(["19 occurred high"]);
    bed.at(62, 1);
    expect(openNow(bed)).toHaveLength(1);
    bed.at(62, 1);
    expect(told(bed, "SPO2_UNDER_RANGE").at(-1)).toBe("56 ended high recovered");
  });

  test("keeps the alarm open from the fall to the recovery, as one", () => {
    const bed = personal().at(96, 10).at(75, 5).at(66, 15).at(GONE, 40).at(63, 20).at(95, 20);
    const ids = bed.events
      .filter(({ occurrence }) => occurrence.condition.startsWith("SPO2"))
      .map(({ occurrence }) => occurrence.id);
    expect(new Set(ids).size).toBe(1);
    expect(calls(bed)).toEqual(["11 SPO2_RAPID high", "20 SPO2_CRIT high"]);
    expect(openNow(bed)).toEqual([]);
  });

  test("the reason of the device is enough, without a low value before", () => {
    const bed = personal().at(96, 10).at(absent("under_range"), 6);
    expect(told(bed, "SPO2_UNDER_RANGE")).toEqual(["14 occurred high"]);
  });

  test("a sensor that comes off after a low value is not this", () => {
    const bed = personal({ limits: alone("SPO2_UNDER_RANGE") })
      .at(96, 10)
      .at(66, 5);
    bed.run(60, () => bed.oxi(GONE, GONE));
    expect(told(bed, "SPO2_UNDER_RANGE")).toEqual([]);
  });

  test("a sensor put back on in the evening, pulse first, is not this", () => {
    const bed = personal({ limits: { ...alone("SPO2_UNDER_RANGE"), OXI_SENSOR_OFF: { on: false } } });
    bed.at(66, 5).run(1_200, () => bed.oxi(absent("sensor_off"), absent("sensor_off")));
    bed.at(absent("searching"), 8).at(96, 10);
    expect(calls(bed)).toEqual([]);
  });

  test("outlives a restart of the box and a silent oximeter", () => {
    const bed = personal({ limits: alone("SPO2_UNDER_RANGE") })
      .at(96, 10)
      .at(63, 5)
      .at(GONE, 10);
    bed.restart({ downS: 5 }).at(GONE, 20).run(60).at(GONE, 20);
    expect(openNow(bed)).toMatchObject([{ condition: "SPO2_UNDER_RANGE", state: "holds" }]);
    expect(told(bed, "SPO2_UNDER_RANGE").filter((line) => line.includes("occurred"))).toHaveLength(1);
    bed.at(94, 2);
    expect(openNow(bed)).toEqual([]);
  });

  test("no pause and no repetition takes it away", () => {
    const bed = personal().at(96, 10);
    const refused = bed.command({
      kind: "pause",
      condition: "SPO2_UNDER_RANGE",
      priority: "high",
      forMs: 60_000,
      by: ANNA,
    });
    expect(refused.refused).toBeDefined();
    for (let i = 0; i < 9; i++) bed.at(66, 5).at(GONE, 8).at(96, 60);
    expect(told(bed, "SPO2_UNDER_RANGE").filter((line) => line.includes("occurred"))).toHaveLength(9);
  });
});

describe("oxygen a little low", () => {
  test("is a low alarm after two minutes, for the morning", () => {
    const bed = personal().at(89, 130);
    expect(calls(bed)).toEqual(["120 SPO2_WARN low"]);
    bed.at(91, 30);
    expect(openNow(bed)).toEqual([]);
  });

  test("does not shorten what comes after it", () => {
    const bed = personal({ limits: { SPO2_INTEGRAL: { on: false } } })
      .at(89, 300)
      .at(87, 40);
    expect(calls(bed)).toEqual(["120 SPO2_WARN low", "330 SPO2_LOW high"]);
  });

  test("may come from a source that is a minute behind, where SPO2_LOW may not", () => {
    const bed = personal({ sources: [{ ...OXIMETER, delayed: true }] }).run(200, (one) =>
      one.oxi(85, 60 + (one.second % 5), { timeliness: "delayed" }),
    );
    expect(told(bed, "SPO2_WARN")).toEqual(["120 occurred low"]);
    expect(told(bed, "SPO2_LOW")).toEqual([]);
    expect(told(bed, "SPO2_RAPID")).toEqual([]);
  });
});

describe("too much oxygen", () => {
  const limits = { SPO2_HIGH_ON_O2: { on: true } };
  const given = (bed: Bedside, spo2: number, seconds: number) =>
    bed.run(seconds, () => {
      bed.samples("vent", { fio2: 30 });
      bed.oxi(spo2);
    });

  test("is noted after half an hour above 98 % on added oxygen", () => {
    const bed = given(personal({ limits }), 99, 1_810);
    expect(told(bed, "SPO2_HIGH_ON_O2")).toEqual(["1800 occurred low"]);
    given(bed, 97, 60);
    expect(told(bed, "SPO2_HIGH_ON_O2").at(-1)).toBe("1869 ended low recovered");
  });

  test("is not judged where nobody says that oxygen is given", () => {
    expect(told(personal({ limits }).at(99, 2_000), "SPO2_HIGH_ON_O2")).toEqual([]);
  });
});

describe("the chronically low night", () => {
  const limits = PRESETS.chronic_low;
  /** 86 % by the hour, with a dip of `depth` every 5 min. */
  const night = (bed: Bedside, minutes: number, depth: number) =>
    bed.run(minutes * 60, (one) => one.oxi(one.second % 300 < 25 ? depth : 86 + (one.second % 2)));

  test("rings neither for itself nor for its shallow dips", () => {
    expect(calls(night(personal({ limits }), 60, 83))).toEqual([]);
  });

  test("rings for every dip below the critical limit", () => {
    const bed = night(personal({ limits }), 60, 78);
    expect(told(bed, "SPO2_CRIT").filter((line) => line.includes("occurred"))).toHaveLength(12);
  });

  test("rings for a fall below its own usual", () => {
    const bed = night(personal({ limits }), 30, 86).at(82, 0).at(80, 70);
    expect(told(bed, "SPO2_RELATIVE")).toEqual(["1860 occurred medium"]);
  });
});
