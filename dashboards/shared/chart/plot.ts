import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Priority } from "../../../src/domain/alarm.ts";
import { HOUR_MS, MINUTE_MS } from "../../../src/domain/time.ts";

/** What one strip draws. A bucket without data is null in all three lists and stays empty. */
export interface StripData {
  /** Start of each bucket, epoch milliseconds. */
  readonly at: readonly number[];
  readonly bucketMs: number;
  readonly min: readonly (number | null)[];
  readonly mean: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

/** An alarm on the common time axis. */
export interface AlarmMark {
  readonly at: number;
  readonly endedAt: number | undefined;
  readonly acknowledgedAt: number | undefined;
  readonly priority: Priority;
}

export interface PlotOptions {
  readonly data: StripData;
  readonly marks: readonly AlarmMark[];
  /** Shown span, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Local noon at the night's beginning: the hours on the axis are counted from it. */
  readonly origin: number;
  /** Span of the values that is always shown. */
  readonly range: { readonly low: number; readonly high: number };
  readonly width: number;
  readonly height: number;
  readonly timeLabel: (at: number) => string;
  readonly valueLabel: (value: number) => string;
  readonly onCursor: (index: number | undefined) => void;
}

const INK = "#c8d3de";
const GRID = "#26313c";
const BAND = "#2f6f8f";
const LINE = "#d8f3ff";
const COLOURS: { readonly [priority in Priority]: string } = {
  high: "#ff6b6b",
  medium: "#ffd43b",
  low: "#66d9e8",
};

/** One strip of a night: mean as a line over the band from lowest to highest, with the alarms of the night. */
export class StripPlot {
  readonly #plot: uPlot;
  #told: number | undefined;

  constructor(target: HTMLElement, options: PlotOptions) {
    this.#plot = new uPlot(
      settingsOf(options, (index) => this.#tell(options, index)),
      seriesOf(options),
      target,
    );
  }

  /** Puts the cursor on a bucket; undefined takes it away. */
  showCursor(index: number | undefined): void {
    if (index === this.#told) return;
    this.#told = index;
    const at = index === undefined ? undefined : this.#plot.data[0]?.[index];
    if (at === undefined) this.#plot.setCursor({ left: -10, top: -10 }, false);
    else this.#plot.setCursor({ left: this.#plot.valToPos(at, "x"), top: 10 }, false);
  }

  resize(width: number, height: number): void {
    this.#plot.setSize({ width, height });
  }

  destroy(): void {
    this.#plot.destroy();
  }

  #tell(options: PlotOptions, index: number | null | undefined): void {
    const told = index ?? undefined;
    if (told === this.#told) return;
    this.#told = told;
    options.onCursor(told);
  }
}

function seriesOf({ data }: PlotOptions): uPlot.AlignedData {
  return [[...data.at], [...data.mean]];
}

function settingsOf(
  options: PlotOptions,
  onCursor: (index: number | null | undefined) => void,
): uPlot.Options {
  const { from, to, range } = options;
  return {
    width: options.width,
    height: options.height,
    ms: 1,
    legend: { show: false },
    padding: [8, 24, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
    scales: { x: { time: true, range: [from, to] }, y: { range: [range.low, range.high] } },
    axes: [
      {
        stroke: INK,
        grid: { stroke: GRID, width: 1 },
        ticks: { stroke: GRID },
        size: 32,
        font: "13px system-ui, sans-serif",
        splits: (plot) => hoursBetween(options, plot.width),
        values: (_plot, splits) => splits.map((at) => options.timeLabel(at)),
      },
      {
        stroke: INK,
        grid: { stroke: GRID, width: 1 },
        ticks: { stroke: GRID },
        size: 48,
        font: "13px system-ui, sans-serif",
        values: (_plot, splits) => splits.map((value) => options.valueLabel(value)),
      },
    ],
    series: [{}, { stroke: LINE, width: 1.5, spanGaps: false, points: { show: false } }],
    hooks: {
      drawAxes: [(plot) => drawBand(plot, options.data)],
      draw: [(plot) => drawMarks(plot, options)],
      setCursor: [(plot) => onCursor(plot.cursor.idx)],
    },
  };
}

/** Full hours, or several hours, so that labels do not touch. */
function hoursBetween({ from, to, origin }: PlotOptions, width: number): number[] {
  const room = Math.max(1, Math.floor(width / 90));
  const steps = [
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    30 * MINUTE_MS,
    ...[1, 2, 3, 4, 6, 12].map((hours) => hours * HOUR_MS),
  ];
  const step = steps.find((each) => (to - from) / each <= room) ?? 12 * HOUR_MS;
  const splits: number[] = [];
  for (let at = origin + Math.ceil((from - origin) / step) * step; at <= to; at += step) splits.push(at);
  return splits;
}

/** From the lowest to the highest value of each bucket: one short dip stays visible however long the night. */
function drawBand(plot: uPlot, data: StripData): void {
  const { ctx } = plot;
  ctx.save();
  clipToPlot(plot);
  ctx.fillStyle = BAND;
  data.at.forEach((at, index) => {
    const low = data.min[index];
    const high = data.max[index];
    if (low === null || low === undefined || high === null || high === undefined) return;
    const left = plot.valToPos(at, "x", true);
    const width = Math.max(1, plot.valToPos(at + data.bucketMs, "x", true) - left);
    const top = plot.valToPos(high, "y", true);
    const height = Math.max(1.5, plot.valToPos(low, "y", true) - top);
    ctx.fillRect(left, top, width + 0.5, height);
  });
  ctx.restore();
}

/** Each alarm: a line at its beginning with its shape on top, its duration as a bar, the answer as a small tick. */
function drawMarks(plot: uPlot, { marks }: PlotOptions): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  clipToPlot(plot);
  for (const mark of marks) {
    const x = plot.valToPos(mark.at, "x", true);
    ctx.strokeStyle = COLOURS[mark.priority];
    ctx.fillStyle = COLOURS[mark.priority];
    ctx.lineWidth = scale;
    ctx.setLineDash([4 * scale, 3 * scale]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    drawShape(ctx, mark.priority, x, bbox.top + 7 * scale, 5 * scale);
    const end = mark.endedAt === undefined ? x : plot.valToPos(mark.endedAt, "x", true);
    ctx.fillRect(x, bbox.top, Math.max(scale, end - x), 2 * scale);
    if (mark.acknowledgedAt === undefined) continue;
    const answered = plot.valToPos(mark.acknowledgedAt, "x", true);
    ctx.fillRect(answered - scale / 2, bbox.top, scale, 14 * scale);
  }
  ctx.restore();
}

function drawShape(
  ctx: CanvasRenderingContext2D,
  priority: Priority,
  x: number,
  y: number,
  size: number,
): void {
  ctx.beginPath();
  if (priority === "low") ctx.arc(x, y, size * 0.8, 0, 2 * Math.PI);
  else {
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, priority === "high" ? y + size : y);
    if (priority === "medium") ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, priority === "high" ? y + size : y);
  }
  ctx.closePath();
  ctx.fill();
}

function clipToPlot({ ctx, bbox }: uPlot): void {
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
}
