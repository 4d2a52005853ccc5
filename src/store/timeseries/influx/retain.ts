import Type from "typebox";
import { Check } from "typebox/value";
import { DAY_MS } from "../../../domain/time.ts";
import type { BudgetHealth, RetentionPolicy } from "../../../port/timeseries.ts";
import { MEASUREMENTS } from "./lines.ts";
import { rowsOf } from "./series.ts";
import type { InfluxServer } from "./server.ts";
import { inRange } from "./where.ts";

/** From here on a budget is nearly used up. */
const NEARLY = 0.8;
/** Numbers of the newest two days are never shed. */
const KEPT_MS = 2 * DAY_MS;

/**
 * Drops what is too old; above the budget then the oldest quarter of the waveforms, or where there are none of the
 * numbers. The server gives the room back when it next compacts, so one call sheds one step and the next looks again.
 */
export async function retainIn(
  server: InfluxServer,
  { policy, database }: { readonly policy: RetentionPolicy; readonly database: string },
): Promise<"waves_shed" | "numbers_shed" | undefined> {
  const { rows, waves, settings, recorded } = MEASUREMENTS;
  await dropBefore(server, [waves], policy.wavesFrom);
  await dropBefore(server, [rows, settings, recorded], policy.rowsFrom);
  const { budgetBytes } = policy;
  if (budgetBytes === undefined) return undefined;
  const used = await diskBytes(server, database);
  if (used === undefined || used <= budgetBytes) return undefined;
  const step = await oldestQuarter(server, waves, 0);
  if (step !== undefined) {
    await dropBefore(server, [waves], step);
    return "waves_shed";
  }
  const numbers = await oldestQuarter(server, rows, KEPT_MS);
  if (numbers === undefined) return undefined;
  await dropBefore(server, [rows, settings, recorded], numbers);
  return "numbers_shed";
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

async function dropBefore(
  server: InfluxServer,
  measurements: readonly string[],
  before: number,
): Promise<void> {
  for (const measurement of measurements) {
    await server.command(`DELETE FROM "${measurement}" WHERE time < ${inRange(before)}ms`);
  }
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
