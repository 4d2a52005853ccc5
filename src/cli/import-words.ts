import { SECOND_MS } from "../domain/time.ts";
import type { ImportCounts } from "../driver/import-readings.ts";
import type { Terminal } from "./terminal.ts";

/** What an import brought, as it is printed. Times are ISO 8601. */
export interface Summary {
  readonly family: string;
  /** What the store calls it; absent where a running home took it in. */
  readonly device?: string;
  readonly bed: string;
  readonly serials: readonly string[];
  readonly nights: number;
  readonly from?: string;
  readonly to?: string;
  readonly rows: number;
  /** Absent where the store cannot tell. */
  readonly newRows?: number;
  readonly timeless: number;
  readonly simulated: boolean;
  readonly refused: ImportCounts["refused"];
}

/** The counts of an import as its summary. */
export function factsOf(done: {
  readonly family: string;
  readonly device?: string;
  readonly bed: string;
  readonly counts: ImportCounts;
}): Summary {
  const { counts, ...who } = done;
  const { serials, nights, from, to, rows, newRows, timeless, simulated, refused } = counts;
  return {
    ...who,
    ...{ serials, nights, rows, timeless, simulated, refused },
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
    ...(newRows === undefined ? {} : { newRows }),
  };
}

/** Reasons shown; the rest stands in the JSON. */
const REASONS_SHOWN = 5;

/** The summary for people. */
export function summaryWords(summary: Summary): readonly string[] {
  const { family, serials, nights, from, to, rows, newRows, timeless, simulated, refused } = summary;
  const who = serials.length === 0 ? family : `${family}, serial number ${serials.join(" and ")}`;
  const span = from === undefined || to === undefined ? "" : `, from ${from} to ${to}`;
  const known = newRows === undefined ? "" : `: ${newRows} new, ${rows - newRows} already there`;
  const hidden = refused.length - REASONS_SHOWN;
  return [
    `${who}: ${nights} ${nights === 1 ? "night" : "nights"}${span}`,
    `${rows} rows${known}`,
    ...(simulated ? ["SIMULATED: marked so in the store, and kept out of baselines"] : []),
    ...(timeless > 0
      ? [`${timeless} readings left out: without a time, or with one that has not come yet`]
      : []),
    ...refused.slice(0, REASONS_SHOWN).map(({ reason, count }) => `refused ${count} x ${reason}`),
    ...(hidden > 0 ? [`and ${hidden} other reasons`] : []),
  ];
}

/** A line of progress on stderr, once a second at most. */
export function createProgress({
  clock,
  say,
}: Pick<Terminal, "clock" | "say">): (counts: Pick<ImportCounts, "files" | "nights" | "rows">) => void {
  let saidMs = Number.NEGATIVE_INFINITY;
  return ({ files, nights, rows }) => {
    const now: number = clock.mono();
    if (now - saidMs < SECOND_MS) return;
    saidMs = now;
    const read = files === undefined ? "" : `${files.percent} %, ${files.files} of ${files.of} files, `;
    say(`${read}${nights} nights, ${rows} rows`);
  };
}
