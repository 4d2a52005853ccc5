import type { DatabaseSync } from "node:sqlite";
import { Fault } from "../../domain/fault.ts";
import { REGISTRY_TABLES } from "./registry-schema.ts";

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
  `
  -- Columns without a fixed type hold a text, or its encrypted bytes where the data folder has a key.
  CREATE TABLE person_2 (
    id TEXT PRIMARY KEY,
    name ANY NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL
  ) STRICT;
  INSERT INTO person_2 SELECT id, name, role, language FROM person ORDER BY rowid;

  CREATE TABLE target_2 (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person_2 (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    label ANY NOT NULL,
    settings ANY NOT NULL,
    added_at INTEGER NOT NULL,
    last_proof_at INTEGER,
    dead_since INTEGER,
    dead_why TEXT,
    -- The sign-in of the phone that it is on; when that is ended it goes with it.
    sign_in TEXT
  ) STRICT;
  INSERT INTO target_2
    SELECT id, person, channel, label, settings, added_at, last_proof_at, dead_since, dead_why, NULL
      FROM target ORDER BY rowid;

  CREATE TABLE account (
    id TEXT PRIMARY KEY,
    name ANY NOT NULL,
    language TEXT NOT NULL,
    login ANY,
    -- Finds the login name without telling it.
    login_hash TEXT UNIQUE,
    password TEXT
  ) STRICT;
  INSERT INTO account (id, name, language) SELECT id, name, language FROM person ORDER BY rowid;

  CREATE TABLE home_role (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    home TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (account, home)
  ) STRICT;
  CREATE INDEX home_role_by_home ON home_role (home);
  INSERT INTO home_role SELECT person.id, json_extract(value.value, '$'), person.role
    FROM person JOIN value ON value.name = 'home_id' ORDER BY person.rowid;

  CREATE TABLE sign_in (
    token_hash TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    way TEXT NOT NULL,
    label ANY NOT NULL
  ) STRICT;
  CREATE INDEX sign_in_by_account ON sign_in (account, created_at);
  INSERT INTO sign_in SELECT token_hash, person, created_at, expires_at, created_at, 'code', ''
    FROM session ORDER BY rowid;

  DROP TABLE session;
  DROP TABLE target;
  DROP TABLE person;
  ALTER TABLE person_2 RENAME TO person;
  ALTER TABLE target_2 RENAME TO target;

  -- Codes live ten minutes: none of them outlives the update.
  DROP TABLE join_code;
  CREATE TABLE join_code (
    code_hash TEXT PRIMARY KEY,
    home TEXT,
    organisation TEXT,
    role TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    public_key TEXT NOT NULL,
    counter INTEGER NOT NULL,
    transports TEXT NOT NULL,
    label ANY NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER
  ) STRICT;
  CREATE INDEX credential_by_account ON credential (account);

  CREATE TABLE external_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
  ) STRICT;

  CREATE TABLE organisation (
    id TEXT PRIMARY KEY,
    name ANY NOT NULL
  ) STRICT;

  CREATE TABLE organisation_role (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (account, organisation)
  ) STRICT;
  CREATE INDEX organisation_role_by_organisation ON organisation_role (organisation);

  CREATE TABLE consent (
    id TEXT PRIMARY KEY,
    home TEXT NOT NULL,
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    roles TEXT NOT NULL,
    given_at INTEGER NOT NULL,
    given_by TEXT NOT NULL,
    given_name ANY NOT NULL,
    ended_at INTEGER,
    ended_by TEXT,
    ended_name ANY
  ) STRICT;
  CREATE INDEX consent_by_home ON consent (home, given_at);
  CREATE INDEX consent_by_organisation ON consent (organisation) WHERE ended_at IS NULL;

  CREATE TABLE share (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    home TEXT NOT NULL,
    bed TEXT NOT NULL,
    scope TEXT NOT NULL,
    label ANY NOT NULL,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    uses INTEGER NOT NULL,
    used_at INTEGER
  ) STRICT;
  CREATE INDEX share_by_home ON share (home, made_at);

  CREATE TABLE value_2 (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;
  INSERT INTO value_2 SELECT name, value FROM value;
  DROP TABLE value;
  ALTER TABLE value_2 RENAME TO value;

  CREATE TABLE audit_2 (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    person TEXT,
    action TEXT NOT NULL,
    detail ANY NOT NULL
  ) STRICT;
  INSERT INTO audit_2 SELECT id, at, person, action, detail FROM audit;
  DROP TABLE audit;
  ALTER TABLE audit_2 RENAME TO audit;

  CREATE TABLE limits_2 (
    bed TEXT NOT NULL,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body ANY NOT NULL,
    PRIMARY KEY (bed, version)
  ) STRICT;
  INSERT INTO limits_2 SELECT bed, version, at, body FROM limits;
  DROP TABLE limits;
  ALTER TABLE limits_2 RENAME TO limits;
  `,
  REGISTRY_TABLES,
  `
  CREATE TABLE research_consent (
    id INTEGER PRIMARY KEY,
    bed TEXT NOT NULL,
    consent_group TEXT NOT NULL,
    given_at INTEGER NOT NULL,
    -- No foreign key: who gave it stays on record.
    given_by TEXT NOT NULL,
    given_name ANY NOT NULL,
    text_version INTEGER NOT NULL,
    language TEXT NOT NULL,
    ended_at INTEGER,
    ended_by TEXT,
    ended_name ANY
  ) STRICT;
  CREATE INDEX research_consent_by_bed ON research_consent (bed, given_at);

  CREATE TABLE research_secret (bed TEXT PRIMARY KEY, secret ANY NOT NULL) STRICT;
  `,
  `
  CREATE TABLE note (
    id TEXT PRIMARY KEY,
    bed TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    -- No foreign key: who wrote it stays on record.
    by_id TEXT NOT NULL,
    by_name ANY NOT NULL,
    body ANY NOT NULL
  ) STRICT;
  CREATE INDEX note_by_bed ON note (bed, kind, at);
  `,
  `
  -- Nothing wrote this table before.
  DROP TABLE external_identity;
  CREATE TABLE external_identity (
    issuer TEXT NOT NULL,
    -- SHA-256 of the name at the issuer.
    subject TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    linked_at INTEGER NOT NULL,
    used_at INTEGER,
    -- The role that came with it; both NULL: none.
    organisation TEXT,
    role TEXT,
    PRIMARY KEY (issuer, subject)
  ) STRICT;
  CREATE UNIQUE INDEX external_identity_by_account ON external_identity (account, issuer);
  ALTER TABLE sign_in ADD COLUMN issuer TEXT;
  `,
  `
  -- What it is about where there is one report a night, and the note that it takes the place of.
  ALTER TABLE note ADD COLUMN about TEXT;
  ALTER TABLE note ADD COLUMN replaces TEXT;
  CREATE INDEX note_by_replaces ON note (replaces) WHERE replaces IS NOT NULL;
  CREATE INDEX note_by_about ON note (bed, kind, about) WHERE about IS NOT NULL;
  `,
  `
  -- 1: the phone is told in the morning that the night's summary is ready.
  ALTER TABLE target ADD COLUMN morning INTEGER;
  -- The newest answer to a loud drill, what runs on the phone, and when that changed.
  ALTER TABLE target ADD COLUMN last_loud_proof_at INTEGER;
  ALTER TABLE target ADD COLUMN system TEXT;
  ALTER TABLE target ADD COLUMN changed_at INTEGER;
  `,
  `
  -- Who and what was removed, so that a box and its hub do not bring it back to one another.
  CREATE TABLE removal (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    -- added_at of the newest set-up that was removed; at: when, by the clock of whoever did it.
    up_to INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT;
  -- When somebody came, or came back; NULL: before this column.
  ALTER TABLE person ADD COLUMN added_at INTEGER;
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
