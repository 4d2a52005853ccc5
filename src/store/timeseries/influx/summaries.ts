import { SIGNAL_IDS, type SignalId } from "../../../domain/signal.ts";
import { DAY_MS, HOUR_MS, type Night, nightBounds, nightOf, wall } from "../../../domain/time.ts";
import type { NightSummary, RangeQuery, SignalSummary, SummariesQuery } from "../../../port/timeseries.ts";
import { summaryOf } from "../../rollup.ts";
import { MEASUREMENTS, nightLine, QUARTER_MS } from "./lines.ts";
import { pointsOfSignals, type Recorded, recordedOf, signalsIn } from "./read.ts";
import { rowsOf } from "./series.ts";
import { type Influx, whereBed } from "./where.ts";

/** A summary is kept once its night has been left alone for so long; until then it is made anew each time. */
const SETTLED_MS = HOUR_MS;
const NIGHTS_MAX = 1_100;
const SIGNALS_AT_ONCE = 6;
const FIELDS = ["count", "min", "p05", "p50", "p95", "max", "mean"] as const;

interface Kept {
  readonly computed: number;
  readonly summary: NightSummary;
}

/**
 * Summaries of nights with rows, oldest first. Those of nights that are over lie in the database; one is made anew
 * when something was written into its night since.
 */
export async function summariesOf(
  influx: Influx,
  query: SummariesQuery,
  now: number,
): Promise<readonly NightSummary[]> {
  const nights = nightsBetween(query);
  const [firstNight, lastNight] = [nights[0], nights.at(-1)];
  if (firstNight === undefined || lastNight === undefined) return [];
  const from = nightBounds(firstNight, query.zone).from;
  const to = nightBounds(lastNight, query.zone).to;
  const [recorded, kept] = await Promise.all([
    recordedOf(influx, { bed: query.bed, from, to }),
    keptOf(influx, query, { from, to }),
  ]);
  const ascending = recorded.toReversed();
  const found: NightSummary[] = [];
  let next = 0;
  for (const night of nights) {
    const bounds = nightBounds(night, query.zone);
    const quarters: Recorded[] = [];
    for (let one = ascending[next]; one !== undefined && one.quarter < bounds.to; one = ascending[++next]) {
      quarters.push(one);
    }
    // Rows may be gone by now; the summary outlives them.
    const known = kept.get(night);
    const changed = Math.max(...quarters.map((quarter) => quarter.changed));
    if (known !== undefined && changed + SETTLED_MS < known.computed) found.push(known.summary);
    else if (quarters.length > 0) {
      const summary = await summarise(influx, { bed: query.bed, ...bounds }, { night, quarters });
      found.push(summary);
      if (changed + SETTLED_MS < now) await keep(influx, summary, { query, at: bounds.from, now });
    }
  }
  return found.map((summary) => only(summary, query.signals));
}

const only = (summary: NightSummary, signals: readonly SignalId[] | undefined): NightSummary => {
  if (signals === undefined) return summary;
  const wanted: { [id in SignalId]?: SignalSummary } = {};
  for (const id of signals) {
    const one = summary.signals[id];
    if (one !== undefined) wanted[id] = one;
  }
  return { ...summary, signals: wanted };
};

function nightsBetween({ from, to }: SummariesQuery): readonly Night[] {
  const nights: Night[] = [];
  for (let noon = Date.parse(`${from}T12:00:00Z`); nights.length < NIGHTS_MAX; noon += DAY_MS) {
    const night = nightOf(wall(noon), "UTC");
    if (night > to) break;
    nights.push(night);
  }
  return nights;
}

async function summarise(
  influx: Influx,
  range: RangeQuery,
  { night, quarters }: { readonly night: Night; readonly quarters: readonly Recorded[] },
): Promise<NightSummary> {
  const signals: { [id in SignalId]?: SignalSummary } = {};
  const present = await signalsIn(influx, range);
  for (let at = 0; at < present.length; at += SIGNALS_AT_ONCE) {
    const some = present.slice(at, at + SIGNALS_AT_ONCE);
    for (const [id, points] of await pointsOfSignals(influx, { ...range, signals: some, isValues: true })) {
      const values = Float64Array.from(
        points.flatMap(({ sample }) => (typeof sample === "number" ? [sample] : [])),
      );
      const summary = summaryOf(values);
      if (summary !== undefined) signals[id] = summary;
    }
  }
  return { night, simulated: quarters.some(({ simulated }) => simulated), signals };
}

async function keep(
  { server, ownHome }: Influx,
  { simulated, signals }: NightSummary,
  { query, at, now }: { readonly query: SummariesQuery; readonly at: number; readonly now: number },
): Promise<void> {
  const { bed, zone } = query;
  const common = { simulated, computed: now };
  const lines = SIGNAL_IDS.flatMap((signal) => {
    const summary = signals[signal];
    if (summary === undefined) return [];
    return [nightLine({ bed, zone, signal }, { ...common, ...summary }, { at, ownHome })];
  });
  await server.write([...lines, nightLine({ bed, zone, signal: "" }, common, { at, ownHome })]);
}

async function keptOf(
  { server, ownHome }: Influx,
  { bed, zone }: SummariesQuery,
  bounds: { readonly from: number; readonly to: number },
): Promise<ReadonlyMap<Night, Kept>> {
  const { nights } = MEASUREMENTS;
  const where = whereBed({ bed, ...bounds }, ownHome);
  const found = new Map<Night, Kept>();
  const bySignal = new Map<Night, Map<string, { computed: number; summary: SignalSummary }>>();
  for (const series of await server.select(
    nights,
    `SELECT * FROM "${nights}" ${where} GROUP BY "signal", "zone"`,
  )) {
    if (series.tags?.["zone"] !== zone) continue;
    const signal = series.tags["signal"] ?? "";
    for (const row of rowsOf(series)) {
      // A night begins within its first quarter of an hour, whatever the zone's rules were when it was kept.
      const night = nightOf(wall((row.number("time") ?? 0) + QUARTER_MS), zone);
      const computed = row.number("computed") ?? 0;
      if (signal === "") {
        found.set(night, { computed, summary: { night, simulated: row.truth("simulated"), signals: {} } });
        continue;
      }
      const [count = 0, min = 0, p05 = 0, p50 = 0, p95 = 0, max = 0, mean = 0] = FIELDS.map((name) =>
        row.number(name),
      );
      const of = bySignal.get(night) ?? new Map<string, { computed: number; summary: SignalSummary }>();
      bySignal.set(night, of.set(signal, { computed, summary: { count, min, p05, p50, p95, max, mean } }));
    }
  }
  for (const [night, { computed, summary }] of found) {
    const signals: { [id in SignalId]?: SignalSummary } = {};
    for (const id of SIGNAL_IDS) {
      const one = bySignal.get(night)?.get(id);
      // Of an earlier making: the signal has no value any more.
      if (one?.computed === computed) signals[id] = one.summary;
    }
    found.set(night, { computed, summary: { ...summary, signals } });
  }
  return found;
}
