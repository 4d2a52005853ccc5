import { describe, expect, test } from "vitest";
import { leaveEnd } from "../../../dashboards/caregiver/leave-end.ts";
import { Format } from "../../../dashboards/shared/format.ts";
import { languageOf } from "../../../dashboards/shared/language.ts";
import { Sweep } from "../../../dashboards/shared/sweep.ts";
import { wordsIn } from "../../../src/words/index.ts";

const format = (language: "en" | "zh-Hans" | "zh-Hant") => new Format(language, wordsIn(language));

describe("numbers as people read them", () => {
  test.each([
    [0, "0 s", "0 秒"],
    [999, "0 s", "0 秒"],
    [59_999, "59 s", "59 秒"],
    [60_000, "1 min", "1 分钟"],
    [200_000, "3 min 20 s", "3 分钟 20 秒"],
    [600_000, "10 min", "10 分钟"],
    [3_599_999, "59 min", "59 分钟"],
    [3_600_000, "1 h", "1 小时"],
    [7_500_000, "2 h 5 min", "2 小时 5 分钟"],
    [-5, "0 s", "0 秒"],
  ])("%i ms is %s, %s", (ms, en, zh) => {
    expect(format("en").age(ms)).toBe(en);
    expect(format("zh-Hans").age(ms)).toBe(zh);
  });

  test("values come in the signal's resolution with the unit of the language", () => {
    expect(format("en").measured("spo2", 86)).toBe("86 %");
    expect(format("zh-Hant").measured("resp_rate", 15)).toBe("15.0 次/分");
    expect(format("en").measured("pressure_peak", 4.23)).toBe("4.2 cmH₂O");
    expect(format("zh-Hans").measured("mains", 0)).toBe("关");
  });

  test("a condition that this page does not know keeps its id instead of breaking the page", () => {
    expect(format("en").conditionTitle("VENT_NEW")).toBe("VENT_NEW");
    expect(format("en").conditionSteps("VENT_NEW")).toEqual([]);
    expect(format("en").conditionTitle("toString")).toBe("toString");
  });

  test("evidence reads as words, measured values first, without what the card says itself", () => {
    const said = (language: "en" | "zh-Hans", values: Parameters<Format["evidence"]>[0]) =>
      format(language)
        .evidence(values, "Asia/Taipei")
        .map(({ name, value }) => (name === undefined ? value : `${name} ${value}`));
    expect(said("en", { limit: 88, spo2: 79, seconds: 30, device: "abc" })).toEqual([
      "Oxygen 79 %",
      "limit 88 %",
    ]);
    expect(said("zh-Hans", { signs: "pressure_low volume_low", pressure_peak: 3.4, seconds: 18 })).toEqual([
      "峰压 3.4 cmH₂O",
      "压力低、呼气量小",
    ]);
    expect(said("en", { kind: "breathing", how: "dwell" })).toEqual(["Breathing"]);
    expect(said("en", { limit: 20 })).toEqual(["limit 20 s"]);
    expect(said("en", { signals: "spo2 pulse_rate", ipap: 18 })).toEqual(["Oxygen, Pulse", "IPAP 18"]);
    expect(said("en", { future: "thing" })).toEqual(["future thing"]);
    expect(said("en", { names: "ipap backup_rate" })).toEqual(["changed IPAP, backup rate"]);
    expect(said("zh-Hans", { step: "no", drift_s: 40 })[0]).toMatch(/否$|不/);
    expect(said("en", { act: "turn", minutes: 12 })).toEqual(["Turning", "minutes 12"]);
    expect(said("en", { conditions: "SPO2_WARN PR_LOW" })[0]).toMatch(/^[A-Z][^,]+, [A-Z]/);
    expect(said("en", { until: Date.parse("2026-11-21T18:14:00Z") })).toEqual(["until Nov 22, 2026, 02:14"]);
  });

  test("a machine's own words stand in a frame that tells whose they are, and its code is not said", () => {
    const values = { device: "abc", code: "leak_high", text: "LEAKAGE" };
    const said = (device?: string) =>
      format("en")
        .evidence(values, "Asia/Taipei", device)
        .map(({ value }) => value);
    expect(said()).toEqual(["The ventilator itself alarms: LEAKAGE"]);
    expect(said("Nonin")).toEqual(["Nonin itself alarms: LEAKAGE"]);
  });

  test("the end of a leave is read in the bed's zone, and only when it is whole", () => {
    expect(leaveEnd("2026-11-29T18:30", "Asia/Taipei")).toBe(Date.parse("2026-11-29T18:30+08:00"));
    expect(leaveEnd("2026-11-29T18:30:00", "UTC")).toBe(Date.parse("2026-11-29T18:30Z"));
    for (const text of ["", "2026-11-29", "2026-99-99T10:00", "soon"]) {
      expect(leaveEnd(text, "Asia/Taipei")).toBeUndefined();
    }
  });

  test("says why a condition cannot be judged, naming the setting that is missing", () => {
    expect(format("en").unknownWhy("setting:ipap")).toBe("the setting IPAP is not known");
    expect(format("en").unknownWhy("baseline:minute_volume")).toBe(
      "the usual Minute volume of this person is not known yet",
    );
    expect(format("zh-Hant").unknownWhy("no_source")).toBe("這裡沒有裝置測這一項");
    expect(format("en").unknownWhy("something newer")).toBe("something newer");
  });

  test("the time of day is that of the bed's zone, in 24 hours, in every language", () => {
    const at = Date.parse("2026-11-21T18:14:09Z");
    for (const language of ["en", "zh-Hans", "zh-Hant"] as const) {
      expect(format(language).time(at, "Asia/Taipei")).toBe("02:14");
      expect(format(language).time(at, "America/New_York", true)).toBe("13:14:09");
    }
  });
});

