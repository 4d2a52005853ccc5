import type { Baselines } from "../domain/alarm.ts";
import { Fault } from "../domain/fault.ts";
import type { BedId } from "../domain/ids.ts";
import { inSlices } from "../domain/slices.ts";
import type { Night } from "../domain/time.ts";
import { totalOf, type WhatIfLine, type WhatIfNight } from "../domain/what-if.ts";
import type { Clock } from "../port/clock.ts";
import type { LimitsDesk } from "../port/limits.ts";
import type { JudgedNight } from "./judge.ts";
import { compared, criticalLimit, type Heard, heardIn, type WhatIfOptions } from "./what-if.ts";

/** Nights that limits are tried on. */
const NIGHTS = 14;
/** Nights by the limits of now that are remembered: people try one proposal after the other. */
const KEPT_MAX = 2 * NIGHTS;

export interface WhatIfDeskOptions {
  readonly clock: Clock;
  limits(bed: BedId): LimitsDesk;
  /** Whether the bed is simulated: then its nights are as well, and are marked. */
  simulated(bed: BedId): boolean;
  /** Newest first. */
  nights(bed: BedId, count: number): Promise<readonly Night[]>;
  read(bed: BedId, night: Night, signal: AbortSignal): Promise<JudgedNight | undefined>;
  baselines(bed: BedId): Baselines;
}

/** Tries limits on the nights that were, for one person at a time in the whole home. */
export interface WhatIfDesk {
  /**
   * Line after line, newest night first; ends early when the signal aborts. Rejects with LIMITS_REFUSED, with NOT_FOUND
   * for a bed that is not here, and with RATE_LIMITED while it is being asked by somebody else.
   */
  run(bed: BedId, limits: unknown, signal: AbortSignal): Promise<AsyncGenerator<WhatIfLine, void>>;
}

/** Idle until asked; what it works on lies in slices between everything else. */
export function createWhatIfDesk(options: WhatIfDeskOptions): WhatIfDesk {
  const { clock } = options;
  let asked: AbortSignal | undefined;
  const kept = new Map<string, Heard>();

  async function judged(
    key: string,
    night: JudgedNight,
    { now, proposed, ...rest }: WhatIfOptions,
    signal: AbortSignal,
  ): Promise<WhatIfNight | undefined> {
    // Tonight's rows become more; whatever else it was judged by stands in the key as well.
    const whole = `${key} ${night.rows.length} ${JSON.stringify([now, rest])}`;
    const before =
      kept.get(whole) ?? (await inSlices(heardIn(night, { ...rest, limits: now }), { clock, signal }));
    kept.delete(whole);
    kept.set(whole, before);
    const oldest = kept.size > KEPT_MAX ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    const after = await inSlices(heardIn(night, { ...rest, limits: proposed }), { clock, signal });
    return compared(night, before, after, criticalLimit({ now, proposed, ...rest }));
  }

  return {
    async run(bed, limits, signal) {
      const desk = options.limits(bed);
      await desk.preview(limits);
      const { file, dependencyClass } = await desk.picture();
      if (asked !== undefined && !asked.aborted) {
        throw new Fault("RATE_LIMITED", "Other limits are being tried on the last nights.", {
          fix: "Wait until that is done, or end it.",
        });
      }
      asked = signal;
      const free = (): void => {
        if (asked === signal) asked = undefined;
      };
      signal.addEventListener("abort", free, { once: true });
      const baselines = options.baselines(bed);
      return lines({ dependencyClass, now: file, proposed: limits, baselines });

      async function* lines(wish: WhatIfOptions): AsyncGenerator<WhatIfLine, void> {
        try {
          const nights = await options.nights(bed, NIGHTS);
          const simulated = options.simulated(bed);
          yield { kind: "begun", nights: nights.length, criticalLimit: criticalLimit(wish), simulated };
          const done: WhatIfNight[] = [];
          for (const night of nights) {
            const read = await options.read(bed, night, signal);
            if (read === undefined) continue;
            const tried = await judged(`${bed} ${night}`, read, wish, signal);
            if (tried === undefined) continue;
            done.push(tried);
            yield { kind: "night", night: tried };
          }
          yield { kind: "done", total: totalOf(done) };
        } catch (error) {
          if (signal.aborted) return;
          if (!(error instanceof Fault)) throw error;
          yield { kind: "failed", code: error.code };
        } finally {
          signal.removeEventListener("abort", free);
          free();
        }
      }
    },
  };
}
