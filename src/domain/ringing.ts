import type { AlarmFold, Occurrence } from "./alarm.ts";
import type { Wall } from "./time.ts";

/**
 * Law 7: whether an occurrence may reach a person at all, by sound or by message. A simulated one only inside a
 * drill asked for by name, and only as long as that drill runs.
 */
export const mayReachPeople = (
  occurrence: Pick<Occurrence, "simulated" | "drill">,
  drillUntil: AlarmFold["drillUntil"],
  now: Wall,
): boolean => !occurrence.simulated || (occurrence.drill && drillUntil !== undefined && drillUntil > now);
