import { Fault, messageOf } from "../../../domain/fault.ts";
import type { BedId, HomeId } from "../../../domain/ids.ts";
import { MINUTE_MS, wall } from "../../../domain/time.ts";
import type { Clock } from "../../../port/clock.ts";
import type { Log } from "../../../port/log.ts";
import type { Batch, Timeseries, TimeseriesHealth } from "../../../port/timeseries.ts";
import { seriesOf } from "../../rollup.ts";
import { batchLines, deviceLine, MEASUREMENTS, presenceLine, presences } from "./lines.ts";
import { pageOf } from "./page.ts";
import {
  bedsOf,
  bucketsOf,
  devicesOf,
  eventsOf,
  isSimulated,
  nightsOf,
  pointsOfSignals,
  wavesOf,
} from "./read.ts";
import { budgetOf, diskBytes, retainIn } from "./retain.ts";
import { rowsOf } from "./series.ts";
import { createInfluxServer, type InfluxAddress, type InfluxServer } from "./server.ts";
import { summariesOf } from "./summaries.ts";
import { type Influx, whereBed } from "./where.ts";

/** A quarter of an hour that is written to is named again after this long; summaries rest on it (summaries.ts). */
const ANNOUNCE_MS = 10 * MINUTE_MS;
/** Beds and quarters that are kept in mind; above it they are forgotten, which costs a query or a line each. */
const KNOWN_MAX = 100_000;

/**
 * The time-series store in an InfluxDB. Idle until it is asked: the server may be away when the program starts, and
 * every call then rejects until it is back. `home`: whose beds are named plainly; they lie there under its name, so
 * that a box and a hub find the same data. A database that is missing is made (InfluxDB 1).
 */
export function createInfluxTimeseries(options: {
  readonly address: InfluxAddress;
  readonly home: HomeId;
  readonly clock: Clock;
  readonly log: Log;
}): Timeseries {
  const { address, clock, log, home: ownHome } = options;
  const server = createInfluxServer(address, clock);
  const influx: Influx = { server, ownHome };
  const writer = createWriter({ influx, clock, log, makeDatabase: makerOf(address, server) });
  const budget: Budget = {};
  return {
    write: (batch) => writer.write(batch),
    range: async (query) =>
      (await pointsOfSignals(influx, { ...query, signals: [query.signal] })).get(query.signal) ?? [],
    async series(query) {
      const found = await pointsOfSignals(influx, query);
      return Object.fromEntries([...found].map(([id, points]) => [id, seriesOf(points)]));
    },
    buckets: (query) => bucketsOf(influx, query),
    waves: (query) => wavesOf(influx, query),
    events: async (query) => (await eventsOf(influx, query)).map(({ event }) => event),
    nights: (bed, zone, limit) => nightsOf(influx, bed, zone, limit),
    summaries: (query) => summariesOf(influx, query, clock.wall()),
    simulated: (query) => isSimulated(influx, query),
    beds: () => bedsOf(influx),
    page: (query) => pageOf(influx, query),
    async remove(bed) {
      for (const measurement of Object.values(MEASUREMENTS)) {
        await server.command(`DELETE FROM "${measurement}" ${whereBed({ bed }, ownHome)}`);
      }
      writer.forget();
    },
    async retain(policy) {
      const { database } = address;
      const homes = ownHome === "" ? (policy.homes ?? []) : [ownHome];
      const { shed, others } = await retainIn(server, { policy, database, homes });
      if (others > 0 && budget.others !== others) log.note("store.shared", { database, others }, "warn");
      Object.assign(budget, { bytes: others > 0 ? undefined : policy.budgetBytes, shed, others });
    },
    backup: () =>
      Promise.reject(
        new Fault("STORE_FAILED", "an InfluxDB is backed up by its own program", {
          fix: "Use `influxd backup` or the server's own way, or `breathwatch store copy` into a file.",
          permanent: true,
        }),
      ),
    async health() {
      try {
        return await healthOf(influx, { address, writer, budget });
      } catch (error) {
        return { ok: false, detail: messageOf(error), bytes: 0 };
      }
    },
    close() {
      server.close();
      return Promise.resolve();
    },
  };
}

/** As `retain` left it. */
interface Budget {
  bytes?: number | undefined;
  shed?: BudgetShed | undefined;
  /** Homes of others in the same database. */
  others?: number;
}

