import type { AlarmFold, CareAct, ConditionId, Occurrence, Priority } from "../domain/alarm.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import type { BedState } from "./contract.ts";

/** What may be answered to the alarms of a bed; the roots take it from the engine's conditions. */
export interface AnswerRules {
  /** The longest pause, ms; 0 where there is none. */
  pauseCapMs(condition: ConditionId, priority: Priority): number;
  isTechnical(condition: ConditionId): boolean;
  readonly careMinutes: { readonly [act in CareAct]: number };
}

/** What pages may offer for what is open now; without rules only what no rule limits. */
export function answersFor({ open }: AlarmFold, rules: AnswerRules | undefined): BedState["answers"] {
  if (rules === undefined) return { care: {}, pauses: {}, watching: [] };
  const pauses: { [occurrence: OccurrenceId]: number } = {};
  const watching: OccurrenceId[] = [];
  for (const occurrence of open) {
    const conditions = conditionsOf(occurrence);
    const caps = conditions.map((each) => rules.pauseCapMs(each, occurrence.priority));
    const cap = Math.min(...caps);
    if (cap > 0) pauses[occurrence.id] = cap;
    if (conditions.every((each) => rules.isTechnical(each))) watching.push(occurrence.id);
  }
  return { care: rules.careMinutes, pauses, watching };
}

/** Every condition that is part of an occurrence now. */
const conditionsOf = ({ condition, conditions = [] }: Occurrence): readonly ConditionId[] =>
  conditions.length === 0 ? [condition] : conditions;
