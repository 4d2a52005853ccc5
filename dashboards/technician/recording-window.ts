import { atLocal, HOUR_MS, localDate, MINUTE_MS, minuteOfDay, wall } from "../../src/domain/time.ts";

/** What the form says; texts as the browser's own controls give them. */
export interface AskedWindow {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** `HH:MM`. */
  readonly clock: string;
  readonly beforeMin: number;
  readonly afterMin: number;
}

export type RecordingWindow =
  | { readonly kind: "window"; readonly from: number; readonly to: number }
  | { readonly kind: "noTime" | "future" | "tooLong" };

/** As much as one request may hold. */
const LONGEST_MS = 2 * HOUR_MS;

/** From so many minutes before a local time to so many after, cut off at the present. */
export function recordingWindow(asked: AskedWindow, zone: string, now: number): RecordingWindow {
  const at = localInstant(asked.date, asked.clock, zone);
  const { beforeMin, afterMin } = asked;
  if (at === undefined || !(beforeMin >= 0) || !(afterMin >= 0)) return { kind: "noTime" };
  const from = at - beforeMin * MINUTE_MS;
  const to = Math.min(at + afterMin * MINUTE_MS, now);
  if (to <= from) return { kind: from >= now ? "future" : "noTime" };
  return to - from > LONGEST_MS ? { kind: "tooLong" } : { kind: "window", from, to };
}

/** The newest 10 minutes. */
export const lastMinutes = (now: number): { readonly from: number; readonly to: number } => ({
  from: now - 10 * MINUTE_MS,
  to: now,
});

/** What the form says at first: ten minutes ago. */
export function usualWindow(zone: string, now: number): AskedWindow {
  const at = wall(now - 10 * MINUTE_MS);
  return { date: localDate(at, zone), clock: clockOf(minuteOfDay(at, zone)), beforeMin: 5, afterMin: 5 };
}

/** The instant of a date and a time of day in a zone; undefined where one of them is missing or no such thing. */
export function localInstant(date: string, clock: string, zone: string): number | undefined {
  const [, hours, minutes] = /^(\d{2}):(\d{2})$/.exec(clock) ?? [];
  if (hours === undefined || minutes === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  if (Number.isNaN(Date.parse(`${date}T${clock}:00Z`))) return undefined;
  return atLocal(date, Number(hours) * 60 + Number(minutes), zone);
}

const clockOf = (minute: number): string =>
  [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
