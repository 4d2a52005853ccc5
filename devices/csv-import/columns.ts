import type { OptionValues } from "../../src/driver/contract.ts";
import { cellsOf, DELIMITERS, type Delimiter } from "./codec.ts";

/** What a column can hold; `mode` is what a transcutaneous monitor is doing. */
const ROLES = ["date", "time", "spo2", "pulse", "perfusion", "motion", "co2", "mode"] as const;

export type Role = (typeof ROLES)[number];

export type Co2Unit = "mmHg" | "kPa";

/** Where what stands, counted from 0. */
export interface Columns {
  readonly delimiter: Delimiter;
  readonly place: { readonly [role in Role]?: number };
  /** Unit named in the header of the CO2 column. */
  readonly co2Unit: Co2Unit | undefined;
}

/** Codes that stand for "no value" in exports that hold the device's bytes unchanged. */
export const MISSING_CODES: { readonly [role in Role]?: readonly number[] } = {
  spo2: [0, 127, 255, 65_535],
  pulse: [0, 255, 511, 65_535],
  perfusion: [0, 255, 65_535],
  motion: [65_535],
  co2: [0, 255, 65_535],
};

/** Of a longer cell the beginning counts. */
const LONGEST_WORD = 100;

/**
 * Words of headers: lower case, without accents, units in brackets, spaces and marks. English, German, French,
 * Spanish, Italian, Dutch, Portuguese, Russian, Chinese in both scripts, Japanese, Korean.
 */
const WORDS: { readonly [role in Role]: string } = {
  date: "date day datum fecha data дата 日期 日付 날짜",
  time:
    "time timestamp datetime dateandtime recordtime zeit uhrzeit zeitstempel datumuhrzeit datumzeit heure horodatage " +
    "hora fechahora ora dataora tijd tijdstip время 时间 時間 時刻 日期时间 日期時間 测量时间 測量時間 记录时间 記錄時間 日時 시간",
  spo2:
    "spo2 sao2 o2sat oxygenlevel oxygensaturation bloodoxygen saturation sauerstoffsattigung sauerstoffgehalt " +
    "sauerstoffpegel sauerstoffwert sauerstoff sattigung niveaudoxygene saturationenoxygene tauxdoxygene " +
    "niveldeoxigeno saturaciondeoxigeno saturacion livellodiossigeno saturazione saturazionediossigeno zuurstofniveau " +
    "zuurstofgehalte zuurstofsaturatie saturatie niveldeoxigenio saturacaodeoxigenio saturacao уровенькислорода " +
    "сатурация 血氧 血氧值 血氧饱和度 血氧飽和度 血氧浓度 血氧濃度 氧饱和度 氧飽和度 氧含量 酸素飽和度 酸素レベル 산소포화도",
  pulse:
    "pulserate pulse pr heartrate hr bpm puls pulsfrequenz pulsrate herzfrequenz frequencecardiaque frequencedupouls " +
    "pouls frecuenciadelpulso frecuenciadepulso frecuenciacardiaca pulso frequenzadelpolso frequenzacardiaca polso " +
    "polsslag hartslag frequenciadopulso frequenciadepulso frequenciacardiaca частотапульса пульс 脉率 脈率 脉搏 脈搏 脉搏率 脈搏率 心率 脈拍数 脈拍 맥박 맥박수",
  perfusion:
    "pi perfusionindex perfusion perfusionsindex indicedeperfusion indicedeperfusao indicediperfusione 灌注指数 灌注指數 血流灌注指数 血流灌注指數",
  motion:
    "motion movement bewegung mouvement movimiento movimento beweging движение 体动 體動 运动 運動 体動 움직임",
  co2: "tcpco2 tcco2 ptcco2 pco2tc pco2 transcutaneousco2 经皮二氧化碳 經皮二氧化碳 经皮二氧化碳分压 經皮二氧化碳分壓 经皮co2",
  mode: "mode measurementmode modus betriebsart modo modalita 模式 测量模式 測量模式",
};

const ROLE_OF_WORD: ReadonlyMap<string, Role> = new Map(
  ROLES.flatMap((role) => WORDS[role].split(" ").map((word) => [normal(word), role] as const)),
);

/** The option that names the column of each thing by its number. */
export const COLUMN_OPTION: { readonly [role in Role]: string } = {
  date: "date_column",
  time: "time_column",
  spo2: "spo2_column",
  pulse: "pulse_column",
  perfusion: "perfusion_column",
  motion: "motion_column",
  co2: "co2_column",
  mode: "mode_column",
};

/** The columns that a header line names; undefined where it is none. A column that is named twice is the first. */
export function columnsOfHeader(line: string): Columns | undefined {
  for (const delimiter of DELIMITERS) {
    const cells = cellsOf(line, delimiter);
    const place: { [role in Role]?: number } = {};
    let co2Unit: Co2Unit | undefined;
    cells.forEach((cell, index) => {
      const role = ROLE_OF_WORD.get(normal(cell));
      if (role === undefined || place[role] !== undefined) return;
      place[role] = index;
      if (role === "co2") co2Unit = unitOf(cell);
    });
    if (isEnough(place)) return { delimiter, place, co2Unit };
  }
  return undefined;
}

/** The columns that the options name by number, for a line of a file whose header says nothing; undefined: too few. */
export function columnsOfOptions(line: string, options: OptionValues): Columns | undefined {
  const place = placesGiven(options);
  if (!isEnough(place)) return undefined;
  const last = Math.max(...Object.values(place));
  const delimiter = DELIMITERS.find((candidate) => cellsOf(line, candidate).length > last);
  return delimiter === undefined ? undefined : { delimiter, place, co2Unit: undefined };
}

/** A header's columns with those that the options name in place of its own. */
export const withOptions = (columns: Columns, options: OptionValues): Columns => ({
  ...columns,
  place: { ...columns.place, ...placesGiven(options) },
});

/** Something to know when, and something that was measured. */
const isEnough = (place: { readonly [role in Role]?: number }): boolean =>
  place.time !== undefined && (place.spo2 ?? place.pulse ?? place.co2) !== undefined;

function placesGiven(options: OptionValues): { [role in Role]?: number } {
  const place: { [role in Role]?: number } = {};
  for (const role of ROLES) {
    const column = Number(options[COLUMN_OPTION[role]]);
    if (column >= 1) place[role] = column - 1;
  }
  return place;
}

/** The unit of CO2 that a text names. */
export function unitOf(text: string): Co2Unit | undefined {
  if (/kpa/i.test(text)) return "kPa";
  return /mm ?hg|torr/i.test(text) ? "mmHg" : undefined;
}

/** A word of a header as the tables have it. */
function normal(cell: string): string {
  return cell
    .slice(0, LONGEST_WORD)
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\([^)]*\)|\[[^\]]*\]|（[^）]*）/g, "")
    .replaceAll(/mmhg|kpa|\/min/g, "")
    .replaceAll(/[^\p{L}\p{N}]/gu, "");
}
