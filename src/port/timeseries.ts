import type { AlarmEvent } from "../domain/alarm.ts";
import type { BedId, DeviceId } from "../domain/ids.ts";
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
  readonly detail: string;
  readonly bytes: number;
  readonly oldest?: Wall;
}

/** The time-series store. Methods reject with STORE_FAILED or STORE_STALLED. */
export interface Timeseries {
  /**
   * Idempotent: repeats of (device, epoch, seq) or of an event key change nothing. Resolves when durable, with how many
   * of the rows were new; undefined from a store that cannot tell.
   */
  write(batch: Batch): Promise<number | undefined>;
  /** Full resolution, merged over devices by rank order of first appearance. Bounded to 200,000 points. */
  range(query: RangeQuery & { readonly signal: SignalId }): Promise<readonly Point[]>;
  /** One bucket per `bucketMs`, gaps as buckets of count 0. At most 5,000 buckets. */
  buckets(
    query: RangeQuery & { readonly signals: readonly SignalId[]; readonly bucketMs: number },
  ): Promise<{ readonly [id in SignalId]?: readonly Bucket[] }>;
  waves(query: RangeQuery & { readonly wave: WaveId }): Promise<readonly StoredWave[]>;
  events(query: RangeQuery): Promise<readonly AlarmEvent[]>;
  /** Nights with any data, newest first, at most `limit`. */
  nights(bed: BedId, zone: string, limit: number): Promise<readonly Night[]>;
  /** Whether any row in the range is simulated. */
  simulated(query: RangeQuery): Promise<boolean>;
  /** Drops waves, then rows, older than the given times. */
  retain(policy: { readonly wavesFrom: Wall; readonly rowsFrom: Wall }): Promise<void>;
  health(): Promise<TimeseriesHealth>;
  close(): Promise<void>;
}
