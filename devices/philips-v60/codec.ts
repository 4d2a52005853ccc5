/**
 * The serial port of the Philips V60, V200 and Esprit ventilators: it answers four letters and CR. Of its commands only
 * SNDA is used here, whose answer is laid out like that of older Puritan Bennett ventilators:
 *
 *     SNDA<CR>
 *     MISCA,706,97,<STX>03:12 ,3512345678        ,      ,NOV 14 2026 ,CPAP  ,...,NORMAL,...,<ETX><CR>
 *     |     |   |       |
 *     |     |   |       fields 5, 6, 7...: left-justified, padded with blanks, a comma after each
 *     |     |   field 3: how many fields stand between STX and ETX
 *     |     field 2: how many bytes stand there
 *     field 1
 *
 * A field without a value is blank. A command that is not known comes back in an error message. No checksum: the two
 * counts and what a field of each kind can hold are what tells a good answer.
 * ? Whether a V60 fills the fields as an older ventilator does: "compatible" is all that its note says. One answer beside
 *   the values on the screen would settle it.
 */
import type { Priority } from "../../src/domain/alarm.ts";
import type { SettingId, SignalId } from "../../src/domain/signal.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";

export const LONGEST_ANSWER_BYTES = 1_200;
/** How many fields an answer has. */
export const FIELD_COUNT = 97;
/** The first field after STX. */
const FIRST_FIELD = 5;

/** A field that is read. Numbers are the maker's. */
export type Field = {
  readonly field: number;
  readonly name: string;
  /** UCUM, for numbers. */
  readonly unit?: string;
} & (
  | { readonly kind: "signal"; readonly signal: SignalId; readonly factor: number }
  | { readonly kind: "setting"; readonly setting: SettingId }
  | { readonly kind: "alarm"; readonly code: string; readonly priority: Priority }
  | { readonly kind: "text"; readonly becomes: "serial" | "mode" }
);

const signal = (field: number, name: string, unit: string, id: SignalId, factor = 1): Field => ({
  field,
  name,
  unit,
  kind: "signal",
  signal: id,
  factor,
});

const alarm = (field: number, name: string, code: string, priority: Priority): Field => ({
  field,
  name,
  kind: "alarm",
  code,
  priority,
});

export const FIELDS: readonly Field[] = [
  { field: 6, name: "serial number", kind: "text", becomes: "serial" },
  { field: 9, name: "mode", kind: "text", becomes: "mode" },
  { field: 13, name: "oxygen set", unit: "%", kind: "setting", setting: "fio2" },
  { field: 15, name: "PEEP, EPAP set", unit: "cm[H2O]", kind: "setting", setting: "epap" },
  signal(34, "rate, all breaths", "/min", "resp_rate"),
  signal(35, "expired tidal volume", "L", "tidal_volume_exp", 1000),
  signal(36, "expired minute volume", "L/min", "minute_volume"),
  signal(38, "peak pressure", "cm[H2O]", "pressure_peak"),
  signal(39, "mean pressure", "cm[H2O]", "pressure_mean"),
  signal(40, "end-inspiratory pressure", "cm[H2O]", "pressure_insp"),
  signal(41, "E part of 1:E", "1", "ie_ratio"),
  alarm(48, "pressure high", "pressure_high", "high"),
  alarm(51, "expired tidal volume low", "tidal_volume_low", "high"),
  alarm(52, "minute volume low", "minute_volume_low", "high"),
  alarm(53, "rate high", "rate_high", "medium"),
  alarm(54, "oxygen supply low", "oxygen_supply_low", "high"),
  alarm(55, "air supply low", "air_supply_low", "high"),
  alarm(57, "apnea", "apnea", "high"),
  alarm(95, "circuit occluded or disconnected", "occlusion_or_disconnect", "high"),
];

/** The trimmed text of each field by the maker's number; blank where there is no value. */
export type Answer = (field: number) => string;

/** Why a line is no answer; the texts stand in the trace. */
export type Refusal =
  | "front of the line missing"
  | "not an answer"
  | "byte count disagrees"
  | "field count disagrees"
  | "number of fields unknown"
  | "fields out of place";

const STX = "\u0002";
const ETX = "\u0003";
const HEAD = /^MISCA,(\d{1,4}) *,(\d{1,3}) *,$/;
const NUMBER = /^-?\d{1,6}(?:\.\d{1,4})?$/;

/** Reads one line without its CR. */
export function decodeAnswer(bytes: Uint8Array, whole: boolean): Answer | Refusal {
  const line = lineText(bytes);
  const stx = line.indexOf(STX);
  const head = HEAD.exec(line.slice(0, Math.max(0, stx)));
  if (head === null || !line.endsWith(ETX)) return whole ? "not an answer" : "front of the line missing";
  const body = line.slice(stx + 1, -1);
  if (body.length !== Number(head[1])) return "byte count disagrees";
  const texts = body.split(",").map((text) => text.trim());
  // A comma follows each field, the last one too.
  if (texts.pop() !== "" || texts.length !== Number(head[2])) return "field count disagrees";
  if (texts.length !== FIELD_COUNT) return "number of fields unknown";
  const answer: Answer = (field) => {
    const text = texts[field - FIRST_FIELD] ?? "";
    return /^-{2,}$/.test(text) ? "" : text;
  };
  return FIELDS.every((field) => fits(field, answer(field.field))) ? answer : "fields out of place";
}

/** A number of an answer; undefined for a blank. */
export const numberIn = (text: string): number | undefined => (NUMBER.test(text) ? Number(text) : undefined);

export const QUESTION = lineBytes("SNDA\r");

/** Field widths other than 6 characters, as older ventilators have them; they give the 706 bytes that are documented. */
const WIDTHS: { readonly [field: number]: number } = { 6: 18, 8: 12, 62: 12, 100: 9 };

/** An answer with its CR; fields that are not given are blank. Throws RangeError on a text that does not fit. */
export function encodeAnswer(texts: ReadonlyMap<number, string>): Uint8Array {
  const body = Array.from({ length: FIELD_COUNT }, (_, index) => {
    const field = FIRST_FIELD + index;
    const width = WIDTHS[field] ?? 6;
    const text = texts.get(field) ?? "";
    if (text.length > width) throw new RangeError(`field ${field} cannot hold "${text}"`);
    return `${text.padEnd(width)},`;
  }).join("");
  return lineBytes(`MISCA,${body.length},${FIELD_COUNT},${STX}${body}${ETX}\r`);
}

/** Whether a text can stand in a field; words where numbers belong tell an answer whose fields are shifted. */
function fits(field: Field, text: string): boolean {
  switch (field.kind) {
    case "signal":
    case "setting":
      return text === "" || NUMBER.test(text);
    case "alarm":
      return ["NORMAL", "ALARM", "RESET", ""].includes(text);
    case "text":
      return true;
  }
}
