import type { LocalClock } from "../../src/domain/local-clock.ts";
import { DAY_MS, type Wall, wall } from "../../src/domain/time.ts";
import { isDate } from "../../src/wire/card.ts";

/** The order in which a date's three numbers stand. */
export const DATE_ORDERS = ["dmy", "mdy", "ymd"] as const;

export type DateOrder = (typeof DATE_ORDERS)[number];

type Day = Pick<LocalClock, "year" | "month" | "day">;

type TimeOfDay = Pick<LocalClock, "hour" | "minute" | "second">;

/** A date as written: known, or three numbers whose order must be found out. */
type WrittenDate = { readonly known: Day } | { readonly numbers: readonly [number, number, number] };

/** What a row says of its time: an instant, or a local date and time. */
export type Stamp = { readonly instant: Wall } | { readonly date: WrittenDate; readonly time: TimeOfDay };

/** No date with a time is longer, in whatever language. */
const LONGEST_STAMP = 80;

/** Reads the text of a time column and, where it stands apart, of a date column. Undefined: not a date with a time. */
export function stampOf(text: string): Stamp | undefined {
  if (text.length > LONGEST_STAMP) return undefined;
  const instant = instantOf(text);
  if (instant !== undefined) return { instant };
  const clock = CLOCK.exec(text);
  if (clock === null) return undefined;
  const time = timeOf(clock);
  const rest = `${text.slice(0, clock.index)} ${text.slice(clock.index + clock[0].length)}`;
  const date = dateOf(rest);
  return time === undefined || date === undefined ? undefined : { date, time };
}

/** The local time of a stamp whose date's order is known; undefined where that gives no date. */
export function localTime(
  stamp: Exclude<Stamp, { instant: Wall }>,
  order: DateOrder,
): LocalClock | undefined {
  const { date, time } = stamp;
  const day = "known" in date ? date.known : ordered(date.numbers, order);
  return day === undefined ? undefined : { ...day, ...time };
}

/** ISO 8601 with a zone, or a count of seconds or milliseconds since 1970. */
function instantOf(text: string): Wall | undefined {
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)? ?(?:Z|[+-]\d\d:?\d\d)$/.test(text)) {
    const at = Date.parse(text.replace(" ", "T").replace(" ", ""));
    return Number.isNaN(at) ? undefined : wall(at);
  }
  if (/^[1-4]\d{9}$/.test(text)) return wall(Number(text) * 1000);
  return /^[1-4]\d{12}$/.test(text) ? wall(Number(text)) : undefined;
}

/** A clock time, with the half of the day before or behind it in the languages that write one. */
const CLOCK =
  /(上午|下午|午前|午後|오전|오후|凌晨|早上|中午|晚上)?\s*(\d{1,2})\s*[:时時시]\s*(\d{1,2})(?:\s*[:分분]\s*(\d{1,2})(?:[.,](\d{1,6}))?)?\s*[秒초分분]?\s*(上午|下午|[ap]\.?\s?m\b\.?)?/i;

const AFTERNOON = /^(?:下午|午後|오후|晚上|中午|p)/i;

function timeOf(clock: RegExpExecArray): TimeOfDay | undefined {
  const [, before, hours, minutes, seconds, fraction, behind] = clock;
  const half = before ?? behind;
  const written = Number(hours);
  const minute = Number(minutes);
  const second = Number(`${seconds ?? 0}.${fraction ?? 0}`);
  if (minute > 59 || second >= 60) return undefined;
  if (half === undefined) return written > 23 ? undefined : { hour: written, minute, second };
  if (written > 12) return undefined;
  return { hour: (written % 12) + (AFTERNOON.test(half) ? 12 : 0), minute, second };
}

/** Names of months by their first letters, without accents: English, German, French, Spanish, Italian, Dutch, Portuguese. */
const MONTHS: readonly RegExp[] = [
  /^(?:jan|ene|gen)/,
  /^(?:feb|fev)/,
  /^(?:mar(?!t)|mart|mrt|maa|mae|mrz)/,
  /^(?:apr|abr|avr)/,
  /^(?:mai|may|mag|mei)/,
  /^(?:jun|juin|giu)/,
  /^(?:jul|juil|lug)/,
  /^(?:aug|aou|ago)/,
  /^(?:sep|set)/,
  /^(?:oct|okt|out|ott)/,
  /^nov/,
  /^(?:dec|dez|dic)/,
];

