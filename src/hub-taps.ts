import { EACH_TAP } from "./bus/commands.ts";
import type { AlarmCommand, Occurrence } from "./domain/alarm.ts";
import { type BedId, base32Id } from "./domain/ids.ts";
import { worsenedBy } from "./domain/worsened.ts";
import type { Random } from "./port/random.ts";
import type { CommandOutcome } from "./server/deps.ts";

/** Brings answers to the box that owns the alarm. Rejects as `send` does. */
export type HubTaps = (bed: BedId, command: AlarmCommand) => Promise<CommandOutcome>;

/** Answers that are remembered: more than a night of messages holds. */
const REMEMBERED_MAX = 4_096;

/**
 * Every tap asks the box anew, which knows whether that answer has been given and has lapsed since: what it said the first
 * time need not be true any more. While the answer stands the same tap again asks nobody: what a phone with a bad
 * connection sends, or a webhook that tries again. An answer that does not say what the person had been
 * shown was given to what this hub shows: the box may know of worse.
 */
export function createHubTaps({
  random,
  openAt,
  send,
}: {
  readonly random: Random;
  /** What this hub shows of a bed. */
  readonly openAt: (bed: BedId) => readonly Occurrence[];
  readonly send: HubTaps;
}): HubTaps {
  const taken = new Set<string>();
  return async (bed, command) => {
    if (command.kind !== "acknowledge" && command.kind !== "with_patient") return send(bed, command);
    const open = openAt(bed);
    const asked = open.find(({ id }) => id === command.occurrence);
    const shown = asked === undefined ? command : { worsened: worsenedBy(open, asked.id), ...command };
    if (shown.kind === "with_patient") return send(bed, shown);
    const name = `${bed} ${command.id}`;
    if (taken.has(name) && asked?.acknowledgement !== undefined) return { accepted: true };
    const outcome = await send(bed, {
      ...shown,
      id: `${command.id}${EACH_TAP}${base32Id(random.bytes(10))}`,
    });
    if (!outcome.accepted) return outcome;
    taken.add(name);
    for (const oldest of taken) {
      if (taken.size <= REMEMBERED_MAX) break;
      taken.delete(oldest);
    }
    return outcome;
  };
}