describe("the language of a browser", () => {
  test.each([
    ["en-GB", "en"],
    ["zh", "zh-Hans"],
    ["zh-CN", "zh-Hans"],
    ["zh-SG", "zh-Hans"],
    ["zh-TW", "zh-Hant"],
    ["zh-HK", "zh-Hant"],
    ["zh-MO", "zh-Hant"],
    ["zh-Hant-CN", "zh-Hant"],
    ["yue-HK", "zh-Hant"],
    ["fr-FR", undefined],
    ["not a tag", undefined],
  ])("%s is read in %s", (tag, language) => {
    expect(languageOf(tag)).toBe(language);
  });
});

describe("a running waveform", () => {
  const values = (sweep: Sweep) => sweep.points.filter((value) => value !== undefined);

  const second = (value: number) => Array.from({ length: 50 }, () => value);

  test("draws as many samples as time has passed", () => {
    const sweep = new Sweep("flow", 50);
    sweep.add([...second(1), ...second(2)]);
    sweep.advance(500);
    expect(values(sweep)).toHaveLength(25);
    sweep.advance(500);
    expect(values(sweep)).toHaveLength(50);
  });

  test("stands still for a late bundle instead of tearing a hole", () => {
    const sweep = new Sweep("flow", 50);
    sweep.add(second(1));
    sweep.advance(1_000);
    sweep.advance(1_000);
    sweep.add(second(2));
    sweep.advance(500);
    expect(sweep.points.slice(0, 76)).toEqual([...second(1), ...second(2).slice(25), undefined]);
  });

  test("leaves an empty stretch where no data came for longer, never a straight line", () => {
    const sweep = new Sweep("flow", 50);
    sweep.add(second(1));
    for (let passed = 0; passed < 5_000; passed += 100) sweep.advance(100);
    sweep.add(second(2));
    sweep.advance(500);
    const drawn = sweep.points.slice(0, sweep.points.lastIndexOf(2) + 1);
    const hole = drawn.slice(50).filter((value) => value === undefined);
    expect(hole.length).toBeGreaterThan(50);
    expect(drawn.slice(0, 50)).toEqual(second(1));
  });

  test("joins no line over what was held back on the way", () => {
    const sweep = new Sweep("flow", 50);
    sweep.add(second(1));
    sweep.add(second(2), true);
    sweep.flush();
    expect(sweep.points.slice(49, 52)).toEqual([1, undefined, 2]);
  });

  test("keeps no more than the screen and a few seconds, whatever arrives", () => {
    const sweep = new Sweep("pleth", 75);
    for (let bundles = 0; bundles < 100; bundles += 1) sweep.add(Array.from({ length: 750 }, () => 1));
    sweep.advance(3_600_000);
    expect(sweep.points).toHaveLength(600);
  });

  test("the scale grows with the wave in whole steps and is never narrower than usual", () => {
    const sweep = new Sweep("flow", 50);
    sweep.add([5, -5]);
    sweep.flush();
    expect(sweep.range()).toEqual({ low: -40, high: 40 });
    sweep.add([73]);
    sweep.flush();
    expect(sweep.range()).toEqual({ low: -40, high: 80 });
  });
});
