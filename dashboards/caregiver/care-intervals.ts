import { CARE_ACTS, type CareAct, type CarePlan } from "../../src/domain/alarm.ts";
import type { Role } from "../../src/domain/person.ts";

/** How often an act can be asked for on the page, minutes: every 1, 2, 3, 4, 6, 8, 12 or 24 h. */
const OFFERED_MIN = [60, 120, 180, 240, 360, 480, 720, 1_440];

/** Who may change the care plan; the box refuses everybody else. */
export const PLAN_ROLES: readonly Role[] = ["caregiver", "owner"];

/** What was chosen on this page and is not in the plan yet: minutes between two, or "off" for not asked for. */
export type PlanChanges = { readonly [act in CareAct]?: number | "off" };

/** Minutes to choose from, ascending; what is `set` stays among them, also where the page does not offer it. */
export function intervalsWith(...set: readonly (number | undefined)[]): readonly number[] {
  const own = set.filter((minutes) => minutes !== undefined);
  return [...new Set([...OFFERED_MIN, ...own])].toSorted((a, b) => a - b);
}

/** The plan as it is to be: what was not changed here stays as the box has it. */
export function planWith(plan: CarePlan, changes: PlanChanges): CarePlan {
  let whole: CarePlan = {};
  for (const act of CARE_ACTS) {
    const minutes = changes[act] ?? plan[act] ?? "off";
    if (minutes !== "off") whole = { ...whole, [act]: minutes };
  }
  return whole;
}

/** The changes that the plan does not hold yet; none when all of them are in force. */
export function unsavedChanges(plan: CarePlan, changes: PlanChanges): PlanChanges {
  let unsaved: PlanChanges = {};
  for (const act of CARE_ACTS) {
    const chosen = changes[act];
    if (chosen !== undefined && chosen !== (plan[act] ?? "off")) unsaved = { ...unsaved, [act]: chosen };
  }
  return unsaved;
}
