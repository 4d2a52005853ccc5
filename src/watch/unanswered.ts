import type { AlarmFold } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import { exhaustedAfter } from "../domain/calling.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { askingOf } from "../domain/ringing.ts";
import { type Mono, mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/** Since when high alarms ring without an answer. */
export interface Unanswered {
  /** The newest alarms of every bed. What rings again after an answer begins anew. */
  follow(beds: readonly FollowedBed[]): void;
  /** The longest that one of these has been ringing, ms; 0: none rings. */
  longestMs(fold: AlarmFold): number;
}

export interface FollowedBed {
  readonly fold: AlarmFold;
  readonly dependencyClass: DependencyClass;
  /** Its engine knows that nobody has answered. */
  readonly isTold: boolean;
}

/** @param isOwn what the box says of itself: that nobody hears it is known from what it says */
export function createUnanswered(
  clock: Pick<Clock, "mono">,
  isOwn: (condition: string) => boolean,
): Unanswered {
  const ringing = new Map<OccurrenceId, Mono>();
  let hasLooked = false;
  return {
    follow(beds) {
      const now = new Set<OccurrenceId>();
      for (const { fold, dependencyClass, isTold } of beds) {
        // What was told before a restart goes on: the patient's siren must not fall silent for minutes.
        const goesOn = !hasLooked && isTold;
        const since = mono(clock.mono() - (goesOn ? exhaustedAfter(dependencyClass) : 0));
        for (const one of fold.open) {
          const rings = one.priority === "high" && !one.simulated && askingOf(one) === "ring";
          if (!rings || isOwn(one.condition)) continue;
          now.add(one.id);
          if (!ringing.has(one.id)) ringing.set(one.id, since);
        }
      }
      for (const id of ringing.keys()) if (!now.has(id)) ringing.delete(id);
      hasLooked = true;
    },
    longestMs({ open }) {
      const now = clock.mono();
      return Math.max(0, ...open.map(({ id }) => now - (ringing.get(id) ?? now)));
    },
  };
}
