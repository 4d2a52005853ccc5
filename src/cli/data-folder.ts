import { join } from "node:path";
import type { HomeConfig } from "../config/config.ts";
import { rememberId } from "../config/remember.ts";
import { messageOf } from "../domain/fault.ts";
import { HOUR_MS, MINUTE_MS } from "../domain/time.ts";
import { keyFileOf, openKeyFile } from "../ops/key-file.ts";
import { plainIds, withPlainIds } from "../ops/plain-ids.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { State } from "../port/state.ts";
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
  /** What is wrong with the file of people and settings, now; undefined: nothing. */
  stateDamage(): string | undefined;
  /** Hears of what is found damaged in it from now on, in words. */
  onStateDamage(listener: (damage: string) => void): () => void;
  close(): Promise<void>;
}

/** So little of people and phones is lost at most. */
const COPY_EVERY_MS = HOUR_MS;
/** A family signs in and sets up its first phones in less. */
const FIRST_COPY_MS = 10 * MINUTE_MS;

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
  const isBed = config.hub === undefined;
  const known = await plainIds(dataDir);
  const opened = await openSqliteStores({
    ...{ folder: dataDir, key, clock, log },
    ...(isBed && { mend: { hadOne: known.size > 0 } }),
  });
  const copies = isBed ? keepCopies(opened, { clock, log }) : undefined;
  try {
    const own = await withPlainIds(opened.state, dataDir, log);
    const stores = { ...opened, state: opened.damage === "" ? own : withKnownIds(own, known.value) };
    const { timeseries } = await openStore({
      ...{ config: config.store, folder: dataDir, clock, log },
      home: isBed ? await rememberId(stores.state, random, "home_id") : "",
      sqlite: () => openSqliteTimeseries({ file: join(dataDir, "timeseries.sqlite"), key, clock, log }),
    });
    return {
      ...{ key, stores, timeseries },
      stateDamage: () => copies?.trouble() ?? (opened.trouble() || undefined),
      onStateDamage: opened.onTrouble,
      async close() {
        await copies?.stop();
        await timeseries.close();
        await stores.close();
      },
    };
  } catch (error) {
    await copies?.stop();
    await opened.close();
    throw error;
  }
}

/** What is left of a damaged state is of the same home, with the same devices: its ids lie beside in the clear. */
const withKnownIds = (state: State, known: (name: string) => string | undefined): State => ({
  ...state,
  async value(name) {
    const value = await state.value(name);
    const before = value === undefined ? known(name) : undefined;
    if (before !== undefined) await state.setValue(name, before);
    return value ?? before;
  },
});

/** Copies the file of people and settings in every hour in which something was written, and at the end. */
function keepCopies(
  stores: Pick<Stores, "keepCopy">,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): { trouble(): string | undefined; stop(): Promise<void> } {
  let trouble: string | undefined;
  const copy = (): Promise<void> =>
    stores.keepCopy(clock.wall()).then(
      () => {
        trouble = undefined;
      },
      (error: unknown) => {
        trouble = messageOf(error);
        log.note("state.uncopied", { why: trouble }, "error");
      },
    );
  const stops = [
    clock.after(FIRST_COPY_MS, () => void copy()),
    clock.every(COPY_EVERY_MS, () => void copy()),
  ];
  return {
    trouble: () => trouble,
    async stop() {
      for (const stop of stops) stop();
      await copy();
    },
  };
}
