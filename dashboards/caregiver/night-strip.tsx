import type { AlarmOfNight, MorningSummary } from "../../src/domain/morning.ts";
import { HOUR_MS } from "../../src/domain/time.ts";
import { fill } from "../../src/words/template.ts";
import type { Format } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";

/** Of the drawing, in its own units. */
const WIDTH = 600;
const BAND = { top: 30, height: 36 } as const;
const HEIGHT = 94;
/** Of a part: less is shown as partly watched, nothing as not watched. */
const WHOLE = 0.9;
/** Alarms that are drawn; the list below has them all. */
const DRAWN_MAX = 100;

/** The night as a band: watched or not, with its alarms above; and every alarm with who answered, as a list. */
export function NightStrip(props: { readonly summary: MorningSummary }) {
  const { summary } = props;
  const format = usePage().format.value;
  const { picture } = format.words.morning;
  const { watched, from, to, zone, alarms } = summary;
  const x = (at: number): number => (WIDTH * (Math.min(Math.max(at, from), to) - from)) / (to - from);
  const ringing = alarms.filter(({ priority }) => priority !== "low");
  const hours = hoursOf(from, to);
  return (
    <figure class="night-strip">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={fill(picture.title, {
          what: `${format.time(from, zone)} – ${format.time(to, zone)}`,
        })}
      >
        <defs>
          <pattern
            id="not-watched"
            width="6"
            height="6"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect class="strip-missing" width="6" height="6" />
            <line class="strip-hatch" x1="0" y1="0" x2="0" y2="6" />
          </pattern>
        </defs>
        {partsOf(watched.parts).map(({ index, count, look }) => (
          <rect
            key={index}
            class={`strip-${look}`}
            data-look={look}
            x={x(from + index * watched.partMs)}
            width={Math.max(
              0.5,
              x(from + (index + count) * watched.partMs) - x(from + index * watched.partMs),
            )}
            y={BAND.top}
            height={BAND.height}
          />
        ))}
        {ringing.slice(0, DRAWN_MAX).map((alarm) => (
          <Mark key={alarm.id} at={x(alarm.at)} to={x(alarm.endedAt ?? to)} alarm={alarm} />
        ))}
        {hours.map((at) => (
          <text key={at} class="strip-hour" x={x(at)} y={HEIGHT - 5}>
            {format.time(at, zone)}
          </text>
        ))}
      </svg>
      <figcaption class="small strip-legend">
        <span class="key key-watched">{picture.watched}</span>
        <span class="key key-partly">{picture.partly}</span>
        <span class="key key-missing">{picture.missing}</span>
        <span>
          <span aria-hidden="true" class="key-alarm">
            ▼
          </span>{" "}
          {picture.alarm}
        </span>
        <span>
          <span aria-hidden="true" class="key-answered">
            ●
          </span>{" "}
          {picture.answered}
        </span>
      </figcaption>
      {ringing.length > 0 && (
        <details class="strip-list">
          <summary>{picture.list}</summary>
          <ul>
            {ringing.map((alarm) => (
              <li key={alarm.id} class="small">
                {alarmWords(alarm, format, zone)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </figure>
  );
}

function Mark(props: { readonly at: number; readonly to: number; readonly alarm: AlarmOfNight }) {
  const { at, to, alarm } = props;
  const tip = BAND.top - 1;
  return (
    <g class={`strip-alarm strip-${alarm.priority}`} data-alarm={alarm.condition}>
      <rect x={at} width={Math.max(1.5, to - at)} y={BAND.top + BAND.height / 2 - 4} height={8} />
      <path d={`M${at} ${tip}l-8 -14h16z`} />
      {alarm.answeredAt !== undefined && <circle cx={at} cy={7} r={5} class="strip-answered" />}
    </g>
  );
}

/** Parts that look alike are drawn as one. */
function partsOf(
  parts: MorningSummary["watched"]["parts"],
): readonly { readonly index: number; readonly count: number; readonly look: Look }[] {
  const found: { index: number; count: number; look: Look }[] = [];
  for (const [index, part] of parts.entries()) {
    const look = lookOf(part);
    const last = found.at(-1);
    if (last?.look === look) last.count += 1;
    else found.push({ index, count: 1, look });
  }
  return found;
}

type Look = "watched" | "partly" | "none" | "off";

const lookOf = (part: number | null): Look =>
  part === null ? "off" : part >= WHOLE ? "watched" : part > 0 ? "partly" : "none";

/** Whole hours to write below; every second or third of a long night, and none at the very ends. */
function hoursOf(from: number, to: number): readonly number[] {
  const step = Math.max(1, Math.ceil((to - from) / HOUR_MS / 5)) * HOUR_MS;
  const hours: number[] = [];
  for (let at = Math.ceil((from + HOUR_MS / 2) / HOUR_MS) * HOUR_MS; at <= to - HOUR_MS / 2; at += step) {
    hours.push(at);
  }
  return hours;
}

function alarmWords(alarm: AlarmOfNight, format: Format, zone: string): string {
  const { picture, woken } = format.words.morning;
  const { answeredBy, answeredAt, at, endedAt } = alarm;
  const line = fill(woken.line, {
    time: format.time(at, zone),
    what: format.conditionTitle(alarm.condition),
  });
  const answer =
    answeredAt === undefined
      ? picture.nobody
      : fill(picture.answeredBy, { name: answeredBy ?? "", age: format.age(answeredAt - at) });
  return [line, answer, ...(endedAt === undefined ? [picture.open] : [])].join(" · ");
}