type BudgetShed = "waves_shed" | "numbers_shed";

interface Writer {
  write(batch: Batch): Promise<undefined>;
  /** What was written is no longer known to be there. */
  forget(): void;
  /** Points that the server will never keep, since the start. */
  readonly dropped: number;
}

function createWriter({
  influx,
  clock,
  log,
  makeDatabase,
}: {
  readonly influx: Influx;
  readonly clock: Clock;
  readonly log: Log;
  readonly makeDatabase: (() => Promise<void>) | undefined;
}): Writer {
  const { server, ownHome } = influx;
  const announced = new Map<string, number>();
  const devices = new Map<BedId, Promise<Set<string>>>();
  let dropped = 0;

  const forget = (): void => {
    announced.clear();
    devices.clear();
  };

  /** Two writes at once must not give one rank twice: whoever is first asks the server, the other waits for it. */
  const devicesIn = async (bed: BedId): Promise<Set<string>> => {
    const asked = devices.get(bed) ?? devicesOf(influx, bed).then((names) => new Set(names));
    devices.set(bed, asked);
    try {
      return await asked;
    } catch (error) {
      devices.delete(bed);
      throw error;
    }
  };

  const devicesLines = async (batch: Batch): Promise<readonly string[]> => {
    const lines: string[] = [];
    for (const { bed, device, at } of batch.rows) {
      const known = devices.get(bed);
      const inBed = await (known ?? devicesIn(bed));
      if (inBed.has(device)) continue;
      inBed.add(device);
      lines.push(deviceLine({ bed, device }, { rank: inBed.size, at, ownHome }));
    }
    return lines;
  };

  const put = async (batch: Batch): Promise<void> => {
    if (announced.size + devices.size > KNOWN_MAX) forget();
    const now = clock.wall();
    const fresh = [...presences(batch.rows)].filter(
      ([name]) => Math.abs(now - (announced.get(name) ?? -Infinity)) >= ANNOUNCE_MS,
    );
    const first = [
      ...(await devicesLines(batch)),
      ...fresh.map(([, presence]) => presenceLine(presence, { changed: now, ownHome })),
    ];
    const lost = await server.write([...first, ...batchLines(batch, ownHome)]);
    for (const [name] of fresh) announced.set(name, now);
    if (lost === 0) return;
    if (dropped === 0) log.note("store.too_old", { points: lost }, "warn");
    dropped += lost;
  };

  return {
    async write(batch) {
      try {
        await put(batch);
      } catch (error) {
        // Whether its first lines are there is not known.
        forget();
        if (makeDatabase === undefined || !/database not found/i.test(messageOf(error))) throw error;
        await makeDatabase();
        await put(batch);
      }
      return undefined;
    },
    forget,
    get dropped() {
      return dropped;
    },
  };
}

/** Only InfluxDB 1 makes a database by a statement; others have buckets, which a person makes. */
const makerOf = (
  { api, database }: InfluxAddress,
  server: InfluxServer,
): (() => Promise<void>) | undefined =>
  api === "v1"
    ? () => server.command(`CREATE DATABASE "${database.replaceAll(/["\\]/g, "\\$&")}"`)
    : undefined;

async function healthOf(
  { server }: Influx,
  {
    address,
    writer,
    budget,
  }: {
    readonly address: InfluxAddress;
    readonly writer: Writer;
    readonly budget: Budget;
  },
): Promise<TimeseriesHealth> {
  const { recorded } = MEASUREMENTS;
  const oldest = await server.select(
    recorded,
    `SELECT "changed" FROM "${recorded}" ORDER BY time ASC LIMIT 1`,
  );
  const bytes = (await diskBytes(server, address.database)) ?? 0;
  const detail =
    writer.dropped === 0
      ? "good"
      : `${writer.dropped} points were older than what the server keeps; make its retention longer`;
  const health = {
    ok: writer.dropped === 0,
    detail,
    bytes,
    ...(budget.bytes === undefined ? {} : { budget: budgetOf(bytes, budget.bytes, budget.shed) }),
  };
  for (const row of oldest.flatMap((series) => [...rowsOf(series)])) {
    const at = row.number("time");
    if (at !== undefined) return { ...health, oldest: wall(at) };
  }
  return health;
}
