/** What the network said to a short code such as *100# (27.007, 7.15). */
export type UssdAnswer =
  | { readonly kind: "text"; readonly text: string; readonly wantsMore: boolean }
  /** It ended, does not know this, or did not answer: what the stick said. */
  | { readonly kind: "unavailable"; readonly why: string };

/** Reads the answer out of a stick's lines: a text may hold line ends of its own. Ends with the first answer. */
export interface UssdReader {
  take(line: string): UssdAnswer | undefined;
}

/** A code that can stand in a command without ending it. */
export const USSD_CODE = "[*#][0-9*#]{1,28}#";

const TEXT_MAX = 160;
/** Lines and characters of one answer, as they come over the cable. */
const LINES_MAX = 12;
const RAW_MAX = 1_500;

const ENDS: { readonly [status: string]: string } = {
  "2": "ended by the network",
  "3": "another program has answered",
  "4": "not supported",
  "5": "the network did not answer in time",
};

export function createUssdReader(): UssdReader {
  let lines: string[] | undefined;
  return {
    take(line) {
      if (line.startsWith("+CUSD:")) lines = [line];
      else if (lines === undefined) return undefined;
      else lines.push(line);
      const whole = lines.join("\n");
      const isOver = lines.length >= LINES_MAX || whole.length > RAW_MAX;
      // An open quotation mark: the text goes on in the next line.
      if (
        !isOver &&
        /^\+CUSD:\s*\d\s*,\s*"/.test(whole) &&
        !/"\s*(?:,\s*\d{1,3}\s*)?$/.test(afterMark(whole))
      ) {
        return undefined;
      }
      lines = undefined;
      return answerOf(whole);
    },
  };
}

/** What stands behind the first quotation mark. */
const afterMark = (whole: string): string => whole.slice(whole.indexOf('"') + 1);

function answerOf(whole: string): UssdAnswer {
  const [, status = "", rest = ""] = /^\+CUSD:\s*(\d)\s*(?:,([\s\S]*))?$/.exec(whole) ?? [];
  const [, raw = "", scheme] = /^\s*"([\s\S]*?)"?\s*(?:,\s*(\d{1,3})\s*)?$/.exec(rest) ?? [];
  const text = clean(textOf(raw, Number(scheme ?? 15)));
  // Some networks end the dialogue with the very message that answers.
  const isText = text !== "" && (status === "0" || status === "1" || status === "2");
  if (isText) return { kind: "text", text, wantsMore: status === "1" };
  return { kind: "unavailable", why: ENDS[status] ?? "an empty answer" };
}

/** By the data coding scheme of cell broadcasts (23.038, 5): UCS2 and 8 bit come as hex, all else as it is. */
function textOf(raw: string, scheme: number): string {
  const isHex = raw.length > 0 && /^(?:[0-9A-Fa-f]{2})+$/.test(raw);
  if (!isHex) return raw;
  const bytes = Buffer.from(raw, "hex");
  switch (alphabetOf(scheme)) {
    case "gsm":
      return raw;
    case "bytes":
      return bytes.toString("latin1");
    case "ucs2":
      return ucs2Of(scheme === 0x11 ? bytes.subarray(2) : bytes);
  }
}

function alphabetOf(scheme: number): "gsm" | "bytes" | "ucs2" {
  if (scheme === 0x11) return "ucs2";
  const group = scheme >> 4;
  if (group === 0xf) return (scheme & 0x04) === 0 ? "gsm" : "bytes";
  const isGeneral = group >= 0x4 && group <= 0x7;
  if (!isGeneral && group !== 0x9) return "gsm";
  const coded = (scheme >> 2) & 0x03;
  return coded === 2 ? "ucs2" : coded === 1 ? "bytes" : "gsm";
}

function ucs2Of(bytes: Uint8Array): string {
  const units: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2) units.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  return String.fromCharCode(...units).toWellFormed();
}

/** One line for a page: whatever steers a terminal, a writing direction or a page is a space. */
const clean = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\uFFFD]+/gu, " ")
    .replaceAll(/\s+/g, " ")
    .trim()
    .slice(0, TEXT_MAX)
    .toWellFormed();

/** Marks of money before or behind a number; a number without one may be a date, minutes or megabytes. */
const MONEY =
  "(?:[$€£¥￥₹₽₱₫฿₩₺]|NT\\$|HK\\$|USD|EUR|GBP|CNY|RMB|TWD|HKD|MOP|SGD|MYR|THB|INR|CHF|PLN|CZK|AUD|CAD|NZD|元|圆|圓|euros?)";
const AMOUNT = "[-−–]?\\s?\\d[\\d.,]{0,12}";

/**
 * The credit in what the network said, in whole units of money; undefined where it is not unmistakable: no number with
 * a mark of money, several different ones, or one whose separators can be read in two ways.
 */
export function amountIn(text: string): number | undefined {
  const found = new Set<string>();
  const before = new RegExp(`${MONEY}\\s?(${AMOUNT})`, "giu");
  const behind = new RegExp(`(?<![\\d.,])(${AMOUNT})\\s?${MONEY}(?![A-Za-z])`, "giu");
  for (const pattern of [before, behind]) {
    for (const { 0: all, 1: digits = "", index } of text.matchAll(pattern)) {
      // "Credit-5 EUR", "5-10 EUR": a dash that is no sign.
      const upTo = `${text.slice(0, index)}${/^[-−–]?/.exec(all)?.[0] ?? ""}`;
      if (/[\p{L}\d][-−–]$/u.test(upTo)) return undefined;
      found.add(digits.replace(/[.,]+$/, "").trim());
    }
  }
  const [only, ...others] = found;
  return only === undefined || others.length > 0 ? undefined : numberOf(only);
}

function numberOf(written: string): number | undefined {
  const isNegative = /^[-−–]/.test(written);
  const digits = written.replace(/^[-−–]\s?/, "");
  const plain = /^\d{1,7}$/.test(digits) ? digits : decimalOf(digits);
  if (plain === undefined) return undefined;
  return isNegative ? -Number(plain) : Number(plain);
}

/** `12.30`, `12,30`, `1.234,56`, `1,234.56`; not `1.234`, which is a thousand for some and a little over one for others. */
function decimalOf(digits: string): string | undefined {
  const [, simple, part] = /^(\d{1,7})[.,](\d{1,2})$/.exec(digits) ?? [];
  if (simple !== undefined) return `${simple}.${part}`;
  const [, whole, separator, cents] = /^(\d{1,3}(?:[.,]\d{3}){1,2})([.,])(\d{2})$/.exec(digits) ?? [];
  if (whole === undefined || separator === undefined || whole.includes(separator)) return undefined;
  return `${whole.replaceAll(/[.,]/g, "")}.${cents}`;
}
