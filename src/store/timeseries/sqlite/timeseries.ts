import { messageOf } from "../../../domain/fault.ts";
import { MINUTE_MS } from "../../../domain/time.ts";
import type { Clock } from "../../../port/clock.ts";
import type { Log } from "../../../port/log.ts";
import type { Timeseries } from "../../../port/timeseries.ts";
import { createInlineClient, createWorkerClient, type WorkerClient, workerEntry } from "../../worker.ts";
import { TimeseriesFile } from "./file.ts";

const WHAT = "the time-series store";
const FAULTS = { failed: "STORE_FAILED", stalled: "STORE_STALLED" } as const;
/** A page's question; a year of nights answers in well under a second. */
const DEADLINE_MS = 10_000;
/** Compaction goes on in steps of one chunk, this many at most in a row, so that writes come between. */
const COMPACT_STEPS = 6;

/**
 * The time-series store on a SQLite file in a thread of its own. Resolves when the file is open; rejects with
 * STORE_FAILED or DATA_DIR_NEWER. Calls reject with STORE_STALLED after 10 s; a write may then still land, and
 * repeating it is harmless.
 */
export async function openSqliteTimeseries(options: {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Timeseries> {
  const worker = createWorkerClient<TimeseriesFile>({
    entry: workerEntry("thread", import.meta.url),
    data: options.file,
    what: WHAT,
    clock: options.clock,
    log: options.log,
    faults: FAULTS,
    deadlineMs: DEADLINE_MS,
  });
  try {
    await worker.start();
  } catch (error) {
    await worker.close();
    throw error;
  }
  return timeseriesOver(worker, options.clock, options.log);
}

/** The same file in memory and in this thread, for rehearsals: no thread, no real time. */
export function createMemoryTimeseries(clock: Clock, log: Log): Timeseries {
  const file = new TimeseriesFile(":memory:");
  return timeseriesOver(createInlineClient<TimeseriesFile>(file, { what: WHAT, faults: FAULTS }), clock, log);
}

function timeseriesOver(file: WorkerClient<TimeseriesFile>, clock: Clock, log: Log): Timeseries {
  let compacting: Promise<void> | undefined;
  const compact = async (): Promise<void> => {
    for (let step = 0; step < COMPACT_STEPS; step++) {
      if (!(await file.call("compact", [clock.wall()]))) return;
    }
  };
  const stopCompacting = clock.every(MINUTE_MS, () => {
    compacting ??= compact()
      .catch((error: unknown) => log.note("store.compact_failed", { why: messageOf(error) }, "warn"))
      .finally(() => {
        compacting = undefined;
      });
  });
  return {
    write: (batch) => file.call("write", [batch]),
    range: (query) => file.call("range", [query]),
    buckets: (query) => file.call("buckets", [query]),
    waves: (query) => file.call("waves", [query]),
    events: (query) => file.call("events", [query]),
    nights: (bed, zone, limit) => file.call("nights", [bed, zone, limit]),
    simulated: (query) => file.call("simulated", [query]),
    retain: (policy) => file.call("retain", [policy]),
    health: () => file.call("health", []),
    async close() {
      stopCompacting();
      await compacting;
      await file.close();
    },
  };
}
