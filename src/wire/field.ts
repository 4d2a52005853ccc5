/**
 * The parts of a binary frame as data. A field knows where its bits stand, what it means and which code says
 * "missing"; frame.ts turns a list of them into decoder, encoder, types and the table in a device's README.
 */

/** Some bits of one byte, and how far left of the number's lowest bit they go. */
interface Piece {
  readonly byte: number;
  readonly mask: number;
  readonly shift: number;
  /** Lowest bit of the mask. */
  readonly low: number;
}

interface Described {
  /** Meaning, for the table; a doubt is marked with `?` and says what would settle it. */
  readonly doc: string;
}

/** An unsigned number. */
export interface NumberField extends Described {
  readonly kind: "number";
  /** Most significant first. */
  readonly pieces: readonly Piece[];
}

/** A number in two's complement. */
export interface SignedField extends Described {
  readonly kind: "signed";
  readonly pieces: readonly Piece[];
  /** Its width. */
  readonly bits: number;
}

/** An unsigned number with a code for "no value", which decodes to undefined and never reaches anybody as a number. */
export interface OptionalField extends Described {
  readonly kind: "optional";
  readonly pieces: readonly Piece[];
  readonly missing: number;
}

/** Two decimal digits in one byte; undefined where a digit is above 9. */
export interface BcdField extends Described {
  readonly kind: "bcd";
  readonly byte: number;
}

/** One bit. */
export interface FlagField extends Described {
  readonly kind: "flag";
  readonly byte: number;
  readonly mask: number;
}

export type Field = NumberField | SignedField | OptionalField | BcdField | FlagField;

export type Fields = { readonly [name: string]: Field };

/** What a field decodes to. */
export type FieldValue<F extends Field> = F extends FlagField
  ? boolean
  : F extends NumberField | SignedField
    ? number
    : number | undefined;

/** Bits of one byte, as a number of their own. */
export const bits = (byte: number, mask: number, doc: string): NumberField =>
  number([piece(byte, mask, 0)], doc);

export const u8 = (byte: number, doc: string): NumberField => bits(byte, 0xff, doc);

/** Two bytes, the more significant first. */
export const u16be = (byte: number, doc: string): NumberField =>
  number([piece(byte, 0xff, 8), piece(byte + 1, 0xff, 0)], doc);

/** Two bytes, the less significant first. */
export const u16le = (byte: number, doc: string): NumberField =>
  number([piece(byte + 1, 0xff, 8), piece(byte, 0xff, 0)], doc);

export const u24le = (byte: number, doc: string): NumberField =>
  number([piece(byte + 2, 0xff, 16), piece(byte + 1, 0xff, 8), piece(byte, 0xff, 0)], doc);

export const u32le = (byte: number, doc: string): NumberField =>
  number(
    [piece(byte + 3, 0xff, 24), piece(byte + 2, 0xff, 16), piece(byte + 1, 0xff, 8), piece(byte, 0xff, 0)],
    doc,
  );

export const u32be = (byte: number, doc: string): NumberField =>
  number(
    [piece(byte, 0xff, 24), piece(byte + 1, 0xff, 16), piece(byte + 2, 0xff, 8), piece(byte + 3, 0xff, 0)],
    doc,
  );

/** The same bytes, read in two's complement. */
export const signed = ({ pieces, doc }: NumberField): SignedField => ({
  kind: "signed",
  pieces,
  bits: Math.round(Math.log2(capacity({ pieces }) + 1)),
  doc,
});

/** Several bits of different places as one number, most significant first: `{ byte, mask }` each. */
export function joined(parts: readonly { byte: number; mask: number }[], doc: string): NumberField {
  let shift = 0;
  const pieces = parts
    .toReversed()
    .map(({ byte, mask }) => {
      const made = piece(byte, mask, shift);
      shift += 32 - Math.clz32(mask >> made.low);
      return made;
    })
    .toReversed();
  return number(pieces, doc);
}

/** A number split over two bytes with seven bits in the lower one, so that bit 7 stays free for synchronisation. */
export const split7 = (msb: { byte: number; mask: number }, lsb: number, doc: string): NumberField =>
  number([piece(msb.byte, msb.mask, 7), piece(lsb, 0x7f, 0)], doc);

export const bcd = (byte: number, doc: string): BcdField => ({ kind: "bcd", byte, doc });

export const flag = (byte: number, bit: number, doc: string): FlagField => ({
  kind: "flag",
  byte,
  mask: 1 << bit,
  doc,
});

