import { type BedTags, numbersLine } from "../domain/line-protocol.ts";
import { MINUTE_MS, type Wall } from "../domain/time.ts";
import type { RangeQuery, Timeseries } from "../port/timeseries.ts";
import { slices } from "../trends/recorded.ts";

/** Rows made in one go: a few milliseconds' work. */
const SLICE_MS = 10 * MINUTE_MS;

/** The rows of a range as InfluxDB's line protocol, as the store of an InfluxDB has them (docs/stores.md). */
export async function* linesOf(
  timeseries: Pick<Timeseries, "page">,
  query: RangeQuery,
  tags: BedTags,
): AsyncGenerator<string> {
  for (const slice of slices(query, SLICE_MS)) {
    let from: Wall | undefined = slice.from;
    while (from !== undefined) {
      const { batch, next } = await timeseries.page({ ...slice, from });
      const text = batch.rows.map((row) => `${numbersLine(row, tags)}\n`).join("");
      if (text !== "") yield text;
      from = next;
    }
  }
}
