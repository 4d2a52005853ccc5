import type { DatabaseSync } from "node:sqlite";
import type { Sample } from "../../../domain/sample.ts";
import type { SignalId } from "../../../domain/signal.ts";
import { HOUR_MS, wall } from "../../../domain/time.ts";
import type { Page, RangeQuery, StoredRow } from "../../../port/timeseries.ts";
import { CHUNK_MS } from "./chunk.ts";
import type { Columns } from "./columns.ts";
import type { Device } from "./devices.ts";
import type { Records } from "./records.ts";
import type { Rows } from "./rows.ts";
import { sampleOf, signalOf } from "./signals.ts";

/** A page is unpacked beside the alarm path: a few milliseconds of it. */
const ROWS_MAX = 2_000;
const WAVES_MAX = 200;

/** The next page of everything of a bed, ascending in time. */
export function readPage(
  { db, rows, records }: { readonly db: DatabaseSync; readonly rows: Rows; readonly records: Records },
  { bed, from, to }: RangeQuery,
): Page {
  const devices = rows.devices.ofBed(bed);
  const first = firstFrom(db, rows, devices, bed, from);
  if (first >= to) return { batch: { rows: [], waves: [], settings: [], events: [] } };
  const start = Math.max(from, first);
  let end = Math.min(to, start + HOUR_MS);
  const found = devices.flatMap((device) => rowsOf(rows, device, start, end)).sort((a, b) => a.at - b.at);
  end = found[ROWS_MAX]?.at ?? end;
  const waves = devices
    .flatMap((device) => records.waves(device, start, end, undefined, WAVES_MAX + 1))
    .sort((a, b) => a.at - b.at);
  end = waves[WAVES_MAX]?.at ?? end;
  const before = ({ at }: { readonly at: number }): boolean => at < end;
  const batch = {
    rows: found.filter(before),
    waves: waves.filter(before),
    settings: devices.flatMap((device) => records.settings(device, start, end)),
    events: records.events({ bed, from: wall(start), to: wall(end) }),
  };
  return end < to ? { batch, next: wall(end) } : { batch };
}

/** The first instant from which there is anything; Infinity when there is nothing. May be early by ten minutes. */
function firstFrom(
  db: DatabaseSync,
  rows: Rows,
  devices: readonly Device[],
  bed: string,
  from: number,
): number {
  const least = (sql: string, name: number | string, since: number): number => {
    const at = db.prepare(sql).get(name, since)?.["at"];
    return typeof at === "number" ? at : Infinity;
  };
  let first = least("SELECT min(at) AS at FROM event WHERE bed = ? AND at >= ?", bed, from);
  for (const { id, windows } of devices) {
    const hot = [...windows.keys()].filter((start) => start + CHUNK_MS > from);
    first = Math.min(
      first,
      ...hot,
      least("SELECT min(start) AS at FROM chunk WHERE device = ? AND start > ?", id, from - CHUNK_MS),
      least("SELECT min(at) AS at FROM wave WHERE device = ? AND at >= ?", id, from),
      least("SELECT min(at) AS at FROM setting WHERE device = ? AND at >= ?", id, from),
      rows.legacy.first(id) ?? Infinity,
    );
  }
  return first;
}

function rowsOf(rows: Rows, device: Device, from: number, to: number): StoredRow[] {
  const found: StoredRow[] = [];
  for (const columns of rows.between(device, from, to)) {
    const signals = [...columns.signals].map(([code, column]) => ({ id: signalOf(code), code, ...column }));
    columns.times.forEach((at, row) => {
      const samples: { [id in SignalId]?: Sample } = {};
      for (const { id, code, states, integers } of signals) {
        const sample = sampleOf(code, states[row] ?? 0, integers[row] ?? 0);
        if (sample !== undefined) samples[id] = sample;
      }
      found.push(rowOf(device, columns, row, at, samples));
    });
    // Others of the bed may have more before the last of these: one page more than is needed is enough.
    if (found.length > ROWS_MAX) break;
  }
  return found;
}

const rowOf = (
  { bed, device }: Device,
  { simulated }: Columns,
  row: number,
  at: number,
  samples: StoredRow["samples"],
): StoredRow => ({ bed, device, epoch: "", seq: 0, at: wall(at), simulated: simulated[row] === 1, samples });
