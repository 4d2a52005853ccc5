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
 * What may change while somebody is being watched: how much is told, how long data are kept, who reads the metrics, and
 * which webhooks are called. Everything that is opened or handed out at the start (ports, links, stores, beds) waits for the next one: half a restart is worse
 * than none.
 */
const LIVE: readonly RegExp[] = [/^log\/level$/, /^keep\//, /^metrics(?:\/|$)/, /^webhooks(?:\/|$)/];

/** Compares two configurations setting by setting. */
export function reloaded(before: HomeConfig, after: HomeConfig): Reloaded {
  const changed = differences(before, after, []);
  const live = changed.filter((way) => LIVE.some((pattern) => pattern.test(way)));
  const restart = changed.filter((way) => !live.includes(way));
  const level = after.log?.level;
  const { level: _, ...log } = before.log ?? {};
  const merged = { ...log, ...(level === undefined ? {} : { level }) };
  const { log: __, metrics: ___, ...rest } = before;
  return {
    config: {
      ...{ ...rest, keep: after.keep, webhooks: after.webhooks },
      ...(after.metrics === undefined ? {} : { metrics: after.metrics }),
      ...(Object.keys(merged).length === 0 ? {} : { log: merged }),
    },
    live,
    restart,
  };
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
