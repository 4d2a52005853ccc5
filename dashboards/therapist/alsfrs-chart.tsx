import { atLocal, DAY_MS, type Night } from "../../src/domain/time.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import { ITEMS, type ScoreNote, sumOf } from "./alsfrs-scores.ts";

/** In units of the drawing. */
const WIDTH = 640;
const LEFT = 34;
const RIGHT = 12;
const SUM = { top: 14, height: 120, max: 12, step: 3 } as const;
const EACH = { top: 160, height: 72, max: 4, step: 2 } as const;
const NIGHTS_Y = 250;
const HEIGHT = 264;
const SPAN_MIN_MS = 90 * DAY_MS;
const NOON_MINUTE = 12 * 60;
/** Told apart by dashes, not by colour alone. */
const DASHES = { dyspnoea: "", orthopnoea: "7 4", insufficiency: "2 4" } as const;

/** The sum above, the three items below, the nights that were recorded under them; all on one axis of time. */
export function AlsfrsChart(props: {
  readonly scores: readonly ScoreNote[];
  readonly nights: readonly Night[];
  readonly zone: string;
}) {
  const { zone } = props;
  const page = usePage();
  const format = page.format.value;
  const { alsfrs } = format.words.notes;
  const scores = props.scores.toSorted((a, b) => a.at - b.at);
  const first = scores[0];
  const last = scores.at(-1);
  if (first === undefined || last === undefined) return null;
  const to = Math.max(page.heard.value?.serverAt ?? last.at, last.at);
  const from = Math.min(first.at, to - SPAN_MIN_MS);
  const x = (at: number): number => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const nights = props.nights.map((night) => atLocal(night, NOON_MINUTE, zone) + DAY_MS / 2);
  const about = fill(alsfrs.chart, {
    count: scores.length,
    from: format.date(first.at, zone),
    to: format.date(last.at, zone),
    sum: sumOf(last.body),
  });
  return (
    <figure class="alsfrs-chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={about}>
        <Grid panel={SUM} />
        <Grid panel={EACH} />
        <Line panel={SUM} class="alsfrs-sum" points={scores.map((one) => [x(one.at), sumOf(one.body)])} />
        {ITEMS.map((item) => (
          <Line
            key={item}
            panel={EACH}
            class={`alsfrs-${item}`}
            dashes={DASHES[item]}
            points={scores.map((one) => [x(one.at), one.body[item]])}
          />
        ))}
        {nights
          .filter((at) => at >= from && at <= to)
          .map((at) => (
            <rect key={at} class="alsfrs-night" x={x(at) - 1} y={NIGHTS_Y} width={2} height={10} />
          ))}
      </svg>
      <p class="alsfrs-axis small">
        <span>{format.date(from, zone)}</span>
        <span>{format.date(to, zone)}</span>
      </p>
      <figcaption class="small alsfrs-legend">
        <span>
          <Key class="alsfrs-sum" /> {alsfrs.sum} (0–12)
        </span>
        {ITEMS.map((item) => (
          <span key={item}>
            <Key class={`alsfrs-${item}`} dashes={DASHES[item]} /> {alsfrs.items[item]} (0–4)
          </span>
        ))}
        <span>
          <span aria-hidden="true">❘❘ </span>
          {alsfrs.nights}
        </span>
      </figcaption>
    </figure>
  );
}

type Panel = typeof SUM | typeof EACH;

const yOf = ({ top, height, max }: Panel, value: number): number => top + height - (value / max) * height;

function Grid(props: { readonly panel: Panel }) {
  const { panel } = props;
  const values = Array.from({ length: panel.max / panel.step + 1 }, (_, index) => index * panel.step);
  return (
    <>
      {values.map((value) => (
        <g key={value}>
          <line
            class="alsfrs-grid"
            x1={LEFT}
            x2={WIDTH - RIGHT}
            y1={yOf(panel, value)}
            y2={yOf(panel, value)}
          />
          <text x={LEFT - 6} y={yOf(panel, value) + 4} text-anchor="end">
            {value}
          </text>
        </g>
      ))}
    </>
  );
}

function Line(props: {
  readonly panel: Panel;
  readonly class: string;
  readonly dashes?: string;
  /** Place and value. */
  readonly points: readonly (readonly [number, number])[];
}) {
  const { panel, points } = props;
  return (
    <g class={props.class}>
      <polyline
        fill="none"
        stroke-dasharray={props.dashes ?? ""}
        points={points.map(([x, value]) => `${x},${yOf(panel, value)}`).join(" ")}
      />
      {points.map(([x, value]) => (
        <circle key={x} cx={x} cy={yOf(panel, value)} r={4} />
      ))}
    </g>
  );
}

function Key(props: { readonly class: string; readonly dashes?: string }) {
  return (
    <svg class="alsfrs-key" viewBox="0 0 28 10" aria-hidden="true">
      <g class={props.class}>
        <polyline fill="none" stroke-dasharray={props.dashes ?? ""} points="0,5 28,5" />
      </g>
    </svg>
  );
}
