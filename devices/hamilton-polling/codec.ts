/**
 * The polling protocol of Hamilton ventilators (Galileo, G5, C series with the "polling" option): one value is asked for,
 * one comes back.
 *
 *     02  id  03 0D                       question
 *     02  id  5 characters  03 0D         answer: a decimal number, padded with blanks
 *     02  7C  device  4 characters 03 0D  answer to the version questions 7C to 7F
 *     02  52 45 52 52 4F 52  03 0D        "RERROR": the question was not understood; it does not say which
 *
 * 9999 and 999.9 mean that there is no value. No checksum: the echoed id, the length and what a number can look like are
 * all that tells a good answer. Shorter answers, with one or two letters of the device in place of the id, cannot be told
 * from values and are refused.
 * ? Seven or eight data bits: nobody wrote it down; a port that answers at one of the settings would settle it.
 * ? What an alarm's value is: anything but 0 is taken for active. One recording with an alarm in it would settle it.
 */

import type { FrameRule } from "../../src/wire/framer.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";

const STX = 0x02;
const ETX = 0x03;
const CR = 0x0d;

const ANSWER_BYTES = 9;
const TEXT_BYTES = 5;
/** The first and the last id that anybody listed. */
const IDS = { first: 30, last: 127 };
/** Version questions, whose answers begin with a letter of the device. */
const VERSION_IDS = { first: 0x7c, last: 0x7f };

/** An answer that is well formed. */
export type Answer =
  | {
      readonly kind: "value";
      readonly id: number;
      /** Undefined: the ventilator has no value. */
      readonly value: number | undefined;
    }
  | { readonly kind: "version"; readonly id: number; readonly text: string }
  | { readonly kind: "error" };

export const HAMILTON_RULE: FrameRule = {
  maxBytes: ANSWER_BYTES,
  refusals: ["no answer begins", "no such id", "not a text", "the end is out of place", "not a number"],
  match(bytes, at, end) {
    if (bytes[at] !== STX) return -1;
    const have = Math.min(end, at + ANSWER_BYTES);
    for (let i = at + 1; i < have; i++) {
      const byte = bytes[i] ?? 0;
      const place = i - at;
      if (place === 1 && (byte < IDS.first || byte > IDS.last)) return -2;
      if (place > 1 && place < 2 + TEXT_BYTES && (byte < 0x20 || byte > 0x7e)) return -3;
      if (place === 7 && byte !== ETX) return -4;
      if (place === 8 && byte !== CR) return -4;
    }
    if (have - at < ANSWER_BYTES) return 0;
    return answerIn(bytes, at) === undefined ? -5 : ANSWER_BYTES;
  },
};

/** Reads an answer of nine bytes; undefined where its text is none of the known kinds. */
export function answerIn(bytes: Uint8Array, at: number): Answer | undefined {
  const id = bytes[at + 1] ?? 0;
  const text = lineText(bytes.subarray(at + 2, at + 2 + TEXT_BYTES));
  if (id === 0x52 && text === "ERROR") return { kind: "error" };
  if (id >= VERSION_IDS.first && id <= VERSION_IDS.last) {
    return /^[A-Z]\S{4}$/.test(text) ? { kind: "version", id, text } : undefined;
  }
  if (!/^ *-?\d*\.?\d+ *$/.test(text)) return undefined;
  const value = Number(text);
  return { kind: "value", id, value: value === 9999 || value === 999.9 ? undefined : value };
}

export const encodeQuestion = (id: number): Uint8Array => Uint8Array.of(STX, id, ETX, CR);

/** The id of a question; undefined where the bytes are none. */
export const questionIn = (bytes: Uint8Array): number | undefined =>
  bytes.length === 4 && bytes[0] === STX && bytes[2] === ETX && bytes[3] === CR ? bytes[1] : undefined;

/** An answer with as many of these decimals as fit; undefined is "no value". */
export function encodeValue(id: number, value: number | undefined, decimals: number): Uint8Array {
  let text = value === undefined ? "9999" : value.toFixed(decimals);
  for (let fewer = decimals - 1; text.length > TEXT_BYTES && fewer >= 0; fewer--) {
    text = (value ?? 0).toFixed(fewer);
  }
  if (text.length > TEXT_BYTES) throw new RangeError(`${text} does not fit an answer`);
  return encodeText(id, text.padStart(TEXT_BYTES));
}

/** An answer of five characters. */
export const encodeText = (id: number, text: string): Uint8Array =>
  Uint8Array.of(STX, id, ...lineBytes(text), ETX, CR);

export const ERROR_ANSWER = encodeText(0x52, "ERROR");
