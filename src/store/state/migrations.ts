import type { DatabaseSync } from "node:sqlite";
import { Fault } from "../../domain/fault.ts";

/**
 * The state file's history, oldest first: entry n brings a file of version n to version n + 1. Entries are never
 * edited once released, only added. Times are epoch milliseconds of the wall clock; hashes are lower-case hex.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE person (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL
  ) STRICT;

  CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX session_by_person ON session (person, created_at);

  CREATE TABLE join_code (
    code_hash TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE target (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    label TEXT NOT NULL,
    settings TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    last_proof_at INTEGER,
    dead_since INTEGER,
    dead_why TEXT
  ) STRICT;

  CREATE TABLE value (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    -- No foreign key: what somebody did stays on record after the person is gone.
    person TEXT,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE commissioning (
    id TEXT PRIMARY KEY,
    bed TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    closed_at INTEGER,
    -- Names, not ids: a protocol stays readable after the person is gone.
    closed_by TEXT,
    note TEXT,
    about TEXT
  ) STRICT;
  CREATE INDEX commissioning_by_bed ON commissioning (bed, begun_at);

  CREATE TABLE commissioned_step (
    commissioning TEXT NOT NULL REFERENCES commissioning (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    result TEXT NOT NULL,
    how TEXT NOT NULL,
    at INTEGER NOT NULL,
    done_by TEXT NOT NULL,
    value REAL,
    note TEXT,
    saw TEXT,
    PRIMARY KEY (commissioning, step)
  ) STRICT;
  `,
  `
  CREATE TABLE limits (
    bed TEXT NOT NULL,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    -- The whole version as JSON: it is written once, and read as a whole.
    body TEXT NOT NULL,
    PRIMARY KEY (bed, version)
  ) STRICT;

  CREATE TABLE clinic (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    trusted_at INTEGER NOT NULL,
    by_id TEXT NOT NULL,
    by_name TEXT NOT NULL
  ) STRICT;
  `,
];

/**
 * Brings a file to the newest version, each step whole or not at all. Throws DATA_DIR_NEWER for a file of a
 * version that these migrations do not know: an older program must not guess at it.
 */
export function migrate(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  const found = database.prepare("PRAGMA user_version").get()?.["user_version"];
  const version = typeof found === "number" ? found : 0;
  if (version > migrations.length) {
    throw new Fault(
      "DATA_DIR_NEWER",
      `the state file has version ${version}, this Breathwatch knows versions up to ${migrations.length}`,
      { fix: "Start the Breathwatch that wrote it, or a newer one.", permanent: true },
    );
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(sql);
      database.exec(`PRAGMA user_version = ${index + 1}`);
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }
}
