import { createHash } from "node:crypto";
import { chmod, type FileHandle, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { KEY_BYTES, seal, unseal } from "../crypt/seal.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Random } from "../port/random.ts";

/** The key that everything in a data folder is encrypted with. */
export interface KeyFile {
  readonly file: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Made by this start: a person should keep a copy elsewhere. */
  readonly wasMade: boolean;
  /** False where other users of this machine may read it and that cannot be changed, as on a stick with FAT. */
  readonly isPrivate: boolean;
}

const MARK = "breathwatch-key-1";
const CHECKED = "breathwatch";
const CHECK_CONTEXT = "key check";

/** Where the key file lies unless the configuration says otherwise. */
export const keyFileOf = (dataDir: string, configured?: string): string =>
  configured ?? path.join(dataDir, "key");

/**
 * Reads the key file, or makes it (mode 0600) where the data folder has never had one. The folder remembers which
 * key it belongs to: once it has one, a key file that is lost, damaged or of another folder rejects with UNSEALABLE,
 * and nothing is started afresh in silence. Rejects with DISK_FAILED where it can be neither read nor made. The data
 * folder must exist and be locked.
 */
export async function openKeyFile(options: {
  readonly file: string;
  readonly dataDir: string;
  readonly random: Random;
}): Promise<KeyFile> {
  const { file, dataDir, random } = options;
  const checkFile = path.join(dataDir, "key-check");
  const [found, check] = await Promise.all([readText(file), readText(checkFile)]);
  if (found === undefined && check !== undefined) throw lost(file, dataDir);
  const key = found === undefined ? random.bytes(KEY_BYTES) : keyOf(found, file);
  if (found === undefined) await write(file, textOf(key));
  if (check === undefined) await write(checkFile, checkOf(key));
  else if (!opens(key, check)) throw foreign(file, dataDir);
  return { file, key, wasMade: found === undefined, isPrivate: await keepPrivate(file) };
}

/**
 * What is wrong with the key of a data folder; undefined: it opens it, or the folder has never had one. Nothing is made
 * or changed.
 */
export async function keyTrouble(file: string, dataDir: string): Promise<Fault | undefined> {
  try {
    const check = await readText(path.join(dataDir, "key-check"));
    if (check === undefined) return undefined;
    const found = await readText(file);
    if (found === undefined) return lost(file, dataDir);
    return opens(keyOf(found, file), check) ? undefined : foreign(file, dataDir);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

/**
 * The key of a data folder that has one, without making or changing anything. Rejects with UNSEALABLE where it is lost,
 * damaged or another folder's, and with DISK_FAILED where it cannot be read.
 */
export async function readKeyFile(file: string, dataDir: string): Promise<Uint8Array | undefined> {
  const trouble = await keyTrouble(file, dataDir);
  if (trouble !== undefined) throw trouble;
  const found = await readText(file);
  return found === undefined ? undefined : keyOf(found, file);
}

const textOf = (key: Uint8Array): string =>
  `${MARK} ${Buffer.from(key).toString("base64url")} ${sumOf(key)}\n`;

/** Notices a slip of the pen: the file may be copied by hand. */
const sumOf = (key: Uint8Array): string => createHash("sha256").update(key).digest("hex").slice(0, 8);

function keyOf(text: string, file: string): Uint8Array {
  const [mark, body = "", sum, ...more] = text.trim().split(/\s+/);
  const key = Buffer.from(body, "base64url");
  if (mark === MARK && more.length === 0 && key.length === KEY_BYTES && sum === sumOf(key)) return key;
  throw new Fault("UNSEALABLE", `The key file ${file} is damaged: it does not hold a key.`, {
    fix: "Put its copy back in its place.",
    permanent: true,
  });
}

const checkOf = (key: Uint8Array): string =>
  `${Buffer.from(seal(key, Buffer.from(CHECKED), CHECK_CONTEXT)).toString("base64")}\n`;

function opens(key: Uint8Array, check: string): boolean {
  try {
    unseal(key, Buffer.from(check, "base64"), CHECK_CONTEXT);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === "UNSEALABLE") return false;
    throw error;
  }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw new Fault("DISK_FAILED", `${file} cannot be read: ${messageOf(error)}`, {
      fix: "Give the user that runs Breathwatch the right to read it, and check its disk.",
      permanent: true,
      cause: error,
    });
  }
}

/** Whole or not at all, and on the disk before it is used: what is sealed with a key that a power cut takes is lost. */
async function write(file: string, text: string): Promise<void> {
  const half = `${file}.tmp`;
  try {
    await rm(half, { force: true });
    await synced(await open(half, "wx", 0o600), (handle) => handle.writeFile(text));
    await rename(half, file);
    await synced(await open(path.dirname(file), "r"), async () => undefined);
  } catch (error) {
    throw new Fault("DISK_FAILED", `The key file ${file} cannot be made: ${messageOf(error)}`, {
      fix: "Check that its disk is there, not full and writable for the user that runs Breathwatch (security.keyFile).",
      permanent: true,
      cause: error,
    });
  }
}

async function synced(handle: FileHandle, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function keepPrivate(file: string): Promise<boolean> {
  const isPrivate = async (): Promise<boolean> => ((await stat(file)).mode & 0o077) === 0;
  if (await isPrivate()) return true;
  try {
    await chmod(file, 0o600);
  } catch (error) {
    // Somebody else's file, or a file system without owners: said, not refused.
    if (!(error instanceof Error)) throw error;
  }
  return isPrivate();
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

function lost(file: string, dataDir: string): Fault {
  return new Fault(
    "UNSEALABLE",
    `The key file ${file} is gone; ${dataDir} was encrypted with it: a box rings without it and calls no phone, a hub does not start.`,
    {
      fix: "Put the file back, connect the disk or stick that it lies on, or name it in security.keyFile. Without it the people, phones and nights in this folder cannot be read; to begin anew on purpose, move the folder away.",
      permanent: true,
    },
  );
}

function foreign(file: string, dataDir: string): Fault {
  return new Fault("UNSEALABLE", `The key file ${file} is not the one that ${dataDir} was encrypted with.`, {
    fix: "Put the key file back that belongs to this data folder. Nothing was changed.",
    permanent: true,
  });
}
