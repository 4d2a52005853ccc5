import { describe, expect, test } from "vitest";
import { CONDITION_IDS, PRIORITIES } from "../../../src/domain/alarm.ts";
import { FAULTS } from "../../../src/domain/fault.ts";
import { LANGUAGES, ROLES } from "../../../src/domain/person.ts";
import { ABSENCES } from "../../../src/domain/sample.ts";
import { SIGNAL_IDS, SIGNALS, WAVES } from "../../../src/domain/signal.ts";
import { wordsIn } from "../../../src/words/index.ts";
import { fill } from "../../../src/words/template.ts";

/** Every text with the way to it, as "pages.common.close". */
function texts(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  return Object.entries(value as object).flatMap(([key, inner]) =>
    texts(inner, path === "" ? key : `${path}.${key}`),
  );
}

const placesOf = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").toSorted();

const english = new Map(texts(wordsIn("en")));
const chinese = ["zh-Hans", "zh-Hant"] as const;

/** Latin words that Chinese readers see every day: units, abbreviations of the trade, names of things. */
const LATIN = new Set(
  [
    "ALSFRS",
    "R",
    // Makers of phones, a store, what is plugged in.
    "OPPO",
    "realme",
    "vivo",
    "iQOO",
    "F",
    "Droid",
    "G",
    "SIM",
    "Android",
    "ntfy",
    "mL",
    "L",
    "min",
    "cmH",
    "O",
    "mmHg",
    "IPAP",
    "EPAP",
    "PEEP",
    "Delta",
    "CSV",
    "https",
    // In the names of files.
    "SIMULATED",
    "FHIR",
    "InfluxDB",
    "MB",
    "Wi",
    "Fi",
    "iPhone",
    "YAML",
    "QR",
    "Code",
    // Dependency classes.
    "A",
    "B",
    "C",
  ].concat(
    // Commands are typed as they are.
    ["breathwatch", "check", "devices", "import"],
  ),
);

/** Pairs of a simplified and a traditional character that often occur; a text may hold only its own side. */
const PAIRS =
  "这這来來吗嗎们們设設备備时時间間请請没沒压壓气氣脸臉开開关關环環险險药藥电電话話语語说說读讀写寫记記录錄报報警警页頁面面" +
  "机機连連线線络絡网網数數据據断斷呼呼吸吸护護顾顧师師员員术術断斷应應该該还還让讓着著见見听聽响響响響声聲会會个個为為过過" +
  "边邊动動种種长長门門问問马馬发發头頭脱脫紧緊急急传傳输輸处處显顯对對错錯误誤现現实實验驗证證经經纸紙结結给給绍紹绝絕统統" +
  "继繼续續点點热熱爱愛状狀态態监監测測医醫疗療转轉载載较較达達运運进進远遠违違选選适適释釋里裡针針钟鐘铃鈴银銀链鏈镜鏡闭閉" +
  "随隨难難预預题題频頻风風飞飛饭飯验驗体體侧側儿兒两兩严嚴东東丝絲业業义義乐樂习習书書买買乱亂争爭亏虧云雲产產亲親亿億仅僅" +
  "从從仓倉仪儀价價众眾优優伙夥伤傷伦倫伪偽余餘侦偵债債倾傾储儲兴興养養兽獸内內册冊军軍农農冲沖决決况況净淨减減几幾凤鳳击擊" +
  "创創删刪别別刘劉则則刚剛办辦务務劳勞势勢区區协協单單卖賣占佔卫衛厂廠历歷厅廳参參双雙变變号號后後吓嚇启啟呕嘔员員呛嗆响響";

