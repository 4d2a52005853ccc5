import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SECOND_MS, type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Timeseries } from "../port/timeseries.ts";
import { openSqliteTimeseries } from "../store/timeseries/sqlite/timeseries.ts";
import { openedFor, type StoreUnderTest } from "./store.ts";
import { FIRST_EVENING } from "./store-data.ts";

const FOREVER = wall(FIRST_EVENING * 2);
const LOOK_MS = 50;

interface Place {
  readonly folder: string;
  /** Of the file in it. */
  readonly name: string;
  readonly key?: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
}

/** The default store in its thread, its file in the folder; with a key everything in it is sealed. */
export function sqliteUnderTest(name: string, place: Place): StoreUnderTest {
  const file = join(place.folder, `${place.name}.sqlite`);
  const timer = createHandTimer(place.clock);
  const ask = (sql: string): number => {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
    } finally {
      db.close();
    }
  };
  return {
    name,
    open: async () => openedFor(await openSqliteTimeseries({ ...place, file, clock: timer.clock })),
    async settle() {
      timer.tick(FOREVER);
      while (ask("SELECT count(*) FROM log") > 0) await place.clock.sleep(LOOK_MS);
    },
    bytes: async () => (ask("PRAGMA page_count") - ask("PRAGMA freelist_count")) * ask("PRAGMA page_size"),
    memory: async () => process.memoryUsage().rss,
  };
}

/** The same for a fleet's load, on the homes' own time. */
export async function sqliteOfHub(
  place: Place,
): Promise<{ readonly timeseries: Timeseries; minute(): void }> {
  const timer = createHandTimer(place.clock);
  const file = join(place.folder, `${place.name}.sqlite`);
  const timeseries = await openSqliteTimeseries({ ...place, file, clock: timer.clock });
  let minutes = 0;
  return { timeseries, minute: () => timer.tick(wall(FIRST_EVENING + minutes++ * 60 * SECOND_MS)) };
}

/** A clock on which what is done now and then is done when it is told to, at a time of day that is told too. */
function createHandTimer(clock: Clock): { readonly clock: Clock; tick(at: Wall): void } {
  const callbacks = new Set<() => void>();
  let now = wall(FIRST_EVENING);
  return {
    clock: {
      mono: () => clock.mono(),
      wall: () => now,
      trusted: () => clock.trusted(),
      after: (ms, callback) => clock.after(ms, callback),
      every(_ms, callback) {
        callbacks.add(callback);
        return () => callbacks.delete(callback);
      },
      sleep: (ms, signal) => clock.sleep(ms, signal),
    },
    tick(at) {
      now = at;
      for (const callback of callbacks) callback();
    },
  };
}
