/*
 * Exports of oximetry and transcutaneous CO2: text, one row a reading, columns named in a header.
 *
 *   Checkme O2, ViHealth     Time,Oxygen Level,Pulse Rate,Motion,O2 Reminder,PR Reminder
 *                            00:16:55 Jun 26 2026,95,86,29,0,0
 *   O2Ring S, O2 Insight     Time,SpO2(%),Pulse Rate(bpm),Motion,SpO2 Reminder,PR Reminder,
 *                            "11:20:29PM Jun 19, 2026",97,60,0,0,0,
 *   Contec                   DATE,TIME,SPO2,PULSE
 *                            2021-04-30, 11:28:39, 95, 81
 *   tcPCO2, any maker        Datum;Uhrzeit;tcPCO2 [kPa];SpO2;PR;Modus
 *                            22.11.2026;03:14:05;5,9;94;72;M
 *
 * Missing: an empty cell, dashes, or a code that is no value (columns.ts). Text is UTF-8, UTF-16 (with or without a
 * byte-order mark), GB 18030 or Windows-1252; cells end at a comma, semicolon or tab.
 *
 * Doubts. ? Which words the apps write in languages other than English: the tables hold the language's own words for
 * the thing, and no export was seen; one would settle it.
 */
import type { FileLink } from "../../src/port/link.ts";
import { pieces } from "../../src/wire/card.ts";

/** Encodings that are told apart, as TextDecoder names them. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "gb18030" | "windows-1252";

export type Delimiter = "," | ";" | "\t";

export const DELIMITERS: readonly Delimiter[] = [";", "\t", ","];

/** So much of a file is enough to tell its encoding and find its header. */
export const HEAD_BYTES = 16 * 1024;

/** No row of numbers is longer, in characters. */
const LINE_LIMIT = 4096;

/**
 * The encodings that these first bytes of a file can be in, likeliest first; one alone where a mark or the pattern of
 * the bytes decides.
 */
export function encodingsOf(head: Uint8Array): readonly Encoding[] {
  const [first, second, third] = head;
  if (first === 0xef && second === 0xbb && third === 0xbf) return ["utf-8"];
  if (first === 0xff && second === 0xfe) return ["utf-16le"];
  if (first === 0xfe && second === 0xff) return ["utf-16be"];
  const zeros = [0, 0];
  head.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  if (odd > head.length / 8 && odd > 4 * even) return ["utf-16le"];
  if (even > head.length / 8 && even > 4 * odd) return ["utf-16be"];
  return isUtf8(head) ? ["utf-8"] : ["gb18030", "windows-1252"];
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    // The last character may be cut off.
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** One line of a file, without its end. */
export interface Line {
  readonly text: string;
  /** The rest of it was left out, since no row is that long. */
  readonly tooLong: boolean;
  /** False for what stands after the last line end: it may have been cut off anywhere. */
  readonly whole: boolean;
}

/** The lines of a file that are not empty, in bounded memory. */
export async function* linesOf(
  link: FileLink,
  path: string,
  { to, encoding }: { readonly to: number; readonly encoding: Encoding },
): AsyncGenerator<Line> {
  const decoder = new TextDecoder(encoding);
  let held = "";
  let tooLong = false;
  for await (const piece of pieces(link, path, { from: 0, to })) {
    const parts = (held + decoder.decode(piece, { stream: true })).split(/[\r\n]/);
    held = parts.pop() ?? "";
    for (const part of parts) {
      if (part !== "")
        yield { text: part.slice(0, LINE_LIMIT), tooLong: tooLong || part.length > LINE_LIMIT, whole: true };
      tooLong = false;
    }
    if (held.length > LINE_LIMIT) {
      tooLong = true;
      held = held.slice(0, LINE_LIMIT);
    }
  }
  if (held !== "") yield { text: held, tooLong, whole: false };
}

/** The cells of a row, without the quotation marks and spaces around them. */
export function cellsOf(line: string, delimiter: Delimiter): readonly string[] {
  if (!line.includes('"')) return line.split(delimiter).map((cell) => cell.trim());
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) {
      cells.push(cell.trim());
      cell = "";
    } else cell += character;
  }
  cells.push(cell.trim());
  return cells;
}

const MISSING = /^(?:-+|—+|–+|\*+|n\/?a|null|nan|none|)$/i;

/** A number with a point or a comma, and perhaps a unit or the star of a violated limit behind it. */
const NUMBER = /^([+-]?\d{1,6}(?:[.,]\d{1,4})?)\s*(?:%|bpm|\/min|mm ?hg|kpa)?\*?$/i;

/** The number of a cell: undefined where it says that there is none, null where it is neither. */
export function numberOf(cell: string): number | undefined | null {
  if (MISSING.test(cell)) return undefined;
  const text = NUMBER.exec(cell)?.[1];
  return text === undefined ? null : Number(text.replace(",", "."));
}
