import { describe, expect, test } from "vitest";
import { CAUSE_IDS, type CardEvidence } from "../../../src/domain/alarm.ts";
import { LANGUAGES } from "../../../src/domain/person.ts";
import { cardSentence, evidencePhrase } from "../../../src/words/card-sentence.ts";
import { wordsIn } from "../../../src/words/index.ts";

const maskOff: readonly CardEvidence[] = [
  { name: "leak", value: 68, trend: "up" },
  { name: "pressure_peak", value: 4.02, trend: "down" },
  { name: "spo2", value: 86, trend: "falling" },
];

describe("the sentence of a card", () => {
  test.each([
    ["en", "Mask probably off: leak 68 up, pressure 4 down, oxygen 86 falling"],
    ["zh-Hans", "面罩可能脱了：漏气升到 68，压力降到 4，血氧 86 还在降"],
    ["zh-Hant", "面罩可能脫落了：漏氣升到 68，壓力降到 4，血氧 86 還在降"],
  ] as const)("says in %s what probably happened, and why", (language, sentence) => {
    expect(cardSentence(wordsIn(language), { cause: "mask_off", evidence: maskOff })).toBe(sentence);
  });

  test("is the cause alone where there is no evidence to show", () => {
    expect(cardSentence(wordsIn("en"), { cause: "link_lost", evidence: [] })).toBe("Device not heard");
  });

  test("does not exist for an alarm that stands for itself", () => {
    expect(cardSentence(wordsIn("en"), { evidence: maskOff })).toBeUndefined();
  });

  test.each(LANGUAGES)("leaves no place open in %s, whatever the cause and the evidence", (language) => {
    const words = wordsIn(language);
    const names = ["spo2", "leak", "apnea_duration", "battery_minutes", "battery_percent", "mains"];
    const trends = ["up", "down", "falling", "gone", undefined] as const;
    const evidence = names.flatMap((name) =>
      trends.flatMap((trend) =>
        [0, 12, "sensor_off"].map((value) => ({ name, value, ...(trend === undefined ? {} : { trend }) })),
      ),
    );
    for (const cause of CAUSE_IDS) {
      expect(cardSentence(words, { cause, evidence })).not.toMatch(/[{}]|undefined/);
    }
  });
});

describe("one piece of evidence", () => {
  const english = (item: CardEvidence) => evidencePhrase(wordsIn("en"), item);

  test.each([
    [{ name: "spo2", value: 86 }, "oxygen 86"],
    [{ name: "spo2", value: 86, trend: "gone" }, "oxygen: no data"],
    [{ name: "spo2", value: "sensor_off", trend: "gone" }, "oxygen: sensor off the finger"],
    [{ name: "minute_volume", value: 3.24, trend: "down" }, "minute volume 3.2 down"],
    [{ name: "tidal_volume_exp", value: 118.4, trend: "down" }, "breath volume 118 down"],
    [{ name: "apnea_duration", value: 24, trend: "up" }, "no breath for 24 s"],
    [{ name: "mains", value: 0, trend: "down" }, "mains power out"],
    [{ name: "mains", value: 1, trend: "up" }, "mains power on"],
    [{ name: "mains", value: 1, trend: "gone" }, "mains power: no data"],
    [{ name: "therapy", value: 0 }, "ventilation off"],
    [{ name: "battery_minutes", value: 14 }, "14 min of battery left"],
    [{ name: "seconds", value: 45 }, "for 45 s"],
    [{ name: "fio2", value: 28, trend: "up" }, "Oxygen supply 28 up"],
    [{ name: "constructor", value: 3 }, "constructor 3"],
  ] satisfies [CardEvidence, string][])("%j reads %s", (item, phrase) => {
    expect(english(item)).toBe(phrase);
  });
});
