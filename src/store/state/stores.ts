import { chmodSync, closeSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Fault, messageOf } from "../../domain/fault.ts";
import { isBase32Id } from "../../domain/ids.ts";
import type { Wall } from "../../domain/time.ts";
import { AccountTables } from "./account-tables.ts";
import { keepCopy, putCopyInPlace } from "./copies.ts";
import { migrate } from "./migrations.ts";
import { openMax, roomHere } from "./open-max.ts";
import { RegistryTables } from "./registry-tables.ts";
import { sealOld } from "./seal-old.ts";
import { damageOf } from "./soundness.ts";
import { damageIn, Sql } from "./sql.ts";
import { HomeTables } from "./tables.ts";

/** Name of the state file inside the data folder, and inside each home's folder on a hub. */
export const STATE_FILE = "state.sqlite";
/** Folder of a hub's homes inside its data folder. */
const HOMES = "homes";

/** Pages that are kept of one home's file among many; the system keeps the rest. */
const HOME_CACHE_KIB = 64;
/** Damaged files that are named; a disk that breaks damages all of them. */
const FOUND_MAX = 20;

/** What the state thread is started with. */
export interface StoresOptions {
  /** Data folder; absent: everything in memory. */
  readonly folder?: string;
  /** 32 bytes with which texts are encrypted on disk; absent: they are stored as they are. */
  readonly key?: Uint8Array;
  /**
   * At a bed a file that is damaged is put aside, and a copy or an empty one takes its place. `hadOne`: there was a state
   * in this folder before. Absent: damage is refused.
   */
  readonly mend?: { readonly hadOne: boolean };
  /** Files of homes that are open at once; the one that was asked least recently is closed first. Default: `openMax`. */
  readonly openMax?: number;
}

/** Tables that lie in the data folder's own file, and those of each home. */
type Area = "accounts" | "home" | "registry";

interface OpenFile {
  readonly sql: Sql;
  readonly database: DatabaseSync;
  /** Rows that were written since it was opened. */
  changes(): number;
  readonly accounts: AccountTables;
  readonly registry: RegistryTables;
  readonly home: HomeTables;
}

/** The thread's methods: one of an area by its name. Homes are named on a hub; "" is the data folder's own file. */
export interface StoreMethods {
  call(area: Area, home: string, name: string, args: readonly unknown[]): unknown;
  /** Removes a home's folder with everything in it. */
  removeHome(home: string): void;
  /** What was found damaged at the start and what was done about it, in words; empty: nothing. */
  damage(): string;
  /** The same with what was found damaged since, which stays as it is until the next start. */
  trouble(): string;
  /** Keeps a copy of the folder's own file, if something was written since the last one. Throws STATE_FAILED. */
  keepCopy(now: Wall): void;
  close(): void;
}

/**
 * Opens (or makes) the state file in a folder that only its owner can read, or in memory when no folder is given;
 * files of homes at their first use. Throws DATA_DIR_UNWRITABLE, DATA_DIR_NEWER, STATE_FAILED, UNSEALABLE.
 */
