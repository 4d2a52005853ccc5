import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Fault, messageOf } from "../../../domain/fault.ts";
import { moveAside } from "../../aside.ts";
import { lockFile, openFile, storeFault } from "./open.ts";

/**
 * Writes a consistent copy of a store to a new file, while another process may go on writing the store: what is sealed in
 * it is sealed in the copy. Free pages are left out. Throws STORE_FAILED, permanent when the file is there already.
 */
export function copyStore(file: string, to: string): void {
  let db: DatabaseSync | undefined;
  try {
    if (!existsSync(file)) throw new Error("it is not there");
    db = new DatabaseSync(file, { readOnly: true });
    db.exec("PRAGMA busy_timeout = 8000");
    copyDatabase(db, to);
  } catch (error) {
    throw error instanceof Fault ? error : storeFault(file, error);
  } finally {
    db?.close();
  }
}

/** The same from an open database. */
export function copyDatabase(db: DatabaseSync, to: string): void {
  if (existsSync(to)) {
    throw new Fault("STORE_FAILED", `${to} is there already`, { fix: "Name a new file.", permanent: true });
  }
  const partial = `${to}.partial`;
  try {
    rmSync(partial, { force: true });
    // Only this account may read it, also while it grows.
    closeSync(openSync(partial, "wx", 0o600));
    db.prepare("VACUUM INTO ?").run(partial);
    syncToDisk(partial);
    renameSync(partial, to);
    syncToDisk(dirname(to));
  } catch (error) {
    rmSync(partial, { force: true });
    throw new Fault("STORE_FAILED", `the backup ${to} cannot be written: ${messageOf(error)}`, {
      fix: "Check that the place is there, may be written and has room.",
      cause: error,
    });
  }
}

/**
 * Puts a backup in the place of a store that no program has open; what was there is kept beside
 * (`.before-restore-<n>`, its name is returned; undefined when there was nothing). The backup is copied, checked whole
 * and brought to the present schema first. Throws DATA_DIR_LOCKED, UNSEALABLE, DATA_DIR_NEWER, STORE_FAILED.
 */
export function restoreStore(options: {
  readonly backup: string;
  readonly file: string;
  readonly key?: Uint8Array;
}): string | undefined {
  const { backup, file, key } = options;
  const lock = lockFile(file);
  const coming = `${file}.restoring`;
  try {
    copyFileSync(backup, coming);
    chmodSync(coming, 0o600);
    const copy = openFile(coming, key);
    const check = copy.finding || copy.db.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"];
    copy.close();
    if (check !== "ok") {
      throw new Fault("STORE_FAILED", `the backup ${backup} is damaged: ${String(check)}`, {
        fix: "Take another backup.",
        permanent: true,
      });
    }
    syncToDisk(coming);
    const aside = moveAside(file, "before-restore");
    renameSync(coming, file);
    syncToDisk(dirname(file));
    return aside;
  } catch (error) {
    throw error instanceof Fault ? error : storeFault(backup, error);
  } finally {
    for (const tail of ["", "-wal", "-shm", ".lock", ".damaged-1"]) rmSync(coming + tail, { force: true });
    lock.close();
  }
}

function syncToDisk(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