describe("the three languages", () => {
  test.each(chinese)("%s has the same texts as English, with the same places", (language) => {
    const own = new Map(texts(wordsIn(language)));
    // Lists of steps may differ in length; everything else may not.
    const fixed = (keys: Iterable<string>) =>
      [...keys].filter((key) => !/\.check\.\d+$/.test(key)).toSorted();
    expect(fixed(own.keys())).toEqual(fixed(english.keys()));
    const odd = [...english].filter(
      ([key, text]) => own.has(key) && String(placesOf(own.get(key) ?? "")) !== String(placesOf(text)),
    );
    expect(odd.map(([key]) => key)).toEqual([]);
  });

  test.each(LANGUAGES)("%s has no empty text, except for units that are not written", (language) => {
    const empty = texts(wordsIn(language)).filter(([, text]) => text.trim() === "");
    expect(empty.map(([key]) => key)).toEqual(["terms.units.1", "terms.units.on/off", "terms.units.yes/no"]);
  });

  test.each(chinese)("%s has no English left in it", (language) => {
    const left = texts(wordsIn(language)).flatMap(([key, text]) => {
      const words = text.replaceAll(/\{\w+\}/g, "").match(/[A-Za-z]+/g) ?? [];
      return words.filter((word) => !LATIN.has(word)).map((word) => `${key}: ${word}`);
    });
    expect(left).toEqual([]);
  });

  test.each([
    ["zh-Hans", 1],
    ["zh-Hant", 0],
  ] as const)("%s has no character of the other script", (language, foreign) => {
    const pairs = PAIRS.match(/../gu) ?? [];
    const others = new Set(pairs.filter((pair) => pair[0] !== pair[1]).map((pair) => pair[foreign]));
    const mixed = texts(wordsIn(language)).flatMap(([key, text]) =>
      (text.match(/./gu) ?? [])
        .filter((character) => others.has(character))
        .map((character) => `${key}: ${character}`),
    );
    expect(mixed).toEqual([]);
  });

  test("Chinese texts end their sentences as Chinese does", () => {
    const western = chinese.flatMap((language) =>
      texts(wordsIn(language)).filter(([, text]) => /[\u4e00-\u9fff][,;?!]/.test(text)),
    );
    expect(western).toEqual([]);
  });
});

describe("what must be said", () => {
  test.each(LANGUAGES)(
    "%s names every condition, with three or four steps and a sentence to speak",
    (language) => {
      const { conditions } = wordsIn(language);
      expect(Object.keys(conditions).toSorted()).toEqual([...CONDITION_IDS].toSorted());
      const wrong = CONDITION_IDS.filter((id) => {
        const { title, check, spoken } = conditions[id];
        const short = title.length <= (language === "en" ? 24 : 10);
        return !short || check.length < 3 || check.length > 4 || !/[.。]$/.test(spoken);
      });
      expect(wrong).toEqual([]);
    },
  );

  test.each(LANGUAGES)("%s sends people to the patient before the machine", (language) => {
    const { conditions } = wordsIn(language);
    const person = {
      en: /person|go now|go to the bed|alarms still work|part of the watch/i,
      "zh-Hans": /人|过去|床边|报警照常/,
      "zh-Hant": /人|過去|床邊|警報照常/,
    };
    const wrong = CONDITION_IDS.filter((id) => !person[language].test(conditions[id].check[0] ?? ""));
    expect(wrong).toEqual([]);
  });

  test.each(LANGUAGES)("%s has a word for everything of the domain's closed lists", (language) => {
    const { terms, faults } = wordsIn(language);
    const units: { readonly [unit: string]: string } = terms.units;
    expect(Object.keys(terms.absences)).toEqual([...ABSENCES]);
    expect(Object.keys(terms.signals).toSorted()).toEqual([...SIGNAL_IDS].toSorted());
    expect(Object.keys(terms.waves).toSorted()).toEqual(Object.keys(WAVES).toSorted());
    expect(Object.keys(terms.roles).toSorted()).toEqual([...ROLES].toSorted());
    expect(Object.keys(terms.priorities).toSorted()).toEqual([...PRIORITIES].toSorted());
    expect(Object.keys(faults).toSorted()).toEqual(Object.keys(FAULTS).toSorted());
    const infos = [...Object.values(SIGNALS), ...Object.values(WAVES)];
    expect(infos.filter(({ unit }) => units[unit] === undefined)).toEqual([]);
  });

  test("every language says that nobody else is watching (BR-07)", () => {
    expect(LANGUAGES.map((language) => wordsIn(language).pages.caregiver.nobodyElse)).toEqual([
      "没有别人在看着，只有您。",
      "沒有別人在看著，只有您。",
      "Nobody else is watching – you are.",
    ]);
  });

  test("every language says that the machine's own alarm stays the primary alarm", () => {
    expect(LANGUAGES.map((language) => wordsIn(language).pages.common.primaryAlarm)).toEqual([
      "以机器自身的报警为准。请让它一直开着，音量要听得见。",
      "以機器本身的警報為準。請讓它一直開著，音量要聽得到。",
      "The machine's own alarm stays the primary alarm. Keep it on and loud enough to hear.",
    ]);
  });

  test.each(LANGUAGES)("%s puts neither a name nor a value on a locked screen by default", (language) => {
    const { titles, body } = wordsIn(language).push;
    for (const text of [...Object.values(titles), body]) expect(placesOf(text)).toEqual([]);
  });
});

describe("filling in", () => {
  test("puts every value in its place, also one that looks like a place", () => {
    expect(fill("{name} at {time}, {name}", { name: "{time}", time: "02:14" })).toBe(
      "{time} at 02:14, {time}",
    );
  });

  test("leaves a text without places as it is", () => {
    expect(fill("100 %", {})).toBe("100 %");
  });
});
