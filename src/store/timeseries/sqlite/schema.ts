import type { DatabaseSync } from "node:sqlite";
import { Fault } from "../../../domain/fault.ts";

/** One entry per released schema; a file is brought forward by running those after its own version. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE device (id INTEGER PRIMARY KEY, bed TEXT NOT NULL, device TEXT NOT NULL, UNIQUE (bed, device));
  -- The newest rows, one per device and instant, as they came; compacted into chunks after ten minutes.
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
