import type { WatchState } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import type { AuditEntry, AuditLog } from "../port/record.ts";
import type { JournalEntry } from "./journal.ts";

/**
 * Hands on to the audit record what steps decided, in their order: the command that was accepted, the events, and the
 * watch where it is not as it was. Never waits and never throws; `onDurability` is told as it is for the journal.
 */
export function createAuditTrail(
  audit: Pick<AuditLog, "append" | "written">,
  onDurability: (durable: boolean, detail: string) => void,
): (step: JournalEntry) => void {
  let watch: WatchState | undefined;
  let durable = true;

  const append = (entry: AuditEntry): void => {
    audit.append(entry).catch(async (error: unknown) => {
      if (!durable) return;
      durable = false;
      onDurability(false, messageOf(error));
      // Whatever waits is written when the disk is well again; nothing may happen at the bed for hours.
      await audit.written();
      durable = true;
      onDurability(true, "");
    });
  };

  return ({ at, trusted, core, command, events }) => {
    const inForce = { at, trusted, limits: core.limits?.version ?? 0, revision: core.revision };
    if (command !== undefined) append({ kind: "command", command, ...inForce });
    for (const event of events) append({ kind: "event", event, ...inForce });
    const { state } = core.watch;
    if (state !== watch && JSON.stringify(state) !== JSON.stringify(watch)) {
      append({ kind: "watch", watch: state, ...inForce });
    }
    watch = state;
  };
}