export function openStores({
  folder,
  key,
  mend,
  openMax: most = openMax(roomHere()),
}: StoresOptions): StoreMethods {
  const damage = folder === undefined || mend === undefined ? "" : mendFile(folder, key, mend.hadOne);
  /** Of each file what was found first, by its home. */
  const found = new Map<string, string>();
  let copiedAt: number | undefined;
  const files = new Map<string, OpenFile>([["", openFile(folder, key)]]);

  const fileOf = (home: string): OpenFile => {
    const known = files.get(home);
    if (known !== undefined) {
      files.delete(home);
      files.set(home, known);
      return known;
    }
    // In memory nothing may be closed: it would be gone.
    const least = [...files.keys()].find((each) => each !== "");
    if (folder !== undefined && files.size > most && least !== undefined) {
      files.get(least)?.sql.close();
      files.delete(least);
    }
    const opened = openFile(folderOf(folder, home), key, true);
    files.set(home, opened);
    return opened;
  };

  /** Does the work; what it finds damaged is remembered. */
  const noting = <Answer>(home: string, work: () => Answer): Answer => {
    try {
      return work();
    } catch (error) {
      const damaged = damageIn(error);
      if (damaged !== undefined && !found.has(home) && found.size < FOUND_MAX) found.set(home, damaged);
      throw error;
    }
  };

  return {
    call: (area, home, name, args) =>
      noting(home, () => {
        const tables: object = fileOf(home)[area];
        const method: unknown = Reflect.get(tables, name);
        if (typeof method !== "function") throw new TypeError(`no method ${name}`);
        const answer: unknown = Reflect.apply(method, tables, args);
        return answer;
      }),
    removeHome(home) {
      const where = folderOf(folder, home);
      files.get(home)?.sql.close();
      files.delete(home);
      found.delete(home);
      if (where !== undefined) rmSync(where, { recursive: true, force: true });
    },
    damage: () => damage,
    trouble: () =>
      [
        ...(damage === "" ? [] : [damage]),
        ...[...found].map(
          ([home, why]) => `${path.join(home === "" ? "" : HOMES, home, STATE_FILE)} is damaged (${why})`,
        ),
      ].join("; "),
    keepCopy(now) {
      const own = fileOf("");
      if (folder === undefined || own.changes() === copiedAt) return;
      const changes = own.changes();
      noting("", () => keepCopy(own.database, { file: path.join(folder, STATE_FILE), key, now }));
      copiedAt = changes;
    },
    close() {
      for (const { sql } of files.values()) sql.close();
      files.clear();
    },
  };
}

function folderOf(folder: string | undefined, home: string): string | undefined {
  if (!isBase32Id(home)) throw new Fault("STATE_FAILED", `${home} names no home`, { permanent: true });
  return folder === undefined ? undefined : path.join(folder, HOMES, home);
}

/** Law 4: what watches at a bed starts, whatever became of a file. What was done, in words. */
function mendFile(folder: string, key: Uint8Array | undefined, hadOne: boolean): string {
  const file = path.join(folder, STATE_FILE);
  const damage = damageOf(file, { key, hadOne });
  if (damage === undefined) return "";
  try {
    return putCopyInPlace(file, { key, damage });
  } catch (error) {
    throw unwritable(file, error);
  }
}

function openFile(folder: string | undefined, key: Uint8Array | undefined, isOfMany = false): OpenFile {
  const file = folder === undefined ? ":memory:" : prepareFile(folder);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 2_000 });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF");
    // What is deleted for good must not stay readable in free pages.
    database.exec("PRAGMA secure_delete = ON");
    if (isOfMany) database.exec(`PRAGMA cache_size = -${HOME_CACHE_KIB}`);
    migrate(database);
    const sql = new Sql(database, key);
    sealOld(sql);
    const own = database;
    return {
      ...{ sql, database },
      changes: () => Number(own.prepare("SELECT total_changes() AS n").get()?.["n"]),
      accounts: new AccountTables(sql),
      registry: new RegistryTables(sql),
      home: new HomeTables(sql),
    };
  } catch (error) {
    database?.close();
    if (error instanceof Fault) throw error;
    throw new Fault("STATE_FAILED", `${file} cannot be opened: ${messageOf(error)}`, {
      fix: "Put the file back from a backup, or move it away to start with nobody signed in.",
      cause: error,
    });
  }
}

function prepareFile(folder: string): string {
  const file = path.join(folder, STATE_FILE);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
    // SQLite gives its side files (-wal, -shm) the mode of the database.
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
    return file;
  } catch (error) {
    throw unwritable(file, error);
  }
}

const unwritable = (file: string, error: unknown): Fault =>
  new Fault("DATA_DIR_UNWRITABLE", `${file} cannot be made: ${messageOf(error)}`, {
    fix: `Make ${path.dirname(file)} writable for the user that runs Breathwatch, and check that the disk is not full.`,
    cause: error,
  });
