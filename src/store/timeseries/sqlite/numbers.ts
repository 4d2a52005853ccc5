import type { DatabaseSync } from "node:sqlite";
import { Fault } from "../../../domain/fault.ts";
import { MINUTE_MS, SECOND_MS } from "../../../domain/time.ts";
import type { RangeQuery, Series } from "../../../port/timeseries.ts";
import { CHUNK_MS, decodeChunk } from "./chunk.ts";
import type { Columns } from "./columns.ts";
import type { Device } from "./devices.ts";
import { type AddRoll, readRolls } from "./rolls.ts";
import { placeOfBody, placeOfRolls, type Rows } from "./rows.ts";
import { blob } from "./schema.ts";
import { fromInteger, SAID_NOTHING, SAID_VALUE, scaleOf } from "./signals.ts";
import type { Vault } from "./vault.ts";

/** What may be asked of the file at most (the port's bounds). */
const POINTS_MAX = 200_000;
const BUCKETS_MAX = 5_000;

/** Buckets of one signal as they cross from the thread: count, least, mean, greatest of each; see `bucketsOf`. */
export type PackedBuckets = Float64Array;
/** Numbers of one bucket in PackedBuckets. */
export const BUCKET_NUMBERS = 4;

/** Reads numbers of beds, merged over their devices. */
export class Numbers {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;
  readonly #rows: Rows;

  constructor(db: DatabaseSync, vault: Vault, rows: Rows) {
    this.#db = db;
    this.#vault = vault;
    this.#rows = rows;
  }

  /** By signal code; signals that no row speaks of are not there. */
  series({ bed, from, to }: RangeQuery, codes: readonly number[]): ReadonlyMap<number, Series> {
    const wanted = new Set(codes);
    const devices = this.#rows.devices.ofBed(bed).map((device) => this.#parts(device, from, to, wanted));
    const merged = new Map<number, Series>();
    for (const code of codes) {
      const found = devices.flatMap((parts) => seriesOfParts(parts, code) ?? []);
      const [only, second] = found;
      if (only !== undefined) merged.set(code, second === undefined ? only : mergeBySecond(found));
    }
    return merged;
  }

  /** By signal code. Throws INPUT_INVALID for more buckets than a page can draw. */
  buckets(
    query: RangeQuery & { readonly bucketMs: number },
    codes: readonly number[],
  ): ReadonlyMap<number, PackedBuckets> {
    const { from, to, bucketMs } = query;
    const count = Math.max(0, Math.ceil((to - from) / bucketMs));
    if (!(bucketMs > 0) || count > BUCKETS_MAX) {
      throw new Fault("INPUT_INVALID", `${count} buckets are more than ${BUCKETS_MAX}`, { permanent: true });
    }
    const merged = new Map(codes.map((code) => [code, new Float64Array(count * BUCKET_NUMBERS)]));
    for (const device of this.#rows.devices.ofBed(query.bed)) {
      for (const [code, one] of this.#deviceBuckets(device, query, codes, count)) {
        const into = merged.get(code);
        if (into === undefined) continue;
        for (let at = 0; at < one.length; at += BUCKET_NUMBERS) {
          // The first device with a value has the bucket.
          if (into[at] === 0 && one[at] !== 0) into.set(one.subarray(at, at + BUCKET_NUMBERS), at);
        }
      }
    }
    for (const [code, buckets] of merged) inUnits(code, buckets);
    return merged;
  }

