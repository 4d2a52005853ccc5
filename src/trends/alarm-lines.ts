import type { AlarmEvent, Occurrence } from "../domain/alarm.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import type { Wall } from "../domain/time.ts";

/** One occurrence of a stretch of events: as it was last, and what became of it. */
export interface AlarmLine {
  readonly occurrence: Occurrence;
  readonly endedAt?: Wall;
  readonly acknowledgedBy?: string;
  readonly acknowledgedAt?: Wall;
}

/** Events folded to one line an occurrence, oldest first; the first acknowledgement is the one that is named. */
export function alarmLines(events: readonly AlarmEvent[]): readonly AlarmLine[] {
  const lines = new Map<OccurrenceId, { -readonly [key in keyof AlarmLine]: AlarmLine[key] }>();
  for (const { kind, at, occurrence, by, over, member, reason } of events) {
    const line = lines.get(occurrence.id) ?? { occurrence };
    line.occurrence = occurrence;
    // The end of one tier or of a quiet interval is not the end of it; records of before know no members.
    if (kind === "ended" && (over === true || member === undefined)) line.endedAt = at;
    // It has come again within minutes: the same alarm, still open.
    if (kind === "occurred") delete line.endedAt;
    // Being with somebody who called answers the call and ends it.
    const isAnswer =
      kind === "acknowledged" || (kind === "ended" && reason === "answered" && by !== undefined);
    if (isAnswer && line.acknowledgedAt === undefined) {
      line.acknowledgedAt = at;
      const name = by?.name ?? occurrence.acknowledgement?.by.name;
      if (name !== undefined) line.acknowledgedBy = name;
    }
    lines.set(occurrence.id, line);
  }
  return [...lines.values()].toSorted((a, b) => a.occurrence.raisedAt - b.occurrence.raisedAt);
}
