import { qualifiedBed } from "../domain/ids.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { StoredRow, Timeseries } from "../port/timeseries.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { FIRST_EVENING, wanderingRows } from "./store-data.ts";

/** A fleet's load: every home says one row a second. */
export interface HubPlan {
  readonly homes: number;
  readonly seconds: number;
  /** Commits in each second. */
  readonly commits: number;
}

export interface HubStore {
  readonly homes: number;
  readonly rowsPerSecond: number;
  /** Processor time of all threads of this process for one second of all homes, s; making the rows included. */
  readonly dutyS: number;
  /** Of it the making of the rows, which a hub's ingest does in another way. */
  readonly makingS: number;
  /** How long a commit took, compaction beside it, ms. */
  readonly commit: Spread | undefined;
  readonly memoryBytes: number;
}

const TIMES = 97;

/** As fast as the store takes it; once a minute of the homes' time the store is told that a minute went by. */
export async function measureHubStore(
  open: () => Promise<{ readonly timeseries: Timeseries; minute(): void }>,
  { homes, seconds, commits }: HubPlan,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<HubStore> {
  // What is said is the same in all homes, at different times: making it is not what is measured.
  const said = [...wanderingRows("b1", { from: 0, hours: TIMES / 3_600, stepSeconds: 1, seed: 1 })];
  const beds = Array.from({ length: homes }, (_, home) => qualifiedBed(nameOf(home), "b1"));
  const rowsAt = (second: number, part: number): StoredRow[] => {
    const rows: StoredRow[] = [];
    for (let home = part; home < homes; home += commits) {
      const samples = said[(second + home * 31) % said.length]?.samples ?? {};
      const at = wall(FIRST_EVENING + second * SECOND_MS + (home % 400));
      rows.push({
        bed: beds[home] ?? "",
        device: nameOf(home),
        epoch: "b",
        seq: second,
        at,
        simulated: true,
        samples,
      });
    }
    return rows;
  };
  const { timeseries, minute } = await open();
  try {
    const times: number[] = [];
    const cpu = process.cpuUsage();
    const began = clock.mono();
    let makingMs = 0;
    for (let second = 0; second < seconds; second++) {
      for (let part = 0; part < commits; part++) {
        signal.throwIfAborted();
        const making = clock.mono();
        const rows = rowsAt(second, part);
        const writing = clock.mono();
        makingMs += writing - making;
        await timeseries.write({ rows, waves: [], settings: [], events: [] });
        times.push(clock.mono() - writing);
      }
      if ((second * SECOND_MS) % MINUTE_MS === 0) minute();
    }
    const tookS = (clock.mono() - began) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      homes,
      rowsPerSecond: (homes * seconds) / tookS,
      dutyS: (user + system) / 1e6 / seconds,
      makingS: makingMs / 1_000 / seconds,
      commit: spreadOf(times),
      memoryBytes: process.memoryUsage().rss,
    };
  } finally {
    await timeseries.close();
  }
}

const nameOf = (home: number): string => `h${home.toString(32).padStart(9, "a")}`;
