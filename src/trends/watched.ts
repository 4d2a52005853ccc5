import { DEFAULT_SCHEDULE, type WatchSchedule } from "../domain/bed.ts";
import type { MorningSummary, NightEntry, Span } from "../domain/morning.ts";
import type { Sample } from "../domain/sample.ts";
import type { SignalId } from "../domain/signal.ts";
import {
  atLocal,
  DAY_MS,
  MINUTE_MS,
  type Night,
  nightBounds,
  SECOND_MS,
  type Wall,
  wall,
} from "../domain/time.ts";
import { GAP, toOneHertz } from "./one-hertz.ts";

/** Data loss that is told of by itself: a good night has none that is longer. */
export const LOSS_MS = 5 * MINUTE_MS;
const GAPS_MAX = 50;
/** Width of one part of the picture of a night. */
const PART_MS = 5 * MINUTE_MS;

/** The watch of a night: when it was on, and whether it still is. */
export interface NightWatch {
  /** In order, not overlapping; empty: there was no watch. */
  readonly spans: readonly Span[];
  readonly isRunning: boolean;
}

/**
 * When the bed was on watch in a night, up to `now`. What was written down counts; where nothing was (an older night,
 * a hub), the hours of the schedule do. A bed that is always on watch has the hours of its schedule as its night.
 */
export function watchOfNight(
  entries: readonly NightEntry[],
  night: Night,
  { zone, schedule = DEFAULT_SCHEDULE }: { readonly zone: string; readonly schedule?: WatchSchedule },
  now: Wall,
): NightWatch {
  const bounds = nightBounds(night, zone);
  const end = wall(Math.min(bounds.to, now));
  const hours = scheduleOf(night, zone, schedule);
  const changes = entries
    .filter((entry) => entry.kind === "watch")
    .filter(({ at }) => at < end)
    .toSorted((a, b) => a.at - b.at);
  if (changes.length === 0) {
    const span = cut(hours, { from: bounds.from, to: end });
    return { spans: span === undefined ? [] : [span], isRunning: now < hours.to && now >= hours.from };
  }
  const spans: Span[] = [];
  let isRunning = false;
  for (const [index, change] of changes.entries()) {
    if (!change.on) continue;
    const to = changes[index + 1]?.at ?? end;
    const within = change.reason === "class_c" ? cut(hours, bounds) : bounds;
    const span =
      within === undefined
        ? undefined
        : cut({ from: change.at, to }, cut(within, { from: bounds.from, to: end }));
    const isLast = index === changes.length - 1;
    isRunning = isLast && now < (change.reason === "class_c" ? hours.to : bounds.to);
    const before = spans.at(-1);
    if (span === undefined) continue;
    if (before !== undefined && before.to === span.from)
      spans[spans.length - 1] = { from: before.from, to: span.to };
    else spans.push(span);
  }
  return { spans, isRunning };
}

/** The hours of a schedule in a night; around the clock: the usual ones. */
function scheduleOf(night: Night, zone: string, schedule: WatchSchedule): Span {
  const isRound = (schedule.toMinute - schedule.fromMinute) % (DAY_MS / MINUTE_MS) === 0;
  const { fromMinute, toMinute } = isRound ? DEFAULT_SCHEDULE : schedule;
  const noon = 12 * 60;
  const next = new Date(Date.parse(`${night}T12:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
  const at = (minute: number): Wall => atLocal(minute >= noon ? night : next, minute, zone);
  const [from, to] = [at(fromMinute), at(toMinute)];
  // A schedule by day: its evening part, up to the end of the night.
  return to > from ? { from, to } : { from, to: nightBounds(night, zone).to };
}

function cut(one: Span, other: Span | undefined): Span | undefined {
  if (other === undefined) return undefined;
  const from = wall(Math.max(one.from, other.from));
  const to = wall(Math.min(one.to, other.to));
  return from < to ? { from, to } : undefined;
}

/** What says that the person was seen, in this order: a bed that has an oximeter is seen by it alone. */
export const SEEN_BY: readonly SignalId[] = [
  "spo2",
  "pulse_rate",
  "resp_rate",
  "minute_volume",
  "etco2",
  "tcco2",
];

type Points = Iterable<{ readonly at: Wall; readonly sample: Sample }>;

/**
 * How much of the watch a measurement of the person was there, by the rule of the metric COVERAGE: a value stands for
 * at most 10 s; "below what I can measure" is a measurement.
 */
export function watchedOf({ spans }: NightWatch, points: Points): MorningSummary["watched"] {
  const [first, last] = [spans[0], spans.at(-1)];
  if (first === undefined || last === undefined) {
    return { seconds: 0, seen: 0, gaps: [], parts: [], partMs: PART_MS };
  }
  const { from } = first;
  const { state } = toOneHertz(points, from, last.to);
  const parts = Array.from({ length: Math.ceil((last.to - from) / PART_MS) }, () => ({
    watched: 0,
    seen: 0,
  }));
  const gaps: Span[] = [];
  let [seconds, seen] = [0, 0];
  for (const span of spans) {
    let lostAt: number | undefined;
    const begin = Math.round((span.from - from) / SECOND_MS);
    const end = Math.round((span.to - from) / SECOND_MS);
    const close = (second: number): void => {
      if (lostAt !== undefined && (second - lostAt) * SECOND_MS > LOSS_MS && gaps.length < GAPS_MAX) {
        gaps.push({ from: wall(from + lostAt * SECOND_MS), to: wall(from + second * SECOND_MS) });
      }
      lostAt = undefined;
    };
    for (let second = begin; second < end; second++) {
      const isSeen = state[second] !== GAP;
      const part = parts[Math.floor((second * SECOND_MS) / PART_MS)];
      seconds += 1;
      if (part !== undefined) part.watched += 1;
      if (!isSeen) {
        lostAt ??= second;
        continue;
      }
      seen += 1;
      if (part !== undefined) part.seen += 1;
      close(second);
    }
    close(end);
  }
  return {
    ...{ seconds, seen, gaps, partMs: PART_MS },
    parts: parts.map((part) =>
      part.watched === 0 ? null : Math.round((100 * part.seen) / part.watched) / 100,
    ),
  };
}
