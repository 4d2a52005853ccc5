import { atLocal, type Wall } from "../../src/domain/time.ts";

/** What a date and time field holds ("2026-11-23T12:00"), in the bed's zone; undefined while it holds nothing whole. */
export function leaveEnd(text: string, zone: string): Wall | undefined {
  const [, date, hours, minutes] = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})/.exec(text) ?? [];
  if (date === undefined || hours === undefined || minutes === undefined) return undefined;
  if (Number.isNaN(Date.parse(date))) return undefined;
  return atLocal(date, Number(hours) * 60 + Number(minutes), zone);
}
