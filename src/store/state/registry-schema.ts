/**
 * Tables of the registry, as a step of the state file's history. Names, secrets and estates are
 * encrypted where the data folder has a key. Times are epoch milliseconds of the wall clock.
 */
export const REGISTRY_TABLES = `
  CREATE TABLE home (
    id TEXT PRIMARY KEY,
    label ANY NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    organisation TEXT
  ) STRICT;

  CREATE TABLE box (
    id TEXT PRIMARY KEY,
    home TEXT NOT NULL REFERENCES home (id) ON DELETE CASCADE,
    public_key TEXT NOT NULL,
    paired_at INTEGER NOT NULL,
    revoked_at INTEGER,
    revoked_why TEXT,
    -- Both are gone once the box is revoked.
    broker_password ANY,
    pairing_key ANY
  ) STRICT;
  CREATE INDEX box_by_home ON box (home, paired_at);
  CREATE UNIQUE INDEX one_box_of_a_home ON box (home) WHERE revoked_at IS NULL;
  CREATE UNIQUE INDEX one_home_of_a_box ON box (public_key) WHERE revoked_at IS NULL;

  CREATE TABLE claim_code (
    code_hash TEXT PRIMARY KEY,
    home TEXT REFERENCES home (id) ON DELETE CASCADE,
    label ANY NOT NULL,
    organisation TEXT,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by TEXT REFERENCES box (id) ON DELETE CASCADE
  ) STRICT;

  CREATE TABLE estate (
    home TEXT PRIMARY KEY REFERENCES home (id) ON DELETE CASCADE,
    box TEXT NOT NULL,
    revision INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body ANY NOT NULL
  ) STRICT;
`;
