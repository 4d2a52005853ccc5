import { describe, expect, test } from "vitest";
import type { UnknownWhy } from "../../../src/alarm/condition.ts";
import { CONDITIONS } from "../../../src/alarm/conditions/index.ts";
import { CARE_ACTS, CAUSE_IDS, CONDITION_IDS, type WatchState } from "../../../src/domain/alarm.ts";
import type { DependencyClass } from "../../../src/domain/bed.ts";
import { PRESET_IDS } from "../../../src/domain/limits.ts";
import { LANGUAGES } from "../../../src/domain/person.ts";
import { wordsIn } from "../../../src/words/index.ts";

const DEPENDENCY_CLASSES = ["A", "B", "C"] as const satisfies readonly DependencyClass[];

const LONGEST = { en: 64, "zh-Hans": 24, "zh-Hant": 24 };
const LONGEST_TITLE = { en: 24, "zh-Hans": 10, "zh-Hant": 10 };

/** What sends somebody out of bed. */
const GO = {
  en: /\bgo\b|\bcalled\b/i,
  "zh-Hans": /过去|去看看人|叫您|去一个人/,
  "zh-Hant": /過去|去看看人|叫您|去一個人/,
};

describe.each(LANGUAGES)("the words of alarms in %s", (language) => {
  const words = wordsIn(language);

  test("are short enough to be read by somebody just woken", () => {
    const long = CONDITION_IDS.flatMap((id) => {
      const { check, spoken } = words.conditions[id];
      return [...check, spoken].filter((text) => text.length > LONGEST[language]);
    });
    expect(long).toEqual([]);
  });

  test("never say the same of two conditions, except of one thing told in two ways", () => {
    const titles = CONDITION_IDS.map((id) => words.conditions[id].title);
    expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
  });

  test("send somebody to the bed for a high alarm about the person or the ventilator", () => {
    const high = CONDITIONS.filter(
      ({ technical, priority }) => !technical && DEPENDENCY_CLASSES.every((cls) => priority[cls] === "high"),
    ).map(({ id }) => id);
    expect(high).toContain("SPO2_CRIT");
    expect(high.filter((id) => !GO[language].test(words.conditions[id].spoken))).toEqual([]);
  });

  test("stay calm where the alarm is low for everybody: nobody is sent out of bed", () => {
    const low = CONDITIONS.filter(({ priority }) =>
      DEPENDENCY_CLASSES.every((cls) => priority[cls] === "low"),
    ).map(({ id }) => id);
    const loud = [...low, "WATCH_REARM" as const].filter((id) => {
      const { check, spoken } = words.conditions[id];
      return GO[language].test(spoken) || /马上|立刻|\bnow\b.*!|!|！/.test(spoken + check.join(""));
    });
    expect(loud).toEqual([]);
  });
});

describe.each(LANGUAGES)("the words of causes in %s", (language) => {
  const { causes } = wordsIn(language);

  test.each(CAUSE_IDS)("name %s in one sentence with its evidence, and three or four first actions", (id) => {
    const { title, sentence, actions, spoken } = causes[id];
    expect(title.length).toBeLessThanOrEqual(LONGEST_TITLE[language]);
    expect(sentence).toMatch(/[:：] ?\{evidence\}$/);
    expect(actions.length).toBeGreaterThanOrEqual(3);
    expect(actions.length).toBeLessThanOrEqual(4);
    expect(spoken).toMatch(/[.。]$/);
  });

  test("number every action with one digit, so that four of them fit one line", () => {
    for (const id of CAUSE_IDS) expect(causes[id].actions.join("").length).toBeLessThanOrEqual(60);
  });

  test("have no two causes that read alike", () => {
    expect(new Set(CAUSE_IDS.map((id) => causes[id].sentence)).size).toBe(CAUSE_IDS.length);
  });
});

describe.each(LANGUAGES)("the words around alarms in %s", (language) => {
  const { care, leaving, limits, push, terms } = wordsIn(language);

  test("say every reason why a condition cannot be judged, and every state of the watch", () => {
    // The compiler asks for each of them; those with a name in them have a text with a place.
    const whys: { readonly [why in Exclude<UnknownWhy, `${string}:${string}`>]: string } = terms.unknownWhys;
    const reasons: { readonly [reason in WatchState["reason"]]: string } = terms.watchReasons;
    expect([whys.leak, reasons.transfer].join("").length).toBeGreaterThan(8);
    expect(terms.unknownBaseline).toContain("{what}");
  });

  test("name every care act", () => {
    expect(Object.keys(care.acts).toSorted()).toEqual([...CARE_ACTS].toSorted());
  });

  test("name every preset", () => {
    const known = Object.keys(limits.presets);
    expect([...DEPENDENCY_CLASSES, ...PRESET_IDS].filter((id) => !known.includes(id))).toEqual([]);
  });

  test("name every number of every condition, and no other", () => {
    const names = new Set(CONDITIONS.flatMap(({ settings }) => Object.keys(settings)));
    expect(Object.keys(limits.settings).toSorted()).toEqual([...names].toSorted());
  });

  test("have every unit of these numbers", () => {
    const units = CONDITIONS.flatMap(({ settings }) => Object.values(settings).map(({ unit }) => unit));
    expect(units.filter((unit) => !Object.hasOwn(terms.units, unit))).toEqual([]);
  });

  test("name every value that an alarm shows", () => {
    // Shown in a way of their own: by label, by list of words, as a duration.
    const elsewhere = ["device", "how", "kind", "signs", "signals", "seconds"];
    const lists = [terms.evidence, terms.signals, terms.settings];
    const names = new Set(CONDITIONS.flatMap(({ values }) => values));
    const unnamed = [...names].filter(
      (name) => !elsewhere.includes(name) && !lists.some((list) => Object.hasOwn(list, name)),
    );
    expect(unnamed).toEqual([]);
  });

  test("tell nobody of a death by a message", () => {
    const { deathTitle, deathBody } = leaving.told;
    expect(deathTitle + deathBody).not.toMatch(/\bdead\b|\bdied\b|death|死|去世|走了|離開|节哀|節哀/i);
  });

  test("ask and tell without a name of the patient or a value on a locked screen", () => {
    for (const text of [push.gentleTitle, push.gentleBody]) expect(text).not.toMatch(/\{/);
    for (const text of Object.values(leaving.told)) expect(text).not.toMatch(/\{(?!name\}|time\})/);
  });

  test("say of every way to leave what happens then", () => {
    expect(Object.keys(leaving.confirm)).toEqual(Object.keys(leaving.choices));
    for (const { happens } of Object.values(leaving.confirm)) expect(happens.length).toBeGreaterThan(2);
  });
});
