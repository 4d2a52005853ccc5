import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { BedId } from "../../../domain/ids.ts";

/** A stretch of time of one bed, of WINDOW_MS from its start. */
export interface Window {
  readonly bed: BedId;
  /** Wall milliseconds. */
  readonly start: number;
}

/**
 * Which stretches of time an outside store is not known to have whole: the mirror's durable mark. Written before the
 * store on this machine takes the first row of a stretch, removed once all of it is provably outside. Synchronous,
 * owned by one thread; throws where the file cannot be used.
 */
export class MirrorMarks {
  readonly #db: DatabaseSync;

  /** `:memory:` for tests. */
  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    if (file !== ":memory:") chmodSync(file, 0o600);
    this.#db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA busy_timeout = 8000;
      CREATE TABLE IF NOT EXISTS owed (start INTEGER NOT NULL, bed TEXT NOT NULL, PRIMARY KEY (start, bed)) WITHOUT ROWID;
    `);
  }

  /** Which of them were there before, in the order given. Durable on return. */
  add(windows: readonly Window[]): readonly boolean[] {
    const insert = this.#db.prepare("INSERT OR IGNORE INTO owed (start, bed) VALUES (?, ?)");
    return this.#together(() => windows.map(({ start, bed }) => insert.run(start, bed).changes === 0));
  }

  remove(windows: readonly Window[]): void {
    const gone = this.#db.prepare("DELETE FROM owed WHERE start = ? AND bed = ?");
    this.#together(() => {
      for (const { start, bed } of windows) gone.run(start, bed);
    });
  }

  /** All of a bed, which is gone for good. */
  removeBed(bed: BedId): void {
    this.#db.prepare("DELETE FROM owed WHERE bed = ?").run(bed);
  }

  /** The next ones after one given, oldest first. */
  list(after: Window | undefined, limit: number): readonly Window[] {
    const { start, bed } = after ?? { start: Number.MIN_SAFE_INTEGER, bed: "" };
    return this.#db
      .prepare("SELECT start, bed FROM owed WHERE (start, bed) > (?, ?) ORDER BY start, bed LIMIT ?")
      .all(start, bed, limit)
      .map((row) => ({ start: Number(row["start"]), bed: String(row["bed"]) }));
  }

  count(): number {
    return Number(this.#db.prepare("SELECT count(*) AS n FROM owed").get()?.["n"] ?? 0);
  }

  close(): void {
    this.#db.close();
  }

  #together<Result>(work: () => Result): Result {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }
}
