import type { DatabaseSync, StatementSync } from "node:sqlite";
import { CHUNK_MS, decodeChunk } from "./chunk.ts";
import { between, type Columns, ColumnsBuilder, mergeColumns } from "./columns.ts";
import { type Device, type Devices, windowOf, windowStart } from "./devices.ts";
import type { HotWindow } from "./hot-window.ts";
import type { LegacyRows } from "./legacy.ts";
import { type PackedRow, readCells, unpackRows } from "./packed.ts";
import { blob } from "./schema.ts";
import type { Vault } from "./vault.ts";

/** A log entry in memory: gone from file and memory when none of its rows waits for a chunk any more. */
interface Entry {
  readonly bytes: Uint8Array;
  waiting: number;
}

/** What one `add` did to memory, to be taken back when its commit fails. */
export interface Added {
  readonly devices: Device[];
  readonly windows: Map<HotWindow, { readonly device: Device; readonly rows: number }>;
  entry?: number;
  rows: number;
  /** By bed: first and last time that is new. */
  readonly spans: Map<string, { from: number; to: number }>;
}

const NONE: ReadonlySet<number> = new Set();

/** Numbers: the newest in a log on disk with an index in memory, the older in chunks. */
export class Rows {
  readonly devices: Devices;
  readonly legacy: LegacyRows;
  readonly #db: DatabaseSync;
  readonly #vault: Vault;
  readonly #entries = new Map<number, Entry>();
  readonly #insert: StatementSync;
  readonly #chunk: StatementSync;
  /** Windows that may be compacted: their device has begun a newer one, or their time is over. */
  readonly ready: { readonly device: Device; readonly window: HotWindow }[] = [];
  #nextEntry = 1;
  #waitingReady = 0;

  constructor(db: DatabaseSync, vault: Vault, devices: Devices, legacy: LegacyRows) {
    this.#db = db;
    this.#vault = vault;
    this.devices = devices;
    this.legacy = legacy;
    this.#insert = db.prepare("INSERT INTO log (id, body) VALUES (?, ?)");
    this.#chunk = db.prepare("SELECT body FROM chunk WHERE device = ? AND start = ?");
  }

  /** Rows in windows that may be compacted now. */
  get waitingReady(): number {
    return this.#waitingReady;
  }

