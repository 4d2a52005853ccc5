import { LANGUAGES } from "../domain/person.ts";
import type { ChannelModule } from "../port/channel.ts";

/** Whether a value from outside the tree has the shape of a channel, as far as it can be seen without calling it. */
export const isChannelModule = (value: unknown): value is ChannelModule =>
  channelProblem(value) === undefined;

type Rule = readonly [field: string, fits: (value: unknown) => boolean, wanted: string];

const of = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
const isOneOf =
  (...words: readonly string[]) =>
  (value: unknown): boolean =>
    words.some((word) => word === value);
const isTexts = (value: unknown): boolean =>
  LANGUAGES.every((language) => {
    const text = of(value, language);
    return typeof text === "string" && text !== "";
  });
const isListOf =
  (fits: (one: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(fits);

const isField = (field: unknown): boolean => {
  const [name, pattern, most] = [of(field, "name"), of(field, "pattern"), of(field, "maxLength")];
  return (
    typeof name === "string" &&
    /^[a-zA-Z][a-zA-Z0-9]{0,39}$/.test(name) &&
    isOneOf("text", "secret", "address", "phone", "choice")(of(field, "kind")) &&
    isTexts(of(field, "label")) &&
    isTexts(of(field, "help")) &&
    typeof of(field, "required") === "boolean" &&
    (pattern === undefined || typeof pattern === "string") &&
    typeof most === "number" &&
    most > 0
  );
};

const DND = isOneOf("yes", "no", "setting", "not_applicable");
const CAPABILITIES: readonly Rule[] = [
  ["breaksDndIos", DND, "yes, no, setting or not_applicable"],
  ["breaksDndAndroid", DND, "yes, no, setting or not_applicable"],
  ["mainlandChina", isOneOf("yes", "no", "partly"), "yes, no or partly"],
  ["acknowledges", (value) => typeof value === "boolean", "true or false"],
  ["endToEndEncrypted", (value) => typeof value === "boolean", "true or false"],
  ["maxBytes", (value) => typeof value === "number" && value > 0, "a number"],
  ["ratePerMinute", (value) => typeof value === "number" && value > 0, "a number"],
  [
    "sounds",
    isOneOf("call", "alarm", "notification", "not_applicable"),
    "call, alarm, notification or not_applicable",
  ],
];

const RULES: readonly Rule[] = [
  [
    "id",
    (value) => typeof value === "string" && /^[a-z][a-z0-9-]{1,39}$/.test(value),
    "small letters, digits and dashes",
  ],
  ["name", isTexts, "a text in each language"],
  ["summary", isTexts, "a text in each language"],
  ["place", isOneOf("anywhere", "house"), "anywhere or house"],
  ["access", isListOf(isField), "a list of fields"],
  ["target", isListOf(isField), "a list of fields"],
  ["steps", isListOf(isTexts), "a list of texts in each language"],
  ["capabilities", (value) => typeof value === "object" && value !== null, "an object"],
  ["create", (value) => typeof value === "function", "a function of what it needs from outside"],
];

/** What a channel lacks, in a few words; undefined: nothing that can be seen. */
export function channelProblem(value: unknown): string | undefined {
  for (const [field, fits, wanted] of RULES) {
    if (!fits(of(value, field))) return `"${field}" is not ${wanted}`;
  }
  for (const [field, fits, wanted] of CAPABILITIES) {
    if (!fits(of(of(value, "capabilities"), field))) return `"capabilities.${field}" is not ${wanted}`;
  }
  return undefined;
}
