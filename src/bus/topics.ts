import { createHash } from "node:crypto";
import type { BedId, DeviceId, HomeId } from "../domain/ids.ts";

/** Changes when an older reader could not make sense of the messages any more. */
const VERSION = 1;

/** What a topic below a bed is about; `observation`, `wave`, `raw` and `stored` exist once for each device. */
export type TopicKind =
  | "state"
  | "observation"
  | "wave"
  | "raw"
  | "stored"
  | "alarm"
  | "alarm/event"
  | "called"
  | "settings"
  | "command"
  | "command/result"
  | "answer"
  | "health"
  | "health/echo";

type DeviceKind = "observation" | "wave" | "raw" | "stored";

const DEVICE_KINDS: readonly string[] = [
  "observation",
  "wave",
  "raw",
  "stored",
] satisfies readonly DeviceKind[];
const BED_KINDS: readonly string[] = [
  "state",
  "alarm",
  "alarm/event",
  "called",
  "settings",
  "command",
  "command/result",
  "answer",
  "health",
  "health/echo",
] satisfies readonly Exclude<TopicKind, DeviceKind>[];

/** A bed of a home, by its own id (`b1`). */
export interface Place {
  readonly home: HomeId;
  readonly bed: BedId;
}

/** One level of a topic: nothing that MQTT gives a meaning, no blank, bounded. */
const LEVEL = /^[A-Za-z0-9_-]{1,64}$/;

/** A topic taken apart. */
export type ParsedTopic =
  | { readonly home: HomeId; readonly bed: BedId; readonly kind: DeviceKind; readonly device: DeviceId }
  | { readonly home: HomeId; readonly bed: BedId; readonly kind: Exclude<TopicKind, DeviceKind> };

/** Two hexadecimal digits by which brokers share the homes among them: the first byte of SHA-256 of the home. */
export const shardOf = (home: HomeId): string => createHash("sha256").update(home).digest("hex").slice(0, 2);

/** `breathwatch/1/<shard>/<home>/<bed>/<kind>`. Throws RangeError on a name that cannot be a level of a topic. */
export function bedTopic(home: HomeId, bed: BedId, kind: Exclude<TopicKind, DeviceKind>): string {
  return `${bedPrefix(home, bed)}/${kind}`;
}

/** `breathwatch/1/<shard>/<home>/<bed>/<kind>/<device>`. Throws RangeError like bedTopic. */
export function deviceTopic(home: HomeId, bed: BedId, kind: DeviceKind, device: DeviceId): string {
  return `${bedPrefix(home, bed)}/${kind}/${level(device)}`;
}

/** Filter for one kind at every bed of a home (and every device, for kinds that have one). */
export function homeFilter(home: HomeId, kind: TopicKind): string {
  const all = `breathwatch/${VERSION}/${shardOf(level(home))}/${home}/+/${kind}`;
  return DEVICE_KINDS.includes(kind) ? `${all}/+` : all;
}

/** Filter for one kind at every bed of every home; of one shard, where it is given. */
export function allHomesFilter(kind: TopicKind, shard = "+"): string {
  const all = `breathwatch/${VERSION}/${shard}/+/+/${kind}`;
  return DEVICE_KINDS.includes(kind) ? `${all}/+` : all;
}

/** Where hubs that share the work of one broker tell one another what they stored. */
export const peersTopic = (group: string): string => `breathwatch/${VERSION}/peers/${level(group)}`;

/** Where hubs say that they are there. */
export const hubsTopic = `breathwatch/${VERSION}/hubs`;

/** Filter for the high-water marks of every device at a bed. */
export const storedFilter = (home: HomeId, bed: BedId): string => `${bedPrefix(home, bed)}/stored/+`;

/**
 * Undefined when the topic is not one of ours, or names a home in a shard that is not its own. Whoever reads many
 * topics brings a `shardIs` that remembers: each costs a hash.
 */
export function parseTopic(
  topic: string,
  shardIs: (home: HomeId) => string = shardOf,
): ParsedTopic | undefined {
  const [name, version, shard, home, bed, ...rest] = topic.split("/");
  if (name !== "breathwatch" || version !== String(VERSION)) return undefined;
  if (home === undefined || bed === undefined || !LEVEL.test(home) || !LEVEL.test(bed)) return undefined;
  if (shard !== shardIs(home)) return undefined;
  const kind = rest.join("/");
  if (isBedKind(kind)) return { home, bed, kind };
  const [first, device, ...more] = rest;
  if (first === undefined || !isDeviceKind(first) || device === undefined) return undefined;
  return LEVEL.test(device) && more.length === 0 ? { home, bed, kind: first, device } : undefined;
}

const SHARDS_REMEMBERED_MAX = 50_000;
/** Some six of each home of a full hub; each takes about 200 bytes. */
const TOPICS_REMEMBERED_MAX = 100_000;

/** parseTopic that takes a topic apart once and hashes a home once, for as long as it is among those that came lately. */
export function createTopicReader(): (topic: string) => ParsedTopic | undefined {
  const shards = new Map<HomeId, string>();
  const shardIs = (home: HomeId): string => {
    const known = shards.get(home);
    if (known !== undefined) return known;
    if (shards.size >= SHARDS_REMEMBERED_MAX) shards.clear();
    const shard = shardOf(home);
    shards.set(home, shard);
    return shard;
  };
  const topics = new Map<string, ParsedTopic>();
  return (topic) => {
    const known = topics.get(topic);
    if (known !== undefined) return known;
    const parsed = parseTopic(topic, shardIs);
    if (parsed === undefined) return undefined;
    if (topics.size >= TOPICS_REMEMBERED_MAX) topics.clear();
    topics.set(topic, parsed);
    return parsed;
  };
}

/** Tells whether a filter with `+` and `#` covers a topic (MQTT 3.1.1, section 4.7). */
export function topicMatcher(filter: string): (topic: string) => boolean {
  const plain = withoutShare(filter);
  const wanted = plain.split("/");
  if (!wanted.includes("+") && !wanted.includes("#")) return (topic) => topic === plain;
  return (topic) => {
    let start = 0;
    for (const part of wanted) {
      // `a/#` covers `a` too.
      if (part === "#") return true;
      if (start > topic.length) return false;
      const slash = topic.indexOf("/", start);
      const end = slash === -1 ? topic.length : slash;
      if (part !== "+" && (part.length !== end - start || !topic.startsWith(part, start))) return false;
      start = end + 1;
    }
    return start > topic.length;
  };
}

/** `$share/<group>/<filter>` covers what its filter does (MQTT 5, section 4.8.2). */
const withoutShare = (filter: string): string => filter.replace(/^\$share\/[^/]+\//, "");

function bedPrefix(home: HomeId, bed: BedId): string {
  return `breathwatch/${VERSION}/${shardOf(level(home))}/${home}/${level(bed)}`;
}

function level(name: string): string {
  if (LEVEL.test(name)) return name;
  throw new RangeError(`"${name}" cannot be a level of a topic`);
}

const isDeviceKind = (text: string): text is DeviceKind => DEVICE_KINDS.includes(text);

const isBedKind = (text: string): text is Exclude<TopicKind, DeviceKind> => BED_KINDS.includes(text);