  #parts(device: Device, from: number, to: number, wanted: ReadonlySet<number>): readonly Columns[] {
    const parts: Columns[] = [];
    const points = new Map<number, number>();
    for (const columns of this.#rows.between(device, from, to, wanted)) {
      parts.push(columns);
      for (const [code, { states }] of columns.signals) {
        points.set(code, (points.get(code) ?? 0) + states.length);
      }
      // Every signal asked for has its fill; a signal that is seldom spoken of ends with the range.
      if (points.size === wanted.size && [...points.values()].every((n) => n > 2 * POINTS_MAX)) break;
    }
    return parts;
  }

  #deviceBuckets(
    device: Device,
    { from, to, bucketMs }: RangeQuery & { readonly bucketMs: number },
    codes: readonly number[],
    count: number,
  ): ReadonlyMap<number, PackedBuckets> {
    const found = new Map(codes.map((code) => [code, new Float64Array(count * BUCKET_NUMBERS)]));
    const adders = new Map<number, AddRoll>();
    for (const [code, buckets] of found) {
      adders.set(code, (at, n, min, max, sum) => {
        if (at < from || at >= to || n === 0) return;
        addToBucket(buckets, Math.floor((at - from) / bucketMs) * BUCKET_NUMBERS, n, min, max, sum);
      });
    }
    const wanted = new Set(codes);
    if ([from, to, bucketMs].every((ms) => ms % MINUTE_MS === 0)) {
      const chunks = this.#db
        .prepare(
          `SELECT start, rolls, CASE length(rolls) WHEN 0 THEN body END AS body FROM chunk
           WHERE device = ? AND start > ? AND start < ?`,
        )
        .iterate(device.id, from - CHUNK_MS, to);
      for (const { start, rolls, body } of chunks) {
        const at = Number(start);
        if (body === null) {
          readRolls(this.#vault.open(blob(rolls), placeOfRolls(device.id, at)), adders);
        } else {
          const rows = decodeChunk(this.#vault.open(blob(body), placeOfBody(device.id, at)), wanted);
          addRows(rows, adders);
        }
      }
      for (const columns of this.#rows.waiting(device, from, to, wanted)) addRows(columns, adders);
    } else {
      for (const columns of this.#rows.between(device, from, to, wanted)) addRows(columns, adders);
    }
    return found;
  }
}

function addToBucket(
  buckets: Float64Array,
  at: number,
  count: number,
  min: number,
  max: number,
  sum: number,
): void {
  const known = buckets[at] ?? 0;
  buckets[at] = known + count;
  buckets[at + 1] = known === 0 ? min : Math.min(min, buckets[at + 1] ?? min);
  buckets[at + 2] = (buckets[at + 2] ?? 0) + sum;
  buckets[at + 3] = known === 0 ? max : Math.max(max, buckets[at + 3] ?? max);
}

function addRows({ times, signals }: Columns, adders: ReadonlyMap<number, AddRoll>): void {
  for (const [code, { states, integers }] of signals) {
    const add = adders.get(code);
    if (add === undefined) continue;
    for (let row = 0; row < times.length; row++) {
      const value = integers[row] ?? 0;
      if (states[row] === SAID_VALUE) add(times[row] ?? 0, 1, value, value, value);
    }
  }
}

/** Integers become values, the sum the mean. */
function inUnits(code: number, buckets: PackedBuckets): void {
  for (let at = 0; at < buckets.length; at += BUCKET_NUMBERS) {
    const count = buckets[at] ?? 0;
    if (count === 0) continue;
    buckets[at + 1] = fromInteger(code, buckets[at + 1] ?? 0);
    buckets[at + 2] = fromInteger(code, (buckets[at + 2] ?? 0) / count);
    buckets[at + 3] = fromInteger(code, buckets[at + 3] ?? 0);
  }
}

function seriesOfParts(parts: readonly Columns[], code: number): Series | undefined {
  let size = 0;
  for (const { signals } of parts) size += signals.get(code)?.states.length ?? 0;
  const at = new Float64Array(size);
  const values = new Float64Array(size);
  const absences = new Uint8Array(size);
  const scale = scaleOf(code);
  let next = 0;
  for (const { times, signals } of parts) {
    const column = signals.get(code);
    if (column === undefined) continue;
    const { states, integers } = column;
    for (let row = 0; row < states.length; row++) {
      const state = states[row];
      if (state === undefined || state === SAID_NOTHING) continue;
      at[next] = times[row] ?? 0;
      // 0 where there is no value.
      values[next] = (integers[row] ?? 0) / scale;
      absences[next] = state - SAID_VALUE;
      next += 1;
    }
  }
  const end = Math.min(next, POINTS_MAX);
  if (end === 0) return undefined;
  if (end === size) return { at, values, absences };
  return { at: at.slice(0, end), values: values.slice(0, end), absences: absences.slice(0, end) };
}

/** Per second the value of the first device that has one, else the first device's reason. */
function mergeBySecond(devices: readonly Series[]): Series {
  const bySecond = new Map<number, { readonly series: Series; readonly row: number }>();
  for (const series of devices) {
    for (let row = 0; row < series.at.length; row++) {
      const second = Math.floor((series.at[row] ?? 0) / SECOND_MS);
      const known = bySecond.get(second);
      if (known === undefined || (known.series.absences[known.row] !== 0 && series.absences[row] === 0)) {
        bySecond.set(second, { series, row });
      }
    }
  }
  const order = [...bySecond]
    .sort((a, b) => a[0] - b[0])
    .slice(0, POINTS_MAX)
    .map(([, one]) => one);
  return {
    at: Float64Array.from(order, ({ series, row }) => series.at[row] ?? 0),
    values: Float64Array.from(order, ({ series, row }) => series.values[row] ?? 0),
    absences: Uint8Array.from(order, ({ series, row }) => series.absences[row] ?? 0),
  };
}
