import { chmodSync, closeSync, mkdirSync, openSync, statSync } from "node:fs";
import path from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import {
  COMMISSIONING_STEPS,
  type CommissionedStep,
  STEP_RESULTS,
  STEP_WITNESSES,
} from "../../domain/commissioning.ts";
import { Fault, messageOf } from "../../domain/fault.ts";
import type { LimitsVersion, TrustedClinic } from "../../domain/limits.ts";
import { isLanguage, type Person, ROLES, type Role } from "../../domain/person.ts";
import { wall } from "../../domain/time.ts";
import type {
  AuditEntry,
  CommissioningEnd,
  CommissioningRecord,
  JoinCode,
  SessionRecord,
  State,
  TargetRecord,
} from "../../port/state.ts";
import { limitsOf } from "./limits-row.ts";
import { migrate } from "./migrations.ts";

/** The State port without promises: what runs inside the thread that owns the file. */
export type StateTables = {
  [Name in keyof State]: State[Name] extends (...args: infer Args) => Promise<infer Answer>
    ? (...args: Args) => Answer
    : never;
};

/** A person keeps this many sign-ins; the oldest goes first. */
const SESSIONS_PER_PERSON = 50;
const JOIN_CODES_MAX = 100;
const AUDIT_ROWS_MAX = 100_000;
/** Protocols of a bed; far more than a bed is ever put into use. The oldest goes first. */
const COMMISSIONINGS_PER_BED = 200;

/** Versions of a bed's limits: decades of changes. The oldest goes first. */
const LIMITS_PER_BED = 10_000;

/** Name of the state file inside the data folder. */
export const STATE_FILE = "state.sqlite";

/**
 * Opens (or makes) the state file in a folder that only its owner can read, or a database in memory when no
 * folder is given. Throws DATA_DIR_UNWRITABLE, DATA_DIR_NEWER, STATE_FAILED.
 */
export function openStateTables(folder: string | undefined): StateTables {
  const file = folder === undefined ? ":memory:" : prepareFile(folder);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 2_000 });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF");
    migrate(database);
    return new SqliteTables(database);
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
    throw new Fault("DATA_DIR_UNWRITABLE", `${file} cannot be made: ${messageOf(error)}`, {
      fix: `Make ${folder} writable for the user that runs Breathwatch, and check that the disk is not full.`,
      cause: error,
    });
  }
}

type Row = Record<string, SQLOutputValue>;

class SqliteTables implements StateTables {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  people(): readonly Person[] {
    return this.#all("SELECT id, name, role, language FROM person ORDER BY rowid").map(personOf);
  }

  addPerson({ id, name, role, language }: Person): void {
    this.#run("INSERT INTO person (id, name, role, language) VALUES (?, ?, ?, ?)", id, name, role, language);
  }

  setLanguage(person: string, language: string): void {
    if (this.#run("UPDATE person SET language = ? WHERE id = ?", language, person) === 0) {
      throw new Fault("STATE_FAILED", "there is no such person", { permanent: true });
    }
  }

