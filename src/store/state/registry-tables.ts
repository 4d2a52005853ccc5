import type { HomeId } from "../../domain/ids.ts";
import { wall } from "../../domain/time.ts";
import {
  type BoxId,
  type BoxInUse,
  type BoxRecord,
  type BoxSecrets,
  type Claim,
  type ClaimCode,
  type ClaimVerdict,
  type HomeRecord,
  type KeptEstate,
  REVOKED_WHY,
  type Registry,
  type RevokedWhy,
} from "../../port/registry.ts";
import { integer, oneOf, type Row, type Sql, text } from "./sql.ts";

/** The Registry port without promises: what runs inside the thread that owns the file. */
export type RegistryMethods = {
  [Name in keyof Registry]: Registry[Name] extends (...args: infer Args) => Promise<infer Answer>
    ? (...args: Args) => Answer
    : never;
};

/** Codes that are kept, used ones too; the oldest go first. */
const CLAIM_CODES_MAX = 1_000;
/** Boxes of a home that are remembered; the oldest go first. */
const BOXES_PER_HOME = 50;

/** Homes and boxes in the tables of REGISTRY_TABLES. */
export class RegistryTables implements RegistryMethods {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  homes(): readonly HomeRecord[] {
    return this.#sql.all("SELECT * FROM home ORDER BY rowid").map((row) => this.#homeOf(row));
  }

  home(id: HomeId): HomeRecord | undefined {
    const row = this.#sql.get("SELECT * FROM home WHERE id = ?", id);
    return row === undefined ? undefined : this.#homeOf(row);
  }

  renameHome(id: HomeId, label: string): boolean {
    return (
      this.#sql.run("UPDATE home SET label = ? WHERE id = ?", this.#sql.sealed("home.label", label), id) > 0
    );
  }

