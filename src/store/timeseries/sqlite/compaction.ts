import type { DatabaseSync } from "node:sqlite";
import { MINUTE_MS } from "../../../domain/time.ts";
import { CHUNK_MS, encodeChunk } from "./chunk.ts";
import { type Columns, mergeColumns } from "./columns.ts";
import { type Device, windowOf, windowStart } from "./devices.ts";
import type { HotWindow } from "./hot-window.ts";
import { encodeRolls, hasRolls } from "./rolls.ts";
import { placeOfBody, placeOfRolls, type Rows } from "./rows.ts";
import { transact } from "./schema.ts";
import type { Vault } from "./vault.ts";

/** Rows that one step handles: some 10 ms of work, for which a commit may have to wait. */
export const ROWS_AT_ONCE = 3_000;

/** Moves rows from the log into chunks, step by step. */
export class Compaction {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;
  readonly #rows: Rows;

  constructor(db: DatabaseSync, vault: Vault, rows: Rows) {
    this.#db = db;
    this.#vault = vault;
    this.#rows = rows;
  }

  /** Moves some finished ten minutes; late rows join the chunk that is there. False when there is nothing to do. */
  step(now: number): boolean {
    const { ready } = this.#rows;
    if (ready.length === 0) this.#rows.queueDue(now - MINUTE_MS);
    const due = this.#take();
    if (due.length === 0) return false;
    try {
      transact(this.#db, () => this.#move(due));
    } catch (error) {
      ready.push(...due);
      throw error;
    }
    for (const { device, window } of due) {
      this.#rows.forget(device, window);
      device.oldestChunk = Math.min(device.oldestChunk, window.start);
      device.newestChunk = Math.max(device.newestChunk, window.start);
    }
    return true;
  }

  #take(): { readonly device: Device; readonly window: HotWindow }[] {
    const { ready, legacy, devices } = this.#rows;
    const due: { readonly device: Device; readonly window: HotWindow }[] = [];
    let left = ROWS_AT_ONCE;
    let taken = 0;
    for (const one of ready) {
      if (left <= 0) break;
      taken += 1;
      if (one.device.windows.get(one.window.start) !== one.window) continue;
      due.push(one);
      // A chunk that the rows join costs as much as they do.
      left -= Math.max(CHUNK_MS / 1_000, one.window.times.length);
    }
    ready.splice(0, taken);
    if (due.length > 0) return due;
    const old = legacy.next();
    const device = old && devices.byId(old.device);
    return old && device ? [{ device, window: windowOf(device, windowStart(device, old.at)) }] : [];
  }

  #move(due: readonly { readonly device: Device; readonly window: HotWindow }[]): void {
    for (const { device, window } of due) {
      const { start } = window;
      const stored = this.#rows.stored(device, start);
      const hot = this.#rows.hot(window);
      const columns = stored === undefined ? hot : mergeColumns(stored, hot);
      if (columns.times.length > 0) this.put(device.id, start, columns);
      this.#rows.legacy.remove(device.id, start, start + CHUNK_MS);
    }
    const remove = this.#db.prepare("DELETE FROM log WHERE id = ?");
    for (const id of this.#rows.entriesEnding(due.map(({ window }) => window))) remove.run(id);
  }

  /** Writes a chunk anew, within the caller's transaction. */
  put(device: number, start: number, columns: Columns): void {
    this.#db
      .prepare(
        `INSERT INTO chunk (device, start, simulated, body, rolls) VALUES (?, ?, ?, ?, ?) ON CONFLICT (device, start)
         DO UPDATE SET simulated = excluded.simulated, body = excluded.body, rolls = excluded.rolls`,
      )
      .run(
        device,
        start,
        Number(columns.simulated.includes(1)),
        this.#vault.close(encodeChunk(columns), placeOfBody(device, start)),
        hasRolls(columns)
          ? this.#vault.close(encodeRolls(columns), placeOfRolls(device, start))
          : new Uint8Array(),
      );
  }
}
