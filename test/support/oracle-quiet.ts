import { explains, minutesOf } from "../../src/alarm/care.ts";
import { type CareAct, type ConditionId, type Priority, priorityRank } from "../../src/domain/alarm.ts";
import type { NightCommand, NightRecord } from "./oracle-night.ts";

const MINUTE = 60;

/** What a pause may be asked for, by the rules' caps; a longer one is refused. */
interface Pausable {
  readonly condition: ConditionId;
  readonly technical: boolean;
  readonly neverQuiet: boolean;
}

/** Whether a pause of this condition, asked for at any second so far, keeps an alarm of this priority quiet now. */
export function isPaused(
  night: NightRecord,
  t: number,
  one: Pausable,
  priority: Priority,
  wasCovered: (at: number) => boolean,
): boolean {
  let pause: { readonly given: number; readonly until: number; readonly priority: Priority } | undefined;
  for (let s = 0; s <= t; s++) {
    for (const command of night.commandsAt(s)) {
      if (command.kind === "end_watch") pause = undefined;
      if (!("condition" in command) || command.condition !== one.condition) continue;
      if (command.kind === "resume") pause = undefined;
      else if (isAllowed(night, one, command))
        pause = { given: s, until: s + command.minutes * MINUTE, priority: command.priority };
    }
  }
  if (pause === undefined || t >= pause.until || !wasCovered(pause.given)) return false;
  return priorityRank(priority) <= priorityRank(pause.priority);
}

function isAllowed(
  night: NightRecord,
  { technical, neverQuiet }: Pausable,
  { priority, minutes }: Extract<NightCommand, { kind: "pause" }>,
): boolean {
  if (neverQuiet) return false;
  if (priority === "high") return minutes <= (night.night.cls === "C" ? 3 : 10);
  return minutes <= (technical ? 15 : 120);
}

/** A care act that was begun and has neither been ended nor taken its whole time. */
export function careAt(
  night: NightRecord,
  t: number,
): { readonly act: CareAct; readonly since: number } | undefined {
  for (let s = t; s >= 0; s--) {
    const last = night
      .commandsAt(s)
      .findLast(({ kind }) => kind === "care" || kind === "care_done" || kind === "end_watch");
    if (last === undefined) continue;
    if (last.kind !== "care") return undefined;
    return t < s + minutesOf(last.act, night.night.cls) * MINUTE ? { act: last.act, since: s } : undefined;
  }
  return undefined;
}

/** Whether the act itself brings the condition about. */
export const isExplained = (act: CareAct, { condition, neverQuiet }: Pausable): boolean =>
  !neverQuiet && explains(act, condition);
