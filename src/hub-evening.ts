import type { Commander } from "./bus/commander.ts";
import type { CheckBody } from "./bus/commands.ts";
import type { EdgeStatus, Edges } from "./bus/edges.ts";
import type { EdgeEvening } from "./bus/evening-schemas.ts";
import type { Place } from "./bus/topics.ts";
import type { Actor } from "./domain/alarm.ts";
import {
  askedOfPhones,
  CHECK_MS,
  type Check,
  eveningDue,
  lastChecks,
  saysOfTonight,
} from "./domain/evening.ts";
import { Fault } from "./domain/fault.ts";
import { type BedId, type HomeId, qualifiedBed, splitBed } from "./domain/ids.ts";
import { MINUTE_MS, type Mono, SECOND_MS } from "./domain/time.ts";
import { away } from "./hub-devices.ts";
import type { Clock } from "./port/clock.ts";
import type { EveningDesk } from "./port/evening.ts";
import type { LiveModel } from "./server/live-model.ts";

export interface HubEveningOptions {
  readonly clock: Clock;
  readonly edges: () => Pick<Edges, "of">;
  readonly live: Pick<LiveModel, "bed">;
  readonly look: Commander["look"];
}

/** The evening checks of a hub's homes: as their boxes tell of them, and asked of the box that calls the phones. */
export interface HubEvening {
  /** With each heartbeat; undefined: the box says nothing of checks. */
  told(bed: BedId, evening: EdgeEvening | undefined): void;
  /** The desk of a home, in whose name something is asked; undefined where its box has told nothing of checks. */
  of(home: HomeId, by?: Actor): EveningDesk | undefined;
  forget(home: HomeId): void;
}

interface Told {
  readonly place: Place;
  readonly evening: EdgeEvening;
  readonly at: Mono;
}

/** What the box was asked for shows in its next heartbeat: within a second, or with the ten seconds' one where that was lost. */
const SHOWN_MS = 12 * SECOND_MS;
const LOOK_MS = SECOND_MS / 4;
/** Unheard for so long after its time, a check does not run any more. */
const OVER_MS = CHECK_MS + MINUTE_MS;

export function createHubEvening({ clock, edges, live, look }: HubEveningOptions): HubEvening {
  const homes = new Map<HomeId, Told>();

  const edgeOf = (home: HomeId): { readonly told: Told; readonly edge: EdgeStatus } => {
    const told = homes.get(home);
    const edge = told && edges().of(told.place);
    if (told === undefined || edge === undefined) throw new Fault("NOT_FOUND", "There is no such home here.");
    if (!edge.online) throw away(edge, clock.wall());
    return { told, edge };
  };

  const ask = async (home: HomeId, body: CheckBody, by: Actor): Promise<void> => {
    const { told } = edgeOf(home);
    const { accepted, code = "CONFLICT", reason = "The box refused it." } = await look(told.place, body, by);
    if (!accepted) throw new Fault(code, reason);
  };

  /** Rejects with EDGE_SILENT where the box took it and then tells nothing. */
  const shown = async (home: HomeId, isSo: (evening: EdgeEvening) => boolean): Promise<EdgeEvening> => {
    for (let waited = 0; waited < SHOWN_MS; waited += LOOK_MS) {
      const evening = homes.get(home)?.evening;
      if (evening !== undefined && isSo(evening)) return evening;
      await clock.sleep(LOOK_MS);
    }
    throw new Fault("EDGE_SILENT", "The box took it, and has not told how it goes.", {
      fix: "Look again in a minute.",
    });
  };

  /** As told; one of a box that fell silent meanwhile is over. */
  const latestOf = ({ evening: { latest }, at }: Told): Check | undefined => {
    const isLost = latest !== undefined && latest.end === undefined && clock.mono() - at > OVER_MS;
    return isLost ? { ...latest, end: "cut" } : latest;
  };

  const runningOf = (told: Told): Check | undefined => {
    const latest = latestOf(told);
    return latest?.end === undefined ? latest : undefined;
  };

  const lastOf = (told: Told): EveningDesk["last"] => {
    const latest = latestOf(told);
    const newest = latest?.end !== undefined && saysOfTonight(latest) ? latest : undefined;
    return lastChecks((kind) => (newest?.kind === kind ? newest : told.evening[kind]));
  };

  const deskOf = (home: HomeId, first: Told, by: Actor): EveningDesk => {
    const now = (): Told => homes.get(home) ?? first;
    return {
      async begin({ kind, phones, sounder }) {
        const before = now().evening.latest?.startedAt;
        await ask(
          home,
          {
            ...{ kind: "check", check: kind },
            ...(phones === undefined ? {} : { phones: [...phones] }),
            ...(sounder === undefined ? {} : { sounder }),
          },
          by,
        );
        const isNew = ({ latest }: EdgeEvening): boolean =>
          latest !== undefined && latest.startedAt !== before;
        const { latest } = await shown(home, isNew);
        if (latest === undefined) throw new Fault("EDGE_SILENT", "The box has not told how it goes.");
        return latest;
      },
      async stop() {
        await ask(home, { kind: "check_stop" }, by);
        await shown(home, ({ latest }) => latest === undefined || latest.end !== undefined);
      },
      async heard(heard) {
        await ask(home, { kind: "check_heard", heard }, by);
        await shown(home, ({ latest }) => latest?.heard === heard);
      },
      get running() {
        return runningOf(now());
      },
      get latest() {
        return latestOf(now());
      },
      get last() {
        return lastOf(now());
      },
      get settings() {
        return now().evening.settings;
      },
      get due() {
        const told = now();
        const { home: id, bed } = told.place;
        const zone = live.bed(qualifiedBed(id, bed))?.zone ?? "UTC";
        const { check } = eveningDue(
          runningOf(told) ?? lastOf(told).quiet,
          told.evening.settings,
          clock.wall(),
          zone,
        );
        // It begins at the box alone.
        return { check, begins: false };
      },
      async set({ on, atMinute }) {
        await ask(home, { kind: "check_settings", on, atMinute }, by);
        await shown(home, ({ settings }) => settings.on === on && settings.atMinute === atMinute);
      },
      asked(occurrence) {
        const told = now();
        const running = runningOf(told);
        const isAsked = told.evening.asks?.includes(occurrence) === true;
        const kind = running && askedOfPhones(running);
        return kind !== undefined && isAsked ? { kind } : undefined;
      },
    };
  };

  return {
    told(bed, evening) {
      const place = splitBed(bed);
      if (place === undefined) return;
      if (evening !== undefined) homes.set(place.home, { place, evening, at: clock.mono() });
      else if (homes.get(place.home)?.place.bed === place.bed) homes.delete(place.home);
    },
    of(home, by = NOBODY) {
      const told = homes.get(home);
      return told === undefined ? undefined : deskOf(home, told, by);
    },
    forget: (home) => void homes.delete(home),
  };
}

/** Whoever only looks. */
const NOBODY: Actor = { id: "hub", name: "hub" };
