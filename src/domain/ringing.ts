import type { AlarmFold, Occurrence } from "./alarm.ts";
import { MINUTE_MS, type Wall } from "./time.ts";

/** What comes back within this time of its end is the same alarm (BR-24). */
export const AGAIN_MS = 10 * MINUTE_MS;

/**
 * Law 7: whether an occurrence may reach a person at all, by sound or by message. A simulated one only inside a
 * drill asked for by name, and only as long as that drill runs.
 */
export const mayReachPeople = (
  occurrence: Pick<Occurrence, "simulated" | "drill">,
  drillUntil: AlarmFold["drillUntil"],
  now: Wall,
): boolean => !occurrence.simulated || (occurrence.drill && drillUntil !== undefined && drillUntil > now);

/**
 * How an open occurrence asks for somebody now: it rings until a person answers; `gentle` is the half-hourly question
 * after "I am watching myself"; silent while somebody takes care, or during a pause or a care act that explains it.
 */
export function askingOf(
  occurrence: Pick<Occurrence, "acknowledgement" | "quiet" | "accepted">,
): "ring" | "gentle" | "silent" {
  if (occurrence.acknowledgement !== undefined || occurrence.quiet !== undefined) return "silent";
  return occurrence.accepted === undefined ? "ring" : "gentle";
}
