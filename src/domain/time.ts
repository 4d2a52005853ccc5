/**
 * Two clocks that never mix. `Mono` drives every delay, age and timeout (law 6: time is arrival time,
 * monotonic); `Wall` is for people, files and other machines. The brands make a mix-up a compile error.
 */
declare const clockKind: unique symbol;

/** Milliseconds on this process's monotonic clock; zero is arbitrary, it never steps back. */
export type Mono = number & { readonly [clockKind]: "mono" };

/** Milliseconds since 1970-01-01T00:00Z as this machine believes; may step when the clock is corrected. */
export type Wall = number & { readonly [clockKind]: "wall" };

/** Brands a number read from a monotonic source. */
export const mono = (ms: number): Mono => ms as Mono;

/** Brands a number read from a wall clock or a stored epoch time. */
export const wall = (ms: number): Wall => ms as Wall;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** A night runs noon to noon in the bed's zone; named by the date of its first noon. */
export type Night = string & { readonly [clockKind]: "night" };

const partsFormat = new Map<string, Intl.DateTimeFormat>();

function zoneParts(at: Wall, zone: string): Record<string, number> {
  let format = partsFormat.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    partsFormat.set(zone, format);
  }
  const parts: Record<string, number> = {};
  for (const part of format.formatToParts(at)) {
    if (part.type !== "literal") parts[part.type] = Number(part.value);
  }
  return parts;
}

/** Local time of day in a zone, as minutes since midnight (0..1439). Throws RangeError on an unknown zone. */
export function minuteOfDay(at: Wall, zone: string): number {
  const parts = zoneParts(at, zone);
  return (parts["hour"] ?? 0) * 60 + (parts["minute"] ?? 0);
}

/** The calendar date `YYYY-MM-DD` in a zone. */
export function localDate(at: Wall, zone: string): string {
  const parts = zoneParts(at, zone);
  const pad = (n: number | undefined, width: number): string => String(n ?? 0).padStart(width, "0");
  return `${pad(parts["year"], 4)}-${pad(parts["month"], 2)}-${pad(parts["day"], 2)}`;
}

/** Minutes that the zone's local time is ahead of UTC at this instant. */
export function zoneOffsetMs(at: Wall, zone: string): number {
  const p = zoneParts(at, zone);
  const asUtc = Date.UTC(
    p["year"] ?? 1970,
    (p["month"] ?? 1) - 1,
    p["day"] ?? 1,
    p["hour"] ?? 0,
    p["minute"] ?? 0,
    p["second"] ?? 0,
  );
  return asUtc - Math.floor(at / SECOND_MS) * SECOND_MS;
}

/** The instant of a local date and time in a zone; in a DST gap the later reading, in an overlap the earlier. */
export function atLocal(date: string, minutes: number, zone: string): Wall {
  const naive = Date.parse(`${date}T00:00:00Z`) + minutes * MINUTE_MS;
  if (Number.isNaN(naive)) throw new RangeError(`not a date: ${date}`);
  const before = naive - zoneOffsetMs(wall(naive - DAY_MS), zone);
  const after = naive - zoneOffsetMs(wall(naive + DAY_MS), zone);
  const fits = (instant: number): boolean => instant + zoneOffsetMs(wall(instant), zone) === naive;
  if (fits(before)) return wall(before);
  return wall(fits(after) ? after : Math.max(before, after));
}

/** The next instant with this local time of day, in minutes since midnight; now where it is that minute. */
export function nextLocal(minutes: number, now: Wall, zone: string): Wall {
  const today = localDate(now, zone);
  const next = atLocal(today, minutes, zone);
  if (next + MINUTE_MS > now) return wall(Math.max(next, now));
  return atLocal(today, minutes + DAY_MS / MINUTE_MS, zone);
}

/** The night that an instant belongs to: instants before local noon belong to the night of the day before. */
export function nightOf(at: Wall, zone: string): Night {
  const date = localDate(at, zone);
  if (minuteOfDay(at, zone) >= 12 * 60) return date as Night;
  return new Date(Date.parse(`${date}T12:00:00Z`) - DAY_MS).toISOString().slice(0, 10) as Night;
}

/** First and last instant (half-open) of a night; 23 to 25 hours long. Throws RangeError on a bad date. */
export function nightBounds(night: Night, zone: string): { readonly from: Wall; readonly to: Wall } {
  const next = new Date(Date.parse(`${night}T12:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
  return { from: atLocal(night, 12 * 60, zone), to: atLocal(next, 12 * 60, zone) };
}

/** Reads `YYYY-MM-DD`; undefined when it is not a calendar date. */
export function parseNight(text: string): Night | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const time = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) return undefined;
  return text as Night;
}
