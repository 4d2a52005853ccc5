import { isLanguage, type Language, ROLES, type Role } from "../../domain/person.ts";
import { HOUR_MS, wall } from "../../domain/time.ts";
import {
  type Account,
  type Accounts,
  type HomeRole,
  type JoinCode,
  ORGANISATION_ROLES,
  type SessionRecord,
  type SessionView,
  SIGN_IN_WAYS,
} from "../../port/accounts.ts";
import { CredentialTables } from "./credential-tables.ts";
import { damaged, integer, oneOf, type Row, type Sql, text } from "./sql.ts";

/** The Accounts port without promises: what runs inside the thread that owns the file. */
export type AccountMethods = {
  [Name in Exclude<keyof Accounts, "close">]: Accounts[Name] extends (
    ...args: infer Args
  ) => Promise<infer Answer>
    ? (...args: Args) => Answer
    : never;
};

/** Somebody keeps this many sign-ins; the oldest goes first. */
const SESSIONS_PER_ACCOUNT = 50;
/** Of one home or organisation: nobody's codes push out another's. */
const JOIN_CODES_MAX = 20;
/** How exactly the newest use of a sign-in is kept. */
const SEEN_EVERY_MS = HOUR_MS;

type Named = Pick<Account, "id" | "name" | "language">;

