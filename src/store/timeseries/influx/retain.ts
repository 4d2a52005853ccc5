import Type from "typebox";
import { Check } from "typebox/value";
import { type HomeId, isBase32Id } from "../../../domain/ids.ts";
import { NUMBERS } from "../../../domain/line-protocol.ts";
import { DAY_MS } from "../../../domain/time.ts";
import type { BudgetHealth, RetentionPolicy } from "../../../port/timeseries.ts";
import { MEASUREMENTS } from "./lines.ts";
import { quoted, rowsOf } from "./series.ts";
import type { InfluxServer } from "./server.ts";
import { inRange } from "./where.ts";

/** From here on a budget is nearly used up. */
const NEARLY = 0.8;
/** Numbers of the newest two days are never shed. */
const KEPT_MS = 2 * DAY_MS;

/** Homes that one statement names. */
const HOMES_AT_ONCE = 200;

/** What became of what one call looked at. */
export interface Retained {
  readonly shed?: "waves_shed" | "numbers_shed";
  /** Homes of others in the same database: what is its own of the room cannot be told, so nothing was shed. */
  readonly others: number;
}

/**
 * Drops what is too old of these homes, and of no other; above the budget then the oldest quarter of their waveforms, or
 * where there are none of the numbers. The server gives the room back when it next compacts, so one call sheds one step
 * and the next looks again.
 */
export async function retainIn(
  server: InfluxServer,
  {
    policy,
    database,
    homes,
  }: { readonly policy: RetentionPolicy; readonly database: string; readonly homes: readonly HomeId[] },
): Promise<Retained> {
  const { rows, waves, settings, recorded } = MEASUREMENTS;
  const theirs = conditions(homes);
  const drop = async (measurements: readonly string[], before: number): Promise<void> => {
    for (const measurement of measurements) {
      for (const where of theirs) {
        await server.command(`DELETE FROM "${measurement}" WHERE ${where} AND time < ${inRange(before)}ms`);
      }
    }
  };
  await drop([waves], policy.wavesFrom);
  await drop([rows, settings, recorded], policy.rowsFrom);
  const { budgetBytes } = policy;
  if (budgetBytes === undefined) return { others: 0 };
  const used = await diskBytes(server, database);
  const others = used === undefined ? 0 : await othersIn(server, new Set(homes));
  if (used === undefined || used <= budgetBytes || others > 0) return { others };
  const step = await oldestQuarter(server, waves, 0);
  if (step !== undefined) {
    await drop([waves], step);
    return { shed: "waves_shed", others };
  }
  const numbers = await oldestQuarter(server, rows, KEPT_MS);
  if (numbers === undefined) return { others };
  await drop([rows, settings, recorded], numbers);
  return { shed: "numbers_shed", others };
}

/** Conditions that name these homes, each short enough for a statement; none for no home. */
function conditions(homes: readonly HomeId[]): readonly string[] {
  const [only, ...more] = homes;
  if (only !== undefined && more.length === 0) return [`"home" = ${quoted(only)}`];
  const named = homes.filter((home) => isBase32Id(home));
  return Array.from({ length: Math.ceil(named.length / HOMES_AT_ONCE) }, (_, part) => {
    const some = named.slice(part * HOMES_AT_ONCE, (part + 1) * HOMES_AT_ONCE);
    return `"home" =~ /^(${some.join("|")})$/`;
  });
}

/** How many homes have numbers in a database beside these. */
async function othersIn(server: InfluxServer, homes: ReadonlySet<HomeId>): Promise<number> {
  const found = await server.select(NUMBERS, `SELECT last("seq") FROM "${NUMBERS}" GROUP BY "home"`);
  return found.filter(({ tags }) => !homes.has(tags?.["home"] ?? "")).length;
}

/** Where the oldest quarter of a measurement ends, at least a day of it; undefined when nothing may go. */
async function oldestQuarter(
  server: InfluxServer,
  measurement: string,
  keptMs: number,
): Promise<number | undefined> {
  const [oldest, newest] = await Promise.all(
    ["ASC", "DESC"].map((order) => endOf(server, measurement, order)),
  );
  if (oldest === undefined || newest === undefined) return undefined;
  const step = oldest + Math.max(DAY_MS, (newest - oldest) / 4);
  return Math.min(step, newest + 1 - keptMs) <= oldest ? undefined : Math.min(step, newest + 1 - keptMs);
}

async function endOf(server: InfluxServer, measurement: string, order: string): Promise<number | undefined> {
  const asked = `SELECT "seq" FROM "${measurement}" ORDER BY time ${order} LIMIT 1`;
  for (const series of await server.select(measurement, asked)) {
    for (const row of rowsOf(series)) return row.number("time");
  }
  return undefined;
}

/** What InfluxDB 1 says of its shards (`/debug/vars`); other servers do not say. */
const ShardSchema = Type.Object({
  name: Type.Literal("shard"),
  tags: Type.Object({ database: Type.String() }),
  values: Type.Object({ diskBytes: Type.Number() }),
});

/** What a database takes on its server's disk; undefined where the server does not say. */
export async function diskBytes(server: InfluxServer, database: string): Promise<number | undefined> {
  const text = await server.page("/debug/vars");
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Another server's page of that name.
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const shards = Object.values(parsed).filter((value: unknown) => Check(ShardSchema, value));
  return shards.reduce(
    (sum, { tags, values }) => sum + (tags.database === database ? values.diskBytes : 0),
    0,
  );
}

/** How the use stands to the budget. */
export function budgetOf(
  usedBytes: number,
  budgetBytes: number,
  shed: "waves_shed" | "numbers_shed" | undefined,
): BudgetHealth {
  const nearly = usedBytes > NEARLY * budgetBytes ? "nearly_full" : "good";
  const unshed = usedBytes > budgetBytes ? "full" : nearly;
  return { budgetBytes, usedBytes, state: shed ?? unshed };
}
