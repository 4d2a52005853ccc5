import { constants, type Dirent } from "node:fs";
import { type FileHandle, open, opendir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { Fault, messageOf } from "../domain/fault.ts";
import type { FileEntry, FileLink } from "../port/link.ts";

/** A card of ten years has some ten thousand files; more is a wrong folder (`/`, a home). */
const FILES_MAX = 100_000;
const DEPTH_MAX = 16;
/** Files, folders and whatever else is met; a damaged card can lead back into itself. */
const NAMES_MAX = 250_000;
/** No file of a device comes near; a driver that asks for more at once is mistaken. */
const READ_BYTES_MAX = 64 << 20;

/**
 * A memory card in a reader, a share that a card writes to, an unpacked upload, or one file of its own. Links are not
 * followed, so that nothing beside the card is ever read; names with control characters are passed over. Taking the card out, which leaves an empty folder behind
 * where it was mounted, is LINK_LOST. Rejects with LINK_NOT_FOUND or LINK_REFUSED.
 */
export async function openFolder(address: string, place: string, growing: boolean): Promise<FileLink> {
  const root = await identify(place).catch((error: unknown) => {
    throw openFault(address, error);
  });

  /** Throws unless the same folder of the same file system is still there. */
  const present = async (): Promise<void> => {
    const now = await identify(place).catch((error: unknown) => {
      throw gone(address, messageOf(error));
    });
    if (now.device !== root.device || now.inode !== root.inode) throw gone(address, "another one is there");
  };

  return {
    growing,
    async list() {
      await present();
      const files: FileEntry[] = [];
      if (root.isFolder) await walk({ files, address, names: 0 }, root.path, "", 0);
      else files.push({ path: path.basename(place), bytes: root.bytes() });
      await present();
      return files.toSorted(byPath);
    },
    async read(file, from, to) {
      const full = root.isFolder ? within(root.path, file) : root.path;
      const known = root.isFolder || file === path.basename(place);
      const bytes = full === undefined || !known ? undefined : await readPart(full, from, to, address);
      if (bytes === undefined) await present();
      return bytes ?? new Uint8Array(0);
    },
    close: async () => undefined,
  };
}

export const byPath = (a: FileEntry, b: FileEntry): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0;

interface Root {
  readonly path: string;
  readonly isFolder: boolean;
  readonly device: number;
  readonly inode: number;
  bytes(): number;
}

async function identify(place: string): Promise<Root> {
  const real = await realpath(place);
  const { dev, ino, size, ...facts } = await stat(real).then((facts) => ({
    dev: facts.dev,
    ino: facts.ino,
    size: facts.size,
    isFolder: facts.isDirectory(),
    isFile: facts.isFile(),
  }));
  if (!facts.isFolder && !facts.isFile) throw new Error("neither a folder nor a file");
  return { path: real, isFolder: facts.isFolder, device: dev, inode: ino, bytes: () => size };
}

/** No line break or terminal code in a name that is shown and logged; no card writes one. */
export const isPlainName = (name: string): boolean => !/\p{Cc}/u.test(name);

interface Walk {
  readonly files: FileEntry[];
  readonly address: string;
  /** Met so far. */
  names: number;
}

async function walk(walked: Walk, folder: string, prefix: string, depth: number): Promise<void> {
  const { files, address } = walked;
  for (const entry of await entriesOf(walked, folder, depth)) {
    if (!isPlainName(entry.name)) continue;
    const name = `${prefix}${entry.name}`;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory() && depth < DEPTH_MAX) await walk(walked, full, `${name}/`, depth + 1);
    if (!entry.isFile()) continue;
    if (files.length >= FILES_MAX) throw tooMany(address);
    const facts = await stat(full).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return undefined;
      throw readFault(address, error);
    });
    if (facts !== undefined) files.push({ path: name, bytes: facts.size });
  }
}

/** Names of one folder, of which there may be more than fit into memory. */
async function entriesOf(walked: Walk, folder: string, depth: number): Promise<readonly Dirent[]> {
  const entries: Dirent[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      walked.names += 1;
      if (walked.names > NAMES_MAX) throw tooMany(walked.address);
      entries.push(entry);
    }
  } catch (error) {
    // A folder below may go while it is looked for; the one above is asked again at the end.
    if (depth > 0 && codeOf(error) === "ENOENT") return [];
    throw readFault(walked.address, error);
  }
  return entries;
}

/** The file's place in the folder; undefined for a name that leads out of it. */
function within(root: string, file: string): string | undefined {
  const parts = file.split("/");
  if (
    parts.some(
      (part) =>
        part === "" || part === "." || part === ".." || part.includes("\0") || part.includes(path.sep),
    )
  )
    return undefined;
  return path.join(root, ...parts);
}

/** Undefined where there is no such file, or only something that leads elsewhere. */
async function readPart(
  full: string,
  from: number,
  to: number,
  address: string,
): Promise<Uint8Array | undefined> {
  let handle: FileHandle | undefined;
  try {
    if ((await realpath(path.dirname(full))) !== path.dirname(full)) return undefined;
    // Non-blocking, so that a pipe of that name cannot hold us.
    handle = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const facts = await handle.stat();
    if (!facts.isFile()) return undefined;
    const length = Math.max(0, Math.min(to, facts.size) - from);
    refuseTooLong(length, address);
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(bytes, filled, length - filled, from + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "ENXIO") return undefined;
    throw readFault(address, error);
  } finally {
    await handle?.close();
  }
}

/** Throws DEVICE_REFUSED for more bytes at once than any file of a device has. */
export function refuseTooLong(length: number, address: string): void {
  if (length <= READ_BYTES_MAX) return;
  throw new Fault("DEVICE_REFUSED", `${length} bytes at once are asked of ${address}.`, {
    fix: `At most ${READ_BYTES_MAX} are read at once; a device's file is not that long.`,
  });
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;

const gone = (address: string, why: string): Fault =>
  new Fault("LINK_LOST", `The files at ${address} are gone: ${why}.`, {
    fix: "Put the card or folder back; it is read again by itself.",
  });

function readFault(address: string, error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = codeOf(error);
  if (code !== "EACCES" && code !== "EPERM") return gone(address, messageOf(error));
  return new Fault("LINK_REFUSED", `A file at ${address} may not be read by this user.`, {
    fix: "Give this user the right to read it (for a card: the mount option uid= or umask=).",
    cause: error,
  });
}

function openFault(address: string, error: unknown): Fault {
  const code = codeOf(error);
  if (code === "EACCES" || code === "EPERM") return readFault(address, error);
  if (code === undefined) {
    return new Fault("LINK_REFUSED", `${address} is ${messageOf(error)}.`, { permanent: true });
  }
  return new Fault("LINK_NOT_FOUND", `There is no folder or file ${address}.`, {
    fix: "Put the card in, or check the name.",
    cause: error,
  });
}

const tooMany = (address: string): Fault =>
  new Fault("LINK_REFUSED", `${address} has more than ${FILES_MAX} files, which no memory card has.`, {
    fix: "Name the card's own folder.",
    permanent: true,
  });
