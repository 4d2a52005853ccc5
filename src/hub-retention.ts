import type { HomeConfig } from "./config/config.ts";
import { messageOf } from "./domain/fault.ts";
import type { HomeId } from "./domain/ids.ts";
import { DAY_MS, HOUR_MS, wall } from "./domain/time.ts";
import type { World } from "./port/world.ts";

/** Of a disk, where the configuration names no budget: the rest is for journals, the machine and what is new. */
const DISK_SHARE = 0.5;

/**
 * Lets the store forget what is older than configured, now and once an hour, and keeps it inside its budget: waveforms
 * go before numbers, alarm events never. `homes`: those of a hub, now. Returns how to stop it.
 */
export function keepRetaining(
  world: World,
  keep: () => HomeConfig["keep"],
  homes?: () => Promise<readonly HomeId[]>,
): () => void {
  const { timeseries, disk, clock, log } = world;
  const retain = async (): Promise<void> => {
    const now = clock.wall();
    const { waveDays, numberDays, gigabytes } = keep();
    const space = await disk.space().catch(() => undefined);
    const share = space === undefined ? undefined : space.totalBytes * DISK_SHARE;
    const budgetBytes = gigabytes === undefined ? share : gigabytes * 1e9;
    await timeseries.retain({
      wavesFrom: wall(now - waveDays * DAY_MS),
      rowsFrom: wall(now - numberDays * DAY_MS),
      ...(budgetBytes === undefined ? {} : { budgetBytes }),
      ...(homes === undefined ? {} : { homes: await homes() }),
    });
    const { budget } = await timeseries.health();
    if (budget !== undefined && budget.state !== "good") {
      const { state, usedBytes, budgetBytes: of } = budget;
      log.note("store.budget", { state, usedBytes, budgetBytes: of }, "warn");
    }
  };
  const retainOrSay = (): void => {
    retain().catch((error: unknown) => log.note("store.retention_failed", { why: messageOf(error) }, "warn"));
  };
  retainOrSay();
  return clock.every(HOUR_MS, retainOrSay);
}
