import { HOUR_MS, MINUTE_MS, type Wall, wall } from "../domain/time.ts";
import type { BedHealth } from "../port/health.ts";

/** Whether the program may be restarted for a new version now. */
export type RestartVerdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** One sentence for whoever asked. */
      readonly why: string;
      /** When it can be tried again; absent where that depends on people. */
      readonly from?: Wall;
    };

/** No update from this hour of a bed's day... */
const EVENING_HOUR = 20;
/** ...until this one. */
const MORNING_HOUR = 10;

/**
 * Never while somebody is being watched or an alarm is open, and never between 20:00 and 10:00 of any bed, whether the
 * watch is on or not: whoever comes to bed early finds it working. `beds` of a program that does not run are those of
 * its configuration, neither on watch nor with an alarm.
 */
export function mayRestart(now: Wall, beds: readonly BedHealth[]): RestartVerdict {
  const rung = beds.find(({ open }) => open > 0);
  if (rung !== undefined) return refuse(`an alarm is open at bed ${rung.bed}`);
  const watched = beds.find(({ onWatch }) => onWatch);
  if (watched !== undefined)
    return refuse(`bed ${watched.bed} is on watch: pause it on its page, with somebody at the bed`);
  const zones = [...new Set(beds.map(({ zone }) => zone))].map(nightIn);
  const night = zones.find(({ isNight }) => isNight(now));
  if (night === undefined) return { ok: true };
  const from = nextDay(now, zones);
  return {
    ok: false,
    why: `it is night in ${night.zone}: updates are made between ${MORNING_HOUR}:00 and ${EVENING_HOUR}:00`,
    ...(from === undefined ? {} : { from }),
  };
}

const refuse = (why: string): RestartVerdict => ({ ok: false, why });

interface ZoneNight {
  readonly zone: string;
  isNight(at: Wall): boolean;
}

function nightIn(zone: string): ZoneNight {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" });
  return {
    zone,
    isNight(at) {
      const hour = Number(format.format(at));
      return hour >= EVENING_HOUR || hour < MORNING_HOUR;
    },
  };
}

/** The first moment, in steps of 15 min, at which it is day in every zone; undefined where that is not within 48 h. */
function nextDay(now: Wall, zones: readonly ZoneNight[]): Wall | undefined {
  const step = 15 * MINUTE_MS;
  const first = Math.ceil(now / step) * step;
  for (let at = wall(first); at <= now + 48 * HOUR_MS; at = wall(at + step)) {
    if (!zones.some(({ isNight }) => isNight(at))) return at;
  }
  return undefined;
}
