import type { ObservationBody } from "../domain/observation.ts";

const LONGEST_WORDS = 200;

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

/**
 * Words of a device, a file or a neighbour, fit to be shown, logged and printed on a terminal: without control and
 * direction characters (U+FFFD stands in their place), 200 characters at most.
 */
export const plainWords = (text: string): string =>
  text.length <= LONGEST_WORDS && !CONTROL.test(text)
    ? text
    : text.slice(0, LONGEST_WORDS).replaceAll(new RegExp(CONTROL, "gu"), "\uFFFD");

/** Control characters, line and paragraph separators, and what turns the direction of writing round. */
const CONTROL = /[\p{Cc}\u2028\u2029\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;
