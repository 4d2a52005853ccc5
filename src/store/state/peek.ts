import { DatabaseSync } from "node:sqlite";
import { Sql, text } from "./sql.ts";

/**
 * The small named values of a home's state file, read beside whoever has it open: nothing is written, made or brought up
 * to date. Throws STATE_FAILED for a file that cannot be read, and UNSEALABLE with another key.
 */
export function peekValues(file: string, key: Uint8Array): { readonly [name: string]: string } {
  const database = new DatabaseSync(file, { readOnly: true });
  const sql = new Sql(database, key);
  try {
    return Object.fromEntries(
      sql
        .all("SELECT name, value FROM value")
        .map((row) => [text(row, "name"), sql.opened("value.value", row)]),
    );
  } finally {
    sql.close();
  }
}