function dateOf(text: string): WrittenDate | undefined {
  const cjk = /(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})/.exec(text);
  if (cjk !== null) return known(Number(cjk[1]), Number(cjk[2]), Number(cjk[3]));
  const numbers = (text.match(/\d+/g) ?? []).map(Number);
  const name = monthNamed(text);
  if (name !== undefined) {
    const [first, second] = numbers;
    if (first === undefined || second === undefined || numbers.length !== 2) return undefined;
    return first > 31 ? known(first, name, second) : known(fullYear(second), name, first);
  }
  const [a, b, c] = numbers;
  if (a === undefined || b === undefined || c === undefined || numbers.length !== 3) return undefined;
  return a > 99 ? known(a, b, c) : { numbers: [a, b, c] };
}

const known = (year: number, month: number, day: number): WrittenDate | undefined =>
  isDate(year, month, day) ? { known: { year, month, day } } : undefined;

/** A month that is written as a word, or as a number with the sign for month. */
function monthNamed(text: string): number | undefined {
  const sign = /(\d{1,2})\s*[月월]/.exec(text);
  if (sign !== null) return undefined;
  const words =
    text
      .normalize("NFKD")
      .replaceAll(/\p{M}/gu, "")
      .toLowerCase()
      .match(/[a-z]{3,}/g) ?? [];
  for (const word of words) {
    const index = MONTHS.findIndex((month) => month.test(word));
    if (index >= 0) return index + 1;
  }
  return undefined;
}

const fullYear = (year: number): number => (year < 100 ? 2000 + year : year);

function ordered(numbers: readonly [number, number, number], order: DateOrder): Day | undefined {
  const [a, b, c] = numbers;
  const day =
    order === "dmy"
      ? { year: fullYear(c), month: b, day: a }
      : order === "mdy"
        ? { year: fullYear(c), month: a, day: b }
        : { year: fullYear(a), month: b, day: c };
  return isDate(day.year, day.month, day.day) ? day : undefined;
}

/** Finds the one order of dates in which a whole file makes sense. */
export interface OrderFinder {
  /** The next row's stamp. */
  see(stamp: Stamp): void;
  /**
   * The order; undefined while more than one is left (or none). `named` is a date that the file's own name begins
   * with, as `YYYYMMDD`.
   */
  order(named: string | undefined): DateOrder | undefined;
}

interface Candidate {
  readonly order: DateOrder;
  possible: boolean;
  first: number | undefined;
  last: number;
  /** Steps from one date to another that a recording does not make: backward, or over a day. */
  leaps: number;
}

/** Remembers no rows. Dates without doubt leave every order open, and then any will do. */
export function createOrderFinder(): OrderFinder {
  let previous = "";
  let doubtful = false;
  const candidates: Candidate[] = DATE_ORDERS.map((order) => ({
    order,
    possible: true,
    first: undefined,
    last: 0,
    leaps: 0,
  }));

  return {
    see(stamp) {
      if ("instant" in stamp || "known" in stamp.date) return;
      const { numbers } = stamp.date;
      const key = numbers.join(" ");
      if (key === previous) return;
      previous = key;
      doubtful = true;
      for (const candidate of candidates) {
        const day = ordered(numbers, candidate.order);
        if (day === undefined) candidate.possible = false;
        else {
          const count = Date.UTC(day.year, day.month - 1, day.day) / DAY_MS;
          if (candidate.first === undefined) candidate.first = count;
          else if (count - candidate.last !== 1) candidate.leaps += 1;
          candidate.last = count;
        }
      }
    },
    order(named) {
      if (!doubtful) return "ymd";
      const possible = candidates.filter(({ possible: still }) => still);
      if (possible.length <= 1) return possible[0]?.order;
      const day = named === undefined ? undefined : dayCount(named);
      const asNamed = possible.filter(({ first }) => first === day);
      if (asNamed.length === 1) return asNamed[0]?.order;
      const withoutLeaps = possible.filter(({ leaps, first, last }) => leaps === 0 && last !== first);
      return withoutLeaps.length === 1 ? withoutLeaps[0]?.order : undefined;
    },
  };
}

const dayCount = (named: string): number =>
  Date.UTC(Number(named.slice(0, 4)), Number(named.slice(4, 6)) - 1, Number(named.slice(6, 8))) / DAY_MS;

/** The date in a file's name (`O2Ring S_20260619232029.csv`), as `YYYYMMDD`. */
export const dateInName = (path: string): string | undefined =>
  /(?<!\d)(20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:\d{6})?(?!\d)/.exec(path)?.[1];
