import type { HomeConfig } from "./config/config.ts";
import { messageOf } from "./domain/fault.ts";
import { DAY_MS, MINUTE_MS, nightBounds, nightOf, type Wall, wall } from "./domain/time.ts";
import type { Edge } from "./edge.ts";
import type { World } from "./port/world.ts";
import {
  mergeToldNights,
  readToldNights,
  TOLD_NIGHTS_MAX,
  type ToldNight,
  toldNightsName,
  writeToldNights,
} from "./record/told-nights.ts";
import { watchOfNight } from "./trends/watched.ts";

/** Lays down, beside the watch, what the hub of this box is to know of each night that is over. */
export interface ToldNights {
  start(): void;
  stop(): void;
}

/**
 * Once a minute: what was written down of a night goes into the state as soon as its watch is over, once more where it
 * has changed by noon, and so on the way that people and phones take to the hub (config/estate.ts): signed, asked for again
 * until the hub has it, the same twice for nothing. Idle until `start`; never on the alarm path.
 */
export function createToldNights(options: {
  readonly world: Pick<World, "clock" | "log" | "state">;
  readonly config: Pick<HomeConfig, "beds" | "zone">;
  readonly nights: Edge["nights"];
}): ToldNights {
  const { world, config, nights } = options;
  const { clock, log, state } = world;
  const { zone } = config;
  let cancel: (() => void) | undefined;
  let isLooking = false;
  /** Once after a start every night that may still be asked for, then the two that can change. */
  let reach = TOLD_NIGHTS_MAX;

  const toldOf = ({ id, schedule }: HomeConfig["beds"][number], now: Wall): readonly ToldNight[] =>
    Array.from({ length: reach }, (_, back) => nightOf(wall(now - back * DAY_MS), zone)).flatMap((night) => {
      const { from, to } = nightBounds(night, zone);
      const entries = nights.read(id, from, to);
      const { spans, isRunning } = watchOfNight(entries, night, { zone, schedule }, now);
      // The schedule alone is no sign that anybody was there.
      return entries.length === 0 || spans.length === 0 || isRunning ? [] : [{ night, entries }];
    });

  const look = async (): Promise<void> => {
    // With a clock that may be wrong nobody knows which night it is.
    if (!clock.trusted()) return;
    const now = clock.wall();
    for (const bed of config.beds) {
      const told = toldOf(bed, now);
      if (told.length === 0) continue;
      const name = toldNightsName(bed.id);
      const here = await state.value(name);
      const next = mergeToldNights(here, writeToldNights(told), bed.id);
      if (next !== here) await state.setValue(name, next);
      log.note("nights.told", { bed: bed.id, nights: readToldNights(next, bed.id).length }, "debug");
    }
    reach = 2;
  };

  const again = (): void => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch((error: unknown) => log.note("nights.untold", { why: messageOf(error) }, "warn"))
      .finally(() => {
        isLooking = false;
      });
  };

  return {
    start() {
      cancel ??= clock.every(MINUTE_MS, again);
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
  };
}
