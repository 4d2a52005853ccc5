import type { AlarmCommand, Baselines } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import type { BedId } from "../domain/ids.ts";
import { atLocal, DAY_MS, localDate, MINUTE_MS, type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";

export interface BaselinesDeskOptions {
  readonly beds: readonly { readonly bed: BedId; readonly zone: string }[];
  readonly clock: Clock;
  readonly log: Log;
  /** Works them out from the nights in the store; takes its time. Rejects where it cannot be read, or with the abort. */
  find(bed: BedId, signal: AbortSignal): Promise<Baselines>;
  /** Brings a command to the engine; false where it did not take it. */
  command(bed: BedId, command: AlarmCommand): Promise<boolean>;
}

/** The person's usual values, as the engine has them. */
export interface UsualValues {
  /** Empty while no value is known. */
  readonly baselines: Baselines;
  /** When they were worked out; absent: not since the start. */
  readonly at?: Wall;
}

/** Keeps the usual values of every bed: idle until `start`. */
export interface BaselinesDesk {
  of(bed: BedId): UsualValues;
  start(): void;
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
}

/** What could not be read or brought is tried again after so long. */
const AGAIN_MS = 10 * MINUTE_MS;

/**
 * Works the usual values out at the start and at each noon of the bed's zone, when a night is whole, one bed after the
 * other, and tells the engine when they are others. A store that cannot be read, or is found empty at the start, takes
 * nothing away: what the engine has in its journal goes on counting.
 */
export function createBaselinesDesk({
  beds,
  clock,
  log,
  find,
  command,
}: BaselinesDeskOptions): BaselinesDesk {
  const known = new Map<BedId, UsualValues>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: readonly Promise<void>[] = [];
  /** One bed at a time: they share the store and this process. */
  let turn: Promise<unknown> = Promise.resolve();

  async function look(bed: BedId): Promise<boolean> {
    try {
      const baselines = await find(bed, signal);
      if (JSON.stringify(baselines) !== JSON.stringify(known.get(bed)?.baselines ?? {})) {
        const id = `baselines-${clock.wall()}`;
        if (!(await command(bed, { kind: "baselines", id, baselines }))) {
          log.note("baselines.not_taken", { bed }, "warn");
          return false;
        }
        log.note("baselines.found", { bed, signals: Object.keys(baselines).join(" ") });
      }
      known.set(bed, { baselines, at: clock.wall() });
      return true;
    } catch (error) {
      if (!signal.aborted) log.note("baselines.not_found", { bed, why: messageOf(error) }, "warn");
      return false;
    }
  }

  async function follow(bed: BedId, zone: string): Promise<void> {
    while (!signal.aborted) {
      const mine = turn.then(() => look(bed));
      turn = mine;
      const isDone = await mine;
      const wait = isDone ? nextNoon(clock.wall(), zone) - clock.wall() : AGAIN_MS;
      // A clock that is set meanwhile makes it early or late by as much, once.
      await clock.sleep(Math.min(wait, DAY_MS), signal).catch(() => undefined);
    }
  }

  return {
    of: (bed) => known.get(bed) ?? { baselines: {} },
    start() {
      if (running.length === 0) running = beds.map(({ bed, zone }) => follow(bed, zone));
    },
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

function nextNoon(now: Wall, zone: string): Wall {
  const today = atLocal(localDate(now, zone), 12 * 60, zone);
  return today > now ? today : atLocal(localDate(wall(today + DAY_MS), zone), 12 * 60, zone);
}
