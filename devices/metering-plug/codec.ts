/*
 * What metering plugs publish, by dialect (NAME is the plug's own):
 *
 *   zigbee2mqtt/NAME                  {"power": 31.2, "voltage": 229, "state": "ON"}
 *   zigbee2mqtt/NAME/availability     online | offline | {"state": "offline"}
 *   tele/NAME/SENSOR                  {"ENERGY": {"Power": 31, "Voltage": 229}}                   Tasmota
 *   tele/NAME/LWT                     Online | Offline
 *   stat/NAME/POWER                   ON | OFF
 *   shellies/NAME/relay/0/power       31.2                                                        Shelly, first generation
 *   shellies/NAME/relay/0             on | off
 *   shellies/NAME/online              true | false
 *   NAME/status/switch:0              {"apower": 31.2, "voltage": 229.1, "output": true}          Shelly, later
 *   NAME/events/rpc                   {"params": {"switch:0": {"apower": 31.2}}}
 *   NAME/online                       true | false
 */

export const DIALECTS = ["zigbee2mqtt", "tasmota", "shelly1", "shelly"] as const;

export type Dialect = (typeof DIALECTS)[number];

/** What one message says; what it does not speak of is not a key. */
export interface PlugNews {
  /** W. */
  readonly power?: number;
  /** V. */
  readonly voltage?: number;
  /** The plug's own switch lets current through. */
  readonly relay?: boolean;
  /** The broker's or gateway's word that the plug is reachable. */
  readonly online?: boolean;
}

/** Topics of a plug, with how each is read. */
export const TOPICS: { readonly [dialect in Dialect]: readonly (readonly [topic: string, read: Reader])[] } =
  {
    zigbee2mqtt: [
      ["zigbee2mqtt/NAME", (text) => fromObject(json(text), "power", "voltage", "state")],
      ["zigbee2mqtt/NAME/availability", (text) => online(stateOf(json(text)) ?? text)],
    ],
    tasmota: [
      ["tele/NAME/SENSOR", (text) => fromObject(inside(json(text), "ENERGY"), "Power", "Voltage")],
      ["tele/NAME/LWT", online],
      ["stat/NAME/POWER", relay],
    ],
    shelly1: [
      ["shellies/NAME/relay/0/power", (text) => withNumber("power", plainNumber(text))],
      ["shellies/NAME/relay/0", relay],
      ["shellies/NAME/online", online],
    ],
    shelly: [
      ["NAME/status/switch:0", (text) => fromObject(json(text), "apower", "voltage", "output")],
      [
        "NAME/events/rpc",
        (text) => fromObject(inside(inside(json(text), "params"), "switch:0"), "apower", "voltage", "output"),
      ],
      ["NAME/online", online],
    ],
  };

type Reader = (text: string) => PlugNews | undefined;

/** Nothing that a plug says is longer. */
const LONGEST = 8_192;

/** Reads one message; undefined where it is none of a plug's, or holds none of its values. */
export function readPlug(topic: string, payload: Uint8Array): PlugNews | undefined {
  if (payload.length === 0 || payload.length > LONGEST) return undefined;
  for (const { before, after, read } of PATTERNS) {
    const holdsName = topic.length > before.length + after.length;
    if (holdsName && topic.startsWith(before) && topic.endsWith(after)) {
      return read(new TextDecoder().decode(payload).trim());
    }
  }
  return undefined;
}

/** What stands around the name, most first: `zigbee2mqtt/bed/availability` is not a plug called "bed/availability". */
const PATTERNS = DIALECTS.flatMap((dialect) => TOPICS[dialect])
  .map(([pattern, read]) => {
    const [before = "", after = ""] = pattern.split("NAME");
    return { before, after, read };
  })
  .toSorted((one, other) => other.before.length + other.after.length - one.before.length - one.after.length);

type Plain = { readonly [key: string]: unknown };

function json(text: string): Plain | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isPlain(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const inside = (object: Plain | undefined, key: string): Plain | undefined => {
  const value = object?.[key];
  return isPlain(value) ? value : undefined;
};

const stateOf = (object: Plain | undefined): string | undefined => {
  const value = object?.["state"];
  return typeof value === "string" ? value : undefined;
};

function fromObject(
  object: Plain | undefined,
  powerKey: string,
  voltageKey: string,
  relayKey?: string,
): PlugNews | undefined {
  if (object === undefined) return undefined;
  const news: PlugNews = {
    ...withNumber("power", object[powerKey]),
    ...withNumber("voltage", object[voltageKey]),
    ...(relayKey === undefined ? undefined : relay(object[relayKey])),
  };
  return Object.keys(news).length === 0 ? undefined : news;
}

/** No household plug measures more. */
const LARGEST = 20_000;

const withNumber = (key: "power" | "voltage", value: unknown): PlugNews | undefined =>
  typeof value === "number" && value >= 0 && value <= LARGEST ? { [key]: value } : undefined;

const plainNumber = (text: string): number | undefined =>
  /^\d{1,6}(?:\.\d{1,6})?$/.test(text) ? Number(text) : undefined;

function relay(value: unknown): PlugNews | undefined {
  if (typeof value === "boolean") return { relay: value };
  if (typeof value !== "string" || !/^(?:on|off)$/i.test(value)) return undefined;
  return { relay: value.toLowerCase() === "on" };
}

function online(text: string): PlugNews | undefined {
  if (/^(?:online|true)$/i.test(text)) return { online: true };
  return /^(?:offline|false)$/i.test(text) ? { online: false } : undefined;
}
