import type { AlarmCommand } from "./domain/alarm.ts";
import { type BedId, base32Id } from "./domain/ids.ts";
import type { Random } from "./port/random.ts";
import type { CommandOutcome } from "./server/deps.ts";

/** Brings answers to the box that owns the alarm. Rejects as `send` does. */
export type HubTaps = (bed: BedId, command: AlarmCommand) => Promise<CommandOutcome>;

/** Answers that are remembered: more than a night of messages holds. */
const REMEMBERED_MAX = 4_096;

/**
 * Every tap is a command of its own: the second one on an old message, after the answer has lapsed, is one more answer, and
 * not the repeat of one that was answered long ago. While the answer stands the same tap again changes nothing: what a
 * phone with a bad connection sends, or a webhook that tries again.
 */
export function createHubTaps({
  random,
  isAnswered,
  send,
}: {
  readonly random: Random;
  /** Somebody's answer to this occurrence stands. */
  readonly isAnswered: (bed: BedId, occurrence: string) => boolean;
  readonly send: HubTaps;
}): HubTaps {
  const taken = new Set<string>();
  return async (bed, command) => {
    if (command.kind !== "acknowledge") return send(bed, command);
    const name = `${bed} ${command.id}`;
    if (taken.has(name) && isAnswered(bed, command.occurrence)) return { accepted: true };
    const outcome = await send(bed, { ...command, id: `${command.id}-${base32Id(random.bytes(10))}` });
    if (!outcome.accepted) return outcome;
    taken.add(name);
    for (const oldest of taken) {
      if (taken.size <= REMEMBERED_MAX) break;
      taken.delete(oldest);
    }
    return outcome;
  };
}
