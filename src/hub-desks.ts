import { type BaselinesDesk, createBaselinesDesk } from "./alarm/baselines-desk.ts";
import { createLimitsDesk } from "./alarm/limits-desk.ts";
import { createWhatIfDesk, type WhatIfDesk } from "./alarm/what-if-desk.ts";
import type { Commander } from "./bus/commander.ts";
import type { DependencyClass } from "./domain/bed.ts";
import { Fault, messageOf } from "./domain/fault.ts";
import { type BedId, splitBed } from "./domain/ids.ts";
import { inSlices } from "./domain/slices.ts";
import { SECOND_MS } from "./domain/time.ts";
import type { Clock } from "./port/clock.ts";
import type { LimitsDesk } from "./port/limits.ts";
import type { Log } from "./port/log.ts";
import type { HomeStates } from "./port/state.ts";
import type { Timeseries } from "./port/timeseries.ts";
import type { LiveModel } from "./server/live-model.ts";
import {
  BASELINE_INPUTS,
  BASELINE_NIGHTS,
  baselinesOf,
  type NightMedians,
  nightMedians,
} from "./trends/baseline.ts";
import { pastNights, recordedNight } from "./trends/recorded.ts";

export interface HubDesksOptions {
  readonly states: HomeStates;
  readonly timeseries: Timeseries;
  readonly live: LiveModel;
  readonly commander: Commander;
  readonly clock: Clock;
  readonly log: Log;
  /** Sends a home's settings out; the box tells by its fold that it runs on them. */
  readonly publish: (bed: BedId) => Promise<void>;
  /** Of a bed that was heard; undefined before. */
  readonly classOf: (bed: BedId) => DependencyClass | undefined;
}

/** Limits, usual values and what-if for the beds of every home. Beds are qualified. */
export interface HubDesks {
  /** Throws NOT_FOUND for a bed that was never heard. */
  limits(bed: BedId): LimitsDesk;
  readonly whatIf: WhatIfDesk;
  /** The same once more, for what the hub tries by itself: nobody who tries limits by hand waits for it. */
  readonly quietWhatIf: WhatIfDesk;
  baselines(bed: BedId): ReturnType<BaselinesDesk["of"]>;
  simulated(bed: BedId): boolean;
  /** A bed was heard for the first time: its usual values are worked out from now on. */
  heard(bed: BedId): void;
  forget(bed: BedId): Promise<void>;
  stop(): Promise<void>;
}

/** How long somebody who saved limits waits for the box to run on them; they reach it all the same later. */
const DELIVERY_MS = 5 * SECOND_MS;
const LOOK_MS = SECOND_MS / 4;

/** Everything is made at first use; usual values of one bed after the other, since homes share the store. */
export function createHubDesks(options: HubDesksOptions): HubDesks {
  const { states, timeseries, live, commander, clock, log } = options;
  const limits = new Map<BedId, ReturnType<typeof createLimitsDesk>>();
  const usual = new Map<BedId, BaselinesDesk>();
  let turn: Promise<unknown> = Promise.resolve();

  const zoneOf = (bed: BedId): string => live.bed(bed)?.zone ?? "UTC";
  const versionOf = (bed: BedId): number | undefined => live.fold(bed)?.limits.version;
  const simulated = (bed: BedId): boolean => {
    const sources = live.bed(bed)?.sources ?? [];
    return sources.length > 0 && sources.every((source) => source.simulated);
  };

  const deskOf = (bed: BedId): ReturnType<typeof createLimitsDesk> => {
    const known = limits.get(bed);
    if (known !== undefined) return known;
    const place = splitBed(bed);
    const dependencyClass = options.classOf(bed);
    if (place === undefined || dependencyClass === undefined) {
      throw new Fault("NOT_FOUND", `Nothing was ever heard of the bed ${bed}.`);
    }
    const desk = createLimitsDesk({
      ...{ bed: place.bed, dependencyClass, state: states.of(place.home), clock, log },
      engineVersion: () => versionOf(bed),
      // Limits travel as settings: what the box is to run on when it comes back, too.
      async command() {
        const newest = (await states.of(place.home).limits(place.bed, 1))[0]?.version ?? 0;
        await options.publish(bed);
        for (let waited = 0; waited < DELIVERY_MS; waited += LOOK_MS) {
          if ((versionOf(bed) ?? 0) >= newest) return true;
          await clock.sleep(LOOK_MS);
        }
        return false;
      },
    });
    limits.set(bed, desk);
    // What is for a time ends here as a version of its own, in time for the box.
    desk.start();
    return desk;
  };

  /** Most beds have nothing that ends by itself, and need nobody who looks every minute. */
  const startWhereOwed = async (bed: BedId): Promise<void> => {
    const place = splitBed(bed);
    if (place === undefined || limits.has(bed)) return;
    const [newest] = await states.of(place.home).limits(place.bed, 1);
    if (newest !== undefined && newest.temporary.length > 0) deskOf(bed);
  };

  const nights = (bed: BedId, count: number) =>
    pastNights(timeseries, { bed, zone: zoneOf(bed), simulated: simulated(bed) }, count);

  const baselinesDeskOf = (bed: BedId): BaselinesDesk =>
    createBaselinesDesk({
      ...{ clock, log, beds: [{ bed, zone: zoneOf(bed) }] },
      find(_bed, signal) {
        const mine = turn.then(async () => {
          const pace = { clock, signal };
          const medians: NightMedians[] = [];
          for (const night of await nights(bed, BASELINE_NIGHTS.looked)) {
            const place = { bed, zone: zoneOf(bed) };
            const read = await recordedNight(timeseries, place, night, pace, BASELINE_INPUTS);
            if (read !== undefined) medians.push(await inSlices(nightMedians(read), pace));
          }
          return baselinesOf(medians);
        });
        turn = mine.catch(() => undefined);
        return mine;
      },
      async command(_bed, asked) {
        const place = splitBed(bed);
        return place !== undefined && (await commander.send(place, asked)).accepted;
      },
    });

  const whatIf = () =>
    createWhatIfDesk({
      ...{ clock, limits: deskOf, nights, simulated },
      read: (bed, night, signal) =>
        recordedNight(timeseries, { bed, zone: zoneOf(bed) }, night, { clock, signal }),
      baselines: (bed) => baselines(bed).baselines,
    });
  const baselines = (bed: BedId) => usual.get(bed)?.of(bed) ?? { baselines: {} };
  return {
    limits: deskOf,
    simulated,
    baselines,
    whatIf: whatIf(),
    quietWhatIf: whatIf(),
    heard(bed) {
      startWhereOwed(bed).catch((error: unknown) =>
        log.note("limits.not_followed", { bed, why: messageOf(error) }, "warn"),
      );
      if (usual.has(bed)) return;
      const desk = baselinesDeskOf(bed);
      usual.set(bed, desk);
      desk.start();
    },
    async forget(bed) {
      await limits.get(bed)?.stop();
      limits.delete(bed);
      const desk = usual.get(bed);
      usual.delete(bed);
      await desk?.stop();
    },
    async stop() {
      await Promise.all([...usual.values(), ...limits.values()].map((desk) => desk.stop()));
    },
  };
}
