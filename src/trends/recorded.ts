import type { BedId } from "../domain/ids.ts";
import type { Sample } from "../domain/sample.ts";
import { isSignalId, SIGNAL_IDS, type SignalId } from "../domain/signal.ts";
import { inSlices } from "../domain/slices.ts";
import { HOUR_MS, MINUTE_MS, type Night, nightBounds, SECOND_MS, type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Point, RangeQuery, Timeseries } from "../port/timeseries.ts";

/** Width of the first look at a night: what was recorded, and from when to when. */
const COARSE_MS = 5 * MINUTE_MS;

/** The part of a night with data, to whole hours, and which signals it has; undefined for an empty night. */
export interface Recorded {
  readonly from: Wall;
  readonly to: Wall;
  readonly signals: readonly SignalId[];
}

/** A bed whose nights are in the store. */
export interface RecordedBed {
  readonly bed: BedId;
  /** IANA zone. */
  readonly zone: string;
}

/** Looks a night over in coarse buckets. */
export async function recordedPart(
  timeseries: Timeseries,
  bed: RecordedBed,
  night: Night,
): Promise<Recorded | undefined> {
  const { from, to } = nightBounds(night, bed.zone);
  const query = { bed: bed.bed, from, to, signals: SIGNAL_IDS, bucketMs: COARSE_MS };
  const buckets = await timeseries.buckets(query);
  let first = Infinity;
  let last = -Infinity;
  const signals: SignalId[] = [];
  for (const [signal, series] of Object.entries(buckets)) {
    const filled = series.filter(({ count }) => count > 0);
    const [start, end] = [filled[0], filled.at(-1)];
    if (!isSignalId(signal) || start === undefined || end === undefined) continue;
    signals.push(signal);
    first = Math.min(first, start.at);
    last = Math.max(last, end.at + COARSE_MS);
  }
  if (signals.length === 0) return undefined;
  return {
    from: wall(Math.max(from, Math.floor(first / HOUR_MS) * HOUR_MS)),
    to: wall(Math.min(to, Math.ceil(last / HOUR_MS) * HOUR_MS)),
    signals,
  };
}

/** A range in parts: no single answer may be so big that unpacking it holds up an alarm. */
export function* slices(query: RangeQuery, sliceMs: number): Generator<RangeQuery> {
  for (let from: number = query.from; from < query.to; from += sliceMs) {
    yield { bed: query.bed, from: wall(from), to: wall(Math.min(from + sliceMs, query.to)) };
  }
}

/**
 * The newest nights that may be looked back on, newest first: of a real bed those without anything simulated, of a bed
 * that is simulated those that are (law 7).
 */
export async function pastNights(
  timeseries: Timeseries,
  { bed, zone, simulated }: RecordedBed & { readonly simulated: boolean },
  count: number,
): Promise<readonly Night[]> {
  const found: Night[] = [];
  for (const night of await timeseries.nights(bed, zone, 4 * count)) {
    const isSimulated = await timeseries.simulated({ bed, ...nightBounds(night, zone) });
    if (isSimulated === simulated) found.push(night);
    if (found.length === count) break;
  }
  return found;
}

/** One second of a night: what the devices spoke of in it. */
export interface RecordedRow {
  readonly at: Wall;
  readonly samples: { readonly [id in SignalId]?: Sample };
  readonly settings: { readonly [id in never]?: never };
}

/** A night as the alarm engine is judged on it: seconds without any word are not there, reasons of absence are. */
export interface RecordedNight {
  readonly signals: readonly SignalId[];
  readonly rows: readonly RecordedRow[];
  readonly sparse: true;
}

/** Reads a night at full resolution, in slices; undefined for an empty one. Rejects with STORE_FAILED or the abort. */
export async function recordedNight(
  timeseries: Timeseries,
  bed: RecordedBed,
  night: Night,
  pace: { readonly clock: Clock; readonly signal?: AbortSignal },
  only: readonly SignalId[] = SIGNAL_IDS,
): Promise<RecordedNight | undefined> {
  const recorded = await recordedPart(timeseries, bed, night);
  if (recorded === undefined) return undefined;
  const { from, to } = recorded;
  const signals = recorded.signals.filter((id) => only.includes(id));
  const rows: RecordedRow[] = [];
  for (const slice of slices({ bed: bed.bed, from, to }, HOUR_MS)) {
    const seconds = new Map<number, { [id in SignalId]?: Sample }>();
    for (const signal of signals) {
      const points = await timeseries.range({ ...slice, signal });
      await inSlices(spread(points, signal, seconds), pace);
    }
    const ordered = [...seconds.keys()].toSorted((a, b) => a - b);
    for (const second of ordered) {
      rows.push({ at: wall(second * SECOND_MS), samples: seconds.get(second) ?? {}, settings: {} });
    }
  }
  return { signals, rows, sparse: true };
}

/** Points looked at before others are asked for. */
const POINTS_AT_ONCE = 100;

function* spread(
  points: readonly Point[],
  signal: SignalId,
  seconds: Map<number, { [id in SignalId]?: Sample }>,
): Generator<void, void> {
  let done = 0;
  for (const { at, sample } of points) {
    const second = Math.floor(at / SECOND_MS);
    const row = seconds.get(second);
    if (row === undefined) seconds.set(second, { [signal]: sample });
    else row[signal] = sample;
    done += 1;
    if (done % POINTS_AT_ONCE === 0) yield;
  }
}
