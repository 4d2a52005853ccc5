import type { ConditionId } from "../domain/alarm.ts";
import type { OccurrenceId, PersonId } from "../domain/ids.ts";
import type { NightEntry, PersonNight, Span, Waking } from "../domain/morning.ts";
import { MINUTE_MS } from "../domain/time.ts";

type Call = Extract<NightEntry, { kind: "called" }>;

/** A call so soon after another reaches somebody who is still awake. */
const SAME_WAKING_MS = 10 * MINUTE_MS;

/**
 * Who was woken how often and by what. Everybody of `people` is there, called or not; calls to others (a siren, somebody
 * who has left) are nobody's waking.
 */
export function wakingsOf(
  entries: readonly NightEntry[],
  { from, to }: Span,
  people: readonly { readonly id: PersonId; readonly name: string }[],
  conditionOf: (occurrence: OccurrenceId) => ConditionId | undefined,
): readonly PersonNight[] {
  const calls = entries
    .filter((entry): entry is Call => entry.kind === "called" && entry.at >= from && entry.at < to)
    .toSorted((a, b) => a.at - b.at);
  return people.map(({ id, name }) => ({
    person: id,
    name,
    wakings: grouped(
      calls.filter(({ person }) => person === id),
      conditionOf,
    ),
  }));
}

function grouped(
  calls: readonly Call[],
  conditionOf: (occurrence: OccurrenceId) => ConditionId | undefined,
): readonly Waking[] {
  const groups: Call[][] = [];
  for (const call of calls) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group === undefined || last === undefined || call.at - last.at >= SAME_WAKING_MS) groups.push([call]);
    else group.push(call);
  }
  return groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const conditions = group.flatMap(
      ({ occurrence, condition }) => conditionOf(occurrence) ?? condition ?? [],
    );
    return [{ at: first.at, calls: group.length, conditions: [...new Set(conditions)] }];
  });
}

/** How often one alarm woke the person whom it woke most; the most frequent one first. */
export function wakersOf(
  people: readonly PersonNight[],
): readonly { readonly condition: ConditionId; readonly wakings: number }[] {
  const most = new Map<ConditionId, number>();
  for (const { wakings } of people) {
    const own = new Map<ConditionId, number>();
    for (const { conditions } of wakings) {
      for (const condition of conditions) own.set(condition, (own.get(condition) ?? 0) + 1);
    }
    for (const [condition, count] of own) most.set(condition, Math.max(count, most.get(condition) ?? 0));
  }
  return [...most]
    .map(([condition, wakings]) => ({ condition, wakings }))
    .toSorted((a, b) => b.wakings - a.wakings);
}
