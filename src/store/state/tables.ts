import type { LimitsVersion, TrustedClinic } from "../../domain/limits.ts";
import { wall } from "../../domain/time.ts";
import type { AuditEntry, NumberedAuditEntry, State } from "../../port/state.ts";
import { limitsOf } from "./limits-row.ts";
import { PeopleTables } from "./people-tables.ts";
import { integer, type Sql, text } from "./sql.ts";

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
export class HomeTables extends PeopleTables implements StateTables {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    super(sql);
    this.#sql = sql;
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
}
