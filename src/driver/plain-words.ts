import type { ObservationBody } from "../domain/observation.ts";
import { plainWords } from "../domain/plain-words.ts";

/** A body whose texts, the device's own words, are plain. */
export function plainBody(body: ObservationBody): ObservationBody {
  switch (body.kind) {
    case "samples":
    case "wave":
    case "breath":
      return body;
    case "identity":
      return { kind: body.kind, ...plainTexts({ ...body, kind: undefined }) };
    case "settings":
      return { ...body, settings: { ...body.settings, ...plainTexts(body.settings) } };
    case "status":
      return { ...body, codes: body.codes.map(plainWords) };
    case "ownAlarm":
      return {
        ...body,
        alarms: body.alarms.map((alarm) => ({
          ...alarm,
          code: plainWords(alarm.code),
          text: plainWords(alarm.text),
        })),
      };
  }
}

/** Those of the values that are texts, made plain; the others, by their keys, are left out. */
const plainTexts = (values: object): { [key: string]: string } =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]: [string, unknown]) =>
      typeof value === "string" ? [[key, plainWords(value)]] : [],
    ),
  );
