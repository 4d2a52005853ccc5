import { csvCell } from "../domain/csv-cell.ts";
import { isPresent, type Sample } from "../domain/sample.ts";
import type { SignalId } from "../domain/signal.ts";
import { MINUTE_MS, SECOND_MS, type Wall, wall, zoneOffsetMs } from "../domain/time.ts";
import type { RangeQuery, Timeseries } from "../port/timeseries.ts";
import { slices } from "../trends/recorded.ts";

/** Rows made in one go: a few milliseconds' work. */
const SLICE_MS = 10 * MINUTE_MS;

/**
 * A range as CSV, a row a second: the samples file of the command line (`at`, a column a
 * signal, `<signal>.absent` for why there is no number). An empty cell pair is a second without any word of the
 * device. Simulated data carries a column that says so in every row.
 */
export async function* csvOf(
  timeseries: Timeseries,
  query: RangeQuery & {
    readonly signals: readonly SignalId[];
    readonly zone: string;
    readonly simulated: boolean;
  },
): AsyncGenerator<string> {
  const { bed, from, to, signals, zone, simulated } = query;
  const columns = ["at", ...signals.flatMap((signal) => [signal, `${signal}.absent`])];
  yield row(simulated ? [...columns, "simulated"] : columns);
  for (const slice of slices({ bed, from, to }, SLICE_MS)) {
    const series: Map<number, Sample>[] = [];
    for (const signal of signals) {
      const points = await timeseries.range({ ...slice, signal });
      series.push(new Map(points.map(({ at, sample }) => [secondOf(at), sample])));
    }
    // Zones change their offset between two slices, never within one.
    const offsetMs = zoneOffsetMs(slice.from, zone);
    let rows = "";
    for (let second = secondOf(slice.from); second * SECOND_MS < slice.to; second += 1) {
      const cells = series.flatMap((samples) => cellsOf(samples.get(second)));
      const at = localIso(wall(second * SECOND_MS), offsetMs);
      rows += row(simulated ? [at, ...cells, "SIMULATED"] : [at, ...cells]);
    }
    yield rows;
  }
}

const secondOf = (at: Wall): number => Math.floor(at / SECOND_MS);

function cellsOf(sample: Sample | undefined): [string, string] {
  if (sample === undefined) return ["", ""];
  return isPresent(sample) ? [String(sample), ""] : ["", sample.absent];
}

/** ISO 8601 local time with its offset: `2026-01-31T22:15:00+08:00`. */
function localIso(at: Wall, offsetMs: number): string {
  const local = new Date(at + offsetMs).toISOString().slice(0, 19);
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${local}${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const row = (cells: readonly string[]): string => `${cells.map(csvCell).join(",")}\r\n`;
