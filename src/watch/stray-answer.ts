import { createHash } from "node:crypto";
import type { AlarmCommand, Occurrence } from "../domain/alarm.ts";
import { answerTo, showableOf } from "../domain/worsened.ts";
import type { HeardAnswer } from "../port/channel.ts";
import type { WatchOptions } from "./watch.ts";

/**
 * Takes an answer to somebody else's message: as a tap on that message's address, for any alarm that is open and was not
 * answered yet. Given back: when it has come to where it counts; undefined: it is about no open alarm, or of a phone that
 * is gone.
 */
export function takeStray(
  { target: id, reference, by, isAbout }: HeardAnswer,
  alarms: Iterable<Occurrence>,
  { targets, log, onAcknowledge }: Pick<WatchOptions, "targets" | "log" | "onAcknowledge">,
): Promise<void> | undefined {
  const target = targets().find((one) => one.id === id && one.deadSince === undefined);
  if (isAbout === undefined || target === undefined) return undefined;
  const open = [...alarms];
  for (const { id: occurrence, bed, acknowledgement } of open) {
    const worsened = showableOf(open, occurrence).find((one) => isAbout(answerTo(occurrence, one)));
    if (worsened === undefined) continue;
    if (acknowledgement !== undefined) return Promise.resolve();
    log.note("send.answered_elsewhere", { occurrence, target: id });
    // The same press is the same command, whoever hears it.
    const digest = createHash("sha256").update(`${id} ${reference}`).digest("base64url");
    const command: AlarmCommand = {
      ...{ kind: "acknowledge", id: `reply-${digest.slice(0, 22)}`, occurrence },
      ...{ by: { id: target.person, name: by ?? target.label }, place: "going", card: true, worsened },
    };
    return onAcknowledge(bed, command, id) ?? Promise.resolve();
  }
  return undefined;
}
