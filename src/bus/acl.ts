import { type HomeId, isBase32Id } from "../domain/ids.ts";
import { shardOf, type TopicKind } from "./topics.ts";

/** What somebody who connects to a broker is, by the name of the user. */
export type BrokerUser =
  /** The hub: everything of every home. */
  | { readonly kind: "hub" }
  /** One box: what edges say, and what hubs say to its home. */
  | { readonly kind: "box"; readonly home: HomeId; readonly box: string };

/** The user name of a hub on a broker of many homes. */
export const HUB_USER = "hub";

/** Below it lies everything of every home. */
const OURS = "breathwatch/1/";

/** Who says what below a bed; `device` kinds have one topic for each device. */
const KINDS = {
  state: { by: "box" },
  observation: { by: "box", device: true },
  wave: { by: "box", device: true },
  raw: { by: "box", device: true },
  alarm: { by: "box" },
  "alarm/event": { by: "box" },
  called: { by: "box" },
  health: { by: "box" },
  "command/result": { by: "box" },
  answer: { by: "box" },
  stored: { by: "hub", device: true },
  settings: { by: "hub" },
  command: { by: "hub" },
  "health/echo": { by: "hub" },
} as const satisfies Record<
  TopicKind | "raw",
  { readonly by: BrokerUser["kind"]; readonly device?: boolean }
>;

/** Who a user name stands for (a box: `boxUser` of port/registry.ts); undefined for one that may do nothing. */
export function brokerUser(name: string): BrokerUser | undefined {
  if (name === HUB_USER) return { kind: "hub" };
  const [home = "", box = "", ...more] = name.split(".");
  return isBase32Id(home) && isBase32Id(box) && more.length === 0 ? { kind: "box", home, box } : undefined;
}

/** Whether the user may publish to a topic, also as a last will or retained. */
export function mayPublish(user: BrokerUser, topic: string): boolean {
  if (!isTopic(topic)) return false;
  if (user.kind === "hub") return topic.startsWith(OURS);
  return isWithin(user.home, topic, "box");
}

/**
 * Whether the user may subscribe to a filter. Boxes name the kinds they ask for, `+` stands for a bed or a device
 * alone; only a hub may share a filter with others (`$share/<group>/...`).
 */
export function maySubscribe(user: BrokerUser, filter: string): boolean {
  if (user.kind === "hub") return withoutShare(filter).startsWith(OURS);
  return isWithin(user.home, filter, "hub");
}

/** The filters that cover all a box of a home may publish, and all it may subscribe to: for brokers with rules of their own. */
export function boxRules(home: HomeId): {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
} {
  const by = (who: BrokerUser["kind"]): string[] =>
    Object.entries(KINDS)
      .filter(([, kind]) => kind.by === who)
      .map(([name, kind]) => `${OURS}${shardOf(home)}/${home}/+/${name}${"device" in kind ? "/+" : ""}`);
  return { publish: by("box"), subscribe: by("hub") };
}

/** Below the home, at a bed, about something that `by` says; `+` can only be left in a filter. */
function isWithin(home: HomeId, place: string, by: BrokerUser["kind"]): boolean {
  const start = `${OURS}${shardOf(home)}/${home}/`;
  if (!place.startsWith(start)) return false;
  const [bed = "", first = "", ...rest] = place.slice(start.length).split("/");
  if (!isLevel(bed)) return false;
  const whole = kindOf([first, ...rest].join("/"));
  if (whole !== undefined && !("device" in whole)) return whole.by === by;
  const kind = kindOf(first);
  const [device = "", ...more] = rest;
  return kind !== undefined && "device" in kind && kind.by === by && isLevel(device) && more.length === 0;
}

type Kind = (typeof KINDS)[keyof typeof KINDS];

const BY_NAME: ReadonlyMap<string, Kind> = new Map(Object.entries(KINDS));

const kindOf = (name: string): Kind | undefined => BY_NAME.get(name);

const isLevel = (name: string): boolean => name === "+" || /^[A-Za-z0-9_-]{1,64}$/.test(name);

const isTopic = (topic: string): boolean => !topic.includes("+") && !topic.includes("#");

/** The filter behind `$share/<group>/`, or the filter itself: what the topics that come will match. */
export function withoutShare(filter: string): string {
  return /^\$share\/[^/+#]+\/(?<filter>.+)$/s.exec(filter)?.groups?.["filter"] ?? filter;
}
