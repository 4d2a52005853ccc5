import type { AlarmEvent } from "../../../domain/alarm.ts";
import { Fault } from "../../../domain/fault.ts";
import type { BedId } from "../../../domain/ids.ts";
import { ABSENCES, type Absence, absent, type Sample } from "../../../domain/sample.ts";
import { isWaveId, SIGNAL_IDS, type SignalId, type WaveId } from "../../../domain/signal.ts";
import { type Night, nightOf, wall } from "../../../domain/time.ts";
import type { Bucket, Point, RangeQuery, StoredBed, StoredWave } from "../../../port/timeseries.ts";
import { bedOfTags, MEASUREMENTS, QUARTER_MS } from "./lines.ts";
import { rowsOf, type Series, type SeriesRow } from "./series.ts";
import { type Influx, inRange, whereBed } from "./where.ts";

/** What may be asked at most (the port's bounds). */
const POINTS_MAX = 200_000;
const BUCKETS_MAX = 5_000;
const WAVES_MAX = 20_000;
const EVENTS_MAX = 200_000;
/** Quarters of an hour that are looked at in one step back through the nights: some ten nights of a device. */
const QUARTERS_AT_ONCE = 1_000;

/** The devices of a bed in the order of their rank, which is that of their first appearance. */
export async function devicesOf({ server, ownHome }: Influx, bed: BedId): Promise<readonly string[]> {
  const { devices } = MEASUREMENTS;
  const query = `SELECT first("rank") AS "rank" FROM "${devices}" ${whereBed({ bed }, ownHome)} GROUP BY "device"`;
  const ranked = (await server.select(devices, query)).map((series) => ({
    device: series.tags?.["device"] ?? "",
    rank: first(series)?.number("rank") ?? 0,
  }));
  return ranked
    .toSorted((a, b) => a.rank - b.rank || (a.device < b.device ? -1 : 1))
    .map(({ device }) => device);
}

/** Which of all signals have a value in a range. */
export async function signalsIn(
  { server, ownHome }: Influx,
  query: RangeQuery,
): Promise<readonly SignalId[]> {
  const { rows } = MEASUREMENTS;
  const counts = SIGNAL_IDS.map((id) => `count("${id}") AS "${id}"`).join(", ");
  const answer = await server.select(rows, `SELECT ${counts} FROM "${rows}" ${whereBed(query, ownHome)}`);
  const [series] = answer;
  const row = series === undefined ? undefined : first(series);
  return SIGNAL_IDS.filter((id) => (row?.number(id) ?? 0) > 0);
}

/**
 * Full resolution of several signals, per second from the device of the best rank that has a value; `isValues`:
 * without the reasons of those that are missing, which is half the reading.
 */
export async function pointsOfSignals(
  influx: Influx,
  query: RangeQuery & { readonly signals: readonly SignalId[]; readonly isValues?: boolean },
): Promise<ReadonlyMap<SignalId, readonly Point[]>> {
  const { server, ownHome } = influx;
  if (query.signals.length === 0) return new Map();
  const columns = query.signals
    .map((id) => (query.isValues === true ? `"${id}"` : `"${id}", "${id}_absent"`))
    .join(", ");
  const asked =
    `SELECT ${columns} FROM "${MEASUREMENTS.rows}" ${whereBed(query, ownHome)} ` +
    `GROUP BY "device", "simulated" LIMIT ${POINTS_MAX}`;
  const [devices, answer] = await Promise.all([
    devicesOf(influx, query.bed),
    server.select(MEASUREMENTS.rows, asked),
  ]);
  const ranked = byRank(answer, devices);
  return new Map(
    query.signals.map((signal) => [signal, merged(ranked.map((series) => pointsIn(series, signal)))]),
  );
}

/** One bucket per `bucketMs` from the first device that has a value in it. */
export async function bucketsOf(
  influx: Influx,
  query: RangeQuery & { readonly signals: readonly SignalId[]; readonly bucketMs: number },
): Promise<{ readonly [id in SignalId]?: readonly Bucket[] }> {
  const { from, to, bucketMs, signals } = query;
  const count = Math.ceil((to - from) / bucketMs);
  if (!(bucketMs > 0) || count > BUCKETS_MAX) {
    throw new Fault("INPUT_INVALID", `${count} buckets are more than ${BUCKETS_MAX}`, { permanent: true });
  }
  if (signals.length === 0) return {};
  const columns = signals.map(
    (id) =>
      `count("${id}") AS "${id}_n", min("${id}") AS "${id}_l", mean("${id}") AS "${id}_m", max("${id}") AS "${id}_h"`,
  );
  const offset = ((inRange(from) % bucketMs) + bucketMs) % bucketMs;
  const asked =
    `SELECT ${columns.join(", ")} FROM "${MEASUREMENTS.rows}" ${whereBed(query, influx.ownHome)} ` +
    `GROUP BY time(${bucketMs}ms, ${offset}ms), "device" fill(none)`;
  const [devices, answer] = await Promise.all([
    devicesOf(influx, query.bed),
    influx.server.select(MEASUREMENTS.rows, asked),
  ]);
  const ranked = byRank(answer, devices);
  const result: { [id in SignalId]?: readonly Bucket[] } = {};
  for (const signal of signals) result[signal] = bucketsIn(ranked, signal, { from, bucketMs, count });
  return result;
}

