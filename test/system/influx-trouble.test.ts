import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect } from "vitest";
import { wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import type { Batch, Timeseries } from "../../src/port/timeseries.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { MirrorMarks } from "../../src/store/timeseries/influx/marks.ts";
import { createMirror } from "../../src/store/timeseries/influx/mirror.ts";
import { createOutside } from "../../src/store/timeseries/influx/outside.ts";
import { createInfluxServer, type InfluxAddress } from "../../src/store/timeseries/influx/server.ts";
import { createInfluxTimeseries } from "../../src/store/timeseries/influx/timeseries.ts";
import { createMemoryTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";
import { createInlineClient } from "../../src/store/worker.ts";
import { freePort, type StoreServer, startInflux, startVictoria } from "../support/influx.ts";
import { mounting, requires } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";

const { describe, test } = requires("influxdb", "victoria-metrics");
const mounted = mounting();

const T0 = Date.UTC(2026, 10, 20, 14);
const HOME = "aaaaaaaaaa";
const whole = { bed: "b1", from: wall(0), to: wall(T0 + 86_400_000), signal: "spo2" as const };
const batch = (from: number, count: number): Batch => ({
  ...{ waves: [], settings: [], events: [] },
  rows: Array.from({ length: count }, (_, index) => ({
    ...{ bed: "b1", device: "dddddddddd", epoch: "e", seq: from + index, simulated: false },
    at: wall(T0 + (from + index) * 1_000),
    samples: { spo2: 80 + ((from + index) % 20) },
  })),
});

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const running = async (starting: Promise<StoreServer>): Promise<StoreServer> => {
  const server = await starting;
  closers.push(() => server.remove());
  return server;
};
const openStore = (url: string, more: Partial<InfluxAddress> = {}, clock = createClock()): Timeseries => {
  const address: InfluxAddress = { url, database: "trouble", api: "v1", ...more };
  const store = createInfluxTimeseries({ address, home: HOME, clock, log: silentLog });
  closers.push(() => store.close());
  return store;
};
const points = async (store: Timeseries): Promise<number> => (await store.range(whole)).length;

describe("an InfluxDB in trouble", () => {
  test("keeps every acknowledged row through five kills, and takes none twice", async () => {
    const server = await running(startInflux());
    const store = openStore(server.url);
    let acknowledged = 0;
    for (let kill = 0; kill < 5; kill++) {
      for (let second = 0; second < 20; second++) {
        await store.write(batch(acknowledged, 1));
        acknowledged++;
      }
      // One that is on its way while the server dies may or may not be there; it is simply sent again.
      const unknown = store.write(batch(acknowledged, 1)).catch((error: unknown) => error);
      await server.stop("SIGKILL");
      await unknown;
      await expect(store.write(batch(acknowledged, 1))).rejects.toMatchObject({
        code: "STORE_FAILED",
        permanent: false,
      });
      await server.start();
      expect(await points(store)).toBeGreaterThanOrEqual(acknowledged);
      await store.write(batch(acknowledged, 1));
      acknowledged++;
    }
    expect(await points(store)).toBe(acknowledged);
  });

  test("a wrong password is a refusal that says so, never a success; the right one works", async () => {
    const server = await running(startInflux({ auth: true }));
    for (const wrong of [{}, { username: "admin", password: "no" }, { token: "admin:secret" }]) {
      const store = openStore(server.url, wrong);
      await expect(store.write(batch(0, 3))).rejects.toMatchObject({
        ...{ code: "STORE_FAILED", permanent: false },
        fix: expect.stringContaining("password"),
      });
      expect((await store.health()).ok).toBe(false);
    }
    const store = openStore(server.url, { username: "admin", password: "secret" });
    await store.write(batch(0, 3));
    expect(await points(store)).toBe(3);
  });

  test("a field that another program made with another type holds the rows up, and loses none", async () => {
    const server = await running(startInflux());
    await server.query("CREATE DATABASE trouble");
    const other = createInfluxServer({ url: server.url, database: "trouble", api: "v1" }, createClock());
    closers.push(() => other.close());
    await other.write([`obs,home=x spo2="ninety" ${T0}000000`]);
    const store = openStore(server.url);
    await expect(store.write(batch(0, 3))).rejects.toMatchObject({ code: "STORE_FAILED", permanent: false });
    await server.query('DROP MEASUREMENT "obs"', "trouble");
    await store.write(batch(0, 3));
    expect(await points(store)).toBe(3);
  });

  test("rows older than the server's own retention are given up, counted and said", async () => {
    const server = await running(startInflux());
    await server.query("CREATE DATABASE trouble WITH DURATION 1h REPLICATION 1 NAME short");
    const store = openStore(server.url);
    await store.write(batch(0, 3));
    const health = await store.health();
    expect(health.ok).toBe(false);
    expect(health.detail).toMatch(/older than what the server keeps/);
  });

  test("a garbage line is our mistake: refused for good by InfluxDB, and VictoriaMetrics would have hidden it", async () => {
    const [influx, victoria] = await Promise.all([running(startInflux()), running(startVictoria())]);
    await influx.query("CREATE DATABASE trouble");
    const to = (url: string) => createInfluxServer({ url, database: "trouble", api: "v1" }, createClock());
    const [first, second] = [to(influx.url), to(victoria.url)];
    closers.push(
      () => first.close(),
      () => second.close(),
    );
    await expect(first.write(["garbage"])).rejects.toMatchObject({ code: "STORE_FAILED", permanent: true });
    expect(await second.write(["garbage"])).toBe(0);
  });

  test("VictoriaMetrics as the only store is refused when it is asked, instead of answering nonsense", async () => {
    const victoria = await running(startVictoria());
    const store = openStore(victoria.url);
    await expect(store.range(whole)).rejects.toMatchObject({ fix: expect.stringContaining("mirror") });
  });

  mounted.test(
    "a full disk of the server is a failure to be tried again, and nothing acknowledged is lost",
    async () => {
      const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-full-"));
      closers.push(() => {
        spawnSync("umount", [folder]);
        rmSync(folder, { recursive: true, force: true });
      });
      expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "none", folder]).status).toBe(0);
      mkdirSync(path.join(folder, "influx"));
      const server = await running(startInflux({ data: path.join(folder, "influx") }));
      const store = openStore(server.url);
      await store.write(batch(0, 10));
      expect(spawnSync("sh", ["-c", `cat /dev/zero > ${folder}/filler 2>/dev/null; true`]).status).toBe(0);
      let acknowledged = 10;
      let refused: unknown;
      for (let turn = 0; turn < 40 && refused === undefined; turn++) {
        try {
          await store.write(batch(acknowledged, 500));
          acknowledged += 500;
        } catch (error) {
          refused = error;
        }
      }
      expect(refused).toMatchObject({ code: "STORE_FAILED", permanent: false });
      rmSync(path.join(folder, "filler"));
      await server.stop("SIGKILL");
      await server.start();
      await store.write(batch(acknowledged, 500));
      expect(await points(store)).toBe(acknowledged + 500);
    },
  );
});

