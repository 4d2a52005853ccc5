import { crc32 } from "node:zlib";
import { isBase32Id } from "../domain/ids.ts";

/*
 * One file of records:
 *
 *   header   42 57 52 | version u8 | id, 10 letters | 00 00 | CRC-32 of these 16 bytes, u32 LE
 *   record   FF FE | length u32 LE | CRC-32 of length and payload, u32 LE | payload: UTF-8 JSON
 *
 * UTF-8 never holds FF, so a payload cannot look like the start of a record: after damage the reader goes on at
 * the next FF FE whose checksum fits.
 */

/** Written into every header; a file with a higher one is refused by its reader. */
export const RECORD_VERSION = 1;

/** The longest payload of one record, in bytes. */
export const RECORD_BYTES_MAX = 1 << 20;

const MAGIC = [0x42, 0x57, 0x52] as const;
const HEADER_BYTES = 20;
const PREFIX_BYTES = 10;
const SECTOR_BYTES = 512;

/** The first bytes of a file of records; `id` is 10 base32 characters. */
export function encodeHeader(id: string): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC);
  header[3] = RECORD_VERSION;
  header.set(new TextEncoder().encode(id), 4);
  new DataView(header.buffer).setUint32(16, crc32(header.subarray(0, 16)), true);
  return header;
}

/** One record; undefined when the payload is longer than RECORD_BYTES_MAX. */
export function encodeRecord(json: string): Uint8Array | undefined {
  const payload = new TextEncoder().encode(json);
  if (payload.length > RECORD_BYTES_MAX) return undefined;
  const record = new Uint8Array(PREFIX_BYTES + payload.length);
  const view = new DataView(record.buffer);
  record[0] = 0xff;
  record[1] = 0xfe;
  view.setUint32(2, payload.length, true);
  record.set(payload, PREFIX_BYTES);
  view.setUint32(6, crc32(payload, crc32(record.subarray(2, 6))), true);
  return record;
}

/** What could be read of a file of records. */
export interface ScannedRecords {
  /** From the header; undefined when it is damaged or missing. */
  readonly id: string | undefined;
  /** From the header; undefined with the id. */
  readonly version: number | undefined;
  readonly values: readonly unknown[];
  /** Where the last whole record ends: what follows is a torn tail. 0 when even the header is not whole. */
  readonly goodLength: number;
  /** Bytes lost to something else than a write that was cut short. */
  readonly damaged: boolean;
}

/** Reads everything readable, in order. Never throws: damage is skipped and reported. */
export function scanRecords(bytes: Uint8Array): ScannedRecords {
  const header = readHeader(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: unknown[] = [];
  let damaged = false;
  let position = header === undefined ? 0 : HEADER_BYTES;
  let goodLength = position;
  while (position < bytes.length) {
    const record = readRecord(bytes, view, position);
    if (record === undefined) {
      position = nextMarker(bytes, position + 1);
      continue;
    }
    if (position !== goodLength) damaged = true;
    values.push(record.value);
    position = record.end;
    goodLength = position;
  }
  if (header === undefined) goodLength = 0;
  if (!damaged && goodLength < bytes.length) damaged = !isTorn(bytes.subarray(goodLength), view, goodLength);
  return { id: header?.id, version: header?.version, values, goodLength, damaged };
}

function readHeader(bytes: Uint8Array): { readonly id: string; readonly version: number } | undefined {
  if (bytes.length < HEADER_BYTES || MAGIC.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (crc32(bytes.subarray(0, 16)) !== view.getUint32(16, true)) return undefined;
  const id = new TextDecoder().decode(bytes.subarray(4, 14));
  return isBase32Id(id) ? { id, version: view.getUint8(3) } : undefined;
}

function readRecord(
  bytes: Uint8Array,
  view: DataView,
  position: number,
): { readonly value: unknown; readonly end: number } | undefined {
  if (bytes[position] !== 0xff || bytes[position + 1] !== 0xfe) return undefined;
  const start = position + PREFIX_BYTES;
  if (start > bytes.length) return undefined;
  const length = view.getUint32(position + 2, true);
  const end = start + length;
  if (length > RECORD_BYTES_MAX || end > bytes.length) return undefined;
  const checksum = crc32(bytes.subarray(start, end), crc32(bytes.subarray(position + 2, position + 6)));
  if (checksum !== view.getUint32(position + 6, true)) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(start, end)));
    return { value, end };
  } catch {
    // A right checksum over something that is not JSON was not written by this program: damage like any other.
    return undefined;
  }
}

function nextMarker(bytes: Uint8Array, from: number): number {
  const found = bytes.indexOf(0xff, from);
  return found === -1 ? bytes.length : found;
}

/** Whether what follows the last whole record looks like a write that a crash cut short, and like nothing else. */
function isTorn(rest: Uint8Array, view: DataView, offset: number): boolean {
  if (endsInZeroSectors(rest, offset)) return true;
  if (offset === 0) return rest.length < HEADER_BYTES;
  if (rest[0] !== 0xff || (rest.length > 1 && rest[1] !== 0xfe)) return false;
  if (rest.length < PREFIX_BYTES) return true;
  const length = view.getUint32(offset + 2, true);
  return length <= RECORD_BYTES_MAX && rest.length < PREFIX_BYTES + length;
}

/** A file system may have made the file longer before the bytes arrived: whole sectors of zeros up to the end. */
function endsInZeroSectors(rest: Uint8Array, offset: number): boolean {
  let start = rest.length;
  while (start > 0 && rest[start - 1] === 0) start--;
  if (start === 0) return true;
  const sector = Math.ceil((offset + start) / SECTOR_BYTES) * SECTOR_BYTES;
  return sector < offset + rest.length;
}
