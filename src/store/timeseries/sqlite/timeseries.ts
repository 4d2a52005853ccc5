import { Fault, messageOf } from "../../../domain/fault.ts";
import type { SignalId } from "../../../domain/signal.ts";
import { HOUR_MS, MINUTE_MS, wall } from "../../../domain/time.ts";
import type { Clock } from "../../../port/clock.ts";
import type { Log } from "../../../port/log.ts";
import type {
  Bucket,
  NightSummary,
  Series,
  SignalSummary,
  StoredBed,
  SummariesQuery,
  Timeseries,
} from "../../../port/timeseries.ts";
import { pointsOf, seriesOf } from "../../rollup.ts";
import { createInlineClient, createWorkerClient, type WorkerClient, workerEntry } from "../../worker.ts";
import type { BackupMethods } from "./backup-thread.ts";
import { TimeseriesFile } from "./file.ts";
import { type PackedNight, SUMMARY_NUMBERS } from "./nights.ts";
import { BUCKET_NUMBERS, type PackedBuckets } from "./numbers.ts";
import { packRows } from "./packed.ts";
import { codesOf, signalOf } from "./signals.ts";

const WHAT = "the time-series store";
const FAULTS = { failed: "STORE_FAILED", stalled: "STORE_STALLED" } as const;
/** A page's question; a year of nights answers in well under a second. */
const DEADLINE_MS = 10_000;
/** A start reads the newest rows again, and a file of up to 128 MB whole. */
const START_MS = 60_000;
const BACKUP_MS = 2 * HOUR_MS;
const BEDS_AT_ONCE = 200;

