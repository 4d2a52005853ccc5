import { existsSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { unseal } from "../../crypt/seal.ts";
import { Fault, messageOf } from "../../domain/fault.ts";
import { MIGRATIONS } from "./migrations.ts";
import { SEALED } from "./seal-old.ts";

/** A version further ahead than any program will ever be is no version: bytes of something else stand there. */
const AHEAD_MAX = 1_000;

/**
 * Why a state file cannot be used, in words; undefined: it is whole, or what is wrong is no damage (a later version,
 * another key). Reads its structure, and the newest 20,000 sealed texts of each kind. `hadOne`: there was a state here
 * before, so that none is a loss. Throws STATE_FAILED while another program holds it.
 */
export function damageOf(
  file: string,
  { key, hadOne }: { readonly key: Uint8Array | undefined; readonly hadOne: boolean },
): string | undefined {
  if (!existsSync(file)) return hadOne ? "is gone" : undefined;
  let database: DatabaseSync | undefined;
  try {
    // To SQLite an empty file is a new database.
    if (statSync(file).size === 0) return hadOne ? "is empty" : undefined;
    database = new DatabaseSync(file, { timeout: 2_000 });
    return damageInside(database, key);
  } catch (error) {
    const why = messageOf(error);
    if (!/locked|busy/.test(why)) return `cannot be read (${why})`;
    throw new Fault("STATE_FAILED", `${file} is held by another program: ${why}`, {
      fix: "End whatever has it open.",
      cause: error,
    });
  } finally {
    database?.close();
  }
}

function damageInside(database: DatabaseSync, key: Uint8Array | undefined): string | undefined {
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  const ahead = version - MIGRATIONS.length;
  // An older program cannot judge what a later one wrote, and must not put it away.
  if (ahead > 0 && ahead < AHEAD_MAX) return undefined;
  const check = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (check !== "ok") return `is damaged (${String(check).replaceAll(/\s+/g, " ")})`;
  if (ahead > 0 || version < 0) return `is damaged (version ${version})`;
  return key === undefined ? undefined : unopened(database, key);
}

/** Of each column the newest: an old record may be long, and somebody waits. */
const TEXTS_MAX = 20_000;

/** Pages of texts have no structure to check; their seals tell. Where nothing opens, it is another key's file. */
function unopened(database: DatabaseSync, key: Uint8Array): string | undefined {
  let opened = 0;
  let broken: string | undefined;
  for (const [table, columns] of Object.entries(SEALED)) {
    for (const column of columns) {
      if (!hasColumn(database, table, column)) continue;
      const rows = database.prepare(
        `SELECT ${column} AS sealed FROM ${table} WHERE typeof(${column}) = 'blob' ORDER BY rowid DESC LIMIT ?`,
      );
      for (const { sealed } of rows.iterate(TEXTS_MAX)) {
        if (sealed instanceof Uint8Array && opens(key, sealed, `${table}.${column}`)) opened++;
        else broken = `${table}.${column}`;
      }
    }
  }
  return opened > 0 && broken !== undefined ? `is damaged (texts of ${broken})` : undefined;
}

const hasColumn = (database: DatabaseSync, table: string, column: string): boolean =>
  database.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = ?").get(table, column) !== undefined;

function opens(key: Uint8Array, sealed: Uint8Array, context: string): boolean {
  try {
    unseal(key, sealed, context);
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}