function bucketsIn(
  ranked: readonly Series[],
  signal: SignalId,
  { from, bucketMs, count }: { readonly from: number; readonly bucketMs: number; readonly count: number },
): readonly Bucket[] {
  const list: Bucket[] = Array.from({ length: count }, (_, index) => ({
    at: wall(from + index * bucketMs),
    count: 0,
  }));
  for (const series of ranked) {
    for (const row of rowsOf(series)) {
      const index = Math.round(((row.number("time") ?? 0) - from) / bucketMs);
      const known = list[index];
      const bucket = known?.count === 0 ? bucketIn(row, signal, known.at) : undefined;
      if (bucket !== undefined) list[index] = bucket;
    }
  }
  return list;
}

function bucketIn(row: SeriesRow, signal: SignalId, at: Bucket["at"]): Bucket | undefined {
  const [count, min, mean, max] = ["n", "l", "m", "h"].map((what) => row.number(`${signal}_${what}`));
  if (count === undefined || count === 0 || min === undefined || mean === undefined || max === undefined)
    return;
  return { at, count, min, mean, max };
}

/** Waveforms that have the channel, in order of time. */
export async function wavesOf(
  { server, ownHome }: Influx,
  query: RangeQuery & { readonly wave?: WaveId },
): Promise<readonly StoredWave[]> {
  const { waves } = MEASUREMENTS;
  const asked = `SELECT * FROM "${waves}" ${whereBed(query, ownHome)} GROUP BY "device", "simulated" LIMIT ${WAVES_MAX}`;
  const found: StoredWave[] = [];
  for (const series of await server.select(waves, asked)) {
    for (const row of rowsOf(series)) {
      const channels = channelsIn(row, series.columns);
      if (query.wave !== undefined && !Object.hasOwn(channels, query.wave)) continue;
      found.push({
        ...sourceOf(series, query.bed),
        epoch: row.text("epoch") ?? "",
        seq: row.number("seq") ?? 0,
        at: wall(row.number("time") ?? 0),
        rateHz: row.number("rate") ?? 0,
        channels,
      });
    }
  }
  return found.toSorted((a, b) => a.at - b.at || (a.device < b.device ? -1 : 1)).slice(0, WAVES_MAX);
}

function channelsIn(row: SeriesRow, columns: readonly string[]): StoredWave["channels"] {
  const channels: { [id in WaveId]?: readonly number[] } = {};
  for (const id of columns) {
    const begin = isWaveId(id) ? row.text(id) : undefined;
    if (!isWaveId(id) || begin === undefined) continue;
    let all = begin;
    for (let part = 2; ; part++) {
      const more = row.text(`${id}_${part}`);
      if (more === undefined) break;
      all += more;
    }
    channels[id] = all === "" ? [] : all.split(" ").map(Number);
  }
  return channels;
}

/** Which device of a series, and whether it was simulated. */
export const sourceOf = (
  { tags }: Series,
  bed: BedId,
): { readonly bed: BedId; readonly device: string; readonly simulated: boolean } => ({
  bed,
  device: tags?.["device"] ?? "",
  simulated: tags?.["simulated"] === "true",
});

/** Alarm events with their keys, in order of time, then key. */
export async function eventsOf(
  { server, ownHome }: Influx,
  query: RangeQuery,
): Promise<readonly { readonly key: string; readonly event: AlarmEvent }[]> {
  const { events } = MEASUREMENTS;
  const asked = `SELECT "key", "body" FROM "${events}" ${whereBed(query, ownHome)} LIMIT ${EVENTS_MAX}`;
  const found = (await server.select(events, asked)).flatMap((series) =>
    [...rowsOf(series)].map((row) => ({
      key: row.text("key") ?? "",
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `batchLines` from the same type
      event: JSON.parse(row.text("body") ?? "") as AlarmEvent,
    })),
  );
  return found.toSorted((a, b) => a.event.at - b.event.at || (a.key < b.key ? -1 : 1));
}

/** A quarter of an hour in which a device has rows. */
export interface Recorded {
  readonly quarter: number;
  /** When it was last written to, within some minutes. */
  readonly changed: number;
  readonly simulated: boolean;
}

/** The quarters of an hour in which a bed has rows, newest first. */
export async function recordedOf(
  { server, ownHome }: Influx,
  bounds: { readonly bed: BedId; readonly from?: number; readonly to?: number },
  limit?: number,
): Promise<readonly Recorded[]> {
  const { recorded } = MEASUREMENTS;
  const asked =
    `SELECT "changed", "simulated" FROM "${recorded}" ${whereBed(bounds, ownHome)} ORDER BY time DESC` +
    (limit === undefined ? "" : ` LIMIT ${limit}`);
  return (await server.select(recorded, asked)).flatMap((series) =>
    [...rowsOf(series)].map((row) => ({
      quarter: row.number("time") ?? 0,
      changed: row.number("changed") ?? 0,
      simulated: row.text("simulated") === "true",
    })),
  );
}