  addSession({ tokenHash, person, createdAt, expiresAt }: SessionRecord): void {
    this.#together(() => {
      this.#run("DELETE FROM session WHERE expires_at <= ?", createdAt);
      this.#run(
        "INSERT INTO session (token_hash, person, created_at, expires_at) VALUES (?, ?, ?, ?)",
        tokenHash,
        person,
        createdAt,
        expiresAt,
      );
      this.#run(
        `DELETE FROM session WHERE person = ? AND token_hash NOT IN
           (SELECT token_hash FROM session WHERE person = ? ORDER BY created_at DESC, rowid DESC LIMIT ?)`,
        person,
        person,
        SESSIONS_PER_PERSON,
      );
    });
  }

  session(tokenHash: string, now: number): Person | undefined {
    const row = this.#get(
      `SELECT person.id, person.name, person.role, person.language
         FROM session JOIN person ON person.id = session.person
        WHERE session.token_hash = ? AND session.expires_at > ?`,
      tokenHash,
      now,
    );
    return row === undefined ? undefined : personOf(row);
  }

  endSession(tokenHash: string): void {
    this.#run("DELETE FROM session WHERE token_hash = ?", tokenHash);
  }

  addJoinCode({ codeHash, role, expiresAt }: JoinCode): void {
    this.#together(() => {
      this.#run(
        "INSERT INTO join_code (code_hash, role, expires_at) VALUES (?, ?, ?)",
        codeHash,
        role,
        expiresAt,
      );
      this.#run(
        `DELETE FROM join_code WHERE code_hash NOT IN
           (SELECT code_hash FROM join_code ORDER BY expires_at DESC, rowid DESC LIMIT ?)`,
        JOIN_CODES_MAX,
      );
    });
  }

  takeJoinCode(codeHash: string, now: number): Role | undefined {
    const row = this.#get("DELETE FROM join_code WHERE code_hash = ? RETURNING role, expires_at", codeHash);
    if (row === undefined || integer(row, "expires_at") <= now) return undefined;
    return roleOf(row);
  }

  targets(): readonly TargetRecord[] {
    return this.#all("SELECT * FROM target ORDER BY rowid").map(targetOf);
  }

  putTarget(target: TargetRecord): void {
    this.#run(
      `INSERT INTO target (id, person, channel, label, settings, added_at, last_proof_at, dead_since, dead_why)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET person = excluded.person, channel = excluded.channel,
         label = excluded.label, settings = excluded.settings, added_at = excluded.added_at,
         last_proof_at = excluded.last_proof_at, dead_since = excluded.dead_since, dead_why = excluded.dead_why`,
      target.id,
      target.person,
      target.channel,
      target.label,
      JSON.stringify(target.settings),
      target.addedAt,
      target.lastProofAt ?? null,
      target.deadSince ?? null,
      target.deadWhy ?? null,
    );
  }

  removeTarget(id: string): void {
    this.#run("DELETE FROM target WHERE id = ?", id);
  }

  /** An older proof that arrives late never replaces a newer one. */
  proveTarget(id: string, at: number): void {
    this.#run(
      "UPDATE target SET last_proof_at = max(coalesce(last_proof_at, ?), ?) WHERE id = ?",
      at,
      at,
      id,
    );
  }

  /** The first reason stays: it is the one that a person can act on. */
  killTarget(id: string, at: number, why: string): void {
    this.#run(
      "UPDATE target SET dead_since = ?, dead_why = ? WHERE id = ? AND dead_since IS NULL",
      at,
      why,
      id,
    );
  }

  value(name: string): string | undefined {
    const row = this.#get("SELECT value FROM value WHERE name = ?", name);
    return row === undefined ? undefined : text(row, "value");
  }

  setValue(name: string, value: string): void {
    this.#run(
      "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      name,
      value,
    );
  }

  openCommissioning(bed: string, id: string, at: number): string {
    const open = this.#openCommissioning(bed);
    if (open !== undefined) return open;
    this.#together(() => {
      this.#run("INSERT INTO commissioning (id, bed, begun_at) VALUES (?, ?, ?)", id, bed, at);
      this.#run(
        `DELETE FROM commissioning WHERE bed = ? AND id NOT IN
           (SELECT id FROM commissioning WHERE bed = ? ORDER BY begun_at DESC, rowid DESC LIMIT ?)`,
        bed,
        bed,
        COMMISSIONINGS_PER_BED,
      );
    });
    return id;
  }

  putCommissionedStep(commissioning: string, step: CommissionedStep): boolean {
    const { result, how, at, by, value, note, saw } = step;
    const optional = [value ?? null, note ?? null, saw ?? null];
    return (
      this.#run(
        `INSERT INTO commissioned_step (commissioning, step, result, how, at, done_by, value, note, saw)
         SELECT id, ?, ?, ?, ?, ?, ?, ?, ? FROM commissioning WHERE id = ? AND closed_at IS NULL
         ON CONFLICT (commissioning, step) DO UPDATE SET result = excluded.result, how = excluded.how,
           at = excluded.at, done_by = excluded.done_by, value = excluded.value, note = excluded.note,
           saw = excluded.saw`,
        ...[step.step, result, how, at, by, ...optional, commissioning],
      ) > 0
    );
  }

  closeCommissioning(bed: string, { at, by, note, about }: CommissioningEnd): string | undefined {
    const open = this.#openCommissioning(bed);
    if (open === undefined) return undefined;
    const sql = "UPDATE commissioning SET closed_at = ?, closed_by = ?, note = ?, about = ? WHERE id = ?";
    this.#run(sql, at, by, note, about, open);
    return open;
  }

  commissionings(bed: string, limit: number): readonly CommissioningRecord[] {
    const sql = "SELECT * FROM commissioning WHERE bed = ? ORDER BY begun_at DESC, rowid DESC LIMIT ?";
    return this.#all(sql, bed, limit).map((row) =>
      commissioningOf(
        row,
        this.#all(
          "SELECT * FROM commissioned_step WHERE commissioning = ? ORDER BY at, rowid",
          text(row, "id"),
        ),
      ),
    );
  }

  #openCommissioning(bed: string): string | undefined {
    const sql = "SELECT id FROM commissioning WHERE bed = ? AND closed_at IS NULL ORDER BY begun_at LIMIT 1";
    const row = this.#get(sql, bed);
    return row === undefined ? undefined : text(row, "id");
  }

  limits(bed: string, limit: number): readonly LimitsVersion[] {
    const sql = "SELECT body FROM limits WHERE bed = ? ORDER BY version DESC LIMIT ?";
    return this.#all(sql, bed, limit).map((row) => limitsOf(text(row, "body")));
  }

  addLimits(version: LimitsVersion, expected: number): boolean {
    const { bed, at } = version;
    let isNewest = false;
    this.#together(() => {
      const row = this.#get("SELECT coalesce(max(version), 0) AS newest FROM limits WHERE bed = ?", bed);
      isNewest = row !== undefined && integer(row, "newest") === expected && version.version > expected;
      if (!isNewest) return;
      const sql = "INSERT INTO limits (bed, version, at, body) VALUES (?, ?, ?, ?)";
      this.#run(sql, bed, version.version, at, JSON.stringify(version));
      this.#run("DELETE FROM limits WHERE bed = ? AND version <= ?", bed, version.version - LIMITS_PER_BED);
    });
    return isNewest;
  }

  trustedClinics(): readonly TrustedClinic[] {
    return this.#all("SELECT * FROM clinic ORDER BY rowid").map((row) => ({
      key: text(row, "key"),
      name: text(row, "name"),
      trustedAt: wall(integer(row, "trusted_at")),
      by: { id: text(row, "by_id"), name: text(row, "by_name") },
    }));
  }

  trustClinic({ key, name, trustedAt, by }: TrustedClinic): void {
    const sql =
      "INSERT INTO clinic (key, name, trusted_at, by_id, by_name) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING";
    this.#run(sql, key, name, trustedAt, by.id, by.name);
  }

  audit({ at, person, action, detail }: AuditEntry): void {
    this.#together(() => {
      const sql = "INSERT INTO audit (at, person, action, detail) VALUES (?, ?, ?, ?)";
      this.#run(sql, at, person ?? null, action, detail);
      this.#run("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?", AUDIT_ROWS_MAX);
    });
  }

  audits(limit: number): readonly AuditEntry[] {
    const rows = this.#all("SELECT at, person, action, detail FROM audit ORDER BY id DESC LIMIT ?", limit);
    return rows.map((row) => ({
      at: wall(integer(row, "at")),
      action: text(row, "action"),
      detail: text(row, "detail"),
      ...(row["person"] === null ? {} : { person: text(row, "person") }),
    }));
  }

  close(): void {
    if (!this.#database.isOpen) return;
    this.#prepared.clear();
    this.#database.close();
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#statement(sql).all(...values));
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values));
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guard(() => Number(this.#statement(sql).run(...values).changes));
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  #together(work: () => void): void {
    this.#guard(() => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        work();
        this.#database.exec("COMMIT");
      } catch (error) {
        // A full disk may have rolled back already; then there is nothing left to roll back.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  #guard<Answer>(work: () => Answer): Answer {
    try {
      return work();
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new Fault("STATE_FAILED", `the state file refused: ${messageOf(error)}`, {
        fix: "Check free space and permissions of the data folder.",
        cause: error,
      });
    }
  }
}

