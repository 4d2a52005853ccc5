import { join } from "node:path";
import type { HomeConfig } from "../config/config.ts";
import { rememberId } from "../config/remember.ts";
import { keyFileOf, openKeyFile } from "../ops/key-file.ts";
import { withPlainIds } from "../ops/plain-ids.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { Timeseries } from "../port/timeseries.ts";
import { openSqliteStores, type Stores } from "../store/state/state.ts";
import { openStore } from "../store/timeseries/influx/open.ts";
import { openSqliteTimeseries } from "../store/timeseries/sqlite/timeseries.ts";

/** What lies in a data folder, opened. */
export interface DataFolder {
  /** What is secret in it is encrypted with this. */
  readonly key: Uint8Array;
  readonly stores: Stores;
  readonly timeseries: Timeseries;
  close(): Promise<void>;
}

/** Opens key, state and numbers of a data folder, which the caller has locked. Rejects with the Fault of what cannot be had. */
export async function openDataFolder(options: {
  readonly config: HomeConfig;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Promise<DataFolder> {
  const { config, dataDir, clock, random, log } = options;
  const file = keyFileOf(dataDir, config.security.keyFile);
  const { key, wasMade } = await openKeyFile({ file, dataDir, random });
  if (wasMade) log.note("key.made", { file }, "warn");
  const opened = await openSqliteStores({ folder: dataDir, key, clock, log });
  try {
    const stores = { ...opened, state: await withPlainIds(opened.state, dataDir, log) };
    const { timeseries } = await openStore({
      ...{ config: config.store, folder: dataDir, clock, log },
      home: config.hub === undefined ? await rememberId(stores.state, random, "home_id") : "",
      sqlite: () => openSqliteTimeseries({ file: join(dataDir, "timeseries.sqlite"), key, clock, log }),
    });
    return {
      ...{ key, stores, timeseries },
      async close() {
        await timeseries.close();
        await stores.close();
      },
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
