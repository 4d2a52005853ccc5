import { chmodSync, existsSync, renameSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { AlarmEvent } from "../../../domain/alarm.ts";
import { Fault, messageOf } from "../../../domain/fault.ts";
import type { Samples } from "../../../domain/sample.ts";
import type { SignalId } from "../../../domain/signal.ts";
import { MINUTE_MS, type Night, nightOf, wall } from "../../../domain/time.ts";
import type {
  Batch,
  Bucket,
  Point,
  RangeQuery,
  StoredWave,
  TimeseriesHealth,
} from "../../../port/timeseries.ts";
import {
  CHUNK_MS,
  chunkRows,
  decodeChunk,
  decodeRolls,
  encodeChunk,
  encodeRolls,
  fromInteger,
  SIGNAL_CODES,
  type StoreRow,
  toInteger,
} from "./chunk.ts";
import { migrate } from "./schema.ts";
import { decodeWave, encodeWave } from "./wave.ts";

/** What may be asked of the file at most (the port's bounds). */
const POINTS_MAX = 200_000;
const BUCKETS_MAX = 5_000;
const WAVES_MAX = 20_000;
const CHECKED_WHOLE_BYTES = 128 * 1024 * 1024;

/**
 * The SQLite file of one home's numbers: synchronous, single-threaded, owned by one worker (or by a rehearsal).
 * WAL with synchronous=FULL: what `write` has returned from survives a power cut.
 */
export class TimeseriesFile {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #finding: string;
  readonly #devices = new Map<string, number>();

  /**
   * Opens or creates; `:memory:` for rehearsals. A file that SQLite finds damaged is moved aside (`.damaged-<n>`)
   * and said so by `health`. Throws STORE_FAILED when the place cannot be used, DATA_DIR_NEWER for a later schema.
   */
  constructor(file: string) {
    this.#file = file;
    const opened = open(file);
    this.#db = opened.db;
    this.#finding = opened.finding;
  }

  /** Returns how many of the rows were not there before. */
  write(batch: Batch): number {
    const db = this.#db;
    let rows = 0;
    db.exec("BEGIN IMMEDIATE");
    try {
      const row = db.prepare("INSERT OR IGNORE INTO hot VALUES (?, ?, ?, ?)");
      const compacted = this.#compactedTimes();
      for (const r of batch.rows) {
        const device = this.#device(r.bed, r.device);
        if (compacted(device, r.at)) continue;
        rows += Number(row.run(device, r.at, Number(r.simulated), JSON.stringify(r.samples)).changes);
      }
      const wave = db.prepare(
        "INSERT OR IGNORE INTO wave (device, at, epoch, seq, simulated, rate, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
      );
      for (const w of batch.waves) {
        const device = this.#device(w.bed, w.device);
        wave.run(device, w.at, w.epoch, w.seq, Number(w.simulated), w.rateHz, encodeWave(w.channels));
      }
      const setting = db.prepare("INSERT OR IGNORE INTO setting VALUES (?, ?, ?, ?)");
      for (const s of batch.settings) {
        setting.run(this.#device(s.bed, s.device), s.at, Number(s.simulated), JSON.stringify(s.settings));
      }
      const event = db.prepare("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?)");
      for (const e of batch.events) event.run(e.bed, e.key, e.event.at, JSON.stringify(e.event));
      db.exec("COMMIT");
      return rows;
    } catch (error) {
      db.exec("ROLLBACK");
      this.#devices.clear();
      throw error;
    }
  }

  /**
   * Moves the oldest finished ten minutes of one device from hot rows into its chunk; late rows join the chunk that
   * is there. False when there is nothing to do. At most some 600 rows, so a write never waits long.
   */
  compact(now: number): boolean {
    const db = this.#db;
    const limit = Math.floor((now - MINUTE_MS) / CHUNK_MS) * CHUNK_MS;
    const oldest = db
      .prepare("SELECT device, at FROM hot WHERE at < ? ORDER BY device, at LIMIT 1")
      .get(limit);
    if (oldest === undefined) return false;
    const device = Number(oldest["device"]);
    const start = Math.floor(Number(oldest["at"]) / CHUNK_MS) * CHUNK_MS;
    const known = db.prepare("SELECT body FROM chunk WHERE device = ? AND start = ?").get(device, start);
    const rows = new Map<number, StoreRow>();
    for (const row of this.#hot(device, start, start + CHUNK_MS)) rows.set(row.at, row);
    if (known !== undefined)
      for (const row of chunkRows(decodeChunk(blob(known["body"])))) rows.set(row.at, row);
    const sorted = [...rows.values()].sort((a, b) => a.at - b.at);
    db.exec("BEGIN IMMEDIATE");
    try {
      db.prepare(
        "INSERT OR REPLACE INTO chunk (device, start, simulated, body, rolls) VALUES (?, ?, ?, ?, ?)",
      ).run(
        device,
        start,
        Number(sorted.some((row) => row.simulated)),
        encodeChunk(sorted),
        encodeRolls(sorted),
      );
      db.prepare("DELETE FROM hot WHERE device = ? AND at >= ? AND at < ?").run(
        device,
        start,
        start + CHUNK_MS,
      );
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
    return true;
  }

  range(query: RangeQuery & { readonly signal: SignalId }): readonly Point[] {
    const code = SIGNAL_CODES.indexOf(query.signal);
    const perDevice = this.#bedDevices(query.bed).map((device) => this.#points(device, query, code));
    const present = perDevice.filter((points) => points.length > 0);
    const merged = present.length <= 1 ? (present[0] ?? []) : mergeBySecond(present);
    return merged.slice(0, POINTS_MAX);
  }

  buckets(query: RangeQuery & { readonly signals: readonly SignalId[]; readonly bucketMs: number }): {
    readonly [id in SignalId]?: readonly Bucket[];
  } {
    const { from, to, bucketMs } = query;
    const count = Math.ceil((to - from) / bucketMs);
    if (!(bucketMs > 0) || count > BUCKETS_MAX) {
      throw new Fault("INPUT_INVALID", `${count} buckets are more than ${BUCKETS_MAX}`, { permanent: true });
    }
    const codes = query.signals.map((id) => SIGNAL_CODES.indexOf(id));
    const devices = this.#bedDevices(query.bed).map((device) =>
      this.#deviceBuckets(device, query, codes, count),
    );
    const result: { [id in SignalId]?: readonly Bucket[] } = {};
    query.signals.forEach((id, index) => {
      const code = codes[index] ?? -1;
      result[id] = Array.from({ length: count }, (_, bucket): Bucket => {
        const at = wall(from + bucket * bucketMs);
        const roll = devices
          .map((device) => device.get(code)?.[bucket])
          .find((r) => r !== undefined && r.count > 0);
        if (roll === undefined) return { at, count: 0 };
        const value = (integer: number): number => fromInteger(code, integer);
        return {
          at,
          count: roll.count,
          min: value(roll.min),
          mean: value(roll.sum / roll.count),
          max: value(roll.max),
        };
      });
    });
    return result;
  }

  waves(query: RangeQuery & { readonly wave: string }): readonly StoredWave[] {
    const found: StoredWave[] = [];
    const select = this.#db.prepare(
      `SELECT d.device AS name, w.* FROM wave w JOIN device d ON d.id = w.device
       WHERE d.bed = ? AND w.at >= ? AND w.at < ? ORDER BY w.at, d.id LIMIT ${WAVES_MAX}`,
    );
    for (const row of select.iterate(query.bed, query.from, query.to)) {
      const channels = decodeWave(blob(row["body"]));
      if (!Object.hasOwn(channels, query.wave)) continue;
      found.push({
        bed: query.bed,
        device: String(row["name"]),
        epoch: String(row["epoch"]),
        seq: Number(row["seq"]),
        at: wall(Number(row["at"])),
        simulated: row["simulated"] === 1,
        rateHz: Number(row["rate"]),
        channels,
      });
    }
    return found;
  }

  events(query: RangeQuery): readonly AlarmEvent[] {
    const rows = this.#db
      .prepare("SELECT body FROM event WHERE bed = ? AND at >= ? AND at < ? ORDER BY at, key")
      .all(query.bed, query.from, query.to);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `write` from the same type
    return rows.map((row) => JSON.parse(String(row["body"])) as AlarmEvent);
  }

  nights(bed: string, zone: string, limit: number): readonly Night[] {
    const nights = new Set<Night>();
    const starts = this.#db
      .prepare(
        `SELECT c.start FROM chunk c JOIN device d ON d.id = c.device WHERE d.bed = ?
         UNION SELECT h.at / ${CHUNK_MS} * ${CHUNK_MS} FROM hot h JOIN device d ON d.id = h.device WHERE d.bed = ?
         ORDER BY 1 DESC`,
      )
      .iterate(bed, bed);
    for (const row of starts) {
      nights.add(nightOf(wall(Number(row["start"])), zone));
      if (nights.size >= limit) break;
    }
    return [...nights];
  }

  simulated(query: RangeQuery): boolean {
    for (const device of this.#bedDevices(query.bed)) {
      const hot = this.#db
        .prepare("SELECT 1 FROM hot WHERE device = ? AND at >= ? AND at < ? AND simulated = 1 LIMIT 1")
        .get(device, query.from, query.to);
      const chunk = this.#db
        .prepare("SELECT 1 FROM chunk WHERE device = ? AND start > ? AND start < ? AND simulated = 1 LIMIT 1")
        .get(device, query.from - CHUNK_MS, query.to);
      if (hot !== undefined || chunk !== undefined) return true;
    }
    return false;
  }

  retain(policy: { readonly wavesFrom: number; readonly rowsFrom: number }): void {
    const db = this.#db;
    db.prepare("DELETE FROM wave WHERE at < ?").run(policy.wavesFrom);
    db.prepare("DELETE FROM chunk WHERE start < ?").run(policy.rowsFrom - CHUNK_MS);
    db.prepare("DELETE FROM setting WHERE at < ?").run(policy.rowsFrom);
    db.exec("PRAGMA incremental_vacuum(2000)");
  }

  health(): TimeseriesHealth {
    const oldest = this.#db
      .prepare("SELECT min(start) AS start FROM (SELECT start FROM chunk UNION ALL SELECT at FROM hot)")
      .get()?.["start"];
    const bytes = this.#file === ":memory:" ? 0 : statSync(this.#file).size;
    const base = { ok: this.#finding === "", detail: this.#finding || "good", bytes };
    return typeof oldest === "number" ? { ...base, oldest: wall(oldest) } : base;
  }

  close(): void {
    this.#db.close();
  }

  #device(bed: string, device: string): number {
    const key = `${bed}/${device}`;
    const known = this.#devices.get(key);
    if (known !== undefined) return known;
    this.#db.prepare("INSERT OR IGNORE INTO device (bed, device) VALUES (?, ?)").run(bed, device);
    const id = Number(
      this.#db.prepare("SELECT id FROM device WHERE bed = ? AND device = ?").get(bed, device)?.["id"],
    );
    this.#devices.set(key, id);
    return id;
  }

  /** Whether a row was stored before and has become part of a chunk: repeats change nothing there either. */
  #compactedTimes(): (device: number, at: number) => boolean {
    const find = this.#db.prepare("SELECT body FROM chunk WHERE device = ? AND start = ?");
    const none: ReadonlySet<number> = new Set();
    const known = new Map<string, ReadonlySet<number>>();
    return (device, at) => {
      const start = Math.floor(at / CHUNK_MS) * CHUNK_MS;
      const key = `${device}/${start}`;
      let times = known.get(key);
      if (times === undefined) {
        const row = find.get(device, start);
        times = row === undefined ? none : new Set(decodeChunk(blob(row["body"]), none).times);
        known.set(key, times);
      }
      return times.has(at);
    };
  }

  /** In order of first appearance. */
  #bedDevices(bed: string): readonly number[] {
    return this.#db
      .prepare("SELECT id FROM device WHERE bed = ? ORDER BY id")
      .all(bed)
      .map((row) => Number(row["id"]));
  }

  *#hot(device: number, from: number, to: number): Generator<StoreRow> {
    const rows = this.#db
      .prepare("SELECT at, simulated, samples FROM hot WHERE device = ? AND at >= ? AND at < ? ORDER BY at")
      .iterate(device, from, to);
    for (const row of rows) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `write` from the same type
      const samples = JSON.parse(String(row["samples"])) as Samples;
      const cells = SIGNAL_CODES.map((id) => samples[id]);
      yield { at: Number(row["at"]), simulated: row["simulated"] === 1, cells };
    }
  }

  #chunks(
    device: number,
    query: RangeQuery,
    column: "body" | "rolls",
  ): { start: number; bytes: Uint8Array }[] {
    return this.#db
      .prepare(
        `SELECT start, ${column} AS bytes FROM chunk WHERE device = ? AND start > ? AND start < ? ORDER BY start`,
      )
      .all(device, query.from - CHUNK_MS, query.to)
      .map((row) => ({ start: Number(row["start"]), bytes: blob(row["bytes"]) }));
  }

  #points(device: number, query: RangeQuery, code: number): Point[] {
    const points: Point[] = [];
    const add = (at: number, sample: Point["sample"] | undefined): void => {
      if (sample !== undefined && at >= query.from && at < query.to) points.push({ at: wall(at), sample });
    };
    const wanted = new Set([code]);
    for (const { bytes } of this.#chunks(device, query, "body")) {
      const chunk = decodeChunk(bytes, wanted);
      const column = chunk.columns.get(code);
      if (column !== undefined) chunk.times.forEach((at, row) => add(at, column[row]));
    }
    const fromChunks = points.length;
    for (const row of this.#hot(device, query.from, query.to)) add(row.at, row.cells[code]);
    // Late rows may wait in the hot table beside an older chunk.
    if (fromChunks > 0 && points.length > fromChunks) points.sort((a, b) => a.at - b.at);
    return points;
  }

  #deviceBuckets(
    device: number,
    query: RangeQuery & { readonly bucketMs: number },
    codes: readonly number[],
    count: number,
  ): ReadonlyMap<number, readonly (Roll | undefined)[]> {
    const { from, to, bucketMs } = query;
    const wanted = new Set(codes);
    const rolls = new Map<number, (Roll | undefined)[]>(
      codes.map((code) => [code, Array.from({ length: count })]),
    );
    const add = (code: number, at: number, one: Roll): void => {
      const list = rolls.get(code);
      if (list === undefined || at < from || at >= to) return;
      const bucket = Math.floor((at - from) / bucketMs);
      list[bucket] = joinRolls(list[bucket], one);
    };
    const addRow = (at: number, cells: readonly (Point["sample"] | undefined)[]): void => {
      for (const code of codes) {
        const cell = cells[code];
        if (typeof cell !== "number") continue;
        const value = toInteger(code, cell);
        add(code, at, { count: 1, min: value, max: value, sum: value });
      }
    };
    if (bucketMs % MINUTE_MS === 0 && from % MINUTE_MS === 0) {
      for (const { bytes } of this.#chunks(device, query, "rolls")) {
        for (const [code, minutes] of decodeRolls(bytes)) {
          if (wanted.has(code)) for (const roll of minutes) add(code, roll.minute * MINUTE_MS, roll);
        }
      }
    } else {
      for (const { bytes } of this.#chunks(device, query, "body")) {
        for (const row of chunkRows(decodeChunk(bytes, wanted))) addRow(row.at, row.cells);
      }
    }
    for (const row of this.#hot(device, from, to)) addRow(row.at, row.cells);
    return rolls;
  }
}

