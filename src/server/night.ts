import type { AlarmEvent } from "../domain/alarm.ts";
import { isPresent } from "../domain/sample.ts";
import { SIGNALS, type SignalId } from "../domain/signal.ts";
import { HOUR_MS, MINUTE_MS, type Mono, type Night, nightBounds, SECOND_MS, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Bucket, Point, RangeQuery, Timeseries } from "../port/timeseries.ts";
import { alarmLines } from "../trends/alarm-lines.ts";
import { oximetryMetrics } from "../trends/metrics.ts";
import { type Recorded, recordedPart, slices } from "../trends/recorded.ts";
import type { NightResponse, Strip } from "./contract.ts";
import type { LiveBed } from "./live-model.ts";

/** Buckets a strip may have; what a screen can draw. */
const WIDTH = { least: 60, most: 2_000, usual: 800 } as const;
const ALARMS_MAX = 2_000;
/** One night for the therapist's page: `width` is the number of buckets asked for (clamped to 60..2,000). */
export async function nightOfBed(
  { timeseries, metrics }: { readonly timeseries: Timeseries; readonly metrics: NightMetrics },
  bed: LiveBed,
  night: Night,
  width: number = WIDTH.usual,
): Promise<NightResponse> {
  const whole = { bed: bed.bed, ...nightBounds(night, bed.zone) };
  const [recorded, events, simulated] = await Promise.all([
    recordedPart(timeseries, bed, night),
    timeseries.events(whole),
    timeseries.simulated(whole),
  ]);
  const { from, to, signals } = withAlarms(recorded ?? { ...whole, signals: [] }, events, whole);
  const clamped = Math.min(Math.max(width, WIDTH.least), WIDTH.most);
  const bucketMs = Math.max(1, Math.ceil((to - from) / clamped / SECOND_MS)) * SECOND_MS;
  const query = { bed: bed.bed, from, to };
  const buckets = signals.length === 0 ? {} : await timeseries.buckets({ ...query, signals, bucketMs });
  return {
    night,
    zone: bed.zone,
    from,
    to,
    bucketMs,
    simulated,
    strips: signals.map((signal) => stripOf(signal, buckets[signal] ?? [])),
    alarms: alarmLines(events).slice(-ALARMS_MAX),
    metrics: await metrics(query),
  };
}

/** Widened, by whole hours within the night, to show every alarm on the same axis. */
function withAlarms(recorded: Recorded, events: readonly AlarmEvent[], whole: RangeQuery): Recorded {
  let from: number = recorded.from;
  let to: number = recorded.to;
  for (const { at } of events) {
    from = Math.min(from, Math.floor(at / HOUR_MS) * HOUR_MS);
    to = Math.max(to, Math.ceil(at / HOUR_MS) * HOUR_MS);
  }
  return { ...recorded, from: wall(Math.max(from, whole.from)), to: wall(Math.min(to, whole.to)) };
}

/** What is beyond a hundredth of what a device tells apart is the digits of a division, and two thirds of the answer. */
const MEAN_STEPS = 100;

function stripOf(signal: SignalId, buckets: readonly Bucket[]): Strip {
  const steps = Math.round(MEAN_STEPS / SIGNALS[signal].resolution);
  return {
    signal,
    unit: SIGNALS[signal].unit,
    min: buckets.map(({ min }) => min ?? null),
    mean: buckets.map(({ mean }) => (mean === undefined ? null : Math.round(mean * steps) / steps)),
    max: buckets.map(({ max }) => max ?? null),
  };
}

/** Metrics of a range, worked out at most once a minute: a page asks again whenever its window changes size. */
export type NightMetrics = (query: RangeQuery) => Promise<NightResponse["metrics"]>;

const METRICS_FRESH_MS = MINUTE_MS;
const METRICS_KEPT_MAX = 8;

/** Remembers the newest few results; a failure is not remembered. */
export function createNightMetrics(timeseries: Timeseries, clock: Clock): NightMetrics {
  const kept = new Map<
    string,
    { readonly since: Mono; readonly metrics: Promise<NightResponse["metrics"]> }
  >();
  return (query) => {
    const key = `${query.bed} ${query.from} ${query.to}`;
    const known = kept.get(key);
    if (known !== undefined && clock.mono() - known.since < METRICS_FRESH_MS) return known.metrics;
    const metrics = metricsOf(timeseries, query);
    kept.delete(key);
    kept.set(key, { since: clock.mono(), metrics });
    const oldest = kept.size > METRICS_KEPT_MAX ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    metrics.catch(() => kept.delete(key));
    return metrics;
  };
}

/** Oximetry metrics over the time from the first to the last oximeter number; empty without any. */
async function metricsOf(timeseries: Timeseries, query: RangeQuery): Promise<NightResponse["metrics"]> {
  const spo2: Point[] = [];
  const pulse: Point[] = [];
  for (const slice of slices(query, HOUR_MS)) {
    spo2.push(...(await timeseries.range({ ...slice, signal: "spo2" })));
    pulse.push(...(await timeseries.range({ ...slice, signal: "pulse_rate" })));
  }
  const measured = [...spo2, ...pulse].filter(({ sample }) => isPresent(sample)).map(({ at }) => at);
  if (measured.length === 0) return {};
  const bounds = measured.reduce(
    ({ first, last }, at) => ({ first: Math.min(first, at), last: Math.max(last, at) }),
    { first: Infinity, last: -Infinity },
  );
  return oximetryMetrics({ spo2, pulse_rate: pulse }, wall(bounds.first), wall(bounds.last + SECOND_MS));
}
