import { Fault } from "../../../domain/fault.ts";
import type { BedId, HomeId } from "../../../domain/ids.ts";
import { MINUTE_MS } from "../../../domain/time.ts";
import type { Clock } from "../../../port/clock.ts";
import type { Log } from "../../../port/log.ts";
import type { Batch, RetentionPolicy } from "../../../port/timeseries.ts";
import { batchLines, bedTags } from "./lines.ts";
import { createInfluxServer, type InfluxAddress, type InfluxServer } from "./server.ts";
import { createInfluxTimeseries } from "./timeseries.ts";

/** A store that a mirror fills. Rejects with STORE_FAILED or STORE_STALLED. */
export interface Outside {
  /** Resolves when every line was confirmed. */
  write(batch: Batch): Promise<void>;
  remove(bed: BedId): Promise<void>;
  /** Drops what is too old of the own homes; a VictoriaMetrics has a retention of its own instead. */
  retain(policy: Pick<RetentionPolicy, "wavesFrom" | "rowsFrom" | "homes">): Promise<void>;
  /**
   * How long what was confirmed may still be lost, and in which run of the server it was confirmed: it is kept once so
   * long has gone by in one and the same run.
   */
  promise(): Promise<{ readonly settleMs: number; readonly run?: string }>;
  close(): Promise<void>;
}

/**
 * VictoriaMetrics writes what it has confirmed to its disk some seconds later: killed, it lost the newest 7 to 8 s in
 * every trial. Twelve times the longest interval of its documentation (5 s).
 */
const VICTORIA_SETTLE_MS = MINUTE_MS;
const EVERYTHING_BUT_NUMBERS = { waves: [], settings: [], events: [] } as const;

/** InfluxDB gets everything; VictoriaMetrics, which has only numbers and cannot be asked by InfluxQL, gets those. */
export function createOutside(options: {
  readonly address: InfluxAddress;
  readonly home: HomeId;
  readonly clock: Clock;
  readonly log: Log;
}): Outside {
  const { address, clock, home } = options;
  const server = createInfluxServer(address, clock);
  const influx = createInfluxTimeseries(options);
  return {
    async write(batch) {
      if ((await runOf(server)) === undefined) await influx.write(batch);
      else await server.write(batchLines({ ...EVERYTHING_BUT_NUMBERS, rows: batch.rows }, home));
    },
    async remove(bed) {
      if ((await runOf(server)) === undefined) return influx.remove(bed);
      const tags = bedTags(bed, home);
      const match = `{home=${JSON.stringify(tags.home)},bed=${JSON.stringify(tags.bed)}}`;
      const path = `/api/v1/admin/tsdb/delete_series?${new URLSearchParams({ "match[]": match }).toString()}`;
      if ((await server.page(path)) !== undefined) return;
      throw new Fault("STORE_FAILED", "VictoriaMetrics refused to delete a bed", {
        fix: "Delete its series by hand (docs/stores.md).",
      });
    },
    async retain({ wavesFrom, rowsFrom, homes }) {
      if ((await runOf(server)) !== undefined) return;
      await influx.retain({ wavesFrom, rowsFrom, ...(homes === undefined ? {} : { homes }) });
    },
    async promise() {
      const run = await runOf(server);
      return run === undefined ? { settleMs: 0 } : { settleMs: VICTORIA_SETTLE_MS, run };
    },
    async close() {
      server.close();
      await influx.close();
    },
  };
}

/** When this VictoriaMetrics started; undefined for other servers. */
async function runOf(server: InfluxServer): Promise<string | undefined> {
  return /^vm_app_start_timestamp (\S+)/m.exec((await server.page("/metrics")) ?? "")?.[1];
}
