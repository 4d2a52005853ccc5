import { CARE_ACTS, type CareAct, type ConditionId, type Priority } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import { minutesOf } from "./care.ts";
import { CONDITIONS } from "./conditions/index.ts";
import { pauseCapMs } from "./quiet.ts";

/** What people may answer to the alarms of a bed, for those who offer it to them; the engine judges for itself. */
export interface Answers {
  /** The longest pause, ms; 0 where there is none. */
  pauseCapMs(condition: ConditionId, priority: Priority): number;
  /** About data, devices and the box: a person may say "I am watching myself". */
  isTechnical(condition: ConditionId): boolean;
  /** How long each act of care quiets what it explains, minutes. */
  readonly careMinutes: { readonly [act in CareAct]: number };
}

export function answersOf(cls: DependencyClass): Answers {
  const found = new Map(CONDITIONS.map((condition) => [condition.id, condition]));
  const minutes = (act: CareAct): number => minutesOf(act, cls);
  const [suction, turn, mask, wash, cough_assist] = CARE_ACTS;
  return {
    pauseCapMs(id, priority) {
      const condition = found.get(id);
      return condition === undefined ? 0 : pauseCapMs(condition, priority, cls);
    },
    isTechnical: (id) => found.get(id)?.technical === true,
    careMinutes: {
      [suction]: minutes(suction),
      [turn]: minutes(turn),
      [mask]: minutes(mask),
      [wash]: minutes(wash),
      [cough_assist]: minutes(cough_assist),
    },
  };
}
