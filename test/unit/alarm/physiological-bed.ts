import { CONDITIONS } from "../../../src/alarm/conditions/index.ts";
import type { ConditionId, Occurrence } from "../../../src/domain/alarm.ts";
import { Bedside, type BedsideOptions } from "./bedside.ts";

/** What happened to one condition, alone or as a tier of a shared alarm: "30 occurred high". */
export const told = (bed: Bedside, id: ConditionId): string[] =>
  bed.events
    .filter(({ member, occurrence }) => (member?.condition ?? occurrence.condition) === id)
    .map(({ at, kind, member, occurrence, reason }) =>
      [
        (at - bed.from) / 1000,
        kind,
        member?.priority ?? occurrence.priority,
        ...(reason === undefined ? [] : [reason]),
      ].join(" "),
    );

/** Conditions about the person's blood and pulse. */
const PERSON = /^(SPO2|PR|PULSE|TCCO2)_/;

/** A bed that only the conditions about the person watch: for long nights. */
export const personal = (options: BedsideOptions = {}): Bedside =>
  new Bedside({ conditions: CONDITIONS.filter(({ id }) => PERSON.test(id)), ...options });

/** Every time that somebody was called because of the person: an alarm that opened, came back, or grew worse. */
export const calls = (bed: Bedside): string[] =>
  bed.events
    .filter(({ kind, member, occurrence }) => {
      const opened = kind === "occurred" && member === undefined;
      return (opened || kind === "escalated") && PERSON.test(occurrence.condition);
    })
    .map(({ at, occurrence }) => `${(at - bed.from) / 1000} ${occurrence.condition} ${occurrence.priority}`);

/** Open alarms about the person. */
export const openNow = (bed: Bedside): readonly Occurrence[] =>
  bed.fold.open.filter(({ condition }) => PERSON.test(condition));
