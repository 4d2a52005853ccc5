import type { DatabaseSync } from "node:sqlite";
import { Fault } from "../../../domain/fault.ts";

/** One entry per released schema; a file is brought forward by running those after its own version. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE device (id INTEGER PRIMARY KEY, bed TEXT NOT NULL, device TEXT NOT NULL, UNIQUE (bed, device));
  CREATE TABLE hot (device INTEGER NOT NULL, at INTEGER NOT NULL, simulated INTEGER NOT NULL, samples TEXT NOT NULL,
    PRIMARY KEY (device, at)) WITHOUT ROWID;
  CREATE TABLE chunk (id INTEGER PRIMARY KEY, device INTEGER NOT NULL, start INTEGER NOT NULL,
    simulated INTEGER NOT NULL, body BLOB NOT NULL, rolls BLOB NOT NULL, UNIQUE (device, start));
  CREATE TABLE wave (id INTEGER PRIMARY KEY, device INTEGER NOT NULL, at INTEGER NOT NULL, epoch TEXT NOT NULL,
    seq INTEGER NOT NULL, simulated INTEGER NOT NULL, rate REAL NOT NULL, body BLOB NOT NULL, UNIQUE (device, at));
  CREATE TABLE setting (device INTEGER NOT NULL, at INTEGER NOT NULL, simulated INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (device, at)) WITHOUT ROWID;
  CREATE TABLE event (bed TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (bed, key)) WITHOUT ROWID;
  CREATE INDEX event_at ON event (bed, at);
  `,
  // The newest rows stand in a log, one entry per commit (packed.ts), until they are compacted into chunks; table hot
  // is only emptied. A device's ten minutes begin at its phase, so that not all of a hub's end together. Bodies of
  // chunks, waves, settings, events, nights and log may be sealed (vault.ts). Columns named body in setting and event
  // hold JSON text, or the sealed bytes of it.
  `
  CREATE TABLE log (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
  ALTER TABLE device ADD COLUMN phase INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE night (bed TEXT NOT NULL, zone TEXT NOT NULL, night TEXT NOT NULL, start INTEGER NOT NULL,
    upto INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (bed, zone, night)) WITHOUT ROWID;
  CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  `,
];

/** Brings the schema forward. Throws Fault DATA_DIR_NEWER for a file of a later version. */
export function migrate(db: DatabaseSync, file: string): void {
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (version > MIGRATIONS.length) {
    throw new Fault(
      "DATA_DIR_NEWER",
      `${file} has schema ${version}, this program knows ${MIGRATIONS.length}`,
      {
        fix: "Install the newer Breathwatch again, or move this file away.",
        permanent: true,
      },
    );
  }
  for (let next = version; next < MIGRATIONS.length; next++) {
    db.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[next] ?? ""}; PRAGMA user_version = ${next + 1}; COMMIT`);
  }
}

/** Runs the body in one transaction; rolls back and throws what it throws. */
export function transact<Result>(db: DatabaseSync, body: () => Result): Result {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = body();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk may have rolled back already.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** A blob column. Throws RangeError when it is none. */
export function blob(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new RangeError("a stored blob is missing");
}
