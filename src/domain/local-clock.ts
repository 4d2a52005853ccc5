import { atLocal, DAY_MS, localDate, SECOND_MS, type Wall, wall, zoneOffsetMs } from "./time.ts";

/** What a clock on a device shows: no zone, whole seconds. */
export interface LocalClock {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** What a clock in this zone shows. */
export function localClock(at: Wall, zone: string): LocalClock {
  const shown = new Date(at + zoneOffsetMs(at, zone));
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
  };
}

/** When a clock in this zone shows this; undefined where that is no date or time of day (a clock never set). */
export function fromLocalClock(
  { year, month, day, hour, minute, second }: LocalClock,
  zone: string,
): Wall | undefined {
  if (year < 1970 || year > 9999 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return wall(atLocal(date.toISOString().slice(0, 10), hour * 60 + minute, zone) + second * SECOND_MS);
}

/** The newest instant, not after `notAfter`, at which a clock in this zone shows this time of day. */
export function newestAt(hour: number, minute: number, notAfter: Wall, zone: string): Wall {
  const today = atLocal(localDate(notAfter, zone), hour * 60 + minute, zone);
  if (today <= notAfter) return today;
  return atLocal(localDate(wall(notAfter - DAY_MS), zone), hour * 60 + minute, zone);
}
