import type { ObservationBody, OwnAlarmBody } from "../../src/domain/observation.ts";
import { absent, measured, type Sample } from "../../src/domain/sample.ts";
import type { SettingId, SignalId } from "../../src/domain/signal.ts";
import { type Answer, FIELDS, numberIn } from "./codec.ts";

/** What one answer says, the samples first; a body that would be empty is left out. */
export function bodiesOf(answer: Answer): readonly ObservationBody[] {
  const samples: { [id in SignalId]?: Sample } = {};
  const settings: { [id in SettingId]?: number | string } = {};
  const alarms: OwnAlarmBody["alarms"][number][] = [];
  let serial: string | undefined;
  for (const field of FIELDS) {
    const text = answer(field.field);
    const value = numberIn(text);
    switch (field.kind) {
      case "signal":
        samples[field.signal] =
          value === undefined ? absent("not_measured") : measured(field.signal, value * field.factor);
        break;
      case "setting":
        if (value !== undefined) settings[field.setting] = value;
        break;
      case "alarm":
        // A blank says nothing of the alarm; RESET was, and a person reset it.
        if (text !== "") {
          const { code, name, priority } = field;
          alarms.push({ code, text: name, priority, active: text === "ALARM" });
        }
        break;
      case "text":
        if (text === "") break;
        if (field.becomes === "mode") settings.mode = text;
        else serial = text;
    }
  }
  return [
    { kind: "samples", samples },
    ...(alarms.length > 0 ? [{ kind: "ownAlarm", alarms } as const] : []),
    ...(Object.keys(settings).length > 0 ? [{ kind: "settings", settings } as const] : []),
    ...(serial === undefined ? [] : [{ kind: "identity", serial } as const]),
  ];
}

/** An answer in one line, for people. */
export function meaningOf(answer: Answer): string {
  const values = FIELDS.flatMap(({ kind, name, field }) =>
    kind === "signal" && answer(field) !== "" ? [`${name} ${answer(field)}`] : [],
  );
  const active = FIELDS.flatMap((field) =>
    field.kind === "alarm" && answer(field.field) === "ALARM" ? [field.code] : [],
  );
  return [values.join(", "), ...active].join("; ") || "no values";
}
