import type { Actor, Occurrence } from "../domain/alarm.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { SECOND_MS } from "../domain/time.ts";
import { type Draft, say, setOpen } from "./draft.ts";
import type { Open } from "./state.ts";

/** A hand that lies on the screen says it once. */
const REPEAT_MS = 10 * SECOND_MS;

/**
 * Writes the patient's word beside the named alarm and every one that was open before it, and touches nothing else: who
 * cannot breathe well may say it by mistake, or without knowing better, so nobody is called less or later for it.
 */
export function sayAllRight(
  draft: Draft,
  { occurrence: id, by }: { readonly occurrence: OccurrenceId; readonly by: Actor },
): "not_open" | "repeated" | undefined {
  const { open } = draft.core;
  const named = Object.hasOwn(open, id) ? open[id] : undefined;
  if (named === undefined) return "not_open";
  const meant = Object.values(open).filter(
    (one) => one.raisedAt <= named.raisedAt && !hasJustSaid(draft, one),
  );
  if (meant.length === 0) return "repeated";
  for (const one of meant) {
    const occurrence: Occurrence = { ...one.occurrence, allRight: { by, at: draft.at } };
    setOpen(draft, occurrence.id, { ...one, occurrence });
    say(draft, "all_right", occurrence, { by });
  }
  return undefined;
}

function hasJustSaid(draft: Draft, { occurrence: { allRight } }: Open): boolean {
  if (allRight === undefined || allRight.before === true) return false;
  return draft.at >= allRight.at && draft.at - allRight.at < REPEAT_MS;
}

/** The alarm has got worse: what the patient said of it was said before that. */
export function outdated(occurrence: Occurrence): Occurrence {
  const { allRight } = occurrence;
  if (allRight === undefined || allRight.before === true) return occurrence;
  return { ...occurrence, allRight: { ...allRight, before: true } };
}