/** Where the store lies and how it is read. */
export interface SqliteOptions {
  readonly file: string;
  /** 32 bytes: everything but times and ids is sealed with it (crypt/seal.ts). Absent: plain. */
  readonly key?: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The time-series store on a SQLite file in a thread of its own. Resolves when the file is open; rejects with
 * STORE_FAILED, DATA_DIR_LOCKED, DATA_DIR_NEWER or UNSEALABLE. Calls reject with STORE_STALLED after 10 s; a write may
 * then still land, and repeating it is harmless.
 */
export async function openSqliteTimeseries({ file, key, clock, log }: SqliteOptions): Promise<Timeseries> {
  const common = { what: WHAT, clock, log, faults: FAULTS };
  const worker = createWorkerClient<TimeseriesFile>({
    ...common,
    entry: workerEntry("thread", import.meta.url),
    data: key === undefined ? { file } : { file, key },
    deadlineMs: DEADLINE_MS,
    startMs: START_MS,
  });
  try {
    await worker.start();
  } catch (error) {
    await worker.close();
    throw error;
  }
  const backup = async (to: string): Promise<void> => {
    const thread = createWorkerClient<BackupMethods>({
      ...common,
      entry: workerEntry("backup-thread", import.meta.url),
      data: undefined,
      what: "the backup of the time-series store",
      deadlineMs: DEADLINE_MS,
    });
    try {
      await thread.call("copy", [file, to], BACKUP_MS);
    } finally {
      await thread.close();
    }
  };
  return timeseriesOver(worker, { clock, log, backup });
}

/** The same file in memory and in this thread, for rehearsals: no thread, no real time. */
export function createMemoryTimeseries(clock: Clock, log: Log): Timeseries {
  const worker = createInlineClient<TimeseriesFile>(new TimeseriesFile(":memory:"), {
    what: WHAT,
    faults: FAULTS,
  });
  return timeseriesOver(worker, { clock, log, backup: (to) => worker.call("backup", [to]) });
}

function timeseriesOver(
  file: WorkerClient<TimeseriesFile>,
  options: { readonly clock: Clock; readonly log: Log; readonly backup: (to: string) => Promise<void> },
): Timeseries {
  const { clock, log, backup } = options;
  let compacting: Promise<void> | undefined;
  let closed = false;
  /** Why the file did not take the newest write; absent: it did. A row that nothing can hold says nothing of the file. */
  let refusal: string | undefined;
  const compact = async (): Promise<void> => {
    // Every step is a call of its own: writes come between.
    while (!closed && (await file.call("compact", [clock.wall()])));
  };
  const stopCompacting = clock.every(MINUTE_MS, () => {
    compacting ??= compact()
      .catch((error: unknown) => log.note("store.compact_failed", { why: messageOf(error) }, "warn"))
      .finally(() => {
        compacting = undefined;
      });
  });
  return {
    async write({ rows, ...records }) {
      try {
        const fresh = await file.call("write", [packRows(rows), records]);
        refusal = undefined;
        return fresh;
      } catch (error) {
        if (!(error instanceof Fault && error.permanent)) refusal = messageOf(error);
        throw error;
      }
    },
    async range({ signal, ...query }) {
      const [series] = (await file.call("series", [query, codesOf([signal])])).values();
      return series === undefined ? [] : pointsOf(series);
    },
    async series({ signals, ...query }) {
      const found = await file.call("series", [query, codesOf(signals)]);
      const series: { [id in SignalId]?: Series } = {};
      for (const id of signals) series[id] = seriesOf([]);
      for (const [code, one] of found) series[signalOf(code)] = one;
      return series;
    },
    async buckets({ signals, ...query }) {
      const found = await file.call("buckets", [query, codesOf(signals)]);
      const buckets: { [id in SignalId]?: readonly Bucket[] } = {};
      for (const [code, one] of found) buckets[signalOf(code)] = bucketsOf(one, query.from, query.bucketMs);
      return buckets;
    },
    waves: ({ wave, ...query }) => file.call("waves", [query, wave]),
    events: async (query) => (await file.call("events", [query])).map(({ event }) => event),
    nights: (bed, zone, limit) => file.call("nights", [bed, zone, limit]),
    summaries: (query) => summariesOf(file, query),
    simulated: (query) => file.call("simulated", [query]),
    async beds() {
      const beds: StoredBed[] = [];
      for (let after: string | undefined = ""; after !== undefined; ) {
        const some: Awaited<ReturnType<TimeseriesFile["beds"]>> = await file.call("beds", [
          after,
          BEDS_AT_ONCE,
        ]);
        beds.push(...some.beds);
        after = some.next;
      }
      return beds;
    },
    page: (query) => file.call("page", [query]),
    async remove(bed) {
      while (await file.call("removeSome", [bed]));
    },
    async retain(policy) {
      await file.call("beginRetention", [policy]);
      while (!closed && (await file.call("retainSome", [])));
    },
    backup,
    async health() {
      const health = await file.call("health", []);
      return refusal === undefined ? health : { ...health, ok: false, detail: refusal };
    },
    async close() {
      closed = true;
      stopCompacting();
      await compacting;
      await file.close();
    },
  };
}

function bucketsOf(packed: PackedBuckets, from: number, bucketMs: number): readonly Bucket[] {
  return Array.from({ length: packed.length / BUCKET_NUMBERS }, (_, index): Bucket => {
    const at = wall(from + index * bucketMs);
    const [count = 0, min = 0, mean = 0, max = 0] = packed.subarray(index * BUCKET_NUMBERS);
    return count === 0 ? { at, count } : { at, count, min, mean, max };
  });
}

async function summariesOf(
  file: WorkerClient<TimeseriesFile>,
  query: SummariesQuery,
): Promise<readonly NightSummary[]> {
  const { kept, missing } = await file.call("kept", [query]);
  const nights = [...kept];
  for (const night of missing) {
    const made = await file.call("summarise", [query.bed, query.zone, night]);
    if (made !== undefined) nights.push(made);
  }
  const wanted = query.signals && new Set(codesOf(query.signals));
  return nights.sort((a, b) => (a.night < b.night ? -1 : 1)).map((packed) => summaryOfNight(packed, wanted));
}

function summaryOfNight({ night, numbers }: PackedNight, wanted?: ReadonlySet<number>): NightSummary {
  const signals: { [id in SignalId]?: SignalSummary } = {};
  for (let at = 1; at < numbers.length; at += SUMMARY_NUMBERS) {
    const [code = 0, count = 0, min = 0, p05 = 0, p50 = 0, p95 = 0, max = 0, mean = 0] = numbers.subarray(
      at,
      at + SUMMARY_NUMBERS,
    );
    if (wanted?.has(code) !== false) signals[signalOf(code)] = { count, min, p05, p50, p95, max, mean };
  }
  return { night, simulated: numbers[0] === 1, signals };
}