/** Who may sign in, with their roles, sign-ins, keys and organisations, in the state file. */
export class AccountTables extends CredentialTables implements AccountMethods {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    super(sql);
    this.#sql = sql;
  }

  removeHome(home: string): number {
    const removed = this.#sql.together(() => {
      const members = this.#sql.all("SELECT account FROM home_role WHERE home = ?", home);
      for (const table of ["home_role", "consent", "share", "join_code"]) {
        this.#sql.run(`DELETE FROM ${table} WHERE home = ?`, home);
      }
      let gone = 0;
      for (const row of members) {
        gone += this.#sql.run(
          `DELETE FROM account WHERE id = ?1
             AND NOT EXISTS (SELECT 1 FROM home_role WHERE account = ?1)
             AND NOT EXISTS (SELECT 1 FROM organisation_role WHERE account = ?1)`,
          text(row, "account"),
        );
      }
      return gone;
    });
    // The log still holds what stood there; emptied, it is overwritten in the file (secure_delete).
    this.#sql.get("PRAGMA wal_checkpoint(TRUNCATE)");
    return removed;
  }

  account(id: string): Account | undefined {
    const row = this.#sql.get("SELECT id, name, language FROM account WHERE id = ?", id);
    return row === undefined ? undefined : this.#accountOf(row);
  }

  putAccount({ id, name, language }: Named): void {
    this.#sql.run(
      `INSERT INTO account (id, name, language) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, language = excluded.language`,
      id,
      this.#sql.sealed("account.name", name),
      language,
    );
  }

  removeAccount(id: string): void {
    this.#sql.run("DELETE FROM account WHERE id = ?", id);
  }

  putRole(account: string, home: string, role: Role): void {
    this.#sql.run(
      `INSERT INTO home_role (account, home, role) VALUES (?, ?, ?)
       ON CONFLICT (account, home) DO UPDATE SET role = excluded.role`,
      account,
      home,
      role,
    );
  }

  endRole(account: string, home: string): void {
    this.#sql.run("DELETE FROM home_role WHERE account = ? AND home = ?", account, home);
  }

  members(home: string): readonly (Named & { readonly role: Role })[] {
    const sql = `SELECT account.id, account.name, account.language, home_role.role
       FROM home_role JOIN account ON account.id = home_role.account
      WHERE home_role.home = ? ORDER BY account.rowid`;
    return this.#sql
      .all(sql, home)
      .map((row) => ({ ...this.#namedOf(row), role: oneOf(ROLES, row, "role") }));
  }

  hasOwner(): boolean {
    const sql = `SELECT 1 AS found FROM home_role WHERE role = 'owner'
       UNION ALL SELECT 1 FROM organisation_role WHERE role = 'owner' LIMIT 1`;
    return this.#sql.get(sql) !== undefined;
  }

  addSession({ tokenHash, account, createdAt, expiresAt, way, label, issuer }: SessionRecord): void {
    this.#sql.together(() => {
      this.#sql.run("DELETE FROM sign_in WHERE expires_at <= ?", createdAt);
      this.#sql.run(
        `INSERT INTO sign_in (token_hash, account, created_at, expires_at, seen_at, way, label, issuer)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        tokenHash,
        account,
        createdAt,
        expiresAt,
        createdAt,
        way,
        this.#sql.sealed("sign_in.label", label),
        issuer ?? null,
      );
      this.#sql.run(
        `DELETE FROM sign_in WHERE account = ? AND token_hash NOT IN
           (SELECT token_hash FROM sign_in WHERE account = ? ORDER BY created_at DESC, rowid DESC LIMIT ?)`,
        account,
        account,
        SESSIONS_PER_ACCOUNT,
      );
    });
  }

  session(tokenHash: string, now: number, lastsMs: number): Account | undefined {
    const row = this.#sql.get(
      `SELECT account.id, account.name, account.language, sign_in.seen_at
         FROM sign_in JOIN account ON account.id = sign_in.account
        WHERE sign_in.token_hash = ? AND sign_in.expires_at > ?`,
      tokenHash,
      now,
    );
    if (row === undefined) return undefined;
    if (integer(row, "seen_at") + SEEN_EVERY_MS <= now) {
      this.#sql.run(
        `UPDATE sign_in SET seen_at = ?, expires_at = CASE WHEN issuer IS NULL AND way <> 'program'
           THEN max(expires_at, ?) ELSE expires_at END WHERE token_hash = ?`,
        now,
        now + lastsMs,
        tokenHash,
      );
    }
    return this.#accountOf(row);
  }

  sessions(account: string, now: number): readonly SessionView[] {
    const sql =
      "SELECT * FROM sign_in WHERE account = ? AND expires_at > ? ORDER BY created_at DESC, rowid DESC";
    return this.#sql.all(sql, account, now).map((row) => ({
      tokenHash: text(row, "token_hash"),
      createdAt: wall(integer(row, "created_at")),
      expiresAt: wall(integer(row, "expires_at")),
      seenAt: wall(integer(row, "seen_at")),
      way: oneOf(SIGN_IN_WAYS, row, "way"),
      label: this.#sql.opened("sign_in.label", row),
    }));
  }

  endSession(tokenHash: string): void {
    this.#sql.run("DELETE FROM sign_in WHERE token_hash = ?", tokenHash);
  }

  endSessions(account: string, but = ""): readonly string[] {
    return this.#sql
      .all("DELETE FROM sign_in WHERE account = ? AND token_hash <> ? RETURNING token_hash", account, but)
      .map((row) => text(row, "token_hash"));
  }

  sessionsBy(account: string, issuer: string): readonly string[] {
    const sql = "SELECT token_hash FROM sign_in WHERE account = ? AND issuer = ?";
    return this.#sql.all(sql, account, issuer).map((row) => text(row, "token_hash"));
  }

  endSessionsBy(account: string, issuer: string, but = ""): readonly string[] {
    const sql = `DELETE FROM sign_in WHERE account = ? AND issuer = ? AND token_hash <> ? RETURNING token_hash`;
    return this.#sql.all(sql, account, issuer, but).map((row) => text(row, "token_hash"));
  }

  addJoinCode({ codeHash, to, expiresAt }: JoinCode): void {
    this.#sql.together(() => {
      this.#sql.run(
        "INSERT INTO join_code (code_hash, home, organisation, role, expires_at) VALUES (?, ?, ?, ?, ?)",
        codeHash,
        "home" in to ? to.home : null,
        "home" in to ? null : to.organisation,
        to.role,
        expiresAt,
      );
      const [column, place] = "home" in to ? ["home", to.home] : ["organisation", to.organisation];
      this.#sql.run(
        `DELETE FROM join_code WHERE ${column} = ? AND code_hash NOT IN
           (SELECT code_hash FROM join_code WHERE ${column} = ? ORDER BY expires_at DESC, rowid DESC LIMIT ?)`,
        place,
        place,
        JOIN_CODES_MAX,
      );
    });
  }

  takeJoinCode(codeHash: string, now: number): JoinCode["to"] | undefined {
    const row = this.#sql.get("DELETE FROM join_code WHERE code_hash = ? RETURNING *", codeHash);
    if (row === undefined || integer(row, "expires_at") <= now) return undefined;
    return row["home"] === null
      ? { organisation: text(row, "organisation"), role: oneOf(ORGANISATION_ROLES, row, "role") }
      : { home: text(row, "home"), role: oneOf(ROLES, row, "role") };
  }

  #accountOf(row: Row): Account {
    const named = this.#namedOf(row);
    const own = this.#sql.all("SELECT home, role FROM home_role WHERE account = ? ORDER BY rowid", named.id);
    const through = this.#sql.all(
      `SELECT DISTINCT consent.home, organisation_role.role, organisation_role.organisation
         FROM organisation_role
         JOIN consent ON consent.organisation = organisation_role.organisation AND consent.ended_at IS NULL
         JOIN json_each(consent.roles) AS let_in ON let_in.value = organisation_role.role
        WHERE organisation_role.account = ? ORDER BY consent.rowid`,
      named.id,
    );
    const organisations = this.#sql.all(
      "SELECT organisation, role FROM organisation_role WHERE account = ? ORDER BY rowid",
      named.id,
    );
    return {
      ...named,
      homes: [
        ...own.map(homeRoleOf),
        ...through.map((one) => ({ ...homeRoleOf(one), through: text(one, "organisation") })),
      ],
      organisations: organisations.map((one) => ({
        organisation: text(one, "organisation"),
        role: oneOf(ORGANISATION_ROLES, one, "role"),
      })),
    };
  }

  #namedOf(row: Row): Named {
    const name = this.#sql.opened("account.name", row);
    return { id: text(row, "id"), name, language: languageOf(row) };
  }
}

const homeRoleOf = (row: Row): HomeRole => ({ home: text(row, "home"), role: oneOf(ROLES, row, "role") });

function languageOf(row: Row): Language {
  const language = text(row, "language");
  if (!isLanguage(language)) throw damaged("language");
  return language;
}