describe("a mirror into the real VictoriaMetrics", () => {
  test("killed with confirmed rows in its memory, it has every row in the end, each once", async () => {
    const victoria = await running(startVictoria());
    const clock = createVirtualClock(wall(T0 + 86_400_000));
    const store = createMemoryTimeseries(clock, silentLog);
    const marks = createInlineClient<MirrorMarks>(new MirrorMarks(":memory:"), {
      ...{ what: "marks", faults: { failed: "STORE_FAILED", stalled: "STORE_STALLED" } },
    });
    const address: InfluxAddress = { url: victoria.url, database: "trouble", api: "v2" };
    const outside = createOutside({ address, home: HOME, clock: createClock(), log: silentLog });
    const mirror = createMirror({ store, outside, marks, clock, log: silentLog });
    closers.push(() => mirror.close());
    await mirror.write(batch(0, 3_000));
    await mirror.catchUp();
    expect((await mirror.status()).trouble).toBeUndefined();
    await victoria.stop("SIGKILL");
    await mirror.write(batch(3_000, 50));
    expect(await mirror.catchUp()).toBe(false);
    expect((await mirror.status()).trouble).toBeDefined();
    await createClock().sleep(1_100);
    await victoria.start();
    for (let round = 0; round < 4; round++) {
      await clock.advance(61_000);
      await mirror.catchUp();
    }
    expect(await mirror.status()).toEqual({ owed: 0 });
    await fetch(`${victoria.url}/internal/force_flush`);
    const lines = await (
      await fetch(
        `${victoria.url}/api/v1/export?match[]=obs_spo2&start=${T0 / 1000 - 10}&end=${T0 / 1000 + 10_000}`,
      )
    ).text();
    const times = lines
      .split("\n")
      .filter((line) => line !== "")
      .flatMap((line) => (JSON.parse(line) as { timestamps: number[] }).timestamps);
    expect(new Set(times).size).toBe(3_050);
  });
});

