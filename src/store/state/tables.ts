import { Fault } from "../../domain/fault.ts";
import type { LimitsVersion, TrustedClinic } from "../../domain/limits.ts";
import { isLanguage, type Person, ROLES } from "../../domain/person.ts";
import { wall } from "../../domain/time.ts";
import type { AuditEntry, NumberedAuditEntry, State, TargetRecord } from "../../port/state.ts";
import { limitsOf } from "./limits-row.ts";
import { NoteTables } from "./note-tables.ts";
import { damaged, integer, oneOf, type Row, type Sql, text } from "./sql.ts";

/** The State port without promises: what runs inside the thread that owns the file. */
export type StateTables = {
  [Name in Exclude<keyof State, "close">]: State[Name] extends (...args: infer Args) => Promise<infer Answer>
    ? (...args: Args) => Answer
    : never;
};

const AUDIT_ROWS_MAX = 100_000;
/** Versions of a bed's limits: decades of changes. The oldest goes first. */
const LIMITS_PER_BED = 10_000;

/** What belongs to one home: people to call, phones, values, limits, clinics, audit; with protocols, consents to research, notes. */
export class HomeTables extends NoteTables implements StateTables {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    super(sql);
    this.#sql = sql;
  }

  people(): readonly Person[] {
    return this.#sql
      .all("SELECT id, name, role, language FROM person ORDER BY rowid")
      .map((row) => this.#personOf(row));
  }

  putPerson({ id, name, role, language }: Person): void {
    this.#sql.run(
      `INSERT INTO person (id, name, role, language) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, language = excluded.language`,
      id,
      this.#sql.sealed("person.name", name),
      role,
      language,
    );
  }

  removePerson(id: string): void {
    this.#sql.run("DELETE FROM person WHERE id = ?", id);
  }

  targets(): readonly TargetRecord[] {
    return this.#sql.all("SELECT * FROM target ORDER BY rowid").map((row) => this.#targetOf(row));
  }

  putTarget(target: TargetRecord): void {
    this.#sql.run(
      `INSERT INTO target
         (id, person, channel, label, settings, added_at, last_proof_at, dead_since, dead_why, sign_in,
          last_loud_proof_at, system, changed_at, morning)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET person = excluded.person, channel = excluded.channel,
         label = excluded.label, settings = excluded.settings, added_at = excluded.added_at,
         last_proof_at = excluded.last_proof_at, dead_since = excluded.dead_since, dead_why = excluded.dead_why,
         sign_in = excluded.sign_in, last_loud_proof_at = excluded.last_loud_proof_at, system = excluded.system,
         changed_at = excluded.changed_at, morning = excluded.morning`,
      target.id,
      target.person,
      target.channel,
      this.#sql.sealed("target.label", target.label),
      this.#sql.sealed("target.settings", JSON.stringify(target.settings)),
      target.addedAt,
      target.lastProofAt ?? null,
      target.deadSince ?? null,
      target.deadWhy ?? null,
      target.signIn ?? null,
      target.lastLoudProofAt ?? null,
      target.system ?? null,
      target.changedAt ?? null,
      target.morning === true ? 1 : null,
    );
  }

  wantMorning(id: string, wanted: boolean): void {
    this.#sql.run("UPDATE target SET morning = ? WHERE id = ?", wanted ? 1 : null, id);
  }

  removeTarget(id: string): void {
    this.#sql.run("DELETE FROM target WHERE id = ?", id);
  }

  removeTargetsOf(signIns: readonly string[]): readonly string[] {
    return this.#sql.together(() =>
      signIns.flatMap((signIn) =>
        this.#sql
          .all("DELETE FROM target WHERE sign_in = ? RETURNING id", signIn)
          .map((row) => text(row, "id")),
      ),
    );
  }

  /** An older proof that arrives late never replaces a newer one. */
  proveTarget(id: string, at: number, loud = false): void {
    const names = loud ? ["last_proof_at", "last_loud_proof_at"] : ["last_proof_at"];
    const newest = names.map((name) => `${name} = max(coalesce(${name}, ?), ?)`).join(", ");
    this.#sql.run(`UPDATE target SET ${newest} WHERE id = ?`, ...names.flatMap(() => [at, at]), id);
  }

  /** The first reason stays: it is the one that a person can act on. */
  killTarget(id: string, at: number, why: string): void {
    this.#sql.run(
      "UPDATE target SET dead_since = ?, dead_why = ? WHERE id = ? AND dead_since IS NULL",
      at,
      why,
      id,
    );
  }

  value(name: string): string | undefined {
    const row = this.#sql.get("SELECT value FROM value WHERE name = ?", name);
    return row === undefined ? undefined : this.#sql.opened("value.value", row);
  }

  values(): { readonly [name: string]: string } {
    const rows = this.#sql.all("SELECT name, value FROM value ORDER BY name");
    return Object.fromEntries(rows.map((row) => [text(row, "name"), this.#sql.opened("value.value", row)]));
  }

  setValue(name: string, value: string): void {
    this.#sql.run(
      "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      name,
      this.#sql.sealed("value.value", value),
    );
  }

  limits(bed: string, limit: number): readonly LimitsVersion[] {
    const sql = "SELECT body FROM limits WHERE bed = ? ORDER BY version DESC LIMIT ?";
    return this.#sql.all(sql, bed, limit).map((row) => limitsOf(this.#sql.opened("limits.body", row)));
  }

  addLimits(version: LimitsVersion, expected: number): boolean {
    const { bed, at } = version;
    return this.#sql.together(() => {
      const row = this.#sql.get("SELECT coalesce(max(version), 0) AS newest FROM limits WHERE bed = ?", bed);
      const isNewest = row !== undefined && integer(row, "newest") === expected && version.version > expected;
      if (!isNewest) return false;
      const body = JSON.stringify(version);
      // What could not be read back is never written: it may come from another machine.
      limitsOf(body);
      const sql = "INSERT INTO limits (bed, version, at, body) VALUES (?, ?, ?, ?)";
      this.#sql.run(sql, bed, version.version, at, this.#sql.sealed("limits.body", body));
      this.#sql.run(
        "DELETE FROM limits WHERE bed = ? AND version <= ?",
        bed,
        version.version - LIMITS_PER_BED,
      );
      return true;
    });
  }

  trustedClinics(): readonly TrustedClinic[] {
    return this.#sql.all("SELECT * FROM clinic ORDER BY rowid").map((row) => ({
      key: text(row, "key"),
      name: text(row, "name"),
      trustedAt: wall(integer(row, "trusted_at")),
      by: { id: text(row, "by_id"), name: text(row, "by_name") },
    }));
  }

  trustClinic({ key, name, trustedAt, by }: TrustedClinic): void {
    const sql =
      "INSERT INTO clinic (key, name, trusted_at, by_id, by_name) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING";
    this.#sql.run(sql, key, name, trustedAt, by.id, by.name);
  }

  audit({ at, person, action, detail }: AuditEntry): void {
    this.#sql.together(() => {
      const sql = "INSERT INTO audit (at, person, action, detail) VALUES (?, ?, ?, ?)";
      this.#sql.run(sql, at, person ?? null, action, this.#sql.sealed("audit.detail", detail));
      this.#sql.run("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?", AUDIT_ROWS_MAX);
    });
  }

  audits(limit: number): readonly AuditEntry[] {
    return this.auditsBefore(undefined, limit).map((numbered) => {
      const { id: _, ...entry } = numbered;
      return entry;
    });
  }

  auditsBefore(before: number | undefined, limit: number): readonly NumberedAuditEntry[] {
    const rows = this.#sql.all(
      "SELECT id, at, person, action, detail FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    );
    return rows.map((row) => ({
      id: integer(row, "id"),
      at: wall(integer(row, "at")),
      action: text(row, "action"),
      detail: this.#sql.opened("audit.detail", row),
      ...(row["person"] === null ? {} : { person: text(row, "person") }),
    }));
  }

  #personOf(row: Row): Person {
    const language = text(row, "language");
    if (!isLanguage(language)) throw damaged("language");
    const name = this.#sql.opened("person.name", row);
    return { id: text(row, "id"), name, role: oneOf(ROLES, row, "role"), language };
  }

  #targetOf(row: Row): TargetRecord {
    return {
      id: text(row, "id"),
      person: text(row, "person"),
      channel: text(row, "channel"),
      label: this.#sql.opened("target.label", row),
      settings: settingsOf(this.#sql.opened("target.settings", row)),
      addedAt: wall(integer(row, "added_at")),
      ...(row["last_proof_at"] === null ? {} : { lastProofAt: wall(integer(row, "last_proof_at")) }),
      ...(row["last_loud_proof_at"] === null
        ? {}
        : { lastLoudProofAt: wall(integer(row, "last_loud_proof_at")) }),
      ...(row["system"] === null ? {} : { system: text(row, "system") }),
      ...(row["changed_at"] === null ? {} : { changedAt: wall(integer(row, "changed_at")) }),
      ...(row["dead_since"] === null ? {} : { deadSince: wall(integer(row, "dead_since")) }),
      ...(row["dead_why"] === null ? {} : { deadWhy: text(row, "dead_why") }),
      ...(row["morning"] === null ? {} : { morning: true }),
      ...(row["sign_in"] === null ? {} : { signIn: text(row, "sign_in") }),
    };
  }
}

function settingsOf(json: string): { readonly [name: string]: string } {
  const parsed: unknown = parsedOf(json);
  if (typeof parsed !== "object" || parsed === null) throw damaged("settings");
  const settings: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value !== "string") throw damaged("settings");
    settings[name] = value;
  }
  return settings;
}

function parsedOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Fault("STATE_FAILED", "the state file holds damaged settings", { cause: error });
  }
}
