import { crc8, crc8Maxim, crc16Ccitt, sum7, sum8, xor8 } from "./checksum.ts";
import { bitsOf, type Field, type Fields, type FieldValue, placeOf, readField, writeField } from "./field.ts";

/** Bits that always have this value; a frame without them is refused. */
export interface Constant {
  readonly byte: number;
  readonly mask: number;
  readonly value: number;
  readonly doc: string;
}

/** The byte `at` holds a checksum of the bytes [from, to); crc16 in two bytes, the more significant first. */
export interface Checksum {
  readonly kind: keyof typeof CHECKSUMS;
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

/** A frame of fixed length, drawn once: everything else about it is derived. */
export interface FrameSpec<F extends Fields> {
  readonly name: string;
  readonly lengthBytes: number;
  readonly constants: readonly Constant[];
  readonly fields: F;
  readonly checksum?: Checksum;
}

export type FrameValues<F extends Fields> = { -readonly [Name in keyof F]: FieldValue<F[Name]> };

/** The values of a declared frame: `ValuesOf<typeof FORMAT_2>`. */
export type ValuesOf<T> = T extends Frame<infer F> ? FrameValues<F> : never;

export interface Frame<F extends Fields> {
  readonly spec: FrameSpec<F>;
  readonly lengthBytes: number;
  /** Why a frame was refused, by the number that check() returned minus one. */
  readonly refusals: readonly string[];
  /** 0 when the `lengthBytes` bytes from `at` on are such a frame, else the number of the first rule they break. */
  check(bytes: Uint8Array, at: number): number;
  /** Reads all fields; the bytes must have passed check(). */
  decode(bytes: Uint8Array, at: number): FrameValues<F>;
  /** A new frame with constants and checksum; throws RangeError on a value that does not fit its field. */
  encode(values: FrameValues<F>): Uint8Array;
  /** The table for the device's README, in Markdown. */
  table(): string;
}

/** Declares a frame. Throws RangeError when a field or constant lies outside it: a slip in the declaration. */
export function frame<const F extends Fields>(spec: FrameSpec<F>): Frame<F> {
  const { lengthBytes, constants, fields, checksum } = spec;
  const entries: readonly (readonly [string, Field])[] = Object.entries(fields);
  for (const { byte } of [...constants, ...entries.flatMap(([, field]) => places(field))]) {
    if (byte < 0 || byte >= lengthBytes) throw new RangeError(`${spec.name} has no byte ${byte + 1}`);
  }
  const refusals = constants.map((constant) => `byte ${constant.byte + 1} is not ${constant.doc}`);
  if (checksum !== undefined) refusals.push("the checksum does not fit");

  return {
    spec,
    lengthBytes,
    refusals,
    check(bytes, at) {
      for (let i = 0; i < constants.length; i++) {
        const { byte, mask, value } = constants[i]!;
        if ((bytes[at + byte]! & mask) !== value) return i + 1;
      }
      if (checksum === undefined) return 0;
      const { of, lengthBytes: width } = CHECKSUMS[checksum.kind];
      const sum = of(bytes, at + checksum.from, at + checksum.to);
      const place = at + checksum.at;
      const found = width === 1 ? bytes[place]! : (bytes[place]! << 8) | bytes[place + 1]!;
      return sum === found ? 0 : constants.length + 1;
    },
    decode(bytes, at) {
      const values: Record<string, unknown> = {};
      for (const [name, field] of entries) values[name] = readField(field, bytes, at);
      // The keys are those of `fields` and readField follows each field's kind.
      return values as FrameValues<F>;
    },
    encode(values) {
      const bytes = new Uint8Array(lengthBytes);
      for (const { byte, value } of constants) bytes[byte]! |= value;
      for (const [name, field] of entries) writeField(field, values[name], bytes, 0);
      if (checksum !== undefined) {
        const { of, lengthBytes: width } = CHECKSUMS[checksum.kind];
        const sum = of(bytes, checksum.from, checksum.to);
        if (width === 2) bytes[checksum.at] = sum >> 8;
        bytes[checksum.at + width - 1] = sum & 0xff;
      }
      return bytes;
    },
    table: () => tableOf(spec),
  };
}

const CHECKSUMS = {
  sum8: { of: sum8, lengthBytes: 1, name: (a: number, b: number) => `sum of bytes ${a} to ${b}, modulo 256` },
  sum7: { of: sum7, lengthBytes: 1, name: (a: number, b: number) => `sum of bytes ${a} to ${b}, modulo 128` },
  xor8: { of: xor8, lengthBytes: 1, name: (a: number, b: number) => `exclusive or of bytes ${a} to ${b}` },
  crc8: { of: crc8, lengthBytes: 1, name: (a: number, b: number) => `CRC-8 (07) of bytes ${a} to ${b}` },
  crc8Maxim: {
    of: crc8Maxim,
    lengthBytes: 1,
    name: (a: number, b: number) => `CRC-8/MAXIM of bytes ${a} to ${b}`,
  },
  crc16: { of: crc16Ccitt, lengthBytes: 2, name: (a: number, b: number) => `CRC-16 of bytes ${a} to ${b}` },
} as const;

function places(field: Field): readonly { readonly byte: number }[] {
  return field.kind === "bcd" || field.kind === "flag" ? [field] : field.pieces;
}

function tableOf(spec: FrameSpec<Fields>): string {
  const rows = spec.constants.map((constant) => ({
    byte: constant.byte,
    cells: [
      `${constant.byte + 1}${constant.mask === 0xff ? "" : ` ${bitsOf(constant.mask)}`}`,
      "",
      `always ${constant.doc}`,
      "",
    ],
  }));
  for (const [name, field] of Object.entries(spec.fields)) {
    const code = field.kind === "optional" ? String(field.missing) : "";
    rows.push({ byte: places(field)[0]!.byte, cells: [placeOf(field), `\`${name}\``, field.doc, code] });
  }
  if (spec.checksum !== undefined) {
    const { kind, from, to, at } = spec.checksum;
    rows.push({ byte: at, cells: [`${at + 1}`, "", CHECKSUMS[kind].name(from + 1, to), ""] });
  }
  rows.sort((a, b) => a.byte - b.byte);
  const lines = [
    ["byte", "field", "meaning", "missing"],
    ["---", "---", "---", "---"],
  ];
  return [...lines, ...rows.map((row) => row.cells)].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
