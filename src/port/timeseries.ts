import type { AlarmEvent } from "../domain/alarm.ts";
import type { BedId, DeviceId, HomeId } from "../domain/ids.ts";
import type { Sample } from "../domain/sample.ts";
import type { SettingId, SignalId, WaveId } from "../domain/signal.ts";
import type { Night, Wall } from "../domain/time.ts";

/** Numbers of one device at one second. `simulated` data is stored beside, marked, never mixed into trends. */
export interface StoredRow {
  readonly bed: BedId;
  readonly device: DeviceId;
  readonly epoch: string;
  readonly seq: number;
  readonly at: Wall;
  readonly simulated: boolean;
  readonly samples: { readonly [id in SignalId]?: Sample };
}

export interface StoredWave {
  readonly bed: BedId;
  readonly device: DeviceId;
  readonly epoch: string;
  readonly seq: number;
  /** Time of the last value. */
  readonly at: Wall;
  readonly simulated: boolean;
  readonly rateHz: number;
  readonly channels: { readonly [id in WaveId]?: readonly number[] };
}

export interface StoredSettings {
  readonly bed: BedId;
  readonly device: DeviceId;
  readonly epoch: string;
  readonly seq: number;
  readonly at: Wall;
  readonly simulated: boolean;
  readonly settings: { readonly [id in SettingId]?: number | string };
}

export interface Batch {
  readonly rows: readonly StoredRow[];
  readonly waves: readonly StoredWave[];
  readonly settings: readonly StoredSettings[];
  readonly events: readonly { readonly bed: BedId; readonly key: string; readonly event: AlarmEvent }[];
}

export interface RangeQuery {
  readonly bed: BedId;
  readonly from: Wall;
  /** Half-open. */
  readonly to: Wall;
}

export interface Point {
  readonly at: Wall;
  readonly sample: Sample;
}

/** `count` 0 is a gap: min, mean and max are then absent from the object. */
export interface Bucket {
  readonly at: Wall;
  readonly count: number;
  readonly min?: number;
  readonly mean?: number;
  readonly max?: number;
}

export interface TimeseriesHealth {
  readonly ok: boolean;
  /** For people: `good`, or what is wrong and what was done about it. */
  readonly detail: string;
  readonly bytes: number;
  readonly oldest?: Wall;
  /** Of a store that was given a budget by `retain`. */
  readonly budget?: BudgetHealth;
}

/** Nights of a bed in its IANA zone. */
export interface SummariesQuery {
  readonly bed: BedId;
  readonly zone: string;
  readonly from: Night;
  readonly to: Night;
  /** Default: all signals. */
  readonly signals?: readonly SignalId[];
}

/** How a store stands to its disk budget. */
export interface BudgetHealth {
  readonly budgetBytes: number;
  readonly usedBytes: number;
  /**
   * `nearly_full` from 80 % on; `waves_shed`, `numbers_shed`: the last `retain` had to drop some before their time;
   * `full`: nothing more may be shed (alarms and the newest two days of numbers never are).
   */
  readonly state: "good" | "nearly_full" | "waves_shed" | "numbers_shed" | "full";
}

/** What is kept how long. Alarm events and nightly summaries are kept for good. */
export interface RetentionPolicy {
  readonly wavesFrom: Wall;
  readonly rowsFrom: Wall;
  /** Above it waveforms go first, oldest first, then numbers, oldest first. Absent: no budget. */
  readonly budgetBytes?: number;
  /** Of a hub: whose data it is, where a store may hold that of others too. A home drops its own alone. */
  readonly homes?: readonly HomeId[];
}

/** One signal at full resolution by columns of one length, ascending in time. */
export interface Series {
  /** Wall milliseconds. */
  readonly at: Float64Array;
  /** Means something only where `absences` is 0. */
  readonly values: Float64Array;
  /** 0: there is a value; otherwise 1 + the position of the reason in ABSENCES. */
  readonly absences: Uint8Array;
}