  removeHome(id: HomeId): readonly BoxRecord[] {
    const boxes = this.#sql.together(() => {
      const used = this.#sql.all("SELECT * FROM box WHERE home = ? AND revoked_at IS NULL", id).map(boxOf);
      this.#sql.run("DELETE FROM home WHERE id = ?", id);
      return used;
    });
    // What was deleted is overwritten in the file (secure_delete) once the log is emptied into it.
    this.#sql.get("PRAGMA wal_checkpoint(TRUNCATE)");
    return boxes;
  }

  boxes(home?: HomeId): readonly BoxRecord[] {
    const rows =
      home === undefined
        ? this.#sql.all("SELECT * FROM box ORDER BY paired_at DESC, rowid DESC")
        : this.#sql.all("SELECT * FROM box WHERE home = ? ORDER BY paired_at DESC, rowid DESC", home);
    return rows.map(boxOf);
  }

  box(id: BoxId): BoxRecord | undefined {
    const row = this.#sql.get("SELECT * FROM box WHERE id = ?", id);
    return row === undefined ? undefined : boxOf(row);
  }

  inUse(): readonly BoxInUse[] {
    const rows = this.#sql.all("SELECT * FROM box WHERE revoked_at IS NULL ORDER BY rowid");
    return rows.map((row) => ({ box: boxOf(row), secrets: this.#secretsOf(row) }));
  }

  revokeBox(id: BoxId, at: number, why: RevokedWhy): BoxRecord | undefined {
    const row = this.#sql.get(
      `UPDATE box SET revoked_at = ?, revoked_why = ?, broker_password = NULL, pairing_key = NULL
        WHERE id = ? AND revoked_at IS NULL RETURNING *`,
      at,
      why,
      id,
    );
    return row === undefined ? undefined : boxOf(row);
  }

  addClaimCode(code: ClaimCode): void {
    this.#sql.together(() => {
      this.#sql.run(
        `INSERT INTO claim_code (code_hash, home, label, organisation, made_by, made_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        code.codeHash,
        code.home ?? null,
        this.#sql.sealed("claim_code.label", code.label),
        code.organisation ?? null,
        code.madeBy,
        code.madeAt,
        code.expiresAt,
      );
      this.#sql.run(
        `DELETE FROM claim_code WHERE code_hash NOT IN
           (SELECT code_hash FROM claim_code ORDER BY made_at DESC, rowid DESC LIMIT ?)`,
        CLAIM_CODES_MAX,
      );
    });
  }

  claimCodes(now: number): readonly ClaimCode[] {
    const sql =
      "SELECT * FROM claim_code WHERE expires_at > ? AND used_by IS NULL ORDER BY made_at DESC, rowid DESC";
    return this.#sql.all(sql, now).map((row) => this.#codeOf(row));
  }

  usedCodes(since: number): readonly ClaimCode[] {
    const sql =
      "SELECT * FROM claim_code WHERE made_at >= ? AND used_by IS NOT NULL ORDER BY made_at DESC, rowid DESC";
    return this.#sql.all(sql, since).map((row) => this.#codeOf(row));
  }

  withdrawClaimCode(codeHash: string, now: number): boolean {
    const sql = "DELETE FROM claim_code WHERE code_hash = ? AND used_by IS NULL AND expires_at > ?";
    return this.#sql.run(sql, codeHash, now) > 0;
  }

  claim(claim: Claim, now: number): ClaimVerdict {
    return this.#sql.together(() => {
      const row = this.#sql.get("SELECT * FROM claim_code WHERE code_hash = ?", claim.codeHash);
      if (row === undefined) return { kind: "unknown" };
      const code = this.#codeOf(row);
      if (code.expiresAt <= now) return { kind: "unknown" };
      if (code.usedBy !== undefined) return this.#repeated(code.usedBy, claim.publicKey);
      if (code.home === undefined && claim.offeredHome !== undefined && this.home(claim.offeredHome)) {
        return { kind: "home_known" };
      }
      return this.#paired(code, claim, now);
    });
  }

  putEstate(home: HomeId, { box, revision, at, body }: KeptEstate): boolean {
    return this.#sql.together(() => {
      const sender = this.box(box);
      if (sender === undefined || sender.home !== home || sender.revokedAt !== undefined) return false;
      // A box counts its own revisions: those of the box before it say nothing about them.
      const sql = `INSERT INTO estate (home, box, revision, at, body) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (home) DO UPDATE SET box = excluded.box, revision = excluded.revision, at = excluded.at,
          body = excluded.body WHERE estate.box <> excluded.box OR estate.revision < excluded.revision`;
      return this.#sql.run(sql, home, box, revision, at, this.#sql.sealed("estate.body", body)) > 0;
    });
  }

  estate(home: HomeId): KeptEstate | undefined {
    const row = this.#sql.get("SELECT * FROM estate WHERE home = ?", home);
    if (row === undefined) return undefined;
    return {
      box: text(row, "box"),
      revision: integer(row, "revision"),
      at: wall(integer(row, "at")),
      body: this.#sql.opened("estate.body", row),
    };
  }

  /** The same box may ask again, for instance because the first answer never reached it. */
  #repeated(boxId: BoxId, publicKey: string): ClaimVerdict {
    const row = this.#sql.get("SELECT * FROM box WHERE id = ? AND revoked_at IS NULL", boxId);
    if (row === undefined || text(row, "public_key") !== publicKey) return { kind: "used" };
    const box = boxOf(row);
    const home = this.home(box.home);
    if (home === undefined) return { kind: "used" };
    const secrets = this.#secretsOf(row);
    return { kind: "paired", ...{ home, box, secrets }, isNewHome: false, isRepeat: true, revoked: [] };
  }

  #paired(code: ClaimCode, claim: Claim, now: number): ClaimVerdict {
    const { publicKey, made } = claim;
    const home = this.#homeFor(code, claim.offeredHome ?? made.home, now);
    const before = this.#sql
      .all("SELECT * FROM box WHERE revoked_at IS NULL AND (home = ? OR public_key = ?)", home, publicKey)
      .map(boxOf);
    const revoked: BoxRecord[] = [];
    for (const box of before) {
      const ended = this.revokeBox(box.id, now, box.home === home ? "replaced" : "moved");
      if (ended !== undefined) revoked.push(ended);
    }
    this.#sql.run(
      `INSERT INTO box (id, home, public_key, paired_at, broker_password, pairing_key)
       VALUES (?, ?, ?, ?, ?, ?)`,
      made.box,
      home,
      publicKey,
      now,
      this.#sql.sealed("box.broker_password", made.brokerPassword),
      this.#sql.sealed("box.pairing_key", Buffer.from(made.pairingKey).toString("base64url")),
    );
    this.#sql.run("UPDATE claim_code SET used_by = ? WHERE code_hash = ?", made.box, code.codeHash);
    this.#sql.run(
      `DELETE FROM box WHERE home = ? AND revoked_at IS NOT NULL AND id NOT IN
         (SELECT id FROM box WHERE home = ? ORDER BY paired_at DESC, rowid DESC LIMIT ?)`,
      home,
      home,
      BOXES_PER_HOME,
    );
    const box: BoxRecord = { id: made.box, home, publicKey, pairedAt: wall(now) };
    const { brokerPassword, pairingKey } = made;
    const record = this.home(home);
    if (record === undefined) return { kind: "unknown" };
    return {
      kind: "paired",
      ...{ home: record, box, secrets: { brokerPassword, pairingKey } },
      isNewHome: code.home === undefined,
      isRepeat: false,
      revoked,
    };
  }

  /** The home that a code is for, made where it is new. */
  #homeFor({ home, label, madeBy, organisation }: ClaimCode, fresh: HomeId, now: number): HomeId {
    if (home !== undefined) return home;
    this.#sql.run(
      "INSERT INTO home (id, label, created_at, created_by, organisation) VALUES (?, ?, ?, ?, ?)",
      fresh,
      this.#sql.sealed("home.label", label),
      now,
      madeBy,
      organisation ?? null,
    );
    return fresh;
  }

  #homeOf(row: Row): HomeRecord {
    return {
      id: text(row, "id"),
      label: this.#sql.opened("home.label", row),
      createdAt: wall(integer(row, "created_at")),
      createdBy: text(row, "created_by"),
      ...(row["organisation"] === null ? {} : { organisation: text(row, "organisation") }),
    };
  }

  #codeOf(row: Row): ClaimCode {
    return {
      codeHash: text(row, "code_hash"),
      label: this.#sql.opened("claim_code.label", row),
      madeBy: text(row, "made_by"),
      madeAt: wall(integer(row, "made_at")),
      expiresAt: wall(integer(row, "expires_at")),
      ...(row["home"] === null ? {} : { home: text(row, "home") }),
      ...(row["organisation"] === null ? {} : { organisation: text(row, "organisation") }),
      ...(row["used_by"] === null ? {} : { usedBy: text(row, "used_by") }),
    };
  }

  #secretsOf(row: Row): BoxSecrets {
    return {
      brokerPassword: this.#sql.opened("box.broker_password", row),
      pairingKey: Uint8Array.from(Buffer.from(this.#sql.opened("box.pairing_key", row), "base64url")),
    };
  }
}

function boxOf(row: Row): BoxRecord {
  return {
    id: text(row, "id"),
    home: text(row, "home"),
    publicKey: text(row, "public_key"),
    pairedAt: wall(integer(row, "paired_at")),
    ...(row["revoked_at"] === null
      ? {}
      : { revokedAt: wall(integer(row, "revoked_at")), revokedWhy: oneOf(REVOKED_WHY, row, "revoked_why") }),
  };
}