  /** Reads the log after a start. Returns how many entries cannot be read: they stay where they are. */
  load(): number {
    const done: number[] = [];
    let unreadable = 0;
    for (const row of this.#db.prepare("SELECT id, body FROM log ORDER BY id").iterate()) {
      const id = Number(row["id"]);
      this.#nextEntry = id + 1;
      const added = newAdded();
      try {
        const bytes = this.#vault.open(blob(row["body"]), placeOfEntry(id));
        if (this.#index(id, bytes, added) === 0) done.push(id);
      } catch {
        // Damaged, or of another key: whatever was understood before the damage is not counted either.
        this.undo(added);
        unreadable += 1;
      }
    }
    for (const id of done) this.#db.prepare("DELETE FROM log WHERE id = ?").run(id);
    return unreadable;
  }

  /** Within the caller's transaction. Returns what was new; `undo` it when the commit fails. */
  add(packed: Uint8Array, added: Added): void {
    const id = this.#nextEntry;
    if (this.#index(id, packed, added) === 0) return;
    this.#insert.run(id, this.#vault.close(packed, placeOfEntry(id)));
    this.#nextEntry = id + 1;
  }

  undo(added: Added): void {
    for (const [window, { device, rows }] of added.windows) {
      if (window.queued) this.#waitingReady -= window.times.length - rows;
      window.truncate(rows);
      if (rows === 0 && !window.queued) device.windows.delete(window.start);
    }
    if (added.entry !== undefined) this.#entries.delete(added.entry);
    this.devices.forget(added.devices);
  }

  /** Ten minutes of a device as far as they are stored: chunk, and rows of schema 1. Undefined without any. */
  stored(device: Device, start: number, wanted?: ReadonlySet<number>): Columns | undefined {
    const row =
      start < device.oldestChunk || start > device.newestChunk
        ? undefined
        : this.#chunk.get(device.id, start);
    const chunk =
      row && decodeChunk(this.#vault.open(blob(row["body"]), placeOfBody(device.id, start)), wanted);
    const legacy = this.legacy.columns(device.id, start, start + CHUNK_MS);
    if (legacy.times.length === 0) return chunk;
    return chunk === undefined ? legacy : mergeColumns(chunk, legacy);
  }

  /** Rows of a window that wait in the log, the newest entry still in memory. */
  hot(window: HotWindow, wanted?: ReadonlySet<number>): Columns {
    const { times, entries, offsets } = window;
    const builder = new ColumnsBuilder(times.length);
    for (let row = 0; row < times.length; row++) {
      const bytes = this.#entries.get(entries[row] ?? 0)?.bytes;
      if (bytes !== undefined)
        readCells(bytes, { at: times[row] ?? 0, offset: offsets[row] ?? 0 }, builder, wanted);
    }
    return builder.done();
  }

  /** Everything of a device in a range, ascending, in pieces of at most ten minutes; only wanted signal codes. */
  *between(device: Device, from: number, to: number, wanted?: ReadonlySet<number>): Generator<Columns> {
    const hot = this.#hotStarts(device, from, to);
    let next = 0;
    const whole = (start: number, chunk: Columns | undefined): Columns => {
      const window = device.windows.get(start);
      const rows = window && this.hot(window, wanted);
      if (chunk === undefined) return between(rows ?? new ColumnsBuilder(0).done(), from, to);
      return between(rows === undefined ? chunk : mergeColumns(chunk, rows), from, to);
    };
    const chunks = this.#db
      .prepare("SELECT start, body FROM chunk WHERE device = ? AND start > ? AND start < ? ORDER BY start")
      .iterate(device.id, from - CHUNK_MS, to);
    for (const row of chunks) {
      const start = Number(row["start"]);
      for (let early = hot[next]; early !== undefined && early < start; early = hot[++next]) {
        yield whole(early, this.#legacyOnly(device, early));
      }
      const chunk = decodeChunk(this.#vault.open(blob(row["body"]), placeOfBody(device.id, start)), wanted);
      if (hot[next] !== start) {
        yield between(chunk, from, to);
        continue;
      }
      next += 1;
      yield whole(start, mergeColumns(chunk, this.legacy.columns(device.id, start, start + CHUNK_MS)));
    }
    for (; next < hot.length; next++) {
      const start = hot[next] ?? 0;
      yield whole(start, this.#legacyOnly(device, start));
    }
  }

  /** Rows that are in no chunk yet, within a range. */
  *waiting(device: Device, from: number, to: number, wanted: ReadonlySet<number>): Generator<Columns> {
    for (const start of this.#hotStarts(device, from, to)) {
      const window = device.windows.get(start);
      if (window !== undefined) yield between(this.hot(window, wanted), from, to);
      yield this.legacy.columns(device.id, Math.max(from, start), Math.min(to, start + CHUNK_MS));
    }
  }

  hasWaiting(device: Device, from: number, to: number): boolean {
    return this.#hotStarts(device, from, to).length > 0;
  }

  /** Starts of the device's chunks before an instant, newest first. */
  *chunksBefore(device: Device, before: number): Generator<number> {
    const starts = this.#db
      .prepare("SELECT start FROM chunk WHERE device = ? AND start < ? ORDER BY start DESC")
      .iterate(device.id, Math.min(before, Number.MAX_SAFE_INTEGER));
    for (const row of starts) yield Number(row["start"]);
  }

  /** Marks windows whose time is over as ready. */
  queueDue(before: number): void {
    for (const device of this.devices.all()) {
      for (const window of device.windows.values()) {
        if (window.start + CHUNK_MS <= before) this.#queue(device, window);
      }
    }
  }

  /** The log entries that end when these windows are in chunks. */
  entriesEnding(windows: readonly HotWindow[]): readonly number[] {
    return [...leavingOf(windows)].flatMap(([id, rows]) =>
      this.#entries.get(id)?.waiting === rows ? [id] : [],
    );
  }

  /** After the commit that put these windows into chunks, or removed them. */
  forget(device: Device, window: HotWindow): void {
    for (const [id, rows] of leavingOf([window])) {
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      entry.waiting -= rows;
      if (entry.waiting === 0) this.#entries.delete(id);
    }
    if (window.queued) this.#waitingReady -= window.times.length;
    device.windows.delete(window.start);
  }

  /** Ids and blocks of the log entries in memory. */
  entries(): Iterable<readonly [number, Uint8Array]> {
    return [...this.#entries].map(([id, { bytes }]) => [id, bytes] as const);
  }

  /** Drops everything in memory and reads the log again. */
  reload(): void {
    this.#entries.clear();
    this.ready.length = 0;
    this.#waitingReady = 0;
    for (const device of this.devices.all()) device.windows.clear();
    this.load();
  }

  #legacyOnly(device: Device, start: number): Columns {
    return this.legacy.columns(device.id, start, start + CHUNK_MS);
  }

  /** Starts of windows with rows outside chunks, ascending. */
  #hotStarts(device: Device, from: number, to: number): readonly number[] {
    const starts = [...device.windows.keys()].filter((start) => start + CHUNK_MS > from && start < to);
    for (const at of this.legacy.instants(device.id, from, to, CHUNK_MS)) {
      const start = windowStart(device, at);
      if (!starts.includes(start)) starts.push(start);
    }
    return starts.sort((a, b) => a - b);
  }

  #index(id: number, bytes: Uint8Array, added: Added): number {
    const block = unpackRows(bytes);
    const devices = block.devices.map(({ bed, device }) => this.devices.named(bed, device, added.devices));
    const before = added.rows;
    for (const row of block.rows) {
      const device = devices[row.device];
      if (device === undefined) throw new RangeError("a block of rows names a device that it does not list");
      this.#take(device, row, id, added);
    }
    // A window that was only looked at, for rows that were all known.
    for (const [window, { device }] of added.windows) {
      if (window.times.length === 0) device.windows.delete(window.start);
    }
    const rows = added.rows - before;
    if (rows > 0) {
      added.entry = id;
      this.#entries.set(id, { bytes, waiting: rows });
    }
    return rows;
  }

  #take(device: Device, { at, offset }: PackedRow, id: number, added: Added): void {
    const start = windowStart(device, at);
    let window = device.windows.get(start);
    if (window === undefined) {
      window = windowOf(device, start);
      const stored = this.stored(device, start, NONE);
      if (stored !== undefined) window.knowStored(stored.times);
      const newer = [...device.windows.keys()].some((other) => other > start) || start < device.newestChunk;
      if (newer) this.#queue(device, window);
      for (const other of device.windows.values()) if (other.start < start) this.#queue(device, other);
    }
    if (!added.windows.has(window)) added.windows.set(window, { device, rows: window.times.length });
    if (!window.add(at, id, offset)) return;
    if (window.queued) this.#waitingReady += 1;
    added.rows += 1;
    const span = added.spans.get(device.bed);
    if (span === undefined) added.spans.set(device.bed, { from: at, to: at });
    else {
      span.from = Math.min(span.from, at);
      span.to = Math.max(span.to, at);
    }
  }

  #queue(device: Device, window: HotWindow): void {
    if (window.queued) return;
    window.queued = true;
    this.#waitingReady += window.times.length;
    this.ready.push({ device, window });
  }
}

export const newAdded = (): Added => ({ devices: [], windows: new Map(), rows: 0, spans: new Map() });

/** What a stored block is bound to when it is sealed. */
export const placeOfBody = (device: number, start: number): string => `chunk/${device}/${start}`;
export const placeOfRolls = (device: number, start: number): string => `rolls/${device}/${start}`;
export const placeOfEntry = (id: number): string => `log/${id}`;

/** Rows of these windows by log entry. */
function leavingOf(windows: readonly HotWindow[]): ReadonlyMap<number, number> {
  const leaving = new Map<number, number>();
  for (const { entries } of windows) {
    for (const id of entries) leaving.set(id, (leaving.get(id) ?? 0) + 1);
  }
  return leaving;
}
