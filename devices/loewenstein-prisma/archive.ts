import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import type { FileEntry, FileLink } from "../../src/port/link.ts";

/** A file inside a zip on the card. Its name is only looked at: nothing is ever written. */
export interface Member {
  readonly name: string;
  readonly bytes: number;
  /** The unpacked bytes; a sentence where they cannot be had. */
  read(): Promise<Uint8Array | string>;
}

const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const LARGEST_DIRECTORY_BYTES = 8 << 20;
const MOST_MEMBERS = 50_000;
/** A night of signals is 2 MB. */
const LARGEST_MEMBER_BYTES = 32 << 20;
/** All of them unpacked: ten years of nights. */
const LARGEST_TOTAL_BYTES = 8 * 1024 ** 3;

const SIGNATURE = { end: 0x06054b50, entry: 0x02014b50, local: 0x04034b50 } as const;
const STORED = 0;
const DEFLATED = 8;

/** What is in a zip; a sentence where it is none. Zips of over 4 GB and encrypted ones are not read. */
export async function membersOf(
  link: FileLink,
  { path, bytes }: FileEntry,
): Promise<readonly Member[] | string> {
  const tailFrom = Math.max(0, bytes - END_BYTES - LONGEST_COMMENT);
  const tail = await link.read(path, tailFrom, bytes);
  const end = endOf(tail);
  if (end === undefined) return "no zip, or one that is cut off";
  if (end.length > LARGEST_DIRECTORY_BYTES || end.from + end.length > bytes)
    return "a zip with an absurd list";
  const list = await link.read(path, end.from, end.from + end.length);
  const view = new DataView(list.buffer, list.byteOffset, list.length);
  const members: Member[] = [];
  const latin1 = new TextDecoder("latin1");
  let total = 0;
  for (let at = 0; at + ENTRY_BYTES <= list.length && members.length < MOST_MEMBERS; ) {
    if (view.getUint32(at, true) !== SIGNATURE.entry) break;
    const nameBytes = view.getUint16(at + 28, true);
    const name = latin1.decode(list.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes));
    const entry = {
      method: view.getUint16(at + 10, true),
      encrypted: (view.getUint16(at + 8, true) & 1) !== 0,
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      unpacked: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    };
    total += entry.unpacked;
    if (total > LARGEST_TOTAL_BYTES) return "a zip that would unpack to more than a card holds";
    members.push({ name, bytes: entry.unpacked, read: () => readMember(link, path, entry) });
    at += ENTRY_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return members;
}

/** Where the list of members stands; the last end mark of the file counts. */
function endOf(tail: Uint8Array): { readonly from: number; readonly length: number } | undefined {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) === SIGNATURE.end) {
      return { length: view.getUint32(at + 12, true), from: view.getUint32(at + 16, true) };
    }
  }
  return undefined;
}

interface Entry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly packed: number;
  readonly unpacked: number;
  readonly at: number;
}

async function readMember(link: FileLink, path: string, entry: Entry): Promise<Uint8Array | string> {
  if (entry.encrypted) return "encrypted";
  if (entry.unpacked > LARGEST_MEMBER_BYTES || entry.packed > LARGEST_MEMBER_BYTES) return "too large";
  const local = await link.read(path, entry.at, entry.at + LOCAL_BYTES);
  const view = new DataView(local.buffer, local.byteOffset, local.length);
  if (local.length < LOCAL_BYTES || view.getUint32(0, true) !== SIGNATURE.local)
    return "not where the zip says";
  const from = entry.at + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  const packed = await link.read(path, from, from + entry.packed);
  const bytes = packed.length < entry.packed ? undefined : await unpack(entry, packed);
  if (bytes === undefined) return "cut off, or packed in a way that is not known";
  return crc32(bytes) === entry.crc ? bytes : "damaged: its checksum does not fit";
}

async function unpack({ method, unpacked }: Entry, packed: Uint8Array): Promise<Uint8Array | undefined> {
  if (method === STORED) return packed;
  if (method !== DEFLATED) return undefined;
  try {
    return await promisify(inflateRaw)(packed, { maxOutputLength: Math.max(1, unpacked) });
  } catch (error) {
    // What zlib refuses: damaged, or more than the zip said.
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
