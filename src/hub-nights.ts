import type { EdgeAbout } from "./bus/bed-schemas.ts";
import type { ConditionId } from "./domain/alarm.ts";
import { messageOf } from "./domain/fault.ts";
import { type BedId, type HomeId, type OccurrenceId, qualifiedBed, splitBed } from "./domain/ids.ts";
import type { NightEntry } from "./domain/morning.ts";
import { DAY_MS, nightBounds } from "./domain/time.ts";
import type { HubHomes } from "./hub-homes.ts";
import type { Channel } from "./port/channel.ts";
import type { Clock } from "./port/clock.ts";
import type { Log } from "./port/log.ts";
import type { HomeStates } from "./port/state.ts";
import { decodeNightEntry } from "./record/night-book.ts";
import { readToldNights, TOLD_NIGHTS_MAX, toldNightsName } from "./record/told-nights.ts";
import type { ServerDeps } from "./server/deps.ts";

/** What a hub knows of a home's nights beside numbers and alarms: what the box left here, and whom the hub called itself. */
export interface HubNights {
  readonly toldOf: NonNullable<ServerDeps["toldNight"]>;
  /** A channel of the hub's own alarms, with every call that its provider takes written down. */
  listening(home: HomeId, channel: Channel): Channel;
}

export interface HubNightsOptions {
  readonly states: HomeStates;
  readonly homes: Pick<HubHomes, "targetsOf">;
  readonly clock: Clock;
  readonly log: Log;
  /** As the box described the bed last. */
  readonly aboutOf: (bed: BedId) => EdgeAbout | undefined;
  /** IANA zone of a bed that is shown here. */
  readonly zoneOf: (bed: BedId) => string | undefined;
  /** What an alarm that is open is about. */
  readonly conditionOf: (bed: BedId, occurrence: OccurrenceId) => ConditionId | undefined;
}

type Call = Extract<NightEntry, { kind: "called" }>;

/** The named value of a home's state that holds whom the hub called. */
const CALLS = "hub_calls";
const CALLS_MAX = 500;
const KEPT_MS = (TOLD_NIGHTS_MAX + 1) * DAY_MS;

export function createHubNights(options: HubNightsOptions): HubNights {
  const { states, homes, clock, log } = options;
  /** One after the other for each home: two calls at once are both kept. */
  const writing = new Map<HomeId, Promise<void>>();

  const callsOf = async (home: HomeId): Promise<readonly Call[]> => {
    const list: unknown = JSON.parse((await states.of(home).value(CALLS)) ?? "[]");
    return (Array.isArray(list) ? list : []).flatMap((one: unknown) => {
      const entry = decodeNightEntry(one);
      return entry?.kind === "called" ? [entry] : [];
    });
  };

  const note = (home: HomeId, call: Call): void => {
    const next = (writing.get(home) ?? Promise.resolve())
      .then(async () => {
        const young = (await callsOf(home)).filter(({ at }) => call.at - at < KEPT_MS);
        await states.of(home).setValue(CALLS, JSON.stringify([...young, call].slice(-CALLS_MAX)));
      })
      .catch((error: unknown) => log.note("nights.unwritten", { home, why: messageOf(error) }, "warn"))
      .finally(() => {
        if (writing.get(home) === next) writing.delete(home);
      });
    writing.set(home, next);
  };

  return {
    async toldOf(bed, night) {
      const place = splitBed(bed);
      if (place === undefined) return {};
      const schedule = options.aboutOf(bed)?.schedule;
      const known = schedule === undefined ? {} : { schedule };
      const text = await states.of(place.home).value(toldNightsName(place.bed));
      const told = readToldNights(text, place.bed).find((one) => one.night === night);
      if (told === undefined) return known;
      const { from, to } = nightBounds(night, options.zoneOf(bed) ?? "UTC");
      const own = (await callsOf(place.home)).filter(
        (call) => call.bed === place.bed && call.at >= from && call.at < to,
      );
      return { ...known, entries: [...told.entries, ...own].toSorted((a, b) => a.at - b.at) };
    },
    listening: (home, channel) => ({
      ...channel,
      async send(target, message) {
        const result = await channel.send(target, message);
        const person = homes.targetsOf(home).find(({ id }) => id === target.id)?.person;
        const [, occurrence = ""] = message.key.split("/");
        const isCall = message.kind === "alarm" && message.priority !== "low" && !message.drill;
        if (result.outcome === "accepted" && isCall && person !== undefined) {
          const [bed = ""] = occurrence.split("-");
          const condition = options.conditionOf(qualifiedBed(home, bed), occurrence);
          note(home, {
            ...{ kind: "called", bed, at: clock.wall(), occurrence, person },
            ...(condition === undefined ? {} : { condition }),
          });
        }
        return result;
      },
    }),
  };
}
