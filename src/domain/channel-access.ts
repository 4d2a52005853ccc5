/** What a home has with a provider of messages: kept among the home's named values, sealed like them. */
export interface ChannelAccess {
  readonly [setting: string]: string;
}

const BEGINNING = "channel_access ";

/** The name of the value that holds it. */
export const accessName = (channel: string): string => `${BEGINNING}${channel}`;

/** Undefined while nothing was entered, and for what is not what was written. */
export function accessIn(
  values: { readonly [name: string]: string },
  channel: string,
): ChannelAccess | undefined {
  return read(values[accessName(channel)]);
}

/** Of every channel that something was entered for. */
export function accessesIn(values: { readonly [name: string]: string }): ReadonlyMap<string, ChannelAccess> {
  return new Map(
    Object.entries(values).flatMap(([name, text]) => {
      const access = name.startsWith(BEGINNING) ? read(text) : undefined;
      return access === undefined ? [] : [[name.slice(BEGINNING.length), access] as const];
    }),
  );
}

function read(text: string | undefined): ChannelAccess | undefined {
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(entries);
}
