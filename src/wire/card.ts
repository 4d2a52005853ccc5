/** What drivers of memory cards and folders share: looking again, reading in pieces, local time, putting in order. */
import type { LocalClock } from "../domain/local-clock.ts";
import {
  atLocal,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  type Wall,
  wall,
  zoneOffsetMs,
} from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { FileEntry, FileLink } from "../port/link.ts";

/** How often a growing card is looked at: the machines of this kind write once a second to once a minute. */
export const LOOK_AGAIN_MS = MINUTE_MS;

/** After so many readings in one go the rest of the program gets its turn, which judges alarms; so long it waits. */
const AT_ONCE = { readings: 1_000, thenMs: 1 };

/** A card, and what ends the looking at it. */
export interface Card {
  readonly link: FileLink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Lists the card and yields what `read` makes of the list; once where the card does not grow, else again each minute
 * until the signal aborts, which ends it quietly. Throws what the link throws.
 */
export async function* looks<T>(
  { link, clock, signal }: Card,
  read: (files: readonly FileEntry[]) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const slept = (ms: number): Promise<boolean> =>
    clock.sleep(ms, signal).then(
      () => true,
      () => false,
    );
  while (!signal.aborted) {
    let given = 0;
    for await (const item of read(await link.list())) {
      if (signal.aborted) return;
      yield item;
      given += 1;
      if (link.growing && given % AT_ONCE.readings === 0 && !(await slept(AT_ONCE.thenMs))) return;
    }
    if (!link.growing || !(await slept(LOOK_AGAIN_MS))) return;
  }
}

/** Bytes that are held of one file at a time. */
const PIECE_BYTES = 64 * 1024;

/**
 * The bytes [from, to) of a file in order, in pieces of whole multiples of `unit` bytes; ends early where the file
 * does, and drops a last part that is shorter than a unit.
 */
export async function* pieces(
  link: Pick<FileLink, "read">,
  path: string,
  { from, to, unit = 1 }: { readonly from: number; readonly to: number; readonly unit?: number },
): AsyncGenerator<Uint8Array> {
  const step = Math.max(unit, PIECE_BYTES - (PIECE_BYTES % unit));
  for (let at = from; at < to; ) {
    const bytes = await link.read(path, at, Math.min(to, at + step));
    const whole = bytes.length - (bytes.length % unit);
    if (whole === 0) return;
    yield bytes.subarray(0, whole);
    at += whole;
  }
}

/** A whole file that may be kept in memory; undefined where it is larger than `limitBytes`. */
export async function wholeFile(
  link: FileLink,
  { path, bytes }: FileEntry,
  limitBytes: number,
): Promise<Uint8Array | undefined> {
  if (bytes > limitBytes) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces(link, path, { from: 0, to: bytes })) {
    parts.push(new Uint8Array(piece));
    length += piece.length;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Devices whose clock was never set show the year of their make; nothing before 2000 or after 2099 is believed. */
const YEARS = { first: 2000, last: 2099 };

/** Whether these are a day of the calendar, of 2000 to 2099. */
export function isDate(year: number, month: number, day: number): boolean {
  if (year < YEARS.first || year > YEARS.last) return false;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Instants of one zone; see createLocalTimes(). */
export type LocalTimes = (time: LocalClock, notBefore?: Wall) => Wall | undefined;

/**
 * Turns a device's local times into instants of one zone, quickly for times of the same day. Undefined for what is
 * no time of the years 2000 to 2099; in a DST gap the later reading, in an overlap the earlier, or the later where
 * the earlier lies before `notBefore` (the reading that came before it).
 */
export function createLocalTimes(zone: string): LocalTimes {
  let day = "";
  let midnight = 0;
  /** Whether this day has 24 hours, so that its times can be counted from midnight. */
  let even = false;

  const later = (at: Wall): Wall => {
    const backMs = zoneOffsetMs(at, zone) - zoneOffsetMs(wall(at + DAY_MS), zone);
    const again = wall(at + backMs);
    return backMs > 0 && zoneOffsetMs(again, zone) === zoneOffsetMs(at, zone) - backMs ? again : at;
  };

  return ({ year, month, day: date, hour, minute, second }, notBefore) => {
    const inDay = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
    if (!inDay || !isDate(year, month, date)) return undefined;
    const intoDayMs = hour * HOUR_MS + minute * MINUTE_MS + Math.round(second * SECOND_MS);
    const key = `${year}-${pad(month)}-${pad(date)}`;
    if (key !== day) {
      day = key;
      midnight = atLocal(key, 0, zone);
      even = atLocal(key, (DAY_MS - SECOND_MS) / MINUTE_MS, zone) - midnight === DAY_MS - SECOND_MS;
    }
    if (even) return wall(midnight + intoDayMs);
    const at = atLocal(key, intoDayMs / MINUTE_MS, zone);
    return notBefore !== undefined && at < notBefore ? later(at) : at;
  };
}

const pad = (value: number): string => String(value).padStart(2, "0");

/** What a count of milliseconds shows in UTC: how devices keep local time in an epoch count. Whole seconds. */
export function localTimeOf(epochMs: number): LocalClock {
  const date = new Date(epochMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

interface Dated {
  readonly deviceAt?: Wall;
}

/** A stream with what else happened (events, settings) at its places in time; both in order. */
export async function* merged<T extends Dated>(
  stream: AsyncIterable<T>,
  marks: readonly T[],
): AsyncGenerator<T> {
  let next = 0;
  for await (const item of stream) {
    for (; next < marks.length; next++) {
      const mark = marks[next];
      if (mark === undefined || at(mark) > at(item)) break;
      yield mark;
    }
    yield item;
  }
  yield* marks.slice(next);
}

/** Two streams, each in order of time, as one. */
export async function* interleaved<T extends Dated>(
  one: AsyncIterable<T>,
  other: AsyncIterable<T>,
): AsyncGenerator<T> {
  const first = one[Symbol.asyncIterator]();
  const second = other[Symbol.asyncIterator]();
  try {
    let a = await first.next();
    let b = await second.next();
    while (a.done !== true || b.done !== true) {
      if (a.done !== true && (b.done === true || at(a.value) <= at(b.value))) {
        yield a.value;
        a = await first.next();
      } else if (b.done !== true) {
        yield b.value;
        b = await second.next();
      }
    }
  } finally {
    await first.return?.();
    await second.return?.();
  }
}

const at = ({ deviceAt }: Dated): number => deviceAt ?? Number.NEGATIVE_INFINITY;

/** In order of time; what has the same keeps its order. */
export const inOrder = <T extends Dated>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => (at(a) < at(b) ? -1 : Number(at(a) > at(b))));
