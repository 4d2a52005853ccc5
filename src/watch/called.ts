import type { CallLevel } from "../domain/calling.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { type Mono, mono, SECOND_MS } from "../domain/time.ts";
import type { PlannedSend } from "./incident.ts";

/**
 * Who has been called about what, and whether it arrived: whoever was called stays called, and where nobody of the
 * newest level could be told, those of the next one are called at once. In memory: after a restart levels alone decide.
 */
export interface Called {
  /** It goes out to these; `levels`: of all people's phones whose turn may come; `leavesOut`: others could be called. */
  planned(
    send: PlannedSend,
    targets: readonly string[],
    levels: ReadonlyMap<string, CallLevel>,
    now: Mono,
    leavesOut: boolean,
  ): void;
  /** Everybody who was called about this alarm or card. */
  about(id: OccurrenceId): ReadonlySet<string>;
  /** A provider took the message to this target. */
  accepted(send: PlannedSend, target: string): void;
  /** It came to nobody after all, and nothing newer has been taken since. */
  unreached(send: PlannedSend, target: string): void;
  /** It could not be told, for now or for good. */
  failed(occurrence: OccurrenceId, target: string): void;
  /**
   * The level that is to begin now, since nobody of the newest could be told; `everybody`: nobody of any could, and
   * others can be called; undefined: none, or not yet.
   */
  jump(occurrence: OccurrenceId, now: Mono): CallLevel | "everybody" | undefined;
  /** Nobody whose turn it is could be told about this: there is nobody to spare any more. */
  isForAll(occurrence: OccurrenceId): boolean;
  /** When `jump` has to be asked again although nothing was told. */
  readonly moments: readonly Mono[];
  /** Forgets what is not among these any more. */
  keep(occurrences: ReadonlySet<OccurrenceId>, cards: ReadonlySet<OccurrenceId>): void;
}

/** Without a provider's word for so long, the next are called (clinical, section 3.2). */
const UNDELIVERED_MS = 10 * SECOND_MS;

interface Series {
  readonly step: number;
  readonly level: CallLevel;
  readonly levels: ReadonlyMap<string, CallLevel>;
  /** By target: the newest repeat that was taken. */
  readonly accepted: Map<string, number>;
  readonly failed: Set<string>;
  readonly judgeAt: Mono;
  readonly leavesOut: boolean;
  /** Somebody was told, or the next ones are called already. */
  isSettled: boolean;
  isForAll: boolean;
}

export function createCalled(): Called {
  const series = new Map<OccurrenceId, Series>();
  const cards = new Map<OccurrenceId, Set<string>>();

  /** Those of the highest level that has begun and has anybody. */
  const newestOf = ({ level, levels }: Series): readonly string[] => {
    const begun = [...levels].filter(([, each]) => each <= level);
    const newest = Math.max(...begun.map(([, each]) => each));
    return begun.filter(([, each]) => each === newest).map(([id]) => id);
  };

  const nextOf = ({ level, levels }: Series): CallLevel | undefined =>
    [...levels.values()].filter((each) => each > level).toSorted((a, b) => a - b)[0];

  /** Whoever is not woken for it otherwise is the last hope: not before a provider had its time to take it. */
  const isHopeless = (one: Series): boolean =>
    one.leavesOut &&
    !one.isForAll &&
    nextOf(one) === undefined &&
    ![...one.levels.keys()].some((id) => one.accepted.has(id));

  return {
    planned(send, targets, levels, now, leavesOut) {
      if (send.kind !== "alarm" || send.level === undefined) return;
      const { occurrence, step, level, card = occurrence } = send;
      // An alarm may join another card while it rings.
      for (const name of new Set([card, occurrence])) {
        cards.set(name, new Set([...(cards.get(name) ?? []), ...targets]));
      }
      const before = series.get(occurrence);
      const goesOn = before?.step === step;
      series.set(occurrence, {
        ...{ step, level, levels, leavesOut },
        accepted: goesOn ? before.accepted : new Map<string, number>(),
        failed: goesOn ? before.failed : new Set(),
        // A repeat at the same level does not put the question off.
        judgeAt: goesOn && before.level === level ? before.judgeAt : mono(now + UNDELIVERED_MS),
        isSettled: goesOn && before.level === level && before.isSettled,
        isForAll: goesOn && before.isForAll,
      });
    },
    about: (id) => cards.get(id) ?? new Set(),
    accepted({ occurrence, step, repeat }, target) {
      const one = series.get(occurrence);
      if (one?.step !== step) return;
      one.accepted.set(target, Math.max(repeat, one.accepted.get(target) ?? 0));
      one.failed.delete(target);
    },
    unreached({ occurrence, step, repeat }, target) {
      const one = series.get(occurrence);
      if (one?.step !== step || (one.accepted.get(target) ?? repeat) > repeat) return;
      one.accepted.delete(target);
      one.failed.add(target);
      // Whoever counted as told may have been the only one.
      one.isSettled = false;
    },
    failed(occurrence, target) {
      series.get(occurrence)?.failed.add(target);
    },
    jump(occurrence, now) {
      const one = series.get(occurrence);
      if (one === undefined) return undefined;
      if (!one.isSettled) {
        const newest = newestOf(one);
        const isTold = newest.some((id) => one.accepted.has(id));
        if (!isTold && now < one.judgeAt && !newest.every((id) => one.failed.has(id))) return undefined;
        one.isSettled = true;
        const next = isTold ? undefined : nextOf(one);
        if (next !== undefined) return next;
      }
      if (!isHopeless(one) || now < one.judgeAt) return undefined;
      one.isForAll = true;
      return "everybody";
    },
    isForAll: (occurrence) => series.get(occurrence)?.isForAll === true,
    get moments() {
      return [...series.values()].flatMap((one) => (one.isSettled && !isHopeless(one) ? [] : one.judgeAt));
    },
    keep(occurrences, kept) {
      for (const id of series.keys()) if (!occurrences.has(id)) series.delete(id);
      for (const id of cards.keys()) if (!kept.has(id) && !occurrences.has(id)) cards.delete(id);
    },
  };
}