/** Nights with any rows, newest first. */
export async function nightsOf(
  influx: Influx,
  bed: BedId,
  zone: string,
  limit: number,
): Promise<readonly Night[]> {
  const nights = new Set<Night>();
  let to: number | undefined;
  while (nights.size < limit) {
    const found = await recordedOf(influx, to === undefined ? { bed } : { bed, to }, QUARTERS_AT_ONCE);
    for (const { quarter } of found) {
      if (nights.size < limit) nights.add(nightOf(wall(quarter), zone));
    }
    const oldest = found.at(-1);
    if (oldest === undefined || found.length < QUARTERS_AT_ONCE) break;
    // The same quarter of another device may have been cut off; asking for it again costs nothing.
    to = Math.min(oldest.quarter + 1, (to ?? Infinity) - QUARTER_MS);
  }
  return [...nights];
}

/** Whether any row in the range is simulated. */
export async function isSimulated({ server, ownHome }: Influx, query: RangeQuery): Promise<boolean> {
  const { rows } = MEASUREMENTS;
  const asked = `SELECT "seq" FROM "${rows}" ${whereBed(query, ownHome)} AND "simulated" = 'true' LIMIT 1`;
  return (await server.select(rows, asked)).length > 0;
}

/** Every bed with rows, or else with events, by name, with the time of the first and of the last of them. */
export async function bedsOf(influx: Influx): Promise<readonly StoredBed[]> {
  const { rows, events } = MEASUREMENTS;
  const [withRows, withEvents] = await Promise.all([
    endsOf(influx, rows, "seq"),
    endsOf(influx, events, "key"),
  ]);
  return [...new Map([...withEvents, ...withRows]).values()].toSorted((a, b) => (a.bed < b.bed ? -1 : 1));
}

async function endsOf(
  { server, ownHome }: Influx,
  measurement: string,
  field: string,
): Promise<ReadonlyMap<BedId, StoredBed>> {
  const [oldest = [], newest = []] = await Promise.all(
    ["first", "last"].map(async (end) => {
      const asked = `SELECT ${end}("${field}") FROM "${measurement}" GROUP BY "home", "bed"`;
      return (await server.select(measurement, asked)).map(
        (series) =>
          [
            bedOfTags(series.tags?.["home"] ?? "", series.tags?.["bed"] ?? "", ownHome),
            wall(first(series)?.number("time") ?? 0),
          ] as const,
      );
    }),
  );
  const last = new Map(newest);
  return new Map(oldest.map(([bed, at]) => [bed, { bed, oldest: at, newest: last.get(bed) ?? at }]));
}

const first = (series: Series): SeriesRow | undefined => {
  for (const row of rowsOf(series)) return row;
  return undefined;
};

/** Series by the rank of their device; devices of no rank come last. */
function byRank(answer: readonly Series[], devices: readonly string[]): readonly Series[] {
  const rank = ({ tags }: Series): number => {
    const found = devices.indexOf(tags?.["device"] ?? "");
    return found === -1 ? devices.length : found;
  };
  return answer.toSorted((a, b) => rank(a) - rank(b));
}

function pointsIn(series: Series, signal: SignalId): Point[] {
  const { columns, values } = series;
  const [time, value, reason] = ["time", signal, `${signal}_absent`].map((name) => columns.indexOf(name));
  const points: Point[] = [];
  for (const cells of values) {
    const at = cells[time ?? -1];
    const sample = sampleOf(cells[value ?? -1], cells[reason ?? -1]);
    if (typeof at === "number" && sample !== undefined) points.push({ at: wall(at), sample });
  }
  return points;
}

/** What a field and its reason come to; undefined: not spoken of. */
export function sampleOf(value: unknown, reason: unknown): Sample | undefined {
  if (typeof value === "number") return value;
  if (typeof reason !== "number") return undefined;
  const known: Absence | undefined = ABSENCES[reason];
  return absent(known ?? "invalid");
}

/** Per second the value of the first device that has one, else the first device's reason. */
function merged(perDevice: readonly (readonly Point[])[]): readonly Point[] {
  const [only, ...others] = perDevice.filter((points) => points.length > 0);
  if (only === undefined || others.length === 0) return (only ?? []).slice(0, POINTS_MAX);
  const bySecond = new Map<number, Point>();
  for (const points of [only, ...others]) {
    for (const point of points) {
      const second = Math.floor(point.at / 1000);
      const known = bySecond.get(second);
      if (known === undefined || (typeof known.sample !== "number" && typeof point.sample === "number")) {
        bySecond.set(second, point);
      }
    }
  }
  return [...bySecond.values()].toSorted((a, b) => a.at - b.at).slice(0, POINTS_MAX);
}
