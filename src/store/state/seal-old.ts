import { Fault } from "../../domain/fault.ts";
import { type Sql, text } from "./sql.ts";

/** Columns of names, addresses, secrets and what was decided, by table; each row is found by its rowid. */
export const SEALED: { readonly [table: string]: readonly string[] } = {
  person: ["name"],
  target: ["label", "settings"],
  account: ["name", "login"],
  sign_in: ["label"],
  credential: ["label"],
  organisation: ["name"],
  consent: ["given_name", "ended_name"],
  share: ["label"],
  value: ["value"],
  audit: ["detail"],
  limits: ["body"],
  note: ["by_name", "body"],
  research_consent: ["given_name", "ended_name"],
  research_secret: ["secret"],
};

/** What a file of this key opens; written at the first start with a key. */
const PROOF = "seal_proof";
const PROVEN = '"breathwatch"';

/**
 * Makes sure that the key is the one of this file, and encrypts what was written before there was a key. Throws
 * UNSEALABLE for another key, and for a file that needs one where there is none: it never starts afresh.
 */
export function sealOld(sql: Sql): void {
  const proof = sql.get("SELECT value FROM value WHERE name = ?", PROOF);
  if (proof !== undefined) {
    if (sql.opened("value.value", proof) !== PROVEN)
      throw new Fault("UNSEALABLE", "the key is of another file");
    return;
  }
  if (!sql.seals) return;
  sql.together(() => {
    for (const [table, columns] of Object.entries(SEALED)) {
      for (const column of columns) sealColumn(sql, table, column);
    }
    const add = "INSERT INTO value (name, value) VALUES (?, ?)";
    sql.run(add, PROOF, sql.sealed("value.value", PROVEN));
  });
  // What was written in the clear must not stay in free pages of the file.
  sql.run("VACUUM");
  sql.get("PRAGMA wal_checkpoint(TRUNCATE)");
}

function sealColumn(sql: Sql, table: string, column: string): void {
  const rows = sql.all(
    `SELECT rowid AS row_number, ${column} AS plain FROM ${table} WHERE typeof(${column}) = 'text'`,
  );
  for (const row of rows) {
    const sealed = sql.sealed(`${table}.${column}`, text(row, "plain"));
    sql.run(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`, sealed, Number(row["row_number"]));
  }
}
