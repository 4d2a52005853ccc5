import type { PersonId } from "./ids.ts";
import { newestAt } from "./local-clock.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, minuteOfDay, SECOND_MS, type Wall, wall } from "./time.ts";

export const CHECK_KINDS = ["quiet", "loud", "pillow"] as const;

/**
 * `quiet`: the evening check, one tap on what sounds like any message. `loud`: the drill that rings as an alarm does.
 * `pillow`: the sounder alone, heard by whoever sleeps beside it and may have no phone.
 */
export type CheckKind = (typeof CHECK_KINDS)[number];

/** Of these a phone hears. */
export type PhoneCheckKind = Exclude<CheckKind, "pillow">;

/** What a check asks phones; undefined: nothing. */
export const askedOfPhones = ({ kind }: { readonly kind: CheckKind }): PhoneCheckKind | undefined =>
  kind === "pillow" ? undefined : kind;

/** How one phone did in a check; times in ms from its start, absent: not yet, or never. */
export interface CheckedPhone {
  readonly id: string;
  readonly label: string;
  readonly person: PersonId;
  /** Name of its owner. */
  readonly name: string;
  readonly channel: string;
  /** Handed to the service for the first time. */
  readonly askedMs?: number;
  /** Taken by the service. */
  readonly acceptedMs?: number;
  /** Tapped: only this proves the phone. */
  readonly answeredMs?: number;
  /** What the service said where it did not take it, at the last attempt; no address. */
  readonly trouble?: string;
  /** The service will never take it: nothing more is waited for. */
  readonly refused?: true;
  /** No tap can come back from it: it is done with when the service took it. */
  readonly mute?: true;
}

/**
 * `done`: nothing is left to wait for. `time`: nobody tapped in time. `alarm`: a real alarm came. `stopped`: by a person.
 * `cut`: the box stopped meanwhile.
 */
export const CHECK_ENDS = ["done", "time", "alarm", "stopped", "cut"] as const;

export type CheckEnd = (typeof CHECK_ENDS)[number];

/** One evening check or loud drill, running or over. */
export interface Check {
  readonly kind: CheckKind;
  readonly startedAt: Wall;
  /** Who asked for it; absent: the home's own choice of a time. */
  readonly by?: string;
  /** With the sounder in the house. */
  readonly sounder?: true;
  /** Only some of the phones were asked: it says nothing of the evening. */
  readonly some?: true;
  readonly phones: readonly CheckedPhone[];
  /** Of the sounder at the pillow: when it began to sound, in ms from the start; absent: not yet. */
  readonly soundedMs?: number;
  /** Whether it was heard there: what a person said, and who. Absent: nobody has said. */
  readonly heard?: boolean;
  readonly heardBy?: string;
  /** Absent: it runs. */
  readonly end?: CheckEnd;
  readonly endedAt?: Wall;
}

/** When the home checks itself each evening; minutes after local midnight, 0 to 1439. */
export interface EveningSettings {
  readonly on: boolean;
  readonly atMinute: number;
}

/** A check ends by itself. */
export const CHECK_MS = 3 * MINUTE_MS;
/** Before the sounder sounds at the pillow: time to lie down as at night. */
export const PILLOW_DELAY_MS = 20 * SECOND_MS;
/** So long it sounds; then whoever lay there comes and says whether it was heard. */
export const PILLOW_SOUND_MS = 30 * SECOND_MS;
/** Phones in one check; a home has a handful. */
export const CHECK_PHONES_MAX = 20;
/** A check this long before its time is this evening's. */
const EARLY_MS = 3 * HOUR_MS;
/** So long after its time it is still asked for: later everybody sleeps. */
const LATE_MS = 3 * HOUR_MS;
/** The home starts it by itself only so close to the time: never in the middle of a night after a power cut. */
const PROMPT_MS = 10 * MINUTE_MS;
/** What rang a week ago may have been switched off since. */
const LOUD_MS = 7 * DAY_MS;
const DAY_MINUTES = 24 * 60;
/** After the beginning of the watch, while people are awake: 21:30 where it begins at 21:00 (clinical facts 3.2). */
const AFTER_START_MINUTES = 30;

