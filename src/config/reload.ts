import type { HomeConfig } from "./config.ts";

/** What of a changed configuration counts at once. */
export interface Reloaded {
  /** The configuration in force from now on: the one before, with what may change while the watch goes on. */
  readonly config: HomeConfig;
  /** Settings that count at once, as paths: `log/level`. */
  readonly live: readonly string[];
  /** Settings that count after the next start. */
  readonly restart: readonly string[];
}

/**
 * What may change while somebody is being watched: words, whom to tell, how long to keep. Everything that is opened at
 * the start (ports, links, stores, beds) waits for the next one: half a restart is worse than none.
 */
const LIVE: readonly RegExp[] = [
  /^language$/,
  /^log\/level$/,
  /^keep\//,
  /^webhooks(?:$|\/)/,
  /^beds\/\d+\/label$/,
  /^beds\/\d+\/devices\/\d+\/label$/,
];

/** Compares two configurations setting by setting. Beds and devices are the same ones as long as their number is. */
export function reloaded(before: HomeConfig, after: HomeConfig): Reloaded {
  const changed = differences(before, after, []);
  const live = changed.filter((way) => LIVE.some((pattern) => pattern.test(way)));
  const restart = changed.filter((way) => !live.includes(way));
  const { language, webhooks, keep, log } = after;
  const level = log?.level;
  const { level: _, ...logBefore } = before.log ?? {};
  const merged: HomeConfig = {
    ...before,
    ...{ language, webhooks, keep },
    beds: before.beds.map((bed, index) => relabelled(bed, after.beds[index])),
    ...(before.log === undefined && log === undefined
      ? {}
      : { log: { ...logBefore, ...(level === undefined ? {} : { level }) } }),
  };
  return { config: merged, live, restart };
}

function relabelled(
  bed: HomeConfig["beds"][number],
  other: HomeConfig["beds"][number] | undefined,
): HomeConfig["beds"][number] {
  if (other === undefined || other.id !== bed.id) return bed;
  const devices = bed.devices.map((device, index) => {
    const now = other.devices[index];
    const isSame = now !== undefined && now.family === device.family && now.port === device.port;
    return isSame ? { ...device, label: now.label } : device;
  });
  return { ...bed, label: other.label, devices };
}

/** Paths at which two values differ: of single values, and of lists of another length as a whole. */
function differences(before: unknown, after: unknown, way: readonly string[]): readonly string[] {
  if (Object.is(before, after)) return [];
  if (!isHolder(before) || !isHolder(after)) return [way.join("/")];
  if (Array.isArray(before) && Array.isArray(after) && before.length !== after.length) return [way.join("/")];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => differences(before[name], after[name], [...way, name]));
}

const isHolder = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null;
