import type { DatabaseSync } from "node:sqlite";
import { DAY_MS, HOUR_MS } from "../../../domain/time.ts";
import type { BudgetHealth, RetentionPolicy } from "../../../port/timeseries.ts";
import { CHUNK_MS } from "./chunk.ts";
import type { Compaction } from "./compaction.ts";
import type { Device } from "./devices.ts";
import type { Nights } from "./nights.ts";
import type { Rows } from "./rows.ts";

/** Rows that one step drops: some 10 ms of work, for which a commit may have to wait. */
const DROPPED_AT_ONCE = 500;
/** Devices that one step looks at. */
const DEVICES_AT_ONCE = 500;
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
  #work: Generator<void, void> | undefined;

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
    this.#work = this.#run(policy);
  }

  /** False when there is nothing more to do. */
  step(): boolean {
    return this.#work?.next().done === false;
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

  /** Gives way after every piece of work. */
  *#run({ wavesFrom, rowsFrom, budgetBytes }: RetentionPolicy): Generator<void, void> {
    yield* this.#dropOld("wave", wavesFrom);
    for (const device of this.#all()) {
      // Into chunks first: the log holds rows of many.
      if (hasWindowBefore(device, rowsFrom)) {
        this.#rows.queueDue(rowsFrom);
        while (hasWindowBefore(device, rowsFrom) && this.#compaction.step(rowsFrom)) yield;
      }
      yield* this.#dropChunks(device, rowsFrom);
    }
    this.#nights.dropped(rowsFrom);
    yield;
    yield* this.#dropOld("setting", rowsFrom);
    if (budgetBytes !== undefined && this.usedBytes() > budgetBytes) yield* this.#shedTo(budgetBytes);
    yield* this.#giveBack();
  }

  /** As they are now: work goes on while others come and go. */
  #all(): readonly Device[] {
    return [...this.#rows.devices.all()];
  }

  *#dropOld(table: "wave" | "setting", before: number): Generator<void, void> {
    const remove = this.#db.prepare(
      `DELETE FROM ${table} WHERE device = ? AND at IN
       (SELECT at FROM ${table} WHERE device = ? AND at < ? ORDER BY at LIMIT ${DROPPED_AT_ONCE})`,
    );
    for (const [index, { id }] of this.#all().entries()) {
      if (index % DEVICES_AT_ONCE === DEVICES_AT_ONCE - 1) yield;
      while (remove.run(id, id, before).changes !== 0) yield;
    }
  }

  /** The oldest of a device, after the summaries of their nights were made. */
  *#dropChunks(device: Device, before: number): Generator<void, void> {
    const remove = this.#db.prepare(
      `DELETE FROM chunk WHERE id IN (SELECT id FROM chunk WHERE device = ? AND start <= ? ORDER BY start
       LIMIT ${DROPPED_AT_ONCE})`,
    );
    const first = this.#db.prepare("SELECT min(start) AS start FROM chunk WHERE device = ?");
    while (device.oldestChunk + CHUNK_MS <= before) {
      const night = this.#nights.nextBefore(device.bed, before);
      if (night !== undefined) {
        this.#nights.summarise(device.bed, night.zone, night.night);
        yield;
        continue;
      }
      this.#nights.dropped(before);
      remove.run(device.id, before - CHUNK_MS);
      const oldest = first.get(device.id)?.["start"];
      device.oldestChunk = typeof oldest === "number" ? oldest : Infinity;
      if (typeof oldest !== "number") device.newestChunk = -Infinity;
      yield;
    }
  }

  /** Waveforms first, an hour at a time; then numbers, a day at a time, but never the newest two days. */
  *#shedTo(budgetBytes: number): Generator<void, void> {
    const wave = this.#db.prepare("SELECT min(at) AS at FROM wave WHERE device = ?");
    while (this.usedBytes() > SHED_TO * budgetBytes) {
      let first = Infinity;
      for (const [index, { id }] of this.#all().entries()) {
        if (index % DEVICES_AT_ONCE === DEVICES_AT_ONCE - 1) yield;
        const at = wave.get(id)?.["at"];
        if (typeof at === "number") first = Math.min(first, at);
      }
      if (first < Infinity) {
        this.#shed = "waves_shed";
        yield* this.#dropOld("wave", first + HOUR_MS);
        continue;
      }
      const devices = this.#all();
      const newest = Math.max(
        ...devices.map(({ newestChunk, windows }) => Math.max(newestChunk, ...windows.keys())),
      );
      const oldest = devices.reduce((least, { oldestChunk }) => Math.min(least, oldestChunk), Infinity);
      const limit = Math.min(newest - NEVER_SHED_MS, oldest + DAY_MS);
      if (!(oldest + CHUNK_MS <= limit)) break;
      this.#shed = "numbers_shed";
      for (const device of devices) yield* this.#dropChunks(device, limit);
    }
    if (this.usedBytes() > budgetBytes) this.#shed = "full";
  }

  *#giveBack(): Generator<void, void> {
    const free = (): number =>
      Number(this.#db.prepare("PRAGMA freelist_count").get()?.["freelist_count"] ?? 0);
    for (let before = Infinity, left = free(); left > 0 && left < before; left = free()) {
      before = left;
      this.#db.exec(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`);
      yield;
    }
  }
}

const hasWindowBefore = ({ windows }: Device, before: number): boolean =>
  [...windows.keys()].some((start) => start + CHUNK_MS <= before);
