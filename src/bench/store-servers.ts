import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import { createOutside } from "../store/timeseries/influx/outside.ts";
import type { InfluxAddress } from "../store/timeseries/influx/server.ts";
import { createInfluxTimeseries } from "../store/timeseries/influx/timeseries.ts";
import { freePort, type Program, type Programs, Unmeasured, usageOf } from "./programs.ts";
import { openedFor, type StoreUnderTest } from "./store.ts";

interface Place {
  readonly folder: string;
  readonly programs: Programs;
  readonly clock: Clock;
  readonly log: Log;
}

const HOME = "benchhomea";
const PATIENCE_MS = 20 * SECOND_MS;
const LOOK_MS = 250;
/** Until a server has written what it was given, and has merged what it merges soon. */
const SETTLE_MS = 10 * SECOND_MS;

/** InfluxDB 1.x as Debian has it, on a free port with data of its own. Its start rejects with Unmeasured. */
export function influxUnderTest(place: Place): StoreUnderTest {
  const data = path.join(place.folder, "influxdb");
  return serverUnderTest("InfluxDB", place, data, {
    async start(url, port) {
      const config = path.join(data, "influxdb.conf");
      await writeFile(config, influxConfig(data, port, await freePort()));
      return place.programs.start("influxd", ["run", "-config", config]);
    },
    open: (address) => openedFor(createInfluxTimeseries({ ...place, address, home: HOME })),
  });
}

/** VictoriaMetrics takes the same lines; it cannot be asked by InfluxQL, and so nothing is asked. */
export function victoriaUnderTest(place: Place): StoreUnderTest {
  const data = path.join(place.folder, "victoria-metrics");
  return serverUnderTest("VictoriaMetrics", place, data, {
    start: async (_url, port) =>
      place.programs.start("victoria-metrics", [
        `-storageDataPath=${data}`,
        `-httpListenAddr=127.0.0.1:${port}`,
        "-retentionPeriod=20y",
        "-loggerLevel=ERROR",
      ]),
    open: (address) =>
      createOutside({ ...place, address: { ...address, api: "v2", bucket: "bench" }, home: HOME }),
  });
}

function serverUnderTest(
  name: string,
  { clock }: Place,
  data: string,
  server: {
    start(url: string, port: number): Promise<Program>;
    open(address: InfluxAddress): Awaited<ReturnType<StoreUnderTest["open"]>>;
  },
): StoreUnderTest {
  let pid = 0;
  return {
    name,
    async open() {
      await mkdir(data, { recursive: true });
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const program = await server.start(url, port);
      ({ pid } = program);
      await answering(url, program, clock);
      return server.open({ url, database: "bench", api: "v1" });
    },
    settle: () => clock.sleep(SETTLE_MS),
    bytes: () => bytesIn(data),
    memory: async () => usageOf(pid).rssMb * 1024 * 1024,
  };
}

async function answering(url: string, program: Program, clock: Clock): Promise<void> {
  const until = clock.mono() + PATIENCE_MS;
  let ended = false;
  program.ended.then(
    () => (ended = true),
    () => (ended = true),
  );
  while (clock.mono() < until && !ended) {
    const answer = await fetch(`${url}/ping`).catch(() => undefined);
    if (answer !== undefined) return;
    await clock.sleep(LOOK_MS);
  }
  throw new Unmeasured(`it does not answer: ${program.said().trim().slice(-300)}`);
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(path.join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

const influxConfig = (data: string, port: number, rpc: number): string => `reporting-enabled = false
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${data}/meta"
[data]
  dir = "${data}/data"
  wal-dir = "${data}/wal"
  index-version = "tsi1"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
[logging]
  level = "error"
`;
