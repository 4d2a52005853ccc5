import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { SIGNALS, type SignalId } from "../../../src/domain/signal.ts";
import { fill } from "../../../src/words/template.ts";
import { decimalsOf } from "../format.ts";
import { usePage } from "../page.ts";
import { type AlarmMark, type StripData, StripPlot } from "./plot.ts";
import { StripTable } from "./strip-table.tsx";

const HEIGHT = 150;
/** A screen reader is told where the cursor rests, not every bucket on the way. */
const ANNOUNCE_MS = 400;
const FAR = 10;

/** Values that a strip always shows, so that a steady night does not look wild. */
const RANGES: { readonly [signal in SignalId]?: { readonly low: number; readonly high: number } } = {
  spo2: { low: 85, high: 100 },
  pulse_rate: { low: 50, high: 100 },
  pressure_peak: { low: 0, high: 25 },
  pressure_exp: { low: 0, high: 10 },
  tidal_volume_exp: { low: 0, high: 600 },
  resp_rate: { low: 0, high: 30 },
  leak: { low: 0, high: 40 },
};

export interface StripChartProps {
  readonly signal: SignalId;
  readonly data: StripData;
  readonly marks: readonly AlarmMark[];
  readonly from: number;
  readonly to: number;
  readonly origin: number;
  readonly zone: string;
  /** Bucket under the cursor, shared by all strips of the night. */
  readonly cursor: Signal<number | undefined>;
}

/**
 * One strip of a night, for eyes, keyboard and screen reader: a figure with a label, arrow keys that move the cursor
 * and say where it is, and the same numbers as a table.
 */
export function StripChart(props: StripChartProps) {
  const page = usePage();
  const format = page.format.value;
  const { terms, pages } = format.words;
  const holder = useRef<HTMLDivElement>(null);
  const announced = useSignal("");
  const tableId = useId();
  const name = terms.signals[props.signal];
  const unit = format.unit(SIGNALS[props.signal].unit);
  const { cursor, data } = props;

  useEffect(() => {
    if (holder.current === null) return undefined;
    const element = holder.current;
    const plot = new StripPlot(element, {
      ...props,
      range: rangeOf(props.signal, data),
      width: element.clientWidth,
      height: HEIGHT,
      timeLabel: (at) => format.time(at, props.zone),
      valueLabel: (value) => format.number(value, Number.isInteger(value) ? 0 : 1),
      onCursor: (index) => {
        cursor.value = index;
      },
    });
    const stopFollowing = cursor.subscribe((index) => plot.showCursor(index));
    const observer = new ResizeObserver(() => plot.resize(element.clientWidth, HEIGHT));
    observer.observe(element);
    return () => {
      observer.disconnect();
      stopFollowing();
      plot.destroy();
    };
  }, [data, props.from, props.to, props.marks, format]);

  const index = cursor.value;
  const reading = index === undefined ? "" : readingOf(index);
  useEffect(
    () =>
      page.clock.after(ANNOUNCE_MS, () => {
        announced.value = document.activeElement === holder.current?.parentElement ? reading : "";
      }),
    [reading],
  );

  function readingOf(at: number): string {
    const time = format.time(data.at[at] ?? 0, props.zone);
    const low = data.min[at];
    const mean = data.mean[at];
    const high = data.max[at];
    if (low === null || mean === null || high === null) return fill(pages.therapist.readingGap, { time });
    if (low === undefined || mean === undefined || high === undefined) return "";
    const text = (value: number) => format.number(value, decimalsOf(SIGNALS[props.signal].resolution));
    return fill(pages.therapist.reading, {
      time,
      signal: name,
      value: text(mean),
      from: text(low),
      to: text(high),
    });
  }

  function onKeyDown(event: KeyboardEvent): void {
    const next = moved(event, cursor.value, data, props);
    if (next === undefined) return;
    event.preventDefault();
    cursor.value = next;
  }

  return (
    <div class="strip">
      <h3>
        {name} <span class="unit">{unit}</span> <span class="reading">{reading}</span>
      </h3>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- arrow keys walk through it */}
      <figure
        class="strip-figure"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
        tabIndex={0}
        aria-label={fill(pages.therapist.chartLabel, {
          signal: name,
          unit: unit === "" ? "1" : unit,
          from: format.time(props.from, props.zone),
          to: format.time(props.to, props.zone),
        })}
        aria-details={tableId}
        onKeyDown={onKeyDown}
        onBlur={() => {
          announced.value = "";
        }}
      >
        <div ref={holder} class="strip-plot" />
      </figure>
      <p class="visually-hidden" aria-live="polite">
        {announced.value}
      </p>
      <StripTable id={tableId} name={name} signal={props.signal} data={data} zone={props.zone} />
    </div>
  );
}

/** Arrow keys one bucket (with Shift ten), Home and End to the edges of what is shown. */
function moved(
  event: KeyboardEvent,
  index: number | undefined,
  data: StripData,
  span: { readonly from: number; readonly to: number },
): number | undefined {
  const first = Math.max(
    0,
    data.at.findIndex((at) => at >= span.from),
  );
  const last = data.at.findLastIndex((at) => at <= span.to);
  if (last < first) return undefined;
  const step = event.shiftKey ? FAR : 1;
  const at = index ?? (event.key === "ArrowLeft" ? last + step : first - step);
  const clamp = (to: number) => Math.min(last, Math.max(first, to));
  switch (event.key) {
    case "ArrowLeft":
      return clamp(at - step);
    case "ArrowRight":
      return clamp(at + step);
    case "Home":
      return first;
    case "End":
      return last;
    default:
      return undefined;
  }
}

function rangeOf(signal: SignalId, data: StripData): { readonly low: number; readonly high: number } {
  let { low, high } = RANGES[signal] ?? { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  for (const value of data.min) if (value !== null && value < low) low = value;
  for (const value of data.max) if (value !== null && value > high) high = value;
  if (low > high) return { low: 0, high: 1 };
  const margin = (high - low) * 0.05 || 1;
  return { low: low - margin, high: high + margin };
}
