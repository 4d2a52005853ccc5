import { chmod, type FileHandle, mkdir, open, readdir, readFile, rename, rm, statfs } from "node:fs/promises";
import path from "node:path";
import { Fault, messageOf } from "../domain/fault.ts";
import type { AppendFile, Disk } from "../port/disk.ts";
import { syncFolder } from "./sync-folder.ts";

/** Only the owner reads: nights and journals are health data. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/**
 * Node has four threads for files, and the same four look up host names: a disk that hangs must leave some for the
 * push that calls for help.
 */
const AT_ONCE_MAX = 2;

/** Runs one operation on a file, in turn, and tells its failure as a DISK_FAILED fault. */
type Attempt = <Result>(file: string, operation: () => Promise<Result>) => Promise<Result>;

/** The data folder as a disk. Half-made replacements end in `.tmp`; they are not listed and soon overwritten. */
export function createDisk(root: string): Disk {
  const gate = createGate(AT_ONCE_MAX);

  const attempt: Attempt = (file, operation) =>
    gate(async () => {
      try {
        return await operation();
      } catch (error) {
        throw diskFault(file, error);
      }
    });

  const at = (name: string): string => {
    if (/^[a-z0-9._/-]+$/.test(name) && !name.split("/").includes("..")) return path.join(root, name);
    throw new Fault("DISK_FAILED", `"${name}" is not a name for a file of the data folder.`, {
      permanent: true,
    });
  };

  return {
    async read(name) {
      const file = at(name);
      return attempt(file, () => orUndefined(readFile(file)));
    },
    async append(name) {
      const file = at(name);
      return attempt(file, async () => openForAppending(root, file, attempt));
    },
    async replace(name, bytes) {
      const file = at(name);
      await attempt(file, () => replaceFile(root, file, bytes));
    },
    async list(name) {
      const folder = at(name);
      const names = (await attempt(folder, () => orUndefined(readdir(folder)))) ?? [];
      return names.filter((entry) => !entry.endsWith(".tmp")).toSorted();
    },
    async remove(name) {
      const file = at(name);
      await attempt(file, () => rm(file, { force: true }));
    },
    async truncate(name, length) {
      const file = at(name);
      await attempt(file, () => cut(file, length));
    },
    space: () =>
      attempt(root, async () => {
        const { bavail, blocks, bsize } = await statfs(root);
        return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
      }),
  };
}

/** Lets so many operations run at once; the others wait in line. */
function createGate(atOnce: number): <Result>(operation: () => Promise<Result>) => Promise<Result> {
  const line: (() => void)[] = [];
  let running = 0;
  return async (operation) => {
    if (running >= atOnce) await new Promise<void>((resolve) => line.push(resolve));
    else running++;
    try {
      return await operation();
    } finally {
      // The place goes straight to the next in line.
      const next = line.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

async function openForAppending(root: string, file: string, attempt: Attempt): Promise<AppendFile> {
  await makeFolders(root, path.dirname(file));
  const handle = await open(file, "a", FILE_MODE);
  let length: number;
  try {
    ({ size: length } = await handle.stat());
    // A new file is only there after a power cut when its folder knows of it.
    if (length === 0) await syncFolder(path.dirname(file));
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    get length() {
      return length;
    },
    async append(bytes) {
      await attempt(file, () => writeAll(handle, bytes));
      length += bytes.length;
    },
    sync: () => attempt(file, () => handle.datasync()),
    close: () => attempt(file, () => handle.close()),
  };
}

async function replaceFile(root: string, file: string, bytes: Uint8Array): Promise<void> {
  await makeFolders(root, path.dirname(file));
  const temporary = `${file}.tmp`;
  try {
    const handle = await open(temporary, "w", FILE_MODE);
    try {
      await writeAll(handle, bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** A write may take less than all of it, above all on a disk that is nearly full. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, offset);
    offset += bytesWritten;
  }
}

async function cut(file: string, length: number): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.truncate(length);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Makes the folders below the root, each durably, readable by their owner alone. */
async function makeFolders(root: string, folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  let made = folder;
  while (made.length >= first.length) {
    await chmod(made, FOLDER_MODE);
    made = path.dirname(made);
    await syncFolder(made);
  }
  if (first.length < root.length) await syncFolder(path.dirname(first));
}

async function orUndefined<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

const FIXES: { readonly [code: string]: string } = {
  ENOSPC: "Free some space: the disk of the data folder is full.",
  EDQUOT: "Free some space: the quota of the data folder's owner is used up.",
  EROFS:
    "The file system became read-only, often because the disk or card is failing: check it (dmesg), replace it.",
  EACCES: "Give the user that runs Breathwatch the right to write its data folder.",
  EPERM: "Give the user that runs Breathwatch the right to write its data folder.",
  EIO: "The disk or card is failing (dmesg): replace it.",
};

function diskFault(file: string, error: unknown): Fault {
  const fix = FIXES[codeOf(error)];
  return new Fault("DISK_FAILED", `${file}: ${messageOf(error)}`, {
    cause: error,
    ...(fix === undefined ? {} : { fix }),
  });
}
