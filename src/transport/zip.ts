import { crc32 } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { Fault, messageOf } from "../domain/fault.ts";
import type { FileEntry, FileLink } from "../port/link.ts";
import { byPath, isPlainName } from "./folder.ts";

const ENTRIES_MAX = 100_000;
/** Unpacked sizes that the zip itself states; none that it does not keep to is unpacked (yauzl ends it). */
const FILE_BYTES_MAX = 64 << 20;
const TOTAL_BYTES_MAX = 32 * 1024 ** 3;
/** Longer than any path on a card. */
const NAME_CHARS_MAX = 1_024;
/** Unpacked files that are kept: drivers read the few files of one time together, each in parts from start to end. */
const KEPT = { files: 6, bytes: 96 << 20 };

/**
 * A zip of a card's files, read in place: nothing of it is ever written to disk, one file at a time is in memory.
 * A zip that holds a name leading out of it, a link, an encrypted file or more than a card can hold is refused as a
 * whole: somebody made it so, or it is no card. Rejects with LINK_NOT_FOUND or LINK_REFUSED.
 */
export async function openZip(address: string, place: string): Promise<FileLink> {
  const zip = await openPromise(place, { autoClose: false, lazyEntries: true }).catch((error: unknown) => {
    throw refused(address, `it cannot be read as a zip: ${messageOf(error)}`);
  });
  let entries: ReadonlyMap<string, Entry>;
  try {
    entries = await directory(zip, address);
  } catch (error) {
    zip.close();
    throw error;
  }
  /** The one that was read longest ago first. */
  const kept = new Map<string, Uint8Array>();

  const unpacked = async (path: string, entry: Entry): Promise<Uint8Array> => {
    const bytes = kept.get(path) ?? (await unpack(zip, entry, address));
    kept.delete(path);
    kept.set(path, bytes);
    let held = [...kept.values()].reduce((sum, { length }) => sum + length, 0);
    for (const [oldest, { length }] of kept) {
      if (oldest === path || (kept.size <= KEPT.files && held <= KEPT.bytes)) break;
      kept.delete(oldest);
      held -= length;
    }
    return bytes;
  };

  return {
    growing: false,
    async list() {
      return [...entries]
        .map(([path, entry]): FileEntry => ({ path, bytes: entry.uncompressedSize }))
        .toSorted(byPath);
    },
    async read(path, from, to) {
      const entry = entries.get(path);
      if (entry === undefined) return new Uint8Array(0);
      return (await unpacked(path, entry)).slice(from, Math.max(from, to));
    },
    async close() {
      kept.clear();
      if (zip.isOpen) zip.close();
    },
  };
}

async function directory(zip: ZipFile, address: string): Promise<ReadonlyMap<string, Entry>> {
  if (zip.entryCount > ENTRIES_MAX) throw refused(address, `it holds ${zip.entryCount} files`);
  const entries = new Map<string, Entry>();
  let total = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      const wrong = whatIsWrong(entry);
      if (wrong !== undefined) throw refused(address, `"${shown(name)}" ${wrong}`);
      total += entry.uncompressedSize;
      if (total > TOTAL_BYTES_MAX) throw refused(address, "it would unpack to more than a card holds");
      if (entries.has(name)) throw refused(address, `it holds "${shown(name)}" twice`);
      if (!name.endsWith("/")) entries.set(name, entry);
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    const why = messageOf(error);
    // yauzl refuses names with "..", a root or a drive letter by these words.
    const climbs = /^(?:invalid relative|absolute) path: (.*)$/.exec(why);
    throw refused(address, climbs === null ? why : `"${shown(climbs[1] ?? "")}" leads out of it`);
  }
  return entries;
}

/** Unix kinds of file, in the upper half of the attributes of a zip made on a unix system (its zip(5), PKWARE 4.4.15). */
const KIND_MASK = 0o170000;
const PLAIN_KINDS = [0, 0o100000, 0o040000];

function whatIsWrong(entry: Entry): string | undefined {
  const { fileName, uncompressedSize, externalFileAttributes } = entry;
  if (fileName.split("/").some((part) => part === "." || part === "..") || fileName.includes("\0"))
    return "leads out of it";
  if (fileName.length > NAME_CHARS_MAX) return "has a name that is too long";
  if (!isPlainName(fileName)) return "has a name with control characters";
  const kind = (externalFileAttributes >>> 16) & KIND_MASK;
  if (!PLAIN_KINDS.includes(kind)) return "is a link or a device, not a file";
  if (entry.isEncrypted()) return "is locked with a password";
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) return "is packed in an unusual way";
  if (uncompressedSize > FILE_BYTES_MAX) return `would unpack to ${uncompressedSize} bytes`;
  return undefined;
}

async function unpack(zip: ZipFile, entry: Entry, address: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(entry.uncompressedSize);
  let length = 0;
  let sum = 0;
  try {
    const stream: AsyncIterable<Uint8Array> = await zip.openReadStreamPromise(entry);
    // The library ends a file that does not keep to its stated size.
    for await (const chunk of stream) {
      bytes.set(chunk, length);
      length += chunk.length;
      sum = crc32(chunk, sum);
    }
    if (sum !== entry.crc32) throw new Error("its checksum does not fit");
  } catch (error) {
    throw refused(address, `"${shown(entry.fileName)}" is damaged: ${messageOf(error)}`);
  }
  return bytes;
}

/** Names come from strangers: no line breaks or terminal codes, not endless. */
const shown = (name: string): string => name.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "?").slice(0, 120);

const refused = (address: string, why: string): Fault =>
  new Fault("LINK_REFUSED", `The zip ${address} is not read: ${why}.`, {
    fix: "Make a plain zip of the card's own files, without a password, or unpack it and name the folder.",
    permanent: true,
  });
