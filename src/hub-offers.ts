import { createOfferDesk, type OfferDesk } from "./alarm/offer-desk.ts";
import type { WhatIfDesk } from "./alarm/what-if-desk.ts";
import { messageOf } from "./domain/fault.ts";
import { type BedId, base32Id, splitBed } from "./domain/ids.ts";
import { MINUTE_MS, minuteOfDay, nightOf } from "./domain/time.ts";
import type { HubDesks } from "./hub-desks.ts";
import type { HubNights } from "./hub-nights.ts";
import type { Clock } from "./port/clock.ts";
import type { Log } from "./port/log.ts";
import type { Random } from "./port/random.ts";
import type { HomeStates } from "./port/state.ts";
import type { Timeseries } from "./port/timeseries.ts";
import type { LiveModel } from "./server/live-model.ts";
import { morningBed, morningOf } from "./server/morning.ts";
import { wakersOf } from "./trends/wakings.ts";
import { isLeft, MORNING } from "./watch/morning.ts";

/**
 * After a night of many wakings: one change of a limit to think about for each bed whose box leaves its nights here, as a
 * box without a hub offers it by itself (edge-mornings.ts). It changes nothing by itself.
 */
export interface HubOffers extends Pick<OfferDesk, "current" | "answer"> {
  /** The box was heard for the first time, or has left the night that is over: it is looked at in the morning, once. */
  look(bed: BedId): void;
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
}

export interface HubOffersOptions {
  readonly states: HomeStates;
  readonly timeseries: Timeseries;
  readonly live: Pick<LiveModel, "bed" | "fold">;
  readonly desks: Pick<HubDesks, "limits">;
  readonly nights: Pick<HubNights, "toldOf">;
  /** Of this alone: nobody who tries limits by hand waits for it. */
  readonly whatIf: Pick<WhatIfDesk, "run">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Numbers of the night may come later than the word that it is over: they wait at the box while the line is slow. */
const SETTLE_MS = 2 * MINUTE_MS;

export function createHubOffers(options: HubOffersOptions): HubOffers {
  const { states, timeseries, live, desks, nights, whatIf, clock, random, log } = options;
  const stopping = new AbortController();
  const waiting = new Set<BedId>();
  /** One bed after the other: it is nobody's hurry, and every home has its morning at the same time. */
  let last: Promise<void> = Promise.resolve();

  const deskOf = (bed: BedId): OfferDesk =>
    createOfferDesk({
      ...{ clock, limits: desks.limits, whatIf: whatIf.run },
      state: states.of(splitBed(bed)?.home ?? ""),
      newId: () => base32Id(random.bytes(10)),
    });

  const lookNow = async (bed: BedId): Promise<void> => {
    const place = splitBed(bed);
    const shown = live.bed(bed);
    const fold = live.fold(bed);
    if (place === undefined || shown === undefined || fold === undefined || isLeft(fold)) return;
    const now = clock.wall();
    const { zone, sources } = shown;
    if (minuteOfDay(now, zone) >= MORNING.to) return;
    const night = nightOf(now, zone);
    const state = states.of(place.home);
    const name = lookedName(place.bed);
    if ((await state.value(name)) === night) return;
    const { schedule, entries } = await nights.toldOf(bed, night);
    if (entries === undefined) return;
    const about = morningBed({ bed, zone, sources }, schedule);
    const summary = await morningOf({ timeseries, state }, about, night, now, () => entries);
    const offer = await deskOf(bed).look(bed, night, wakersOf(summary.people ?? []), stopping.signal);
    // A fault before this leaves it to the next look.
    await state.setValue(name, night);
    log.note("morning.looked", { bed, night, offered: offer !== undefined });
  };

  const inTurn = (bed: BedId): Promise<void> => {
    const mine = last.then(() => lookNow(bed));
    last = mine.catch(() => undefined);
    return mine;
  };

  const look = (bed: BedId): void => {
    if (waiting.has(bed)) return;
    waiting.add(bed);
    clock
      .sleep(SETTLE_MS, stopping.signal)
      .then(() => inTurn(bed))
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) log.note("morning.unlooked", { bed, why: messageOf(error) }, "warn");
      })
      .finally(() => waiting.delete(bed));
  };

  return {
    current: (bed) => deskOf(bed).current(bed),
    answer: (bed, id, what, by) => deskOf(bed).answer(bed, id, what, by),
    look,
    async stop() {
      stopping.abort();
      await last;
    },
  };
}

/** The named value of a home's state: the night that was looked at last. */
const lookedName = (bed: BedId): string => `morning_looked ${bed}`;
