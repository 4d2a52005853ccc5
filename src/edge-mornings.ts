import type { OfferDesk } from "./alarm/offer-desk.ts";
import type { HomeConfig } from "./config/config.ts";
import type { HomeIdentity } from "./config/identity.ts";
import type { WatchSchedule } from "./domain/bed.ts";
import { messageOf } from "./domain/fault.ts";
import type { BedId } from "./domain/ids.ts";
import { MINUTE_MS, type Night, nightBounds, nightOf } from "./domain/time.ts";
import type { Edge } from "./edge.ts";
import type { World } from "./port/world.ts";
import { morningBed, morningOf } from "./server/morning.ts";
import { wakersOf } from "./trends/wakings.ts";
import { watchOfNight } from "./trends/watched.ts";
import { composeMorning, isLeft, isMorning } from "./watch/morning.ts";

export interface MorningsOptions {
  readonly world: World;
  readonly config: HomeConfig;
  readonly identity: HomeIdentity;
  readonly edge: Edge;
  scheduleOf(bed: BedId): WatchSchedule | undefined;
  /** Absent: nothing is proposed here. */
  readonly offers?: OfferDesk;
}

/** Between the end of the watch and noon: looks what may be proposed, then tells the phones that want to hear of it. */
export interface Mornings {
  start(): void;
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
}

/** In the state: the night of which phones were told last. */
const TOLD = "morning_told";
/** A provider that does not answer is asked so often, a few minutes apart; after that the page has it all the same. */
const TRIES = 3;
const AGAIN_MS = 5 * MINUTE_MS;

/** Idle until `start`. Never on the alarm path: whatever fails here is noted, and the summary is on the page. */
export function createMornings(options: MorningsOptions): Mornings {
  const { world, config, identity, edge, offers } = options;
  const { clock, log, state } = world;
  const stopping = new AbortController();
  let cancel: (() => void) | undefined;
  let running: Promise<void> | undefined;
  /** Remembered beside the state, so that a state that cannot be written makes nobody's phone ring each minute. */
  let told: string | undefined;

  const bedsOf = (night: Night) =>
    config.beds.flatMap(({ id }) => {
      const fold = edge.live.fold(id);
      if (fold === undefined) return [];
      const schedule = options.scheduleOf(id);
      const { from, to } = nightBounds(night, config.zone);
      const zoned = { zone: config.zone, ...(schedule === undefined ? {} : { schedule }) };
      // The schedule alone is no sign that anybody was there.
      const entries = edge.nights.read(id, from, to);
      const watch = watchOfNight(entries, night, zoned, clock.wall());
      const wasWatched = entries.length > 0 && watch.spans.length > 0;
      return [{ bed: id, fold, wasWatched, ...(schedule === undefined ? {} : { schedule }) }];
    });

  async function look(): Promise<void> {
    const now = clock.wall();
    // With a clock that may be wrong nobody knows whether it is morning.
    if (!clock.trusted()) return;
    const night = nightOf(now, config.zone);
    if (told === night) return;
    // A bed that was left says nothing in the morning, and keeps no other one from it.
    const watched = bedsOf(night).filter(({ wasWatched, fold }) => wasWatched && !isLeft(fold));
    if (watched.length === 0 || !watched.every((bed) => isMorning(bed, now, config.zone))) return;
    told ??= await state.value(TOLD);
    if (told === night) return;
    told = night;
    await state.setValue(TOLD, night);
    for (const { bed } of watched) await propose(bed, night);
    await tell(night, watched[0]?.bed ?? "");
  }

  async function propose(bed: BedId, night: Night): Promise<void> {
    if (offers === undefined) return;
    try {
      const sources = edge.live.state(bed)?.sources ?? [];
      const schedule = options.scheduleOf(bed);
      const about = morningBed({ bed, zone: config.zone, sources }, schedule);
      const summary = await morningOf(world, about, night, clock.wall(), edge.nights.read);
      const offer = await offers.look(bed, night, wakersOf(summary.people ?? []), stopping.signal);
      log.note("morning.looked", { bed, night, offered: offer !== undefined });
    } catch (error) {
      log.note("morning.unlooked", { bed, night, why: messageOf(error) }, "warn");
    }
  }

  /** Each phone once; what is not taken is tried again before noon. */
  async function tell(night: Night, bed: BedId): Promise<void> {
    let left = edge.targets
      .list()
      .filter(({ morning, deadSince }) => morning === true && deadSince === undefined);
    const until = nightBounds(night, config.zone).to;
    for (let tries = 0; tries < TRIES && left.length > 0 && clock.wall() < until; tries++) {
      if (tries > 0) await clock.sleep(AGAIN_MS, stopping.signal);
      const results = await Promise.all(
        left.map(async (target) => {
          const url = identity.links.page(bed, `morning-${night}`);
          const message = composeMorning(target, { home: identity.home, night, url });
          const { outcome } = await edge.tellQuietly(target, message);
          log.note("morning.told", { target: target.id, outcome });
          return { target, outcome };
        }),
      );
      left = results.filter(({ outcome }) => outcome === "failed").map(({ target }) => target);
    }
  }

  const again = (): void => {
    if (running !== undefined) return;
    running = look()
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) log.note("morning.failed", { why: messageOf(error) }, "warn");
      })
      .finally(() => {
        running = undefined;
      });
  };

  return {
    start() {
      cancel ??= clock.every(MINUTE_MS, again);
    },
    async stop() {
      cancel?.();
      cancel = undefined;
      stopping.abort();
      await running;
    },
  };
}
