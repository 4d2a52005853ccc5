import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { Fault, messageOf } from "../../domain/fault.ts";

/** A row as SQLite gives it. */
export type Row = Record<string, SQLOutputValue>;

/** One connection to a state file: prepared statements, transactions, and faults in place of SQLite's errors. */
export class Sql {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
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

/** A column that holds bytes. Throws STATE_FAILED where it does not. */
export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw damaged(column);
  return value;
}

/** A column that holds one of these words. Throws STATE_FAILED where it does not. */
export function oneOf<Word extends string>(words: readonly Word[], row: Row, column: string): Word {
  const found = text(row, column);
  const word = words.find((known) => known === found);
  if (word === undefined) throw damaged(column);
  return word;
}

/** Why a row cannot be read. */
export const damaged = (column: string): Fault =>
  new Fault("STATE_FAILED", `the state file holds a damaged ${column}`, {
    fix: "Put the state file back from a backup.",
  });