function personOf(row: Row): Person {
  const language = text(row, "language");
  if (!isLanguage(language)) throw damaged("language");
  return { id: text(row, "id"), name: text(row, "name"), role: roleOf(row), language };
}

function roleOf(row: Row): Role {
  const found = text(row, "role");
  const role = ROLES.find((known) => known === found);
  if (role === undefined) throw damaged("role");
  return role;
}

function targetOf(row: Row): TargetRecord {
  return {
    id: text(row, "id"),
    person: text(row, "person"),
    channel: text(row, "channel"),
    label: text(row, "label"),
    settings: settingsOf(text(row, "settings")),
    addedAt: wall(integer(row, "added_at")),
    ...(row["last_proof_at"] === null ? {} : { lastProofAt: wall(integer(row, "last_proof_at")) }),
    ...(row["dead_since"] === null ? {} : { deadSince: wall(integer(row, "dead_since")) }),
    ...(row["dead_why"] === null ? {} : { deadWhy: text(row, "dead_why") }),
  };
}

function commissioningOf(row: Row, steps: readonly Row[]): CommissioningRecord {
  return {
    id: text(row, "id"),
    bed: text(row, "bed"),
    begunAt: wall(integer(row, "begun_at")),
    steps: steps.map(stepOf),
    ...(row["closed_at"] === null
      ? {}
      : {
          closed: {
            at: wall(integer(row, "closed_at")),
            by: text(row, "closed_by"),
            note: text(row, "note"),
            about: text(row, "about"),
          },
        }),
  };
}

function stepOf(row: Row): CommissionedStep {
  return {
    step: oneOf(COMMISSIONING_STEPS, row, "step"),
    result: oneOf(STEP_RESULTS, row, "result"),
    how: oneOf(STEP_WITNESSES, row, "how"),
    at: wall(integer(row, "at")),
    by: text(row, "done_by"),
    ...(row["value"] === null ? {} : { value: integer(row, "value") }),
    ...(row["note"] === null ? {} : { note: text(row, "note") }),
    ...(row["saw"] === null ? {} : { saw: text(row, "saw") }),
  };
}

function oneOf<Word extends string>(words: readonly Word[], row: Row, column: string): Word {
  const found = text(row, column);
  const word = words.find((known) => known === found);
  if (word === undefined) throw damaged(column);
  return word;
}

function settingsOf(json: string): { readonly [name: string]: string } {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== "object" || parsed === null) throw damaged("settings");
  const settings: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value !== "string") throw damaged("settings");
    settings[name] = value;
  }
  return settings;
}

function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw damaged(column);
  return value;
}

function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw damaged(column);
  return value;
}

const damaged = (column: string): Fault =>
  new Fault("STATE_FAILED", `the state file holds a damaged ${column}`, {
    fix: "Put the state file back from a backup.",
  });
