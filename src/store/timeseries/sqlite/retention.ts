import type { DatabaseSync } from "node:sqlite";
import { DAY_MS } from "../../../domain/time.ts";
import type { BudgetHealth, RetentionPolicy } from "../../../port/timeseries.ts";
import { CHUNK_MS } from "./chunk.ts";
import type { Compaction } from "./compaction.ts";
import type { Device } from "./devices.ts";
import type { Nights } from "./nights.ts";
import type { Rows } from "./rows.ts";

/** Rows that one step drops: some 10 ms of work, for which a commit may have to wait. */
const DROPPED_AT_ONCE = 500;
/** Free pages that one step gives back to the file system. */
const PAGES_AT_ONCE = 1_000;
/** From here on the store is nearly full; shedding goes on to here. */
const NEARLY_FULL = 0.8;
const SHED_TO = 0.95;
/** The newest numbers of the store are never shed for room. */
const NEVER_SHED_MS = 2 * DAY_MS;

/** What is kept how long, step by step; never an event. */
export class Retention {
  readonly #db: DatabaseSync;
  readonly #rows: Rows;
  readonly #compaction: Compaction;
  readonly #nights: Nights;
  #policy: RetentionPolicy | undefined;
  #shed: "good" | "waves_shed" | "numbers_shed" | "full" = "good";
  #shedding = false;

  constructor(db: DatabaseSync, rows: Rows, compaction: Compaction, nights: Nights) {
    this.#db = db;
    this.#rows = rows;
    this.#compaction = compaction;
    this.#nights = nights;
  }

  /** A new round of steps under this policy. */
  begin(policy: RetentionPolicy): void {
    this.#policy = policy;
    this.#shed = "good";
    this.#shedding = false;
  }

  /** False when there is nothing more to do. */
  step(): boolean {
    const policy = this.#policy;
    if (policy === undefined) return false;
    if (this.#dropOld("wave", "at", policy.wavesFrom)) return true;
    if (this.#dropOldNumbers(policy.rowsFrom)) return true;
    if (this.#dropOld("setting", "at", policy.rowsFrom)) return true;
    if (policy.budgetBytes !== undefined && this.#shedSome(policy.budgetBytes)) return true;
    return this.#giveBack();
  }

  budget(): BudgetHealth | undefined {
    const budgetBytes = this.#policy?.budgetBytes;
    if (budgetBytes === undefined) return undefined;
    const usedBytes = this.usedBytes();
    const nearly = usedBytes >= NEARLY_FULL * budgetBytes ? "nearly_full" : "good";
    return { budgetBytes, usedBytes, state: this.#shed === "good" ? nearly : this.#shed };
  }

  /** Pages with something on them. */
  usedBytes(): number {
    const pragma = (name: string): number => Number(this.#db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  }

  #dropOld(table: "wave" | "setting", column: "at", before: number): boolean {
    for (const { id } of this.#rows.devices.all()) {
      const dropped = this.#db
        .prepare(
          `DELETE FROM ${table} WHERE device = ? AND at IN
           (SELECT at FROM ${table} WHERE device = ? AND ${column} < ? ORDER BY at LIMIT ${DROPPED_AT_ONCE})`,
        )
        .run(id, id, before);
      if (dropped.changes !== 0) return true;
    }
    return false;
  }

  #dropOldNumbers(before: number): boolean {
    for (const device of this.#rows.devices.all()) {
      for (const { start } of device.windows.values()) {
        // Into chunks first: the log holds rows of many.
        if (start + CHUNK_MS <= before) {
          this.#rows.queueDue(before);
          return this.#compaction.step(before);
        }
      }
      if (device.oldestChunk + CHUNK_MS <= before && this.#dropChunks(device, before)) return true;
    }
    this.#nights.dropped(before);
    return false;
  }

  /** The oldest of a device, after the summaries of their nights were made. */
  #dropChunks(device: Device, before: number): boolean {
    const night = this.#nights.nextBefore(device.bed, before);
    if (night !== undefined) {
      this.#nights.summarise(device.bed, night.zone, night.night);
      return true;
    }
    this.#nights.dropped(before);
    const dropped = this.#db
      .prepare(
        `DELETE FROM chunk WHERE id IN (SELECT id FROM chunk WHERE device = ? AND start <= ? ORDER BY start
         LIMIT ${DROPPED_AT_ONCE})`,
      )
      .run(device.id, before - CHUNK_MS);
    const oldest = this.#db
      .prepare("SELECT min(start) AS start FROM chunk WHERE device = ?")
      .get(device.id)?.["start"];
    device.oldestChunk = typeof oldest === "number" ? oldest : Infinity;
    if (typeof oldest !== "number") device.newestChunk = -Infinity;
    return dropped.changes !== 0;
  }

  /** Waveforms first, oldest first; then numbers, oldest first, but never the newest two days. */
  #shedSome(budgetBytes: number): boolean {
    const used = this.usedBytes();
    if (used > budgetBytes) this.#shedding = true;
    if (!this.#shedding || used <= SHED_TO * budgetBytes) return false;
    const wave = this.#db.prepare("SELECT min(at) AS at FROM wave WHERE device = ?");
    let first: { readonly id: number; readonly at: number } | undefined;
    for (const { id } of this.#rows.devices.all()) {
      const at = wave.get(id)?.["at"];
      if (typeof at === "number" && (first === undefined || at < first.at)) first = { id, at };
    }
    if (first !== undefined) {
      if (this.#shed === "good") this.#shed = "waves_shed";
      // Step by step over all devices: the oldest hour of the device with the oldest.
      return this.#dropOld("wave", "at", first.at + 60 * 60_000);
    }
    let oldest: Device | undefined;
    let newest = -Infinity;
    for (const device of this.#rows.devices.all()) {
      newest = Math.max(newest, device.newestChunk, ...device.windows.keys());
      if (device.oldestChunk < (oldest?.oldestChunk ?? Infinity)) oldest = device;
    }
    const limit = Math.min(newest - NEVER_SHED_MS, (oldest?.oldestChunk ?? Infinity) + DAY_MS);
    if (oldest !== undefined && oldest.oldestChunk + CHUNK_MS <= limit && this.#dropChunks(oldest, limit)) {
      this.#shed = "numbers_shed";
      return true;
    }
    if (used > budgetBytes) this.#shed = "full";
    return false;
  }

  #giveBack(): boolean {
    const free = Number(this.#db.prepare("PRAGMA freelist_count").get()?.["freelist_count"] ?? 0);
    if (free === 0) return false;
    this.#db.exec(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`);
    const left = Number(this.#db.prepare("PRAGMA freelist_count").get()?.["freelist_count"] ?? 0);
    return left > 0 && left < free;
  }
}
