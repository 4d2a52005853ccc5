import type { BedId } from "../../../domain/ids.ts";
import type { Samples } from "../../../domain/sample.ts";
import { isSettingId, type SettingId, SIGNAL_IDS } from "../../../domain/signal.ts";
import { HOUR_MS, SECOND_MS, wall } from "../../../domain/time.ts";
import type { Page, RangeQuery, StoredRow, StoredSettings } from "../../../port/timeseries.ts";
import { MEASUREMENTS } from "./lines.ts";
import { devicesOf, eventsOf, sampleOf, sourceOf, wavesOf } from "./read.ts";
import { rowsOf, type Series } from "./series.ts";
import { type Influx, whereBed } from "./where.ts";

/** The port's bound; a device has one row a second. */
const ROWS_MAX = 20_000;
const WINDOW_MS = HOUR_MS;

/** Everything of a bed from the first thing at or after `from`, of an hour at most. */
export async function pageOf(influx: Influx, query: RangeQuery): Promise<Page> {
  const start = await firstAt(influx, query);
  if (start === undefined) return { batch: { rows: [], waves: [], settings: [], events: [] } };
  const devices = (await devicesOf(influx, query.bed)).length;
  const widthMs = Math.min(WINDOW_MS, Math.floor(ROWS_MAX / Math.max(1, devices)) * SECOND_MS);
  let end = Math.min(start + widthMs, query.to);
  let rows = await rowsIn(influx, { ...query, from: wall(start), to: wall(end) });
  while (rows.length > ROWS_MAX && end - start > 1) {
    end = start + Math.floor((end - start) / 2);
    rows = await rowsIn(influx, { ...query, from: wall(start), to: wall(end) });
  }
  const window = { bed: query.bed, from: wall(start), to: wall(end) };
  const [waves, settings, events] = await Promise.all([
    wavesOf(influx, window),
    settingsIn(influx, window),
    eventsOf(influx, window),
  ]);
  const batch = { rows, waves, settings, events: events.map((event) => ({ bed: query.bed, ...event })) };
  return end < query.to ? { batch, next: wall(end) } : { batch };
}

/** The time of the first thing in the range; undefined for an empty one. */
async function firstAt({ server, ownHome }: Influx, query: RangeQuery): Promise<number | undefined> {
  const { rows, waves, settings, events } = MEASUREMENTS;
  const fields = [
    [rows, "seq"],
    [waves, "seq"],
    [settings, "seq"],
    [events, "key"],
  ] as const;
  const firsts = await Promise.all(
    fields.map(async ([measurement, field]) => {
      const asked = `SELECT "${field}" FROM "${measurement}" ${whereBed(query, ownHome)} LIMIT 1`;
      const [series] = await server.select(measurement, asked);
      if (series === undefined) return undefined;
      for (const row of rowsOf(series)) return row.number("time");
      return undefined;
    }),
  );
  const known = firsts.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

async function rowsIn({ server, ownHome }: Influx, query: RangeQuery): Promise<readonly StoredRow[]> {
  const { rows } = MEASUREMENTS;
  const asked = `SELECT * FROM "${rows}" ${whereBed(query, ownHome)} GROUP BY "device", "simulated"`;
  const found = (await server.select(rows, asked)).flatMap((series) => rowsOfSeries(series, query.bed));
  return found.toSorted((a, b) => a.at - b.at);
}

function rowsOfSeries(series: Series, bed: BedId): readonly StoredRow[] {
  const { columns, values } = series;
  const source = sourceOf(series, bed);
  const place = (name: string): number => columns.indexOf(name);
  const signals = SIGNAL_IDS.map((id) => ({ id, value: place(id), reason: place(`${id}_absent`) })).filter(
    ({ value, reason }) => value !== -1 || reason !== -1,
  );
  const [time, seq] = [place("time"), place("seq")];
  return values.map((cells) => {
    const samples: { -readonly [id in keyof Samples]: Samples[id] } = {};
    for (const { id, value, reason } of signals) {
      const sample = sampleOf(cells[value], cells[reason]);
      if (sample !== undefined) samples[id] = sample;
    }
    return { ...source, epoch: "", seq: Number(cells[seq] ?? 0), at: wall(Number(cells[time])), samples };
  });
}

async function settingsIn(
  { server, ownHome }: Influx,
  query: RangeQuery,
): Promise<readonly StoredSettings[]> {
  const measurement = MEASUREMENTS.settings;
  const asked = `SELECT * FROM "${measurement}" ${whereBed(query, ownHome)} GROUP BY "device", "simulated"`;
  const found: StoredSettings[] = [];
  for (const series of await server.select(measurement, asked)) {
    const names = series.columns.map((column) => column.replace(/_text$/, "")).filter(isSettingId);
    for (const row of rowsOf(series)) {
      const settings: { [id in SettingId]?: number | string } = {};
      for (const id of names) {
        const value = row.number(id) ?? row.text(`${id}_text`);
        if (value !== undefined) settings[id] = value;
      }
      const epoch = row.text("epoch") ?? "";
      const [seq, at] = [row.number("seq") ?? 0, wall(row.number("time") ?? 0)];
      found.push({ ...sourceOf(series, query.bed), epoch, seq, at, settings });
    }
  }
  return found.toSorted((a, b) => a.at - b.at);
}
