/**
 * The records inside responses, and how they are written. Codes are kept as their two hexadecimal digits.
 *
 *     measured data, limits   code 2 | value 4                          "B9 8.3"
 *     settings                code 2 | value 5                          "0B  8.0"
 *     alarms                  priority 1 | code 2 | phrase 12           "OFFDISCONNECT  "  priority is 'O' - 30 hex = 31
 *     text messages           code 2 | length 1 | text | 03             "493NIV" 03
 *     date and time           HH:MM[:SS] D-MMM-YY                       " 9:33 7-OKT-26"
 *     identification          id 4 | 'name' | software 5 : medibus 5    "0161'TESTVENT'01.03:06.00"
 *
 * A parser returns undefined where the data cannot be such records: nothing of it is used then.
 */

/** A number, or why there is none. */
export type RecordValue = number | "blank" | "unreadable";

export interface ValueRecord {
  readonly code: string;
  readonly value: RecordValue;
}

const RECORD_CHARACTERS = { measured: 6, setting: 7 } as const;

/** Measured data, limits and settings. */
export function parseValues(
  data: string,
  kind: keyof typeof RECORD_CHARACTERS,
): readonly ValueRecord[] | undefined {
  return fixed(data, RECORD_CHARACTERS[kind], (record) => {
    const code = record.slice(0, 2);
    return isCode(code) ? { code, value: valueIn(record.slice(2)) } : undefined;
  });
}

/** A sign may stand apart from its digits: "-  80". */
function valueIn(text: string): RecordValue {
  const compact = text.trim();
  if (compact === "") return "blank";
  return /^-? *(?:\d+\.?\d*|\.\d+)$/.test(compact) ? Number(compact.replaceAll(" ", "")) : "unreadable";
}

export interface AlarmRecord {
  /** 1 to 31, passed on as it is: 1-6 advisory, silent; 7-10 advisory with a tone; 11-24 caution; 25-31 warning. */
  readonly priority: number;
  readonly code: string;
  /** As the device words it; empty where it does not. */
  readonly phrase: string;
}

const ALARM_CHARACTERS = 15;
const ZERO = 0x30;

export function parseAlarms(data: string): readonly AlarmRecord[] | undefined {
  return fixed(data, ALARM_CHARACTERS, (record) => {
    const priority = record.charCodeAt(0) - ZERO;
    const code = record.slice(1, 3);
    if (!isCode(code)) return undefined;
    return { priority, code, phrase: record.slice(3).trim() };
  });
}

export interface TextRecord {
  readonly code: string;
  readonly text: string;
}

const ETX = "\u0003";

export function parseTexts(data: string): readonly TextRecord[] | undefined {
  const records: TextRecord[] = [];
  for (let at = 0; at < data.length; ) {
    const code = data.slice(at, at + 2);
    const start = at + 3;
    const end = start + data.charCodeAt(at + 2) - ZERO;
    if (!isCode(code) || !(end >= start) || data[end] !== ETX) return undefined;
    records.push({ code, text: data.slice(start, end).trim() });
    at = end + 1;
  }
  return records;
}

/** Local time of the device: a calendar date and minutes since midnight, with their seconds as a fraction. */
export interface DeviceTime {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly minutes: number;
}

/** English and German; "M.R" for the umlaut that seven bits do not have (?). */
const MONTHS = [
  /^JAN$/,
  /^FEB$/,
  /^M.R$/,
  /^APR$/,
  /^MA[YI]$/,
  /^JUN$/,
  /^JUL$/,
  /^AUG$/,
  /^SEP$/,
  /^O[CK]T$/,
  /^NOV$/,
  /^DE[CZ]$/,
];
const DATE_TIME = /^ *(\d{1,2}):(\d{2})(?::(\d{2}))? +(\d{1,2})-(.{3})-(\d{2}) *$/;

export function parseDateTime(data: string): DeviceTime | undefined {
  const [, hour, minute, second = "0", day = "", monthName = "", year = ""] = DATE_TIME.exec(data) ?? [];
  const month = MONTHS.findIndex((name) => name.test(monthName.toUpperCase())) + 1;
  if (month === 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const date = `20${year}-${String(month).padStart(2, "0")}-${day.padStart(2, "0")}`;
  const time = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date) return undefined;
  return { date, minutes: Number(hour) * 60 + Number(minute) + Number(second) / 60 };
}

export interface Identification {
  readonly id: string;
  readonly name: string;
  readonly software: string;
  /** Version of the protocol, which decides what some codes mean. */
  readonly medibus: string;
}

/** An empty answer is allowed: nothing is known then. */
export function parseIdentification(data: string): Identification | undefined {
  if (data === "") return { id: "", name: "", software: "", medibus: "" };
  const [, id, name, software, medibus] = /^(.{4})'([^']*)'(.{5}):(.{5})$/.exec(data) ?? [];
  if (id === undefined || name === undefined || software === undefined || medibus === undefined) {
    return undefined;
  }
  return { id: id.trim(), name: name.trim(), software: software.trim(), medibus: medibus.trim() };
}

/** A value as wide as its field, with as many decimals as fit, at most `decimals`. Throws RangeError where none fit. */
export function encodeValue(
  record: { readonly code: string; readonly value: number | undefined },
  kind: keyof typeof RECORD_CHARACTERS,
  decimals: number,
): string {
  const width = RECORD_CHARACTERS[kind] - 2;
  if (record.value === undefined) return record.code + " ".repeat(width);
  for (let places = decimals; places >= 0; places--) {
    const text = record.value.toFixed(places);
    if (text.length <= width) return record.code + text.padStart(width);
  }
  throw new RangeError(`${record.value} does not fit ${width} characters`);
}

export const encodeAlarm = ({ priority, code, phrase }: AlarmRecord): string =>
  String.fromCharCode(ZERO + priority) + code + phrase.slice(0, 12).padEnd(12);

export const encodeText = ({ code, text }: TextRecord): string =>
  code + String.fromCharCode(ZERO + text.length) + text + ETX;

const MONTH_NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/** The device's clock, which knows no zone. */
export function encodeDateTime({ date, minutes }: DeviceTime): string {
  const seconds = Math.floor(minutes * 60 + 0.5);
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => two(Math.floor(part)));
  const [year = "", month = "", day = ""] = date.split("-");
  return `${time.join(":")} ${Number(day)}-${MONTH_NAMES[Number(month) - 1]}-${year.slice(2)}`;
}

export const encodeIdentification = ({ id, name, software, medibus }: Identification): string =>
  `${id.padEnd(4)}'${name}'${software.padEnd(5)}:${medibus.padEnd(5)}`;

const isCode = (text: string): boolean => /^[0-9A-F]{2}$/.test(text);

/** Records of one length; undefined when they do not add up or one of them is none. */
export function fixed<Item>(
  data: string,
  characters: number,
  parse: (record: string) => Item | undefined,
): readonly Item[] | undefined {
  if (data.length % characters !== 0) return undefined;
  const items: Item[] = [];
  for (let at = 0; at < data.length; at += characters) {
    const item = parse(data.slice(at, at + characters));
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}