describe("servers that are not here to be asked", () => {
  const fake = async (listener: RequestListener): Promise<string> => {
    const server: Server = createServer(listener);
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${port}`;
  };
  const line = ["obs,home=a x=1 1"];

  test.each([
    [201, "InfluxDB 3 took a part of it"],
    [200, "a proxy's page says that all is well"],
    [302, "somebody wants us to go elsewhere"],
    [500, "it failed inside"],
    [503, "it is overloaded"],
    [429, "there were too many requests"],
  ])("an answer of %i is no proof: %s", async (status) => {
    const url = await fake((request, response) => {
      request.resume().on("end", () => response.writeHead(status, { location: "http://127.0.0.1:1/" }).end());
    });
    const server = createInfluxServer({ url, database: "d", api: "v1" }, createClock());
    closers.push(() => server.close());
    await expect(server.write(line)).rejects.toMatchObject({ code: "STORE_FAILED", permanent: false });
  });

  test("one that takes the lines and never answers is given up after 10 s, as stalled", async () => {
    const url = await fake((request) => request.resume());
    const clock = createVirtualClock(wall(T0));
    const server = createInfluxServer({ url, database: "d", api: "v1" }, clock);
    closers.push(() => server.close());
    const write = server.write(line).catch((error: unknown) => error);
    await createClock().sleep(100);
    await clock.advance(10_001);
    expect(await write).toMatchObject({ code: "STORE_STALLED", permanent: false });
  });

  test("a body that is too large for it goes in halves", async () => {
    const taken: number[] = [];
    const url = await fake((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        const lines = body.split("\n").length;
        if (lines <= 2) taken.push(lines);
        response.writeHead(lines > 2 ? 413 : 204).end();
      });
    });
    const server = createInfluxServer({ url, database: "d", api: "v1" }, createClock());
    closers.push(() => server.close());
    await server.write(Array.from({ length: 7 }, (_, index) => `m x=${index} ${index}`));
    expect(taken.reduce((a, b) => a + b, 0)).toBe(7);
  });

  test("InfluxDB 2 and 3 are written to by their own way, with a token, and asked by InfluxQL", async () => {
    const asked: string[] = [];
    const url = await fake((request, response) => {
      asked.push(`${request.method} ${request.url?.split("&q=")[0]} ${request.headers.authorization}`);
      request.resume().on("end", () => {
        if (request.url?.startsWith("/query") === true)
          response.end(JSON.stringify({ results: [{ statement_id: 0 }] }));
        else response.writeHead(204).end();
      });
    });
    const store = openStore(url, { api: "v2", token: "t", bucket: "nights", org: "home" });
    await store.write(batch(0, 1));
    expect(await store.range(whole)).toEqual([]);
    expect(asked).toContain("POST /api/v2/write?org=home&bucket=nights&precision=ns Token t");
    expect(asked).toContain("GET /query?db=trouble&epoch=ms Token t");
  });
});