interface Roll {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

function joinRolls(a: Roll | undefined, b: Roll): Roll {
  if (a === undefined) return b;
  return {
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    sum: a.sum + b.sum,
  };
}

/** Per second the value of the first device that has one, else the first device's reason. */
function mergeBySecond(devices: readonly (readonly Point[])[]): Point[] {
  const bySecond = new Map<number, Point>();
  for (const points of devices) {
    for (const point of points) {
      const second = Math.floor(point.at / 1000);
      const known = bySecond.get(second);
      if (known === undefined || (typeof known.sample !== "number" && typeof point.sample === "number")) {
        bySecond.set(second, point);
      }
    }
  }
  return [...bySecond.values()].sort((a, b) => a.at - b.at);
}

function blob(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new RangeError("a stored blob is missing");
}

function open(file: string): { readonly db: DatabaseSync; readonly finding: string } {
  try {
    return { db: openSound(file), finding: "" };
  } catch (error) {
    if (error instanceof Fault) throw error;
    const damaged = /malformed|not a database|disk image/.test(messageOf(error));
    if (!damaged || file === ":memory:") throw storeFault(file, error);
    let aside = `${file}.damaged-1`;
    for (let n = 2; existsSync(aside); n++) aside = `${file}.damaged-${n}`;
    renameSync(file, aside);
    for (const tail of ["-wal", "-shm"]) if (existsSync(file + tail)) renameSync(file + tail, aside + tail);
    return {
      db: openSound(file),
      finding: `the store was damaged; its file was moved to ${aside} and a new one begun`,
    };
  }
}

function openSound(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    if (file !== ":memory:") chmodSync(file, 0o600);
    db.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    db.exec("PRAGMA busy_timeout = 8000");
    // Reading a file of years whole would hold up the start; SQLite names damage there when it meets it.
    if (file === ":memory:" || statSync(file).size < CHECKED_WHOLE_BYTES) {
      const check = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
      if (check !== "ok") throw new Error(`database disk image is malformed: ${String(check)}`);
    }
    migrate(db, file);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

const storeFault = (file: string, error: unknown): Fault =>
  new Fault("STORE_FAILED", `the store ${file} cannot be used: ${messageOf(error)}`, {
    fix: "Check that the data folder is there, may be written and is not full.",
    cause: error,
  });
