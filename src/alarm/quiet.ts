import { type Priority, priorityRank, type Quiet } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import type { SignalId } from "../domain/signal.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../domain/time.ts";
import { explains, goodAgain, minutesOf } from "./care.ts";
import type { Of } from "./commands.ts";
import { type Condition, GAP_MS } from "./condition.ts";
import { conditionOf, type Draft, instancesOf, later, membersOf, say } from "./draft.ts";
import { isNeverQuiet, show } from "./occurrences.ts";
import type { CareCore, PauseCore, Runtime } from "./state.ts";

/** A care act ends early once everything that it explains has been good again for so long. */
const GOOD_MS = 60 * SECOND_MS;

/** The longest pause of a condition at a priority, ms; 0 where it cannot be paused (design, section 6). */
export function pauseCapMs(condition: Condition, priority: Priority, cls: DependencyClass): number {
  if (isNeverQuiet(condition, cls)) return 0;
  if (priority === "high") return (cls === "C" ? 3 : 10) * MINUTE_MS;
  return (condition.technical ? 15 : 120) * MINUTE_MS;
}

/** Silences one condition at one priority and below, for a time. */
export function pause(
  draft: Draft,
  { condition, priority, forMs, by }: Of<"pause">,
): "not_pausable" | "too_long" | "not_open" | undefined {
  const found = conditionOf(draft, condition);
  const cap = found === undefined ? 0 : pauseCapMs(found, priority, draft.setup.profile.dependencyClass);
  if (found === undefined || cap === 0) return "not_pausable";
  if (!(forMs > 0 && forMs <= cap)) return "too_long";
  const keys = instancesOf(draft, condition).flatMap(([key, one]) => (one.in === undefined ? [] : [key]));
  // Of several alarms by one name (a machine's own, two devices) only those that are known are silenced.
  if (keys.length === 0 && found.scope !== "bed") return "not_open";
  const pauses = [
    ...draft.core.pauses.filter((one) => one.condition !== condition),
    {
      condition,
      priority,
      keys: found.scope === "bed" ? [] : keys,
      until: later(draft.now, forMs),
      untilWall: wall(draft.at + forMs),
      by,
    },
  ];
  draft.core = { ...draft.core, pauses };
  draft.isVisible = true;
  return undefined;
}

export function resume(draft: Draft, { condition }: Of<"resume">): void {
  draft.core = { ...draft.core, pauses: draft.core.pauses.filter((one) => one.condition !== condition) };
  draft.isVisible = true;
}

/** A care act begins, in the place of the one before. */
export function beginCare(draft: Draft, { act, by }: Of<"care">): void {
  const forMs = minutesOf(act, draft.setup.profile.dependencyClass) * MINUTE_MS;
  const care: CareCore = {
    act,
    by,
    from: draft.now,
    fromWall: draft.at,
    until: later(draft.now, forMs),
    untilWall: wall(draft.at + forMs),
    disturbed: false,
  };
  draft.core = { ...draft.core, care, careDone: { ...draft.core.careDone, [act]: draft.now } };
  draft.isVisible = true;
}

export function endCare(draft: Draft): void {
  const { care, ...core } = draft.core;
  if (care === undefined) return;
  draft.core = { ...core, careDone: { ...core.careDone, [care.act]: draft.now } };
  draft.isVisible = true;
}

/** Pauses and care that have run out by now, and what is quiet because of those that have not. */
export function settleQuiet(draft: Draft): void {
  const { pauses, care } = draft.core;
  if (pauses.some(({ until }) => until <= draft.now)) {
    draft.core = { ...draft.core, pauses: pauses.filter(({ until }) => until > draft.now) };
    draft.isVisible = true;
  }
  if (care !== undefined) followCare(draft, care);
  for (const [id, { occurrence }] of Object.entries(draft.core.open)) {
    const quiet = quietFor(draft, membersOf(draft, id));
    if (isSame(quiet, occurrence.quiet)) continue;
    show(draft, id, ({ quiet: _before, ...rest }) => (quiet === undefined ? rest : { ...rest, quiet }));
    const now = draft.core.open[id]?.occurrence;
    if (now === undefined || (quiet === undefined) === (occurrence.quiet === undefined)) continue;
    say(draft, quiet === undefined ? "resumed" : "paused", now, quiet === undefined ? {} : { by: quiet.by });
  }
}

const isSame = (a: Quiet | undefined, b: Quiet | undefined): boolean =>
  a?.why === b?.why && a?.until === b?.until && a?.act === b?.act;

/** An occurrence is quiet while every one of its members is; until the first of the reasons ends. */
function quietFor(draft: Draft, members: readonly (readonly [string, Runtime])[]): Quiet | undefined {
  let first: Quiet | undefined;
  for (const [key, member] of members) {
    const quiet = quietOf(draft, key, member);
    if (quiet === undefined) return undefined;
    if (first === undefined || quiet.until < first.until) first = quiet;
  }
  return first;
}

function quietOf(
  draft: Draft,
  key: string,
  { condition: id, priority = "high", part }: Runtime,
): Quiet | undefined {
  const condition = conditionOf(draft, id);
  const cls = draft.setup.profile.dependencyClass;
  if (condition === undefined || isNeverQuiet(condition, cls)) return undefined;
  const { care } = draft.core;
  if (care !== undefined && explains(care.act, id, part)) {
    return { why: "care", until: care.untilWall, by: care.by, act: care.act };
  }
  const pause = draft.core.pauses.find((one) => covers(one, key, id, priority));
  return pause === undefined ? undefined : { why: "pause", until: pause.untilWall, by: pause.by };
}

const covers = (pause: PauseCore, key: string, id: string, priority: Priority): boolean =>
  pause.condition === id &&
  (pause.keys.length === 0 || pause.keys.includes(key)) &&
  priorityRank(priority) <= priorityRank(pause.priority);

/** A device has given it before, and none gives it now. */
function isGone({ live, now }: Draft, id: SignalId): boolean {
  const given = Object.values(live.devices).flatMap(({ signals }) => signals[id]?.valid ?? []);
  return given.length > 0 && given.every(({ at }) => now - at >= GAP_MS);
}

/** It ends by its time, or 60 s after what it disturbed is good again. */
function followCare(draft: Draft, care: CareCore): void {
  if (care.until <= draft.now) {
    endCare(draft);
    return;
  }
  const explained = Object.values(draft.core.runtimes).filter(({ condition }) =>
    explains(care.act, condition),
  );
  const isBad =
    explained.some(
      ({ t0, in: within, unknown }) => t0 !== undefined || within !== undefined || unknown?.why === "gap",
    ) || goodAgain(care.act).some((id) => isGone(draft, id));
  if (isBad) {
    if (care.disturbed && care.goodSince === undefined) return;
    const { goodSince: _again, ...rest } = care;
    draft.core = { ...draft.core, care: { ...rest, disturbed: true } };
    return;
  }
  if (!care.disturbed) return;
  if (care.goodSince === undefined) {
    draft.core = { ...draft.core, care: { ...care, goodSince: draft.now } };
  } else if (draft.now - care.goodSince >= GOOD_MS) {
    endCare(draft);
  }
}
