import type { HomeConfig } from "../config/config.ts";
import { rememberId } from "../config/remember.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { SECOND_MS } from "../domain/time.ts";
import { openKeyFile } from "../ops/key-file.ts";
import { plainIds } from "../ops/plain-ids.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import { keyless, openKeylessStores } from "../store/state/keyless.ts";
import { closedTimeseries } from "../store/timeseries/closed.ts";
import { openStore } from "../store/timeseries/influx/open.ts";
import type { DataFolder } from "./data-folder.ts";

/** Law 4: a box without its key reads devices, judges, rings and shows its page all the same. */
export interface Keyless {
  /** What is wrong with the key, for people. */
  readonly why: string;
  /** Aborted when the key is back: to be composed anew then. */
  readonly back: AbortSignal;
}

/** A key that was pulled out comes back within a breath of being plugged in. */
const LOOK_MS = 3 * SECOND_MS;

/** Whether a data folder does not open for its key alone. */
export const isAboutKey = (error: unknown): error is Fault =>
  error instanceof Fault && (error.code === "UNSEALABLE" || error.code === "DISK_FAILED");

/**
 * A data folder whose key cannot be had, as far as it is readable without: ids and sign-ins are known, nights and
 * settings closed. Nothing sealed in it is touched.
 */
export async function openKeylessFolder(
  options: {
    readonly config: HomeConfig;
    readonly dataDir: string;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
  },
  why: string,
): Promise<Omit<DataFolder, "key" | "stateDamage" | "onStateDamage">> {
  const { config, dataDir, clock, random, log } = options;
  log.note("key.missing", { why }, "error");
  const { value: values } = await plainIds(dataDir);
  const stores = await openKeylessStores({ folder: dataDir, values, now: clock.wall(), log });
  // An outside database is sealed by nobody here: nights are kept there all the same.
  const { timeseries } =
    config.store.engine === "influxdb"
      ? await openStore({
          ...{ config: config.store, folder: dataDir, clock, log },
          home: await rememberId(stores.state, random, "home_id"),
          sqlite: () => Promise.reject(keyless()),
        })
      : { timeseries: closedTimeseries(keyless) };
  return {
    ...{ stores, timeseries },
    async close() {
      await timeseries.close();
      await stores.close();
    },
  };
}

/** Looks for the key every few seconds; `stop` ends it. */
export async function awaitKey(options: {
  readonly file: string;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Promise<{ readonly back: AbortSignal; stop(): void }> {
  const { clock, log } = options;
  const found = new AbortController();
  const ask = (): Promise<Uint8Array | undefined> =>
    openKeyFile(options).then(
      ({ key }) => key,
      () => undefined,
    );
  // One that opens the folder's check and not what is in it is no better the second time.
  const refused = await ask();
  let isAsking = false;
  const look = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    const key = await ask();
    isAsking = false;
    if (key === undefined || (refused !== undefined && Buffer.compare(key, refused) === 0)) return;
    log.note("key.back", {}, "warn");
    found.abort();
  };
  const stop = clock.every(LOOK_MS, () => {
    look().catch((error: unknown) => log.note("key.unseen", { why: messageOf(error) }, "warn"));
  });
  return { back: found.signal, stop };
}
