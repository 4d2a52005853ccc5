import {
  type AlarmFold,
  type CauseId,
  type ConditionId,
  type Occurrence,
  type Priority,
  priorityRank,
} from "../domain/alarm.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { askingOf } from "../domain/ringing.ts";
import { MINUTE_MS } from "../domain/time.ts";
import type { SoundKind } from "./pattern.ts";

/** What is spoken: a cause, or a condition that stands for itself. */
export type SpokenKey = CauseId | ConditionId;

/** What has to be heard now. */
export interface Choice {
  /** The loop that sounds until somebody answers; undefined: none. */
  readonly ring?: {
    readonly kind: SoundKind;
    /** Spoken one after the other between the bursts; the most urgent first. */
    readonly spoken: readonly SpokenKey[];
  };
  /** There is something that asks gently: see GENTLE_EVERY_MS. */
  readonly gentle: boolean;
}

/** A gentle question is one burst of the low sound, at most this often, and never a loop. */
export const GENTLE_EVERY_MS = 30 * MINUTE_MS;

/** More sentences than this in turn would let too long pass until the first comes again. */
const SPOKEN_MAX = 3;

/**
 * What is heard for all beds together: the highest priority, and of several of the same the order of the cards (a
 * physiological alarm before a technical one). Low alarms never sound, nor does anything after a watch has ended for
 * good. The patient's call has a sound of its own, which never hides another high alarm.
 * @param mayReach law 7: whether a simulated occurrence may sound here
 */
export function choose(
  folds: readonly AlarmFold[],
  mayReach: (occurrence: Occurrence, fold: AlarmFold) => boolean,
): Choice {
  const asking = folds
    .filter(({ watch }) => watch.reason !== "transfer" && watch.reason !== "death")
    .map((fold) => ({
      fold,
      open: fold.open.filter((each) => isHeard(each.priority) && mayReach(each, fold)),
    }));
  const ringing = asking.map(({ fold, open }) => ({
    fold,
    open: open.filter((each) => askingOf(each) === "ring"),
  }));
  const gentle = asking.some(({ open }) => open.some((each) => askingOf(each) === "gentle"));
  const all = ringing.flatMap(({ open }) => open);
  const kind = kindOf(all);
  if (kind === undefined) return { gentle };
  const urgent = Math.max(...all.map(({ priority }) => priorityRank(priority)));
  const spoken = ringing.flatMap(({ fold, open }) =>
    keysOf(
      fold,
      open.filter(({ priority }) => priorityRank(priority) === urgent),
    ),
  );
  return { ring: { kind, spoken: [...new Set(spoken)].slice(0, SPOKEN_MAX) }, gentle };
}

const isHeard = (priority: Priority): boolean => priorityRank(priority) >= priorityRank("medium");

const isCall = ({ condition }: Occurrence): boolean => condition === "PATIENT_CALL";

function kindOf(ringing: readonly Occurrence[]): SoundKind | undefined {
  if (ringing.some((each) => each.priority === "high" && !isCall(each))) return "high";
  if (ringing.some(isCall)) return "call";
  return ringing.length > 0 ? "medium" : undefined;
}

/** One sentence a card: its cause, or the condition of its most urgent ringing member. */
function keysOf(fold: AlarmFold, ringing: readonly Occurrence[]): readonly SpokenKey[] {
  const byId = new Map<OccurrenceId, Occurrence>(ringing.map((each) => [each.id, each]));
  const keys: SpokenKey[] = [];
  for (const { cause, members } of fold.cards) {
    const member = members.flatMap((id) => byId.get(id) ?? [])[0];
    if (member === undefined) continue;
    keys.push(cause ?? member.condition);
    for (const id of members) byId.delete(id);
  }
  return [...keys, ...[...byId.values()].map(({ condition }) => condition)];
}
