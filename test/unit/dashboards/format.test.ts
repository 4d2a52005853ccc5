import { describe, expect, test } from "vitest";
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

  test("evidence reads as words", () => {
    expect(format("zh-Hans").evidenceName("leak")).toBe("漏气");
    expect(format("zh-Hans").evidenceValue("kind", "breathing")).toBe("喘不上气");
    expect(format("en").evidenceValue("spo2", 79)).toBe("79 %");
    expect(format("en").evidenceName("future")).toBe("future");
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

  test("draws as many samples as time has passed", () => {
    const sweep = new Sweep("flow", 50);
    sweep.add(Array.from({ length: 50 }, (_, index) => index));
    sweep.advance(500);
    expect(values(sweep)).toHaveLength(25);
    sweep.advance(500);
    expect(values(sweep)).toHaveLength(50);
  });

  test("leaves an empty stretch where no data came, never a straight line", () => {
    const sweep = new Sweep("flow", 50);
    sweep.add([1, 2]);
    sweep.advance(1_000);
    sweep.add([3]);
    sweep.advance(20);
    expect(sweep.points.slice(0, 52)).toEqual([
      1,
      2,
      ...Array.from({ length: 48 }, () => undefined),
      3,
      undefined,
    ]);
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
