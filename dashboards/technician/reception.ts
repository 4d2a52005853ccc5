import { DAY_MS, HOUR_MS, localDate, wall } from "../../src/domain/time.ts";
import type { ReceptionResponse } from "../../src/server/contract/technician.ts";
import { localInstant } from "./recording-window.ts";

/** Less of a night's seconds than this is not enough to sleep on: half an hour of ten is blind. */
export const GOOD_PERCENT = 95;

/** What the form says: the evening's date, two times of day. */
export interface AskedNight {
  readonly date: string;
  readonly from: string;
  readonly to: string;
}

/** Last night, from ten to seven. */
export function usualNight(zone: string, now: number): AskedNight {
  const evening = localDate(wall(now - 31 * HOUR_MS), zone);
  return { date: evening, from: "22:00", to: "07:00" };
}

/** From the evening's date on; a time that is earlier than the beginning belongs to the next morning. */
export function nightWindow(
  { date, from, to }: AskedNight,
  zone: string,
): { readonly from: number; readonly to: number } | undefined {
  const begin = localInstant(date, from, zone);
  const next = Date.parse(`${date}T12:00:00Z`) + DAY_MS;
  if (begin === undefined || Number.isNaN(next)) return undefined;
  const morning = new Date(next).toISOString().slice(0, 10);
  const end = localInstant(to > from ? date : morning, to, zone);
  return end === undefined || end <= begin ? undefined : { from: begin, to: end };
}

/** Share of the seconds of each device, percent, rounded down so that 100 means all. */
export const sharesOf = ({ seconds, devices }: ReceptionResponse) =>
  devices.map(({ device, received, longestGapS }) => ({
    ...{ device, longestGapS },
    percent: Math.floor((received / seconds) * 1_000) / 10,
  }));

/** The smallest share; undefined where nothing was counted. */
export function worstShare(counted: ReceptionResponse): number | undefined {
  const shares = sharesOf(counted).map(({ percent }) => percent);
  return shares.length === 0 ? undefined : Math.min(...shares);
}
