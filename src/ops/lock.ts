import { readFileSync } from "node:fs";
import { access, chmod, constants, link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";

/** The layout of the data folder that this program writes; a folder with a higher number is refused. */
export const DATA_SCHEMA = 1;

/** The hold on a data folder. */
export interface DataDirLock {
  /** Layout found in the folder before this start; DATA_SCHEMA in a new one. Lower: migrate. */
  readonly schema: number;
  /** Lets another process in. */
  release(): Promise<void>;
}

/** Who holds a lock: enough to tell a living holder from another process that got its number. */
interface Holder {
  readonly pid: number;
  /** Clock ticks from boot to the process's start; absent where the system does not tell. */
  readonly startedAt?: string;
  /** Of the running system; absent where it does not tell. */
  readonly boot?: string;
}

const TAKEOVER_MS = 5_000;

/**
 * Makes the data folder (mode 0700) and takes it for this process alone. A lock that a crash left is recognised
 * and taken over. Rejects with DATA_DIR_UNWRITABLE, DATA_DIR_LOCKED or DATA_DIR_NEWER.
 */
export async function lockDataDir(folder: string, clock: Clock): Promise<DataDirLock> {
  const file = path.join(folder, "lock");
  const self = describeProcess(process.pid);
  const mine = path.join(folder, `lock.${process.pid}.tmp`);
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
    await keepPrivate(folder);
    await writeFile(mine, JSON.stringify(self), { mode: 0o600, flush: true });
  } catch (error) {
    throw unwritable(folder, error);
  }
  try {
    await take(file, mine, clock);
  } finally {
    await rm(mine, { force: true });
  }
  try {
    return { schema: await checkSchema(folder), release: () => release(file) };
  } catch (error) {
    await release(file);
    throw error;
  }
}

/** The living process that holds a data folder; undefined when nobody does. Changes nothing; never rejects. */
export async function dataDirHolder(folder: string): Promise<number | undefined> {
  const holder = await readHolder(path.join(folder, "lock"));
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

/**
 * The folder and what is missing above it. Step by step: mkdir's own way never ends below a folder that takes no
 * entries and says ENOENT, as /proc does (Node 24).
 */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, "EEXIST") && (await stat(folder)).isDirectory()) return;
    const parent = path.dirname(folder);
    if (!hasCode(error, "ENOENT") || parent === folder) throw error;
    await makeFolder(parent);
    await mkdir(folder, { mode: 0o700 });
  }
}

/** Linking is atomic and refuses a name that is taken: the lock appears with its contents or not at all. */
async function take(file: string, mine: string, clock: Clock): Promise<void> {
  const giveUpAt = clock.mono() + TAKEOVER_MS;
  for (;;) {
    if (await linked(mine, file)) return;
    const holder = await readHolder(file);
    if (holder !== undefined && isAlive(holder)) throw locked(path.dirname(file), holder);
    if (clock.mono() > giveUpAt) throw locked(path.dirname(file), holder);
    // Only one process may clear the dead one's lock, or it could clear the lock of the one that was faster.
    const clearing = `${file}.clearing`;
    if (await linked(mine, clearing)) {
      const still = await readHolder(file);
      if (still === undefined || !isAlive(still)) await rm(file, { force: true });
      await rm(clearing, { force: true });
    } else {
      const clearer = await readHolder(clearing);
      if (clearer !== undefined && !isAlive(clearer)) await rm(clearing, { force: true });
      await clock.sleep(20);
    }
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw unwritable(path.dirname(to), error);
  }
}

async function release(file: string): Promise<void> {
  const holder = await readHolder(file);
  if (holder?.pid === process.pid) await rm(file, { force: true });
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const found: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof found !== "object" || found === null || !("pid" in found)) return undefined;
    const { pid } = found;
    if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) return undefined;
    const startedAt =
      "startedAt" in found && typeof found.startedAt === "string" ? found.startedAt : undefined;
    const boot = "boot" in found && typeof found.boot === "string" ? found.boot : undefined;
    return {
      pid,
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(boot === undefined ? {} : { boot }),
    };
  } catch {
    // Gone, or not written by this program: nobody that could be alive.
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    if (!hasCode(error, "EPERM")) return false;
  }
  const now = describeProcess(holder.pid);
  if (holder.boot !== undefined && now.boot !== undefined && holder.boot !== now.boot) return false;
  return holder.startedAt === undefined || now.startedAt === undefined || holder.startedAt === now.startedAt;
}

function describeProcess(pid: number): Holder {
  const boot = readSystem("/proc/sys/kernel/random/boot_id");
  // The name in brackets may hold anything, blanks too: count from the last bracket (proc(5), field 22).
  const startedAt = readSystem(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ")[19];
  return { pid, ...(boot === undefined ? {} : { boot }), ...(startedAt === undefined ? {} : { startedAt }) };
}

function readSystem(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    // Not Linux, or no such process.
    return undefined;
  }
}

async function keepPrivate(folder: string): Promise<void> {
  const { mode, uid } = await stat(folder);
  if ((mode & 0o077) !== 0 && uid === process.getuid?.()) await chmod(folder, 0o700);
}

async function checkSchema(folder: string): Promise<number> {
  const file = path.join(folder, "schema");
  const ours = `${file}.tmp`;
  try {
    await writeFile(ours, `${DATA_SCHEMA}\n`, { mode: 0o600, flush: true });
    if (await linked(ours, file)) return DATA_SCHEMA;
  } catch (error) {
    throw error instanceof Fault ? error : unwritable(folder, error);
  } finally {
    await rm(ours, { force: true });
  }
  const schema = Number(await readFile(file, "utf8"));
  if (!Number.isInteger(schema) || schema < 1) {
    throw new Fault("RECORD_CORRUPT", `${file} should hold the number of a data layout.`, {
      fix: `If this folder was written by this version, write ${DATA_SCHEMA} into it.`,
      permanent: true,
    });
  }
  if (schema <= DATA_SCHEMA) return schema;
  throw new Fault(
    "DATA_DIR_NEWER",
    `${folder} has data layout ${schema}; this version knows up to ${DATA_SCHEMA}.`,
    {
      fix: "Start the newer version again, or give this one a data folder of its own.",
      permanent: true,
    },
  );
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

function locked(folder: string, holder: Holder | undefined): Fault {
  const who = holder === undefined ? "another process" : `process ${holder.pid}`;
  return new Fault("DATA_DIR_LOCKED", `${folder} is in use by ${who}.`, {
    fix: `Stop ${who}, or give this one another dataDir.`,
    permanent: true,
  });
}

function unwritable(folder: string, error: unknown): Fault {
  if (hasCode(error, "EEXIST") || hasCode(error, "ENOTDIR")) {
    return new Fault("DATA_DIR_UNWRITABLE", `${folder} is a file, not a folder, or lies below one.`, {
      fix: "Move the file away, or set dataDir to a folder.",
      permanent: true,
      cause: error,
    });
  }
  return new Fault("DATA_DIR_UNWRITABLE", `${folder} cannot be written: ${messageOf(error)}`, {
    fix: "Free space on its disk, give this user the right to write it, or set dataDir to another folder.",
    permanent: true,
    cause: error,
  });
}
