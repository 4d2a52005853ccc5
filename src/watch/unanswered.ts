import type { AlarmFold, ConditionId, Occurrence } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import { exhaustedAfter, goesOnAt, paceOf } from "../domain/calling.ts";
import type { BedId, OccurrenceId } from "../domain/ids.ts";
import { AGAIN_MS, askingOf } from "../domain/ringing.ts";
import { type Mono, mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/** Since when high alarms ring without an answer. */
export interface Unanswered {
  /** The newest alarms of every bed. What rings again after an answer begins anew; after a calm it goes on. */
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

interface Ringing {
  readonly bed: BedId;
  readonly condition: ConditionId;
  /** Had it not been calm. */
  readonly since: Mono;
  /** It rings no more, and nobody has answered. */
  readonly calmSince?: Mono;
}

/** @param isOwn what the box says of itself: that nobody hears it is known from what it says */
export function createUnanswered(
  clock: Pick<Clock, "mono">,
  isOwn: (condition: string) => boolean,
): Unanswered {
  let known: ReadonlyMap<OccurrenceId, Ringing> = new Map();
  let hasLooked = false;

  const rings = ({ priority, simulated, condition, ...rest }: Occurrence): boolean =>
    priority === "high" && !simulated && !isOwn(condition) && askingOf(rest) === "ring";

  /** Those that stopped by themselves, for as long as they may come again; by a person they begin anew. */
  const calmOf = ({ bed, open, past }: AlarmFold, now: Mono): (readonly [OccurrenceId, Ringing])[] =>
    [...known].flatMap(([id, one]) => {
      const still = open.find((each) => each.id === id);
      const isOver = still === undefined && past.some(({ occurrence }) => occurrence.id === id);
      const isMilder = still !== undefined && !rings(still) && askingOf(still) === "ring";
      if (one.bed !== bed || !(isOver || isMilder)) return [];
      const calmSince = one.calmSince ?? now;
      return now - calmSince > AGAIN_MS ? [] : [[id, { ...one, calmSince }]];
    });

  /** The same alarm, or the last of its kind at this bed. */
  const begins = (
    calm: ReadonlyMap<OccurrenceId, Ringing>,
    { condition }: Occurrence,
    own: Ringing | undefined,
    cls: DependencyClass,
  ): Mono | undefined => {
    const alike = [...calm.values()].filter((one) => one.condition === condition);
    const before = own ?? alike.toSorted((a, b) => (a.calmSince ?? 0) - (b.calmSince ?? 0)).at(-1);
    if (before === undefined) return undefined;
    const { since, calmSince = clock.mono() } = before;
    const gone = goesOnAt(paceOf("high", cls), calmSince - since, clock.mono() - calmSince);
    return mono(clock.mono() - gone);
  };

  return {
    follow(beds) {
      const next = new Map<OccurrenceId, Ringing>();
      for (const { fold, dependencyClass, isTold } of beds) {
        // What was told before a restart goes on: the patient's siren must not fall silent for minutes.
        const goesOn = !hasLooked && isTold;
        const now = mono(clock.mono() - (goesOn ? exhaustedAfter(dependencyClass) : 0));
        const calm = new Map(calmOf(fold, clock.mono()));
        for (const one of fold.open.filter(rings)) {
          const own = known.get(one.id);
          const isRinging = own !== undefined && own.calmSince === undefined;
          const since = isRinging ? own.since : (begins(calm, one, own, dependencyClass) ?? now);
          next.set(one.id, { bed: fold.bed, condition: one.condition, since });
        }
        for (const [id, one] of calm) if (!next.has(id)) next.set(id, one);
      }
      known = next;
      hasLooked = true;
    },
    longestMs({ open }) {
      const now = clock.mono();
      const since = open.flatMap(({ id }) => {
        const one = known.get(id);
        return one === undefined || one.calmSince !== undefined ? [] : now - one.since;
      });
      return Math.max(0, ...since);
    },
  };
}