/** One signal in one night: over the values that `range` gives, absences left out. Percentiles by nearest rank. */
export interface SignalSummary {
  /** At least 1. */
  readonly count: number;
  readonly min: number;
  readonly p05: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  readonly mean: number;
}

export interface NightSummary {
  readonly night: Night;
  /** Whether any row of the night is simulated (law 7: not for trends of a person). */
  readonly simulated: boolean;
  /** Signals without any value in the night are not there. */
  readonly signals: { readonly [id in SignalId]?: SignalSummary };
}

/** A bed that has rows, with the time of the first and of the last. */
export interface StoredBed {
  readonly bed: BedId;
  readonly oldest: Wall;
  readonly newest: Wall;
}

/** Everything of a bed from the query's `from` up to `next`. */
export interface Page {
  readonly batch: Batch;
  /** Where the next page begins; absent: the range is read to its end. */
  readonly next?: Wall;
}

/** The time-series store. Methods reject with STORE_FAILED or STORE_STALLED. Beds may be qualified (`<home>~<bed>`). */
export interface Timeseries {
  /**
   * Idempotent: repeats of (bed, device, at), which (device, epoch, seq) implies, or of an event key change nothing.
   * Resolves when durable, with how many of the rows were new; undefined from a store that cannot tell.
   */
  write(batch: Batch): Promise<number | undefined>;
  /** Full resolution, merged over devices by rank order of first appearance. Bounded to 200,000 points. */
  range(query: RangeQuery & { readonly signal: SignalId }): Promise<readonly Point[]>;
  /** The points of `range` for several signals, as columns, bounded alike: for whoever goes through whole nights. */
  series(
    query: RangeQuery & { readonly signals: readonly SignalId[] },
  ): Promise<{ readonly [id in SignalId]?: Series }>;
  /** One bucket per `bucketMs`, gaps as buckets of count 0. At most 5,000 buckets. */
  buckets(
    query: RangeQuery & { readonly signals: readonly SignalId[]; readonly bucketMs: number },
  ): Promise<{ readonly [id in SignalId]?: readonly Bucket[] }>;
  waves(query: RangeQuery & { readonly wave: WaveId }): Promise<readonly StoredWave[]>;
  events(query: RangeQuery): Promise<readonly AlarmEvent[]>;
  /** Nights with any data, newest first, at most `limit`. */
  nights(bed: BedId, zone: string, limit: number): Promise<readonly Night[]>;
  /**
   * Summaries of the nights `from`..`to` (both included, in the bed's zone), oldest first; nights without rows are not
   * there. At most 1,100 nights. May outlive the rows that they were made of.
   */
  summaries(query: SummariesQuery): Promise<readonly NightSummary[]>;
  /** Whether any row in the range is simulated. */
  simulated(query: RangeQuery): Promise<boolean>;
  /** Every bed with rows, or of which alarms are left, by name. */
  beds(): Promise<readonly StoredBed[]>;
  /**
   * Everything kept of a bed in the range, in pages ascending in time, for copying to another store: ask again with
   * `from` = `next` until there is none. A page holds at most 20,000 rows. Rows and settings read back have epoch "" and
   * seq 0 where the store keeps only their time.
   */
  page(query: RangeQuery): Promise<Page>;
  /** Removes all of a bed for good: rows, waves, settings, events, summaries. Harmless for an unknown bed. */
  remove(bed: BedId): Promise<void>;
  /** Drops waves and rows older than the given times, more of them when the budget asks for it, never an event. */
  retain(policy: RetentionPolicy): Promise<void>;
  /**
   * A consistent copy in a new file, while writes go on. Rejects with STORE_FAILED (permanent) from a store that is
   * another program's, whose own backup is to be used, and when the file is there already.
   */
  backup(file: string): Promise<void>;
  /**
   * Names what is stored of numbers and alarms in a range, as far as this process wrote it, for this process alone: another text once something was
   * written there, or dropped or removed anywhere. Undefined within half a minute of that, while a store may not show it
   * yet. Absent: a store that cannot tell.
   */
  revision?(query: RangeQuery): string | undefined;
  health(): Promise<TimeseriesHealth>;
  close(): Promise<void>;
}
