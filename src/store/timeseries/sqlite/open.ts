import { chmodSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { seal, unseal } from "../../../crypt/seal.ts";
import { Fault, messageOf } from "../../../domain/fault.ts";
import { moveAside } from "../../aside.ts";
import { blob, migrate } from "./schema.ts";
import { keyNeeded } from "./vault.ts";

const CHECKED_WHOLE_BYTES = 128 * 1024 * 1024;
const KEY_PLACE = "timeseries/key";

/** An open file, taken for this process alone. */
export interface OpenFile {
  readonly db: DatabaseSync;
  /** What was found wrong and what was done about it; empty: nothing. */
  readonly finding: string;
  close(): void;
}

/**
 * Opens or creates; `:memory:` for rehearsals. A file that SQLite finds damaged is moved aside (`.damaged-<n>`) and a new
 * one begun. Throws STORE_FAILED when the place cannot be used, DATA_DIR_LOCKED when another process has it,
 * DATA_DIR_NEWER for a later schema, UNSEALABLE for another key or for none where one is needed.
 */
export function openFile(file: string, key: Uint8Array | undefined): OpenFile {
  const lock = file === ":memory:" ? undefined : lockFile(file);
  try {
    const { db, finding } = openOrBegin(file, key);
    const close = (): void => {
      db.close();
      lock?.close();
    };
    return { db, finding, close };
  } catch (error) {
    lock?.close();
    throw error;
  }
}

/** Held by the system for as long as this process lives: an exclusive SQLite lock on a file beside. */
export function lockFile(file: string): { close(): void } {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(`${file}.lock`);
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if (!/locked|busy/.test(messageOf(error))) throw storeFault(file, error);
    throw new Fault("DATA_DIR_LOCKED", `another program has the store ${file} open`, {
      fix: "Stop the other Breathwatch, or let it do this.",
      cause: error,
    });
  }
}

function openOrBegin(file: string, key: Uint8Array | undefined): Omit<OpenFile, "close"> {
  try {
    return { db: openSound(file, key), finding: "" };
  } catch (error) {
    if (error instanceof Fault) throw error;
    const damaged = /malformed|not a database|disk image/.test(messageOf(error));
    if (!damaged || file === ":memory:") throw storeFault(file, error);
    const aside = moveAside(file, "damaged");
    return {
      db: openSound(file, key),
      finding: `the store was damaged; its file was moved to ${aside} and a new one begun`,
    };
  }
}

function openSound(file: string, key: Uint8Array | undefined): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    if (file !== ":memory:") chmodSync(file, 0o600);
    // Only a file without a page can be told so.
    if (db.prepare("PRAGMA page_count").get()?.["page_count"] === 0)
      db.exec("PRAGMA auto_vacuum = INCREMENTAL");
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    db.exec("PRAGMA busy_timeout = 8000; PRAGMA secure_delete = FAST");
    // Reading a file of years whole would hold up the start; SQLite names damage there when it meets it.
    if (file === ":memory:" || statSync(file).size < CHECKED_WHOLE_BYTES) checkWhole(db);
    migrate(db, file);
    checkKey(db, key);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function checkWhole(db: DatabaseSync): void {
  const check = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (check !== "ok") throw new Error(`database disk image is malformed: ${String(check)}`);
}

/** The first key that a file meets is its own from then on. */
function checkKey(db: DatabaseSync, key: Uint8Array | undefined): void {
  const known = db.prepare("SELECT value FROM meta WHERE name = 'key'").get()?.["value"];
  if (known === undefined) {
    if (key === undefined) return;
    const proof = seal(key, new TextEncoder().encode("breathwatch"), KEY_PLACE);
    db.prepare("INSERT INTO meta (name, value) VALUES ('key', ?)").run(proof);
    return;
  }
  if (key === undefined) throw keyNeeded();
  unseal(key, blob(known), KEY_PLACE);
}

/** A store whose place cannot be used. */
export const storeFault = (file: string, error: unknown): Fault =>
  new Fault("STORE_FAILED", `the store ${file} cannot be used: ${messageOf(error)}`, {
    fix: "Check that the data folder is there, may be written and is not full.",
    cause: error,
  });
