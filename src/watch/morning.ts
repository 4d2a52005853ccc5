import { type AlarmFold, priorityRank } from "../domain/alarm.ts";
import { DEFAULT_SCHEDULE, type WatchSchedule } from "../domain/bed.ts";
import type { HomeId } from "../domain/ids.ts";
import { HOUR_MS, minuteOfDay, type Night, SECOND_MS, type Wall } from "../domain/time.ts";
import type { ChannelMessage } from "../port/channel.ts";
import { wordsIn } from "../words/index.ts";
import type { WatchTarget } from "./message.ts";

/** Local minutes between which the word that a night can be looked at may go out: never at night, never after noon. */
export const MORNING = { from: 7 * 60, to: 12 * 60 } as const;
/** Of no use after noon. */
const TTL_SECONDS = (4 * HOUR_MS) / SECOND_MS;

/** One bed, as it stands in the morning. */
export interface MorningBed {
  readonly fold: AlarmFold;
  readonly schedule?: WatchSchedule;
  /** It was on watch in the night that ends now. */
  readonly wasWatched: boolean;
}

/**
 * Whether the summary of the night may be announced now: the watch is over, or it never ends and its usual end has
 * passed; nothing rings; and the bed has not been left. An end of the watch in the small hours waits for the morning.
 */
export function isMorning({ fold, schedule, wasWatched }: MorningBed, now: Wall, zone: string): boolean {
  const minute = minuteOfDay(now, zone);
  if (!wasWatched || isLeft(fold) || minute < MORNING.from || minute >= MORNING.to) return false;
  if (
    fold.open.some(
      ({ priority, acknowledgement }) => priorityRank(priority) > 0 && acknowledgement === undefined,
    )
  ) {
    return false;
  }
  return !fold.watch.on || minute >= endOf(schedule);
}

/** In hospital, on a visit, or over for good. */
export const isLeft = ({ watch: { reason } }: AlarmFold): boolean =>
  reason === "hospital" || reason === "visit" || reason === "transfer" || reason === "death";

/** The minute at which a night usually ends; 9 o'clock where the schedule ends at another time of day. */
function endOf({ toMinute }: WatchSchedule = DEFAULT_SCHEDULE): number {
  return toMinute >= MORNING.from && toMinute < MORNING.to ? toMinute : DEFAULT_SCHEDULE.toMinute;
}

/** The quiet word to one phone: no name, no value, nothing of how the night was. */
export function composeMorning(
  { id, language }: WatchTarget,
  { home, night, url }: { readonly home: HomeId; readonly night: Night; readonly url: string },
): ChannelMessage {
  const { push } = wordsIn(language);
  return {
    key: `${home}/morning-${night}-${id}/0/0`,
    kind: "update",
    title: push.morningTitle,
    body: push.morningBody,
    language,
    priority: "low",
    collapseKey: `morning-${night}`,
    ttlSeconds: TTL_SECONDS,
    url,
    simulated: false,
    drill: false,
  };
}
