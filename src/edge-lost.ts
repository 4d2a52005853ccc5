import type { AlarmCommand } from "./domain/alarm.ts";
import type { BedId, OccurrenceId } from "./domain/ids.ts";
import type { World } from "./port/world.ts";
import type { PlannedSend } from "./watch/incident.ts";

/**
 * A call of the patient that phones were told of, a moment before the power went, and the journal was not: it is raised
 * again. Whatever else the journal lost comes back by itself, from what devices say.
 */
export function createLostCalls(
  { clock, log }: Pick<World, "clock" | "log">,
  bedside: {
    readonly hadWritten: (bed: BedId, occurrence: OccurrenceId) => boolean;
    readonly call: (bed: BedId, command: AlarmCommand) => void;
  },
): (send: PlannedSend) => boolean {
  return ({ bed, occurrence, condition }) => {
    if (condition !== "PATIENT_CALL" || bedside.hadWritten(bed, occurrence)) return false;
    log.note("call.again", { bed, occurrence }, "warn");
    const call = { how: "touch", kind: "come" } as const;
    // Not within the first fold: whoever follows it hears of both in order.
    clock.after(0, () => bedside.call(bed, { kind: "call", id: `again-${occurrence}`, call }));
    return true;
  };
}
