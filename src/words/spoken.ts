import { CAUSE_IDS, type CauseId, type ConditionId } from "../domain/alarm.ts";
import type { Language } from "../domain/person.ts";
import { wordsIn } from "./index.ts";

const isCause = (key: CauseId | ConditionId): key is CauseId =>
  (CAUSE_IDS as readonly string[]).includes(key);

/** The sentence that is spoken between the bursts of an alarm: of a cause, or of a condition that stands for itself. */
export function spokenIn(language: Language, key: CauseId | ConditionId): string {
  const { causes, conditions } = wordsIn(language);
  return isCause(key) ? causes[key].spoken : conditions[key].spoken;
}
