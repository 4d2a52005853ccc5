import { isLanguage } from "../../domain/person.ts";
import { wall } from "../../domain/time.ts";
import {
  type Account,
  type Consent,
  ORGANISATION_ROLES,
  type Organisation,
  type OrganisationRole,
  SHARE_SCOPES,
  type Share,
} from "../../port/accounts.ts";
import { damaged, integer, oneOf, type Row, type Sql, text } from "./sql.ts";

const CONSENTS_SHOWN_MAX = 200;
const SHARES_PER_HOME = 200;

/** Organisations, what homes let them in for, and links that homes share. */
export class OrganisationTables {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  organisations(): readonly Organisation[] {
    return this.#sql
      .all("SELECT id, name FROM organisation ORDER BY rowid")
      .map((row) => ({ id: text(row, "id"), name: this.#sql.opened("organisation.name", row) }));
  }

  putOrganisation({ id, name }: Organisation): void {
    this.#sql.run(
      "INSERT INTO organisation (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
      id,
      this.#sql.sealed("organisation.name", name),
    );
  }

  putOrganisationRole(account: string, organisation: string, role: OrganisationRole): void {
    this.#sql.run(
      `INSERT INTO organisation_role (account, organisation, role) VALUES (?, ?, ?)
       ON CONFLICT (account, organisation) DO UPDATE SET role = excluded.role`,
      account,
      organisation,
      role,
    );
  }

  endOrganisationRole(account: string, organisation: string): void {
    const sql = "DELETE FROM organisation_role WHERE account = ? AND organisation = ?";
    this.#sql.run(sql, account, organisation);
  }

  organisationMembers(
    organisation: string,
  ): readonly (Pick<Account, "id" | "name" | "language"> & { readonly role: OrganisationRole })[] {
    const sql = `SELECT account.id, account.name, account.language, organisation_role.role
       FROM organisation_role JOIN account ON account.id = organisation_role.account
      WHERE organisation_role.organisation = ? ORDER BY account.rowid`;
    return this.#sql.all(sql, organisation).map((row) => {
      const language = text(row, "language");
      if (!isLanguage(language)) throw damaged("language");
      const name = this.#sql.opened("account.name", row);
      return { id: text(row, "id"), name, language, role: oneOf(ORGANISATION_ROLES, row, "role") };
    });
  }

  consents(home: string): readonly Consent[] {
    const sql =
      "SELECT * FROM consent WHERE home = ? ORDER BY ended_at IS NOT NULL, given_at DESC, rowid DESC LIMIT ?";
    return this.#sql.all(sql, home, CONSENTS_SHOWN_MAX).map((row) => this.#consentOf(row));
  }

  addConsent({ id, home, organisation, roles, given }: Consent): void {
    this.#sql.together(() => {
      const name = this.#sql.sealed("consent.ended_name", given.name);
      this.#sql.run(
        `UPDATE consent SET ended_at = ?, ended_by = ?, ended_name = ?
          WHERE home = ? AND organisation = ? AND ended_at IS NULL`,
        given.at,
        given.by,
        name,
        home,
        organisation,
      );
      this.#sql.run(
        `INSERT INTO consent (id, home, organisation, roles, given_at, given_by, given_name)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        id,
        home,
        organisation,
        JSON.stringify(roles),
        given.at,
        given.by,
        this.#sql.sealed("consent.given_name", given.name),
      );
    });
  }

  endConsent(home: string, id: string, end: NonNullable<Consent["ended"]>): boolean {
    return (
      this.#sql.run(
        `UPDATE consent SET ended_at = ?, ended_by = ?, ended_name = ?
          WHERE home = ? AND id = ? AND ended_at IS NULL`,
        end.at,
        end.by,
        this.#sql.sealed("consent.ended_name", end.name),
        home,
        id,
      ) > 0
    );
  }

  shares(home: string, now: number): readonly Share[] {
    const sql = "SELECT * FROM share WHERE home = ? AND expires_at > ? ORDER BY made_at DESC, rowid DESC";
    return this.#sql.all(sql, home, now).map((row) => this.#shareOf(row));
  }

  addShare({ id, home, bed, scope, label, madeBy, madeAt, expiresAt }: Share, secretHash: string): void {
    this.#sql.together(() => {
      this.#sql.run("DELETE FROM share WHERE expires_at <= ?", madeAt);
      this.#sql.run(
        `INSERT INTO share (id, secret_hash, home, bed, scope, label, made_by, made_at, expires_at, uses)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
        id,
        secretHash,
        home,
        bed,
        scope,
        this.#sql.sealed("share.label", label),
        madeBy,
        madeAt,
        expiresAt,
      );
      this.#sql.run(
        `DELETE FROM share WHERE home = ? AND id NOT IN
           (SELECT id FROM share WHERE home = ? ORDER BY made_at DESC, rowid DESC LIMIT ?)`,
        home,
        home,
        SHARES_PER_HOME,
      );
    });
  }

  share(secretHash: string, now: number, counts: boolean): Share | undefined {
    const row = counts
      ? this.#sql.get(
          "UPDATE share SET uses = uses + 1, used_at = ? WHERE secret_hash = ? AND expires_at > ? RETURNING *",
          now,
          secretHash,
          now,
        )
      : this.#sql.get("SELECT * FROM share WHERE secret_hash = ? AND expires_at > ?", secretHash, now);
    return row === undefined ? undefined : this.#shareOf(row);
  }

  endShare(home: string, id: string): boolean {
    return this.#sql.run("DELETE FROM share WHERE home = ? AND id = ?", home, id) > 0;
  }

  #consentOf(row: Row): Consent {
    const letIn: unknown = JSON.parse(text(row, "roles"));
    const roles = (["therapist", "technician"] as const).filter(
      (role) => Array.isArray(letIn) && letIn.includes(role),
    );
    return {
      id: text(row, "id"),
      home: text(row, "home"),
      organisation: text(row, "organisation"),
      roles,
      given: {
        at: wall(integer(row, "given_at")),
        by: text(row, "given_by"),
        name: this.#sql.opened("consent.given_name", row),
      },
      ...(row["ended_at"] === null
        ? {}
        : {
            ended: {
              at: wall(integer(row, "ended_at")),
              by: text(row, "ended_by"),
              name: this.#sql.opened("consent.ended_name", row),
            },
          }),
    };
  }

  #shareOf(row: Row): Share {
    return {
      id: text(row, "id"),
      home: text(row, "home"),
      bed: text(row, "bed"),
      scope: oneOf(SHARE_SCOPES, row, "scope"),
      label: this.#sql.opened("share.label", row),
      madeBy: text(row, "made_by"),
      madeAt: wall(integer(row, "made_at")),
      expiresAt: wall(integer(row, "expires_at")),
      uses: integer(row, "uses"),
      ...(row["used_at"] === null ? {} : { usedAt: wall(integer(row, "used_at")) }),
    };
  }
}
