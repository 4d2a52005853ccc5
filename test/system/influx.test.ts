import { afterAll, beforeAll, expect } from "vitest";
import { qualifiedBed } from "../../src/domain/ids.ts";
import { wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import type { Batch, Timeseries } from "../../src/port/timeseries.ts";
import { MirrorMarks } from "../../src/store/timeseries/influx/marks.ts";
import { createMirror } from "../../src/store/timeseries/influx/mirror.ts";
import { createOutside } from "../../src/store/timeseries/influx/outside.ts";
import { createInfluxTimeseries } from "../../src/store/timeseries/influx/timeseries.ts";
import { createMemoryTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";
import { createInlineClient } from "../../src/store/worker.ts";
import { type StoreServer, startInflux } from "../support/influx.ts";
import { requires } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";
import { timeseriesContract } from "../support/timeseries-contract.ts";

const { describe, test } = requires("influxdb");

const T0 = Date.UTC(2026, 9, 1);
const DAY = 86_400_000;
/** A row and a waveform a day, ten days long. */
const tenDays = (bed: string): Batch => {
  const source = { bed, device: "dddddddddd", epoch: "e", simulated: false };
  const days = Array.from({ length: 10 }, (_, seq) => ({ ...source, seq, at: wall(T0 + seq * DAY) }));
  return {
    rows: days.map((day) => ({ ...day, samples: { spo2: 97 } })),
    waves: days.map((day) => ({ ...day, rateHz: 4, channels: { flow: [1, 2] } })),
    settings: [],
    events: [],
  };
};

describe("the real InfluxDB 1.6", () => {
  let server: StoreServer;
  let databases = 0;
  beforeAll(async () => {
    server = await startInflux();
  });
  afterAll(() => server.remove());

  timeseriesContract(
    "InfluxDB",
    async () =>
      createInfluxTimeseries({
        address: { url: server.url, database: `contract_${++databases}`, api: "v1" },
        home: "hhhhhhhhhh",
        clock: createClock(),
        log: silentLog,
      }),
    { counts: false, retains: true, stories: 5, settle: async () => undefined },
  );

  const inDatabase = (database: string, home: string) => ({
    address: { url: server.url, database, api: "v1" as const },
    ...{ home, clock: createClock(), log: silentLog },
  });
  const held = async (store: Timeseries, bed: string): Promise<readonly [number, number]> => {
    const query = { bed, from: wall(T0), to: wall(T0 + 10 * DAY) };
    const [points, waves] = [
      await store.range({ ...query, signal: "spo2" }),
      await store.waves({ ...query, wave: "flow" }),
    ];
    return [points.length, waves.length];
  };

  test("each home in one database keeps what its own retention says, and a hub drops that of its homes alone", async () => {
    const [a, b, c] = ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"] as const;
    const hub = createInfluxTimeseries(inDatabase("shared", ""));
    const [ofA, ofB] = [a, b].map((home) => createInfluxTimeseries(inDatabase("shared", home)));
    for (const home of [a, b, c]) await hub.write(tenDays(qualifiedBed(home, "b1")));
    const all = () => Promise.all([a, b, c].map((home) => held(hub, qualifiedBed(home, "b1"))));
    await ofA!.retain({ wavesFrom: wall(T0 + 8 * DAY), rowsFrom: wall(T0 + 4 * DAY) });
    expect(await all()).toEqual([
      [6, 2],
      [10, 10],
      [10, 10],
    ]);
    await ofB!.retain({ wavesFrom: wall(T0 + 2 * DAY), rowsFrom: wall(T0 + 1 * DAY) });
    expect(await all()).toEqual([
      [6, 2],
      [9, 8],
      [10, 10],
    ]);
    const rest = { wavesFrom: wall(T0 + 9 * DAY), rowsFrom: wall(T0 + 9 * DAY) };
    await hub.retain({ ...rest, homes: [] });
    await hub.retain({ ...rest, homes: [b, c] });
    expect(await all()).toEqual([
      [6, 2],
      [1, 1],
      [1, 1],
    ]);
    for (const store of [hub, ofA!, ofB!]) await store.close();
  });

  test("a budget sheds nothing while homes of others fill the same database, and says so once", async () => {
    const notes: string[] = [];
    const log = { note: (event: string) => void notes.push(event) };
    const own = createInfluxTimeseries({ ...inDatabase("crowded", "aaaaaaaaaa"), log });
    const other = createInfluxTimeseries(inDatabase("crowded", "bbbbbbbbbb"));
    for (const store of [own, other]) await store.write(tenDays("b1"));
    const policy = { wavesFrom: wall(T0), rowsFrom: wall(T0), budgetBytes: 0 };
    // What it takes is told some seconds late.
    await expect
      .poll(async () => (await own.health()).bytes, { timeout: 20_000, interval: 200 })
      .toBeGreaterThan(0);
    await own.retain(policy);
    await own.retain(policy);
    expect(await held(own, "b1")).toEqual([10, 10]);
    expect(notes).toEqual(["store.shared"]);
    expect((await own.health()).budget).toBeUndefined();
    await other.remove("b1");
    await own.retain(policy);
    expect((await held(own, "b1"))[1]).toBeLessThan(10);
    expect((await own.health()).budget?.state).toBe("waves_shed");
    for (const store of [own, other]) await store.close();
  });

  test("a mirror drops outside what is too old, of its own home alone, and goes on where that is away", async () => {
    const clock = createClock();
    const marks = createInlineClient<MirrorMarks>(new MirrorMarks(":memory:"), {
      what: "marks",
      faults: { failed: "STORE_FAILED", stalled: "STORE_STALLED" },
    });
    const notes: string[] = [];
    const mirror = createMirror({
      ...{ store: createMemoryTimeseries(clock, silentLog), marks, clock },
      outside: createOutside(inDatabase("mirrored", "aaaaaaaaaa")),
      log: { note: (event) => void notes.push(event) },
    });
    const outside = createInfluxTimeseries(inDatabase("mirrored", ""));
    await outside.write(tenDays(qualifiedBed("bbbbbbbbbb", "b1")));
    await mirror.write(tenDays("b1"));
    expect(await mirror.catchUp()).toBe(true);
    const policy = { wavesFrom: wall(T0 + 8 * DAY), rowsFrom: wall(T0 + 4 * DAY), budgetBytes: 1e12 };
    await server.stop();
    await mirror.retain(policy);
    expect(notes).toContain("mirror.unretained");
    await server.start();
    await mirror.retain(policy);
    expect(await held(outside, qualifiedBed("aaaaaaaaaa", "b1"))).toEqual([6, 2]);
    expect(await held(outside, qualifiedBed("bbbbbbbbbb", "b1"))).toEqual([10, 10]);
    await mirror.close();
    await outside.close();
  });
});
