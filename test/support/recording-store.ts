import type { Batch, Timeseries } from "../../src/port/timeseries.ts";

/** A time-series store that only remembers what was written to it, and fails or stalls on demand. */
export interface RecordingStore {
  readonly timeseries: Timeseries;
  /** Everything written, one entry a message: `<device> <epoch> <seq>`, alarm events `<bed> <key>`. */
  readonly written: readonly string[];
  readonly batches: readonly Batch[];
  /** Throws what the function returns instead of writing. */
  failWith(failure: ((batch: Batch) => Error | undefined) | undefined): void;
  stall(): void;
  resume(): void;
}

export function createRecordingStore(): RecordingStore {
  const batches: Batch[] = [];
  let failure: ((batch: Batch) => Error | undefined) | undefined;
  let stalled: PromiseWithResolvers<void> | undefined;
  const timeseries = {
    async write(batch: Batch): Promise<void> {
      await stalled?.promise;
      const error = failure?.(batch);
      if (error !== undefined) throw error;
      batches.push(batch);
    },
  };
  return {
    // Whoever only writes needs no more of it.
    timeseries: timeseries as unknown as Timeseries,
    get written() {
      return batches.flatMap((batch) => [
        ...[...batch.rows, ...batch.waves, ...batch.settings].map(
          ({ device, epoch, seq }) => `${device} ${epoch} ${seq}`,
        ),
        ...batch.events.map(({ bed, key }) => `${bed} ${key}`),
      ]);
    },
    batches,
    failWith(next) {
      failure = next;
    },
    stall() {
      stalled ??= Promise.withResolvers<void>();
    },
    resume() {
      stalled?.resolve();
      stalled = undefined;
    },
  };
}
