import type { DatabaseSync } from "node:sqlite";
import type { Samples } from "../../../domain/sample.ts";
import { type Columns, ColumnsBuilder } from "./columns.ts";
import { codeOf, SAID_VALUE, stateOf, toInteger } from "./signals.ts";

/**
 * Rows that a program of schema 1 left in table hot, as JSON: read beside the others and compacted like them, until
 * there are none.
 */
export class LegacyRows {
  readonly #db: DatabaseSync;
  #left: boolean;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#left = db.prepare("SELECT 1 FROM hot LIMIT 1").get() !== undefined;
  }

  columns(device: number, from: number, to: number): Columns {
    if (!this.#left) return new ColumnsBuilder(0).done();
    const rows = this.#db
      .prepare("SELECT at, simulated, samples FROM hot WHERE device = ? AND at >= ? AND at < ? ORDER BY at")
      .all(device, from, to);
    const builder = new ColumnsBuilder(rows.length);
    for (const row of rows) {
      builder.row(Number(row["at"]), row["simulated"] === 1);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a program of schema 1 wrote it from this type
      const samples = JSON.parse(String(row["samples"])) as Samples;
      for (const [signal, sample] of Object.entries(samples)) {
        const code = codeOf(signal);
        if (code === undefined) continue;
        if (typeof sample === "number") builder.cell(code, SAID_VALUE, toInteger(code, sample));
        else builder.cell(code, stateOf(sample), 0);
      }
    }
    return builder.done();
  }

  /** Some instant of each stretch of `stretchMs` in which the device has rows. */
  instants(device: number, from: number, to: number, stretchMs: number): readonly number[] {
    if (!this.#left) return [];
    return this.#db
      .prepare("SELECT min(at) AS at FROM hot WHERE device = ? AND at >= ? AND at < ? GROUP BY at / ?")
      .all(device, from, to, stretchMs)
      .map((row) => Number(row["at"]));
  }

  /** The next row to compact; undefined when none is left. */
  next(): { readonly device: number; readonly at: number } | undefined {
    if (!this.#left) return undefined;
    const row = this.#db.prepare("SELECT device, at FROM hot ORDER BY device, at LIMIT 1").get();
    this.#left = row !== undefined;
    return row && { device: Number(row["device"]), at: Number(row["at"]) };
  }

  /** Undefined without any. */
  first(device: number): number | undefined {
    if (!this.#left) return undefined;
    const row = this.#db.prepare("SELECT min(at) AS at FROM hot WHERE device = ?").get(device);
    return typeof row?.["at"] === "number" ? row["at"] : undefined;
  }

  /** Undefined without any. */
  lastBefore(device: number, before: number): number | undefined {
    if (!this.#left) return undefined;
    const row = this.#db
      .prepare("SELECT max(at) AS at FROM hot WHERE device = ? AND at < ?")
      .get(device, Math.min(before, Number.MAX_SAFE_INTEGER));
    return typeof row?.["at"] === "number" ? row["at"] : undefined;
  }

  remove(device: number, from: number, to: number): void {
    if (!this.#left) return;
    this.#db.prepare("DELETE FROM hot WHERE device = ? AND at >= ? AND at < ?").run(device, from, to);
  }
}
