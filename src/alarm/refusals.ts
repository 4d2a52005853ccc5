import type { AlarmCommand, Occurrence } from "../domain/alarm.ts";
import type { FaultCode } from "../domain/fault.ts";
import type { Refusal } from "./commands.ts";

/** Why nothing came of a command: `reason` is one sentence for the person who asked. */
export interface Refused {
  readonly accepted: false;
  readonly reason: string;
  readonly code: FaultCode;
}

/** A refusal of the engine for people and programs; a repeat is none: it has been done. */
export function refusedOf(refusal: Exclude<Refusal, "repeated">, kind: AlarmCommand["kind"]): Refused {
  const no = (code: FaultCode, reason: string): Refused => ({ accepted: false, reason, code });
  switch (refusal) {
    case "not_open":
      return no("CONFLICT", kind === "undo_finish" ? "The watch has not been ended." : "This alarm is over.");
    case "worse":
      return no("ALARM_WORSE", "It has become worse since then. Look at it again, then answer.");
    case "too_late":
      return no(
        "ANSWER_OLD",
        "The time of this answer has run out. Answer the newest message, or on the page.",
      );
    case "not_pausable":
      return no("PAUSE_NOT_ALLOWED", "This alarm is never silenced.");
    case "too_long":
      return kind === "undo_finish"
        ? no("UNDO_TOO_LATE", "It ended more than 24 hours ago.")
        : no("PAUSE_TOO_LONG", "This alarm is not silenced for so long.");
    case "not_technical":
      return no("WATCHING_NOT_ALLOWED", "This alarm is about the person: nobody can watch in its place.");
    case "watch_over":
      return no("WATCH_OVER", "The watch of this bed has ended: nobody is called.");
    case "invalid":
      return no("COMMAND_INVALID", "A number or a date in it is outside what is possible.");
  }
}

/**
 * What a repeated command is told: it has been done. Of an acknowledgement that must still be true: one that has lapsed
 * since is not given again by a phone with a bad connection, or by a provider that tells a key once more.
 */
export function repeatOf(
  command: AlarmCommand,
  open: readonly Occurrence[],
): { readonly accepted: true } | Refused {
  if (command.kind !== "acknowledge") return { accepted: true };
  const asked = open.find(({ id }) => id === command.occurrence);
  if (asked === undefined) return refusedOf("not_open", command.kind);
  return asked.acknowledgement === undefined ? refusedOf("too_late", command.kind) : { accepted: true };
}
