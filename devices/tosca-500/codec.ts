/**
 * The text of the TOSCA 500 (Radiometer, earlier Linde), a monitor of transcutaneous CO2 with an ear sensor. Asked with
 * CR LF `02$` it answers in parts, each in brackets behind CR LF, the end marked by `$`:
 *
 *     00[PCO2(tc43.0)_>2 N _PCO2=048mmHg _> N ]
 *     00[SPO2_>3 N _SPO2=094PERCNT_> N ]
 *     00[PR_>4 N _PR=078BPM_> N ]
 *     00[HPWR...0589mW...]                          and others, read over
 *     $
 *        |    |        |  | |            |    |
 *        |    |        |  | |            |    flag
 *        |    |        |  | |            unit: mmHg or kPa
 *        |    |        |  | value
 *        |    |        |  flag: N normal, A alarm, F failure, S muted, C or U not calibrated
 *        |    |        line on the screen (?)
 *        |    sensor temperature, degrees Celsius
 *        quantity
 *
 * ? Which of the two flags belongs to what: a number counts only where both vouch for it. ? Line speed and what dashes
 *   look like. One recording would settle all three.
 */
import type { Absence } from "../../src/domain/sample.ts";
import type { FrameRule } from "../../src/wire/framer.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";

/** Asks for the values. */
export const QUESTION = lineBytes("\r\n02$");

export type Quantity = "PCO2" | "SPO2" | "PR";

/** A part that is read. */
export interface Part {
  readonly quantity: Quantity;
  /** mmHg, % or /min; undefined where dashes stand. */
  readonly value: number | undefined;
  /** Both flags, in their order. */
  readonly flags: readonly [string, string];
}

/** What a frame of the rule is. */
export type Piece =
  | { readonly kind: "end" }
  | { readonly kind: "gap" }
  /** A part of a quantity that is not read. */
  | { readonly kind: "other"; readonly name: string }
  | { readonly kind: "part"; readonly part: Part };

const CR = 0x0d;
const LF = 0x0a;
const END = 0x24;
const HEAD = [0x30, 0x30, 0x5b] as const;
const CLOSE = 0x5d;
const LONGEST_PART = 120;

export const TOSCA_RULE: FrameRule = {
  maxBytes: LONGEST_PART,
  refusals: ["no part begins", "not a text", "part too long", "a value unreadable"],
  match(bytes, at, end) {
    const first = bytes[at];
    if (first === CR || first === LF || first === END) return 1;
    for (let i = at; i < end; i++) {
      const byte = bytes[i] ?? 0;
      const place = i - at;
      if (place < HEAD.length && byte !== HEAD[place]) return -1;
      if (byte < 0x20 || byte > 0x7e) return -2;
      if (place >= HEAD.length && byte === CLOSE) {
        return pieceIn(bytes, at, place + 1) === undefined ? -4 : place + 1;
      }
      if (place >= LONGEST_PART - 1) return -3;
    }
    return 0;
  },
};

const PART =
  /^00\[(PCO2|SPO2|PR)(?:\([^)]{0,10}\))?_>\d ([A-Z]) _(PCO2|SPO2|PR)=(\d{1,3}(?:\.\d)?|-{2,4}(?:\.-)?)(mmHg|kPa|PERCNT|BPM) ?_> ([A-Z]) \]$/;

/** Reads a frame; undefined where a part of a quantity that is read has another shape. */
export function pieceIn(bytes: Uint8Array, at: number, length: number): Piece | undefined {
  if (length === 1) return { kind: bytes[at] === END ? "end" : "gap" };
  const text = lineText(bytes.subarray(at, at + length));
  const [, name, flag, again, digits, unit, second] = PART.exec(text) ?? [];
  if (name === undefined || digits === undefined || flag === undefined || second === undefined) {
    const other = /^00\[([A-Z0-9]+)/.exec(text)?.[1] ?? "?";
    return isQuantity(other) ? undefined : { kind: "other", name: other };
  }
  if (!isQuantity(name) || again !== name || !UNITS[name].includes(unit ?? "")) return undefined;
  const number = digits.startsWith("-") ? undefined : Number(digits);
  const value = number !== undefined && unit === "kPa" ? number * MMHG_PER_KPA : number;
  return { kind: "part", part: { quantity: name, value, flags: [flag, second] } };
}

const UNITS: { readonly [quantity in Quantity]: readonly string[] } = {
  PCO2: ["mmHg", "kPa"],
  SPO2: ["PERCNT"],
  PR: ["BPM"],
};

const MMHG_PER_KPA = 7.50062;

const isQuantity = (name: string): name is Quantity => Object.hasOwn(UNITS, name);

/** What a flag says: a reason without a number, or nothing against it. */
export const FLAGS: { readonly [letter: string]: { readonly meaning: string; readonly gates?: Absence } } = {
  F: { meaning: "failure", gates: "invalid" },
  C: { meaning: "being calibrated, or not calibrated", gates: "searching" },
  U: { meaning: "not calibrated", gates: "invalid" },
  A: { meaning: "alarm" },
  S: { meaning: "alarm, muted" },
  N: { meaning: "normal" },
};

/** Why the number is no measurement; a flag that nobody explained vouches for nothing. */
export function gateOf({ flags }: Part): Absence | undefined {
  const known = Object.entries(FLAGS).find(
    ([letter, { gates }]) => flags.includes(letter) && gates !== undefined,
  );
  if (known !== undefined) return known[1].gates;
  return flags.every((letter) => Object.hasOwn(FLAGS, letter)) ? undefined : "invalid";
}

/** What the monitor answers; values in mmHg, % and /min, undefined as dashes. */
export function encodeAnswer(parts: readonly Part[]): Uint8Array {
  const texts = parts.map(({ quantity, value, flags: [first, second] }) => {
    const digits = value === undefined ? "---" : value.toFixed(0).padStart(3, "0");
    switch (quantity) {
      case "PCO2":
        return `00[PCO2(tc43.0)_>2 ${first} _PCO2=${digits}mmHg _> ${second} ]`;
      case "SPO2":
        return `00[SPO2_>3 ${first} _SPO2=${digits}PERCNT_> ${second} ]`;
      case "PR":
        return `00[PR_>4 ${first} _PR=${digits}BPM_> ${second} ]`;
    }
  });
  return lineBytes(`${texts.map((text) => `\r\n${text}`).join("")}\r\n$`);
}
