import path from "node:path";
import type { StoreConfig } from "../../../config/store.ts";
import { Fault } from "../../../domain/fault.ts";
import type { HomeId } from "../../../domain/ids.ts";
import type { Clock } from "../../../port/clock.ts";
import type { Log } from "../../../port/log.ts";
import type { Timeseries } from "../../../port/timeseries.ts";
import { createWorkerClient, workerEntry } from "../../worker.ts";
import type { MirrorMarks } from "./marks.ts";
import { createMirror, type Mirror } from "./mirror.ts";
import { createOutside } from "./outside.ts";
import type { InfluxAddress } from "./server.ts";
import { createInfluxTimeseries } from "./timeseries.ts";

/** The mirror's marks of one data folder. */
const MARKS_FILE = "mirror.sqlite";
const DEADLINE_MS = 10_000;

/** The store that was opened; a mirror also tells how far behind the outside is. */
export interface OpenedStore {
  readonly timeseries: Timeseries;
  readonly mirror?: Mirror;
}

/**
 * The time-series store that a configuration asks for. `sqlite` opens the one on this machine, and is not called for
 * the engine `influxdb`. An outside server may be away: only the store on this machine must be there. Rejects with
 * STORE_FAILED or as `sqlite` does. `home`: whose beds are named plainly; on a hub of many homes "".
 */
export async function openStore(options: {
  readonly config: StoreConfig;
  readonly sqlite: () => Promise<Timeseries>;
  /** Data folder. */
  readonly folder: string;
  readonly home: HomeId;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<OpenedStore> {
  const { config, sqlite, folder, clock, log } = options;
  if (config.engine === "sqlite") return { timeseries: await sqlite() };
  const address = addressOf(config);
  if (config.engine === "influxdb") return { timeseries: createInfluxTimeseries({ ...options, address }) };
  const store = await sqlite();
  const marks = createWorkerClient<MirrorMarks>({
    entry: workerEntry("thread", import.meta.url),
    data: path.join(folder, MARKS_FILE),
    what: "the mirror's marks",
    clock,
    log,
    faults: { failed: "STORE_FAILED", stalled: "STORE_STALLED" },
    deadlineMs: DEADLINE_MS,
  });
  try {
    await marks.start();
  } catch (error) {
    await Promise.all([marks.close(), store.close()]);
    throw error;
  }
  const mirror = createMirror({ store, outside: createOutside({ ...options, address }), marks, clock, log });
  mirror.start();
  return { timeseries: mirror, mirror };
}

/** The server of a configuration; throws CONFIG_INVALID where it names none. */
export function addressOf({ influxdb }: StoreConfig): InfluxAddress {
  if (influxdb !== undefined) return influxdb;
  throw new Fault("CONFIG_INVALID", "store.influxdb is missing", {
    fix: "Add store.influxdb with its url and database (docs/stores.md).",
    permanent: true,
  });
}