/** Where nobody has chosen a time. */
export const defaultEvening = (schedule: { readonly fromMinute: number }): EveningSettings => ({
  on: true,
  atMinute: (schedule.fromMinute + AFTER_START_MINUTES) % DAY_MINUTES,
});

/** Whether nothing more can come of a phone in this check. */
export const isSettled = ({ answeredMs, acceptedMs, refused, mute }: CheckedPhone): boolean =>
  answeredMs !== undefined || refused === true || (mute === true && acceptedMs !== undefined);

export interface EveningDue {
  /** The check of this evening has not been done: nobody tapped. Only around its time. */
  readonly check: boolean;
  /** It is to begin by itself now. */
  readonly begins: boolean;
}

/** What is due of the evening check. `last`: the newest quiet check of all phones, running or over. */
export function eveningDue(
  last: Check | undefined,
  settings: EveningSettings,
  now: Wall,
  zone: string,
): EveningDue {
  const at = newestAt(Math.floor(settings.atMinute / 60), settings.atMinute % 60, now, zone);
  const isTonight = now - at < LATE_MS;
  const early = wall(at - EARLY_MS);
  const wasTried = last !== undefined && last.startedAt >= early && last.startedAt <= now;
  const wasAnswered = wasTried && last.phones.some(({ answeredMs }) => answeredMs !== undefined);
  return {
    check: isTonight && !wasAnswered,
    begins: settings.on && now - at < PROMPT_MS && !wasTried,
  };
}

/** Local minute before which a house still sleeps. */
const MORNING_MINUTE = 6 * 60;

/** Whether the house sleeps: long after the time of its evening check, and not yet morning. */
export function isSleepTime({ atMinute }: EveningSettings, now: Wall, zone: string): boolean {
  const at = newestAt(Math.floor(atMinute / 60), atMinute % 60, now, zone);
  return now - at >= LATE_MS && minuteOfDay(now, zone) < MORNING_MINUTE;
}

/** Why a phone needs a loud drill. */
export type LoudDue = "never" | "old" | "changed";

/** Whether a phone has to be rung aloud again; undefined: not now. */
export function loudDueOf(
  { loudAt, changedAt }: { readonly loudAt?: number | undefined; readonly changedAt?: number | undefined },
  now: Wall,
): LoudDue | undefined {
  if (loudAt === undefined) return "never";
  if (changedAt !== undefined && changedAt > loudAt) return "changed";
  return now - loudAt > LOUD_MS || loudAt > now ? "old" : undefined;
}

/**
 * When the sounder was heard at the pillow, where that still counts: for a week, as a loud drill does. Undefined: never, too
 * long ago, or the last time it was not heard.
 */
export const heardAtPillow = (last: Check | undefined, now: Wall): Wall | undefined =>
  last?.heard === true && last.endedAt !== undefined && last.endedAt <= now && now - last.endedAt <= LOUD_MS
    ? last.endedAt
    : undefined;

/** The newest of each kind that says something of tonight. */
export type LastChecks = { readonly [kind in CheckKind]?: Check };

export const lastChecks = (of: (kind: CheckKind) => Check | undefined): LastChecks =>
  Object.fromEntries(
    CHECK_KINDS.flatMap((kind) => {
      const check = of(kind);
      return check === undefined ? [] : [[kind, check]];
    }),
  );

/**
 * Whether a check that is over says something of tonight: one of some phones does not, nor does a sounder of which nobody
 * said anything, which has neither proved itself nor failed.
 */
export const saysOfTonight = ({ kind, heard, some }: Check): boolean =>
  kind === "pillow" ? heard !== undefined : some !== true;
