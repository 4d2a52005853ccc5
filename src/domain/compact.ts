import { Fault } from "./fault.ts";

/**
 * What compact bytes can hold: deterministic CBOR (RFC 8949, section 4.2) of the few kinds that are needed. Numbers
 * are integers or double precision floats; map keys are small numbers or texts.
 */
export type Compact = number | string | boolean | CompactMap;

export type CompactMap = ReadonlyMap<number | string, Compact>;

/** Deeper than anything that is written here, so that hostile bytes cannot exhaust the stack. */
const DEPTH_MAX = 4;

const UNSIGNED = 0;
const NEGATIVE = 1;
const TEXT = 3;
const MAP = 5;
const FALSE = 0xf4;
const TRUE = 0xf5;
const FLOAT = 0xfb;

/** The one way to write a value. Throws RangeError for a number that is not finite. */
export function encodeCompact(value: Compact): Uint8Array {
  const bytes: number[] = [];
  write(value, bytes);
  return Uint8Array.from(bytes);
}

/** Reads one value that fills the bytes. Throws INPUT_INVALID for anything that encodeCompact would not write. */
export function decodeCompact(bytes: Uint8Array): Compact {
  const reader = { bytes, at: 0 };
  const value = read(reader, 0);
  const again = encodeCompact(value);
  if (again.length !== bytes.length || again.some((byte, index) => byte !== bytes[index])) throw broken();
  return value;
}

function write(value: Compact, into: number[]): void {
  if (typeof value === "boolean") into.push(value ? TRUE : FALSE);
  else if (typeof value === "string") writeText(value, into);
  else if (typeof value === "number") writeNumber(value, into);
  else writeMap(value, into);
}

function writeNumber(value: number, into: number[]): void {
  if (!Number.isFinite(value)) throw new RangeError("a number that is not finite cannot be written");
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    writeHead(value < 0 ? NEGATIVE : UNSIGNED, value < 0 ? -1 - value : value, into);
    return;
  }
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  into.push(FLOAT, ...new Uint8Array(view.buffer));
}

function writeText(text: string, into: number[]): void {
  const bytes = new TextEncoder().encode(text);
  writeHead(TEXT, bytes.length, into);
  into.push(...bytes);
}

/** Keys in the order of their bytes. */
function writeMap(map: CompactMap, into: number[]): void {
  writeHead(MAP, map.size, into);
  const entries = [...map].map(([key, value]) => [encodeCompact(key), value] as const);
  for (const [key, value] of entries.toSorted(([a], [b]) => compare(a, b))) {
    into.push(...key);
    write(value, into);
  }
}

/** A major type with its argument, in the fewest bytes. */
function writeHead(major: number, argument: number, into: number[]): void {
  const type = major << 5;
  if (argument < 24) into.push(type | argument);
  else if (argument < 0x100) into.push(type | 24, argument);
  else if (argument < 0x1_0000) into.push(type | 25, ...bigEndian(argument, 2));
  else if (argument < 0x1_0000_0000) into.push(type | 26, ...bigEndian(argument, 4));
  else into.push(type | 27, ...bigEndian(argument, 8));
}

const bigEndian = (value: number, length: number): number[] =>
  Array.from({ length }, (_, index) => Math.floor(value / 256 ** (length - 1 - index)) % 256);

function compare(a: Uint8Array, b: Uint8Array): number {
  for (const [index, byte] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (byte !== other) return byte - other;
  }
  return a.length - b.length;
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function read(reader: Reader, depth: number): Compact {
  const [head = 0] = take(reader, 1);
  if (head === TRUE || head === FALSE) return head === TRUE;
  if (head === FLOAT) return readFloat(reader);
  const argument = readArgument(reader, head & 0x1f);
  switch (head >> 5) {
    case UNSIGNED:
      return argument;
    case NEGATIVE:
      return -1 - argument;
    case TEXT:
      return readText(take(reader, argument));
    case MAP:
      return readMap(reader, argument, depth + 1);
    default:
      throw broken();
  }
}

function readArgument(reader: Reader, low: number): number {
  if (low < 24) return low;
  if (low > 27) throw broken();
  const bytes = take(reader, 2 ** (low - 24));
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  if (!Number.isSafeInteger(value)) throw broken();
  return value;
}

function readFloat(reader: Reader): number {
  const bytes = take(reader, 8);
  const value = new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
  if (!Number.isFinite(value)) throw broken();
  return value;
}

function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw broken(error);
  }
}

function readMap(reader: Reader, size: number, depth: number): CompactMap {
  if (depth > DEPTH_MAX) throw broken();
  const map = new Map<number | string, Compact>();
  for (let count = 0; count < size; count++) {
    const key = read(reader, DEPTH_MAX);
    if (typeof key !== "number" && typeof key !== "string") throw broken();
    map.set(key, read(reader, depth));
  }
  return map;
}

function take(reader: Reader, length: number): Uint8Array {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw broken();
  const bytes = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return bytes;
}

const broken = (cause?: unknown): Fault =>
  new Fault("INPUT_INVALID", "these bytes hold nothing that can be read", { permanent: true, cause });
