import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { SignalId } from "../../src/domain/signal.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/domain/time.ts";
import type { NightResponse, Strip } from "../../src/server/contract.ts";
import type { AlarmMark, StripData } from "../shared/chart/plot.ts";
import { StripChart } from "../shared/chart/strip-chart.tsx";
import { usePage } from "../shared/page.ts";

/** Shown on every night, with a remark where there is nothing; others follow when they were recorded. */
const ALWAYS: readonly SignalId[] = ["spo2", "pulse_rate", "pressure_peak", "tidal_volume_exp", "resp_rate"];
const SPAN_MIN_MS = 20 * MINUTE_MS;
/** Below this the span goes in steps of ten minutes: a night that has just begun is no dot in an empty hour. */
const SHORT_MS = 2 * HOUR_MS;

/** The strips of a night, one below the other on one time axis. */
export function Strips(props: { readonly night: NightResponse }) {
  const { night } = props;
  const format = usePage().format.value;
  const { therapist } = format.words.pages;
  const cursor = useSignal<number | undefined>(undefined);
  const { from, to } = useMemo(() => spanOf(night), [night]);
  const marks = useMemo(() => marksOf(night), [night]);
  const shown = [
    ...ALWAYS,
    ...night.strips.map((strip) => strip.signal).filter((signal) => !ALWAYS.includes(signal)),
  ];
  return (
    <section aria-label={therapist.strips}>
      <h2>{therapist.strips}</h2>
      <p class="small">{therapist.legend}</p>
      {shown.map((signal) => {
        const strip = night.strips.find((each) => each.signal === signal);
        if (strip === undefined || strip.mean.every((value) => value === null)) {
          return (
            <div key={signal} class="strip">
              <h3>{format.words.terms.signals[signal]}</h3>
              <p class="empty">{therapist.noStrip}</p>
            </div>
          );
        }
        return (
          <OneStrip
            key={signal}
            night={night}
            strip={strip}
            from={from}
            to={to}
            marks={marks}
            cursor={cursor}
          />
        );
      })}
    </section>
  );
}

function OneStrip(props: {
  readonly night: NightResponse;
  readonly strip: Strip;
  readonly from: number;
  readonly to: number;
  readonly marks: readonly AlarmMark[];
  readonly cursor: Parameters<typeof StripChart>[0]["cursor"];
}) {
  const { night, strip } = props;
  const data: StripData = useMemo(
    () => ({
      at: strip.mean.map((_, index) => night.from + index * night.bucketMs),
      bucketMs: night.bucketMs,
      min: strip.min,
      mean: strip.mean,
      max: strip.max,
    }),
    [night, strip],
  );
  return (
    <StripChart
      signal={strip.signal}
      data={data}
      marks={props.marks}
      from={props.from}
      to={props.to}
      origin={night.from}
      zone={night.zone}
      cursor={props.cursor}
    />
  );
}

/** From the first to the last data or alarm, in full hours: the empty afternoon needs no room. */
function spanOf(night: NightResponse): { readonly from: number; readonly to: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  const include = (at: number) => {
    first = Math.min(first, at);
    last = Math.max(last, at);
  };
  for (const strip of night.strips) {
    const start = strip.mean.findIndex((value) => value !== null);
    if (start === -1) continue;
    include(night.from + start * night.bucketMs);
    include(night.from + (strip.mean.findLastIndex((value) => value !== null) + 1) * night.bucketMs);
  }
  for (const { occurrence, endedAt } of night.alarms) {
    include(occurrence.raisedAt);
    include(endedAt ?? occurrence.raisedAt);
  }
  if (first > last) return { from: night.from, to: night.to };
  const missing = Math.max(0, SPAN_MIN_MS - (last - first));
  const step = last - first < SHORT_MS ? 10 * MINUTE_MS : HOUR_MS;
  // Counted from local noon, since not every zone is whole hours away from UTC.
  const steps = (at: number) => (at - night.from) / step;
  const from = night.from + Math.floor(steps(first - missing / 2)) * step;
  const to = night.from + Math.ceil(steps(last + missing / 2)) * step;
  return { from: Math.max(night.from, from), to: Math.min(night.to, to) };
}

const marksOf = (night: NightResponse): readonly AlarmMark[] =>
  night.alarms.map(({ occurrence, endedAt, acknowledgedAt }) => ({
    at: occurrence.raisedAt,
    endedAt,
    acknowledgedAt,
    priority: occurrence.priority,
  }));
