/**
 * The parameter port of the Puritan Bennett 840 and 980: it answers commands, each ended by CR.
 *
 *     RSET              forget what was asked; no answer, ready after 2 s
 *     SNDA              answered by MISCA, 97 fields
 *     SNDF              answered by MISCF, 169 fields
 *
 *     MISCF,1225,169 ,<STX>03:12 ,840 3512345678    ,NOV 14 2026 ,NIV      ,...,NORMAL,...,<ETX><CR>
 *     |     |    |    |
 *     |     |    |    fields 5, 6, 7...: left-justified, padded with blanks, a comma after each
 *     |     |    field 3: how many fields stand between STX and ETX (some write "169 ", some "97")
 *     |     field 2: how many bytes stand there
 *     field 1
 *
 * No checksum. The two counts, and what a field of each kind can hold, are what tells a good reply from a damaged or
 * shifted one; widths differ between versions, so that fields are found by their commas alone.
 * ? A 980 is known to have sent 1260 bytes in 174 fields under a head that says 1225 and 169: refused until somebody
 *   shows what its fields are. ? With "Philips" chosen for the port the count is said to be 1229: never seen.
 */
import { lineBytes, lineText } from "../../src/wire/line.ts";
import { ALARM_WORDS, type Field } from "./field.ts";
import { FIRST_FIELD, REPORTS, type Report, type ReportName, widthsOf } from "./reports.ts";

/** The longest reply known is 1244 bytes, the 980's wrong one 1279. */
export const LONGEST_REPLY_BYTES = 2_048;

/** A reply that was understood: the trimmed text of each field, blank where the ventilator has none. */
export interface Reply {
  readonly report: Report;
  /** By the maker's field number; blank also for a number that the reply does not have. */
  text(field: number): string;
}

/** Why a line is not a reply; the texts stand in the trace. */
export type Refusal =
  | "front of the line missing"
  | "not a reply"
  | "byte count disagrees"
  | "field count disagrees"
  | "number of fields unknown"
  | "fields out of place";

const STX = "\u0002";
const ETX = "\u0003";
const HEAD = /^(MISC[AF]),(\d{1,4}) *,(\d{1,3}) *,$/;

/** Reads one line without its CR. */
export function decodeReply(bytes: Uint8Array, whole: boolean): Reply | Refusal {
  const line = lineText(bytes);
  const stx = line.indexOf(STX);
  const head = HEAD.exec(line.slice(0, Math.max(0, stx)));
  if (head === null || !line.endsWith(ETX)) return whole ? "not a reply" : "front of the line missing";
  const [, name = "", byteCount = "", fieldCount = ""] = head;
  const body = line.slice(stx + 1, -1);
  const report = REPORTS[isReportName(name) ? name : "MISCF"];
  if (body.length !== Number(byteCount)) return "byte count disagrees";
  const texts = body.split(",").map((text) => text.trim());
  // A comma follows each field, the last one too.
  if (texts.pop() !== "" || texts.length !== Number(fieldCount)) return "field count disagrees";
  if (texts.length !== report.count) return "number of fields unknown";
  const text = (field: number): string => texts[field - FIRST_FIELD] ?? "";
  if (!report.fields.every(({ kind, field }) => fits(kind, text(field)))) return "fields out of place";
  return { report, text };
}

/** A number as the ventilator writes it; undefined for a blank, OFF or anything else. */
export const numberIn = (text: string): number | undefined =>
  /^-?\d{1,6}(?:\.\d{1,4})?$/.test(text) ? Number(text) : undefined;

/** A command with its CR. */
export const encodeCommand = (command: "RSET" | Report["command"]): Uint8Array => lineBytes(`${command}\r`);

/**
 * A reply with its CR, widths exact; fields that are not given are blank. Throws RangeError on a text that does not
 * fit its field.
 */
export function encodeReply(report: Report, texts: ReadonlyMap<number, string>): Uint8Array {
  const fields = widthsOf(report).map((width, index) => {
    const text = texts.get(FIRST_FIELD + index) ?? "";
    if (text.length > width) throw new RangeError(`field ${FIRST_FIELD + index} cannot hold "${text}"`);
    return `${text.padEnd(width)},`;
  });
  const body = fields.join("");
  // As seen: MISCF pads its field count to four characters, MISCA does not.
  const count = report.name === "MISCF" ? String(report.count).padEnd(4) : String(report.count);
  return lineBytes(`${report.name},${body.length},${count},${STX}${body}${ETX}\r`);
}

const isReportName = (name: string): name is ReportName => Object.hasOwn(REPORTS, name);

/** What texts of other fields hold (words, times, I:E) and numbers never. */
const NOT_IN_NUMBERS = /[A-Za-z\s:/]/;

/**
 * Whether a text can stand in a field of this kind. An alarm always has a state; the others may be blank. A number may
 * be anything without letters, colons and blanks inside: what is written when there is none to give is not known.
 */
function fits(kind: Field["kind"], text: string): boolean {
  switch (kind) {
    case "text":
      return true;
    case "number":
      return !NOT_IN_NUMBERS.test(text);
    case "limit":
      return text === "OFF" || !NOT_IN_NUMBERS.test(text);
    case "alarm":
      return ALARM_WORDS.some((word) => word === text);
  }
}
