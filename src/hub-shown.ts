import { type BedId, type HomeId, splitBed } from "./domain/ids.ts";
import type { HubHomes } from "./hub-homes.ts";
import type { Clock } from "./port/clock.ts";
import type { Log } from "./port/log.ts";
import type { HomeStates } from "./port/state.ts";
import type { WakeReadiness } from "./server/contract.ts";
import type { LiveModel } from "./server/live-model.ts";
import { createShownBook, type ShownBook, shownView } from "./watch/shown.ts";

/**
 * What phones of a hub's homes report to have shown: their messages lead here, whoever sent them, and the box does not hear
 * of it.
 */
export interface HubShown {
  /** A phone reports by this token; false when it is not good. */
  receipt(token: string): boolean;
  /** What a box says of its phones, with what these have reported here. */
  told(bed: BedId, readiness: WakeReadiness): WakeReadiness;
}

export function createHubShown(parts: {
  readonly homes: Pick<HubHomes, "shownIn">;
  readonly live: Pick<LiveModel, "beds" | "state" | "readiness">;
  readonly states: Pick<HomeStates, "of">;
  readonly clock: Clock;
  readonly log: Log;
}): HubShown {
  const { homes, live, states, clock, log } = parts;
  const books = new Map<HomeId, ShownBook>();

  const bookOf = (home: HomeId): ShownBook => {
    const known = books.get(home);
    if (known !== undefined) return known;
    const made = createShownBook({ state: states.of(home), clock, log });
    books.set(home, made);
    made.load().then(
      () => tell(home),
      () => undefined,
    );
    return made;
  };

  const told: HubShown["told"] = (bed, readiness) => {
    const home = splitBed(bed)?.home;
    if (home === undefined) return readiness;
    const book = bookOf(home);
    const now = clock.wall();
    return {
      ...readiness,
      targets: readiness.targets.map((target) => ({ ...target, ...shownView(book.of(target.id), now) })),
    };
  };

  const tell = (home: HomeId): void => {
    for (const bed of live.beds()) {
      if (splitBed(bed)?.home !== home) continue;
      const readiness = live.state(bed)?.readiness;
      if (readiness !== undefined) live.readiness(told(bed, readiness), bed);
    }
  };

  return {
    receipt(token) {
      const found = homes.shownIn(token);
      if (found === undefined) return false;
      if (bookOf(found.home).note(found.report)) tell(found.home);
      return true;
    },
    told,
  };
}
