import { higherPriority, type Priority } from "../../src/domain/alarm.ts";
import type { IdentityBody, OwnAlarmBody, SamplesBody, SettingsBody } from "../../src/domain/observation.ts";
import { absent, measured, type Sample } from "../../src/domain/sample.ts";
import { roundTo, type SignalId } from "../../src/domain/signal.ts";
import { numberIn, type Reply } from "./codec.ts";
import type { Field } from "./field.ts";
import { settingsOf } from "./settings.ts";

/** The measured values: a blank is not measured, a text where a number belongs is invalid. */
export function samplesBody(reply: Reply): SamplesBody {
  const samples: { [id in SignalId]?: Sample } = {};
  for (const field of reply.report.fields) {
    if (field.signal !== undefined)
      samples[field.signal.id] = sampleOf(field.signal, reply.text(field.field));
  }
  return { kind: "samples", samples };
}

function sampleOf({ id, factor = 1 }: NonNullable<Field["signal"]>, text: string): Sample {
  if (text === "") return absent("not_measured");
  const value = numberIn(text);
  return value === undefined ? absent("invalid") : measured(id, value * factor);
}

/** Every alarm that the ventilator reports on, with its state; one that two fields report is active if either is. */
export function ownAlarmBody(reply: Reply): OwnAlarmBody {
  const alarms = new Map<string, OwnAlarmBody["alarms"][number]>();
  for (const { field, name, alarm } of reply.report.fields) {
    if (alarm === undefined) continue;
    const now = { code: alarm.code, text: name, ...stateOf(reply.text(field), alarm.priority) };
    const other = alarms.get(alarm.code);
    const priority = other === undefined ? now.priority : higherPriority(now.priority, other.priority);
    alarms.set(alarm.code, { ...(other?.active === true ? other : now), priority });
  }
  return { kind: "ownAlarm", alarms: [...alarms.values()] };
}

/** An urgency in the reply counts; where it only says ALARM, and for quiet alarms, the priority of our table. */
function stateOf(word: string, usual: Priority): { readonly priority: Priority; readonly active: boolean } {
  switch (word) {
    case "LOW":
      return { priority: "low", active: true };
    case "MEDIUM":
      return { priority: "medium", active: true };
    case "HIGH":
      return { priority: "high", active: true };
    default:
      return { priority: usual, active: word === "ALARM" };
  }
}

export const settingsBody = (reply: Reply): SettingsBody => ({
  kind: "settings",
  settings: settingsOf(reply),
});

/** "840 3512345678" or "980 ..." or a bare serial number; a blank identity says nothing. */
export function identityBody(reply: Reply): IdentityBody {
  const [, model, serial] = /^(?:(840|980) +)?(\S.*)$/.exec(reply.text(6)) ?? [];
  return {
    kind: "identity",
    ...(serial !== undefined && { serial }),
    ...(model !== undefined && { model: `Puritan Bennett ${model}` }),
  };
}

/** A reply in one line, for people. */
export function replyMeaning(reply: Reply): string {
  const values = reply.report.fields.flatMap(({ field, signal }) => {
    const value = signal === undefined ? undefined : numberIn(reply.text(field));
    return value === undefined || signal === undefined
      ? []
      : [`${signal.id} ${roundTo(value * (signal.factor ?? 1), 0.01)}`];
  });
  const active = ownAlarmBody(reply).alarms.filter((alarm) => alarm.active);
  const alarms = active.length === 0 ? "" : `; alarms: ${active.map(({ code }) => code).join(", ")}`;
  return `${reply.report.name} of ${reply.text(6)}: ${values.join(", ")}${alarms}`;
}