/** The same field with a code for "missing". */
export function missing(field: NumberField, code: number): OptionalField {
  if (code > capacity(field)) throw new RangeError(`the code ${code} does not fit its field: ${field.doc}`);
  return { kind: "optional", pieces: field.pieces, missing: code, doc: field.doc };
}

/** Largest number that fits. */
export const capacity = (field: { readonly pieces: readonly Piece[] }): number =>
  field.pieces.reduce((all, piece) => (all | ((piece.mask >> piece.low) << piece.shift)) >>> 0, 0);

/** Reads one field of the frame that begins at `at`. */
export function readField(field: Field, bytes: Uint8Array, at: number): number | boolean | undefined {
  switch (field.kind) {
    case "number":
      return readPieces(field.pieces, bytes, at);
    case "signed": {
      const value = readPieces(field.pieces, bytes, at);
      return value >= 2 ** (field.bits - 1) ? value - 2 ** field.bits : value;
    }
    case "optional": {
      const value = readPieces(field.pieces, bytes, at);
      return value === field.missing ? undefined : value;
    }
    case "bcd": {
      const byte = bytes[at + field.byte]!;
      const tens = byte >> 4;
      const ones = byte & 15;
      return tens > 9 || ones > 9 ? undefined : tens * 10 + ones;
    }
    case "flag":
      return (bytes[at + field.byte]! & field.mask) !== 0;
  }
}

/** Adds one field to a frame whose other bits are already there; throws RangeError when the value does not fit. */
export function writeField(field: Field, value: unknown, bytes: Uint8Array, at: number): void {
  switch (field.kind) {
    case "number":
      return writePieces(field, fitting(value, capacity(field), field.doc), bytes, at);
    case "signed":
      return writePieces(field, twosComplement(value, field), bytes, at);
    case "optional":
      return writePieces(
        field,
        value === undefined ? field.missing : fitting(value, capacity(field), field.doc),
        bytes,
        at,
      );
    case "bcd": {
      const digits = value === undefined ? 0xff : fitting(value, 99, field.doc);
      bytes[at + field.byte]! |= digits === 0xff ? 0xff : (Math.floor(digits / 10) << 4) | (digits % 10);
      return;
    }
    case "flag":
      if (value === true) bytes[at + field.byte]! |= field.mask;
      return;
  }
}

/** Where a field stands, for the table: "1 b1-0, 2 b6-0". Bytes are counted from 1, as makers do. */
export function placeOf(field: Field): string {
  if (field.kind === "bcd") return `${field.byte + 1}`;
  const pieces = field.kind === "flag" ? [field] : field.pieces;
  return pieces.map(({ byte, mask }) => `${byte + 1}${mask === 0xff ? "" : ` ${bitsOf(mask)}`}`).join(", ");
}

/** "b3", "b6-0" or, with holes, "b7,2". */
export function bitsOf(mask: number): string {
  const low = trailingZeros(mask);
  const high = 31 - Math.clz32(mask);
  if (low === high) return `b${low}`;
  if (mask >> low === (1 << (high - low + 1)) - 1) return `b${high}-${low}`;
  const set = [7, 6, 5, 4, 3, 2, 1, 0].filter((bit) => (mask >> bit) & 1);
  return `b${set.join(",")}`;
}

const piece = (byte: number, mask: number, shift: number): Piece => ({
  byte,
  mask,
  shift,
  low: trailingZeros(mask),
});

const number = (pieces: readonly Piece[], doc: string): NumberField => ({ kind: "number", pieces, doc });

const trailingZeros = (mask: number): number => 31 - Math.clz32(mask & -mask);

function readPieces(pieces: readonly Piece[], bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < pieces.length; i++) {
    const { byte, mask, low, shift } = pieces[i]!;
    value |= ((bytes[at + byte]! & mask) >> low) << shift;
  }
  return value >>> 0;
}

function writePieces(
  field: { readonly pieces: readonly Piece[] },
  value: number,
  bytes: Uint8Array,
  at: number,
): void {
  for (const { byte, mask, low, shift } of field.pieces) {
    bytes[at + byte]! |= ((value >> shift) << low) & mask;
  }
}

function twosComplement(value: unknown, { bits: width, doc }: SignedField): number {
  const half = 2 ** (width - 1);
  if (typeof value === "number" && Number.isInteger(value) && value >= -half && value < half) {
    return value < 0 ? value + 2 * half : value;
  }
  throw new RangeError(`${String(value)} does not fit its field (${-half}..${half - 1}): ${doc}`);
}

function fitting(value: unknown, max: number, doc: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new RangeError(`${String(value)} does not fit its field (0..${max}): ${doc}`);
}
