import type { Acknowledgement, AlarmFold, Occurrence } from "../../src/domain/alarm.ts";
import { MINUTE_MS, type Wall, wall } from "../../src/domain/time.ts";

/** 2026-03-01, 02:14 in UTC: where tests about alarms begin. */
export const NIGHT: Wall = wall(Date.parse("2026-03-01T02:14:00Z"));

/** A high alarm of a real bed, raised at NIGHT, unless told otherwise. */
export function occurrence(changes: Partial<Occurrence> = {}): Occurrence {
  return {
    id: "b1-abcdefghij-1",
    bed: "b1",
    condition: "SPO2_LOW",
    priority: "high",
    state: "holds",
    raisedAt: NIGHT,
    values: { spo2: 84 },
    simulated: false,
    drill: false,
    ...changes,
  };
}

/** "I'm going", counted for three minutes. */
export function answer(at: Wall, name = "Mei", changes: Partial<Acknowledgement> = {}): Acknowledgement {
  return {
    by: { id: `p-${name.toLowerCase()}`, name },
    at,
    until: wall(at + 3 * MINUTE_MS),
    place: "going",
    ...changes,
  };
}

/** Makes folds of one bed with growing revisions. */
export function folds(
  clock: { wall(): Wall },
  bed = "b1",
): (open: readonly Occurrence[], changes?: Partial<AlarmFold>) => AlarmFold {
  let revision = 0;
  return (open, changes = {}) => {
    revision += 1;
    const watch = { on: true, reason: "schedule", since: NIGHT } as const;
    const nothing = {
      unknown: [],
      cards: [],
      past: [],
      pauses: [],
      limits: { version: 0, off: [] },
    } as const;
    return { bed, revision, at: clock.wall(), watch, open, ...nothing, ...changes };
  };
}
