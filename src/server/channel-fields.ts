import type { ChannelAccess } from "../domain/channel-access.ts";
import { Fault } from "../domain/fault.ts";
import type { ChannelField } from "../port/channel.ts";

/**
 * What was entered for a channel, checked against its fields. A secret that is left out keeps the one from before; what is
 * no field is refused, so that a slip in a name is noticed. Throws INPUT_INVALID, naming the field.
 */
export function checkFields(
  fields: readonly ChannelField[],
  given: ChannelAccess,
  before: ChannelAccess = {},
): ChannelAccess {
  const unknown = Object.keys(given).find((name) => !fields.some((field) => field.name === name));
  if (unknown !== undefined) throw invalid(unknown, "is no setting of this channel");
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = valueOf(field, given[field.name]?.trim() ?? "", before[field.name]);
      return value === undefined ? [] : [[field.name, value] as const];
    }),
  );
}

function valueOf(field: ChannelField, text: string, before: string | undefined): string | undefined {
  if (text === "") {
    const kept = field.kind === "secret" ? before : undefined;
    const value = kept ?? field.fallback;
    if (value === undefined && field.required) throw invalid(field.name, "is missing");
    return value;
  }
  if (text.length > field.maxLength) {
    throw invalid(field.name, `is longer than ${field.maxLength} characters`);
  }
  // Nothing that could end a header or a line of a command.
  if (/\p{Cc}/u.test(text)) throw invalid(field.name, "holds characters that cannot be seen");
  if (field.pattern !== undefined && !new RegExp(`^(?:${field.pattern})$`, "u").test(text)) {
    throw invalid(field.name, "does not look like one");
  }
  return checkKind(field, text);
}

function checkKind(field: ChannelField, text: string): string {
  switch (field.kind) {
    case "text":
    case "secret":
      return text;
    case "phone": {
      const number = text.replaceAll(/[ ().-]/g, "");
      if (!/^\+[1-9]\d{6,14}$/.test(number)) {
        throw invalid(field.name, "is no phone number with its country, such as +86 138 0013 8000");
      }
      return number;
    }
    case "address": {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      if (url?.protocol !== "https:" && url?.protocol !== "http:") {
        throw invalid(field.name, "is no address beginning with https://");
      }
      if (url.username !== "" || url.password !== "") throw invalid(field.name, "holds a password");
      return text.replace(/\/+$/, "");
    }
    case "choice":
      if (field.choices?.some(({ value }) => value === text) !== true) {
        throw invalid(field.name, "is none of the choices");
      }
      return text;
  }
}

/** Whether a home has entered what a way needs of it. */
export const isReady = (
  { access }: { readonly access: readonly ChannelField[] },
  entered: ChannelAccess | undefined,
): boolean => access.every(({ name, required }) => !required || entered?.[name] !== undefined);

/** What pages may see of settings: everything but secrets. */
export function withoutSecrets(fields: readonly ChannelField[], settings: ChannelAccess = {}): ChannelAccess {
  const open = fields.filter(({ kind }) => kind !== "secret");
  return Object.fromEntries(
    open.flatMap(({ name }) => {
      const value = settings[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

const invalid = (name: string, why: string): Fault =>
  new Fault("INPUT_INVALID", `${name} ${why}.`, { fix: "Correct it and send it again." });
