import { createHash } from "node:crypto";
import { Fault } from "../../domain/fault.ts";
import { wall } from "../../domain/time.ts";
import { type Credential, type ExternalIdentity, GIVEN_ROLES } from "../../port/accounts.ts";
import { OrganisationTables } from "./organisation-tables.ts";
import { damaged, integer, oneOf, type Row, type Sql, text } from "./sql.ts";

/** Passkeys of somebody; the oldest goes first. */
const CREDENTIALS_PER_ACCOUNT = 20;

/** By what people prove who they are: passwords, passkeys, names at outside issuers. */
export class CredentialTables extends OrganisationTables {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    super(sql);
    this.#sql = sql;
  }

  setPassword(account: string, login: string, hash: string): void {
    this.#sql.together(() => {
      const other = this.#sql.get(
        "SELECT id FROM account WHERE login_hash = ? AND id <> ?",
        loginHash(login),
        account,
      );
      if (other !== undefined) {
        throw new Fault("CONFLICT", "Somebody else uses this name to sign in.", {
          fix: "Choose another one.",
        });
      }
      this.#sql.run(
        "UPDATE account SET login = ?, login_hash = ?, password = ? WHERE id = ?",
        this.#sql.sealed("account.login", login),
        loginHash(login),
        hash,
        account,
      );
    });
  }

  endPassword(account: string): void {
    this.#sql.run(
      "UPDATE account SET login = NULL, login_hash = NULL, password = NULL WHERE id = ?",
      account,
    );
  }

  password(login: string): { readonly account: string; readonly hash: string } | undefined {
    const row = this.#sql.get("SELECT id, password FROM account WHERE login_hash = ?", loginHash(login));
    return row === undefined ? undefined : { account: text(row, "id"), hash: text(row, "password") };
  }

  login(account: string): string | undefined {
    const row = this.#sql.get("SELECT login FROM account WHERE id = ?", account);
    return row === undefined ? undefined : this.#sql.openedOrNone("account.login", row);
  }

  credentials(account: string): readonly Credential[] {
    return this.#sql
      .all("SELECT * FROM credential WHERE account = ? ORDER BY rowid", account)
      .map((row) => this.#credentialOf(row));
  }

  credential(id: string): Credential | undefined {
    const row = this.#sql.get("SELECT * FROM credential WHERE id = ?", id);
    return row === undefined ? undefined : this.#credentialOf(row);
  }

  addCredential(credential: Credential): void {
    const { id, account, publicKey, counter, transports, label, createdAt } = credential;
    this.#sql.together(() => {
      this.#sql.run(
        `INSERT INTO credential (id, account, public_key, counter, transports, label, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        id,
        account,
        publicKey,
        counter,
        JSON.stringify(transports),
        this.#sql.sealed("credential.label", label),
        createdAt,
      );
      this.#sql.run(
        `DELETE FROM credential WHERE account = ? AND id NOT IN
           (SELECT id FROM credential WHERE account = ? ORDER BY rowid DESC LIMIT ?)`,
        account,
        account,
        CREDENTIALS_PER_ACCOUNT,
      );
    });
  }

  useCredential(id: string, counter: number, at: number): void {
    this.#sql.run("UPDATE credential SET counter = ?, used_at = ? WHERE id = ?", counter, at, id);
  }

  removeCredential(account: string, id: string): void {
    this.#sql.run("DELETE FROM credential WHERE account = ? AND id = ?", account, id);
  }

  external(issuer: string, subject: string): ExternalIdentity | undefined {
    const sql = "SELECT * FROM external_identity WHERE issuer = ? AND subject = ?";
    const row = this.#sql.get(sql, issuer, subjectHash(subject));
    return row === undefined ? undefined : externalOf(row);
  }

  externals(account: string): readonly ExternalIdentity[] {
    return this.#sql
      .all("SELECT * FROM external_identity WHERE account = ? ORDER BY rowid", account)
      .map(externalOf);
  }

  addExternal(subject: string, { issuer, account, gives, linkedAt, usedAt }: ExternalIdentity): boolean {
    // The index on account and issuer is unique too.
    const sql = `INSERT OR IGNORE INTO external_identity
         (issuer, subject, account, linked_at, used_at, organisation, role) VALUES (?, ?, ?, ?, ?, ?, ?)`;
    const own = [gives?.organisation ?? null, gives?.role ?? null];
    return this.#sql.run(sql, issuer, subjectHash(subject), account, linkedAt, usedAt ?? null, ...own) > 0;
  }

  useExternal(account: string, issuer: string, at: number, gives: ExternalIdentity["gives"]): void {
    this.#sql.run(
      "UPDATE external_identity SET used_at = ?, organisation = ?, role = ? WHERE account = ? AND issuer = ?",
      at,
      gives?.organisation ?? null,
      gives?.role ?? null,
      account,
      issuer,
    );
  }

  removeExternal(account: string, issuer: string): boolean {
    const sql = "DELETE FROM external_identity WHERE account = ? AND issuer = ?";
    return this.#sql.run(sql, account, issuer) > 0;
  }

  #credentialOf(row: Row): Credential {
    return {
      id: text(row, "id"),
      account: text(row, "account"),
      publicKey: text(row, "public_key"),
      counter: integer(row, "counter"),
      transports: wordsOf(text(row, "transports")),
      label: this.#sql.opened("credential.label", row),
      createdAt: wall(integer(row, "created_at")),
      ...(row["used_at"] === null ? {} : { usedAt: wall(integer(row, "used_at")) }),
    };
  }
}

/** Login names are found whatever their case and however their letters are composed. */
const loginHash = (login: string): string =>
  createHash("sha256").update(login.trim().normalize("NFKC").toLowerCase()).digest("hex");

/** A name at a provider is found, and never read: some providers use addresses or numbers of staff. */
const subjectHash = (subject: string): string => createHash("sha256").update(subject).digest("hex");

const externalOf = (row: Row): ExternalIdentity => ({
  issuer: text(row, "issuer"),
  account: text(row, "account"),
  linkedAt: wall(integer(row, "linked_at")),
  ...(row["used_at"] === null ? {} : { usedAt: wall(integer(row, "used_at")) }),
  ...(row["organisation"] === null
    ? {}
    : { gives: { organisation: text(row, "organisation"), role: oneOf(GIVEN_ROLES, row, "role") } }),
});

/** A list of words as it was written. Throws STATE_FAILED for anything else. */
export function wordsOf(json: string): readonly string[] {
  const parsed: unknown = JSON.parse(json);
  if (!Array.isArray(parsed)) throw damaged("list");
  return parsed.map((word: unknown) => {
    if (typeof word !== "string") throw damaged("list");
    return word;
  });
}
