import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { seal, unseal } from "../../crypt/seal.ts";
import { Fault, messageOf } from "../../domain/fault.ts";

/** A row as SQLite gives it. */
export type Row = Record<string, SQLOutputValue>;

/**
 * One connection to a state file: prepared statements, transactions, texts that are encrypted on disk where there is
 * a key, and faults in place of SQLite's errors.
 */
export class Sql {
  readonly #database: DatabaseSync;
  readonly #key: Uint8Array | undefined;
  readonly #prepared = new Map<string, StatementSync>();

  /** @param key 32 bytes; without it texts are stored as they are */
  constructor(database: DatabaseSync, key?: Uint8Array) {
    this.#database = database;
    this.#key = key;
  }

  /** Every row. Throws STATE_FAILED. */
  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#statement(sql).all(...values));
  }

  /** The first row; undefined: there is none. Throws STATE_FAILED. */
  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values));
  }

  /** How many rows it changed. Throws STATE_FAILED. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guard(() => Number(this.#statement(sql).run(...values).changes));
  }

  /** Does all of the work, or nothing of it where it throws. Throws STATE_FAILED, and what the work throws. */
  together<Answer>(work: () => Answer): Answer {
    if (this.#database.isTransaction) return work();
    return this.#guard(() => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        const answer = work();
        this.#database.exec("COMMIT");
        return answer;
      } catch (error) {
        // A full disk may have rolled back already; then there is nothing left to roll back.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  /** Whether texts are encrypted from now on. */
  get seals(): boolean {
    return this.#key !== undefined;
  }

  /** A text as its column holds it. `context` is `<table>.<column>`: what was sealed for one opens in no other. */
  sealed(context: string, text: string): SQLInputValue {
    return this.#key === undefined ? text : seal(this.#key, Buffer.from(text), context);
  }

  /** A text from its column; plain ones were written before there was a key. Throws UNSEALABLE, STATE_FAILED. */
  opened(context: string, row: Row): string {
    const column = columnOf(context);
    const value = row[column];
    if (typeof value === "string") return value;
    if (!(value instanceof Uint8Array)) throw damaged(column);
    if (this.#key !== undefined) return Buffer.from(unseal(this.#key, value, context)).toString();
    throw new Fault("UNSEALABLE", "the state file is encrypted, and there is no key", {
      fix: "Put the key file back that belongs to this data folder.",
      permanent: true,
    });
  }

  /** Undefined for an empty column. */
  openedOrNone(context: string, row: Row): string | undefined {
    return row[columnOf(context)] === null ? undefined : this.opened(context, row);
  }

  /** Ends the connection. Harmless when repeated. */
  close(): void {
    if (!this.#database.isOpen) return;
    this.#prepared.clear();
    this.#database.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
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

const columnOf = (context: string): string => context.slice(context.indexOf(".") + 1);

/** A column that holds text. Throws STATE_FAILED where it does not. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw damaged(column);
  return value;
}

/** A column that holds a number. Throws STATE_FAILED where it does not. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw damaged(column);
  return value;
}

/** A column that holds one of these words. Throws STATE_FAILED where it does not. */
export function oneOf<Word extends string>(words: readonly Word[], row: Row, column: string): Word {
  const found = text(row, column);
  const word = words.find((known) => known === found);
  if (word === undefined) throw damaged(column);
  return word;
}

/** What is written in the file is not what was written into it. */
export class DamageError extends Error {}

/** Why a row cannot be read. */
export const damaged = (column: string): Fault =>
  new Fault("STATE_FAILED", `the state file holds a damaged ${column}`, {
    fix: "Put the state file back from a backup.",
    cause: new DamageError(`a damaged ${column}`),
  });

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html); the upper bits say more. */
const CORRUPT = [11, 26];

/**
 * Why a failure means that a state file is damaged, in words; undefined: it means something else. A text that does not open
 * is damage, since the file opened with this key.
 */
export function damageIn(error: unknown): string | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof DamageError) return one.message;
    if (one instanceof Fault && one.code === "UNSEALABLE") return "a sealed text does not open";
    const errcode: unknown = Reflect.get(one, "errcode");
    if (typeof errcode === "number" && CORRUPT.includes(errcode & 0xff)) return messageOf(one);
  }
  return undefined;
}
