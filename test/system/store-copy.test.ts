import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { storeCommand } from "../../src/cli/store.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { qualifiedBed } from "../../src/domain/ids.ts";
import { wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import { openKeyFile } from "../../src/ops/key-file.ts";
import { createRandom } from "../../src/ops/random.ts";
import type { StoredRow, Timeseries } from "../../src/port/timeseries.ts";
import { createInfluxTimeseries } from "../../src/store/timeseries/influx/timeseries.ts";
import { openSqliteTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";
import { type StoreServer, startInflux } from "../support/influx.ts";
import { requires } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";

const { describe, test } = requires("influxdb");

const T0 = Date.UTC(2026, 10, 20, 14);
const HOME = "aaaaaaaaaa";
const ROWS = 5_000;
const whole = { from: wall(0), to: wall(T0 + 86_400_000), signal: "spo2" as const };
const rows = (bed: string): StoredRow[] =>
  Array.from({ length: ROWS }, (_, seq) => ({
    bed,
    device: "dddddddddd",
    epoch: "e",
    seq,
    at: wall(T0 + seq * 1_000),
    simulated: false,
    samples: { spo2: 85 + (seq % 15), leak: seq % 40 },
  }));

describe("store copy, backup and restore", () => {
  let influx: StoreServer;
  let folder: string;
  const clock = createClock();
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "breathwatch-copy-"));
    influx = await startInflux();
  });
  afterAll(async () => {
    await influx.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const configure = (name: string, store: string): string => {
    const file = path.join(folder, `${name}.yaml`);
    mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(
      file,
      `dataDir: ${path.join(folder, name)}\nbeds:\n  - id: b1\n    devices: [{ family: nonin-serial, port: "memory:a" }]\n${store}`,
    );
    return file;
  };

  const terminal = (options: Partial<Terminal> = {}) => {
    const printed: string[] = [];
    const said: string[] = [];
    const given: Terminal = {
      print: async (text) => void printed.push(text),
      say: (words) => void said.push(words),
      input: (async function* () {})(),
      inputIsKeyboard: false,
      environment: {},
      folder,
      clock,
      random: createRandom(),
      signal: new AbortController().signal,
      ...options,
    };
    return { given, printed, said };
  };

  const run = async (argv: readonly string[]): Promise<Record<string, unknown>> => {
    const { given, printed } = terminal();
    expect(await storeCommand.run(argv, given)).toBe(0);
    return JSON.parse(printed.join("")) as Record<string, unknown>;
  };

  const withStore = async <Result>(
    name: string,
    work: (store: Timeseries) => Promise<Result>,
  ): Promise<Result> => {
    const dataDir = path.join(folder, name);
    const { key } = await openKeyFile({
      ...{ file: path.join(dataDir, "key"), dataDir, random: createRandom() },
    });
    const file = path.join(dataDir, "timeseries.sqlite");
    const store = await openSqliteTimeseries({ file, key, clock, log: silentLog });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };

  const filled = async (name: string, store: string, beds: readonly string[] = ["b1"]): Promise<string> => {
    const file = configure(name, store);
    await withStore(name, async (data) => {
      for (const bed of beds) await data.write({ rows: rows(bed), waves: [], settings: [], events: [] });
    });
    return file;
  };

  test("a box's nights go to InfluxDB under its home, where a hub finds them, and back into another folder", async () => {
    const section = `store: { engine: mirror, influxdb: { url: "${influx.url}", database: moved } }\n`;
    const box = await filled("box", section);
    const first = await run([
      "copy",
      "--from",
      "sqlite",
      "--to",
      "influxdb",
      "--home",
      HOME,
      "--config",
      box,
    ]);
    expect(first).toMatchObject({ beds: 1, rows: ROWS, resumed: 0 });
    const hub = createInfluxTimeseries({
      address: { url: influx.url, database: "moved", api: "v1" },
      home: "",
      clock,
      log: silentLog,
    });
    const bed = qualifiedBed(HOME, "b1");
    expect((await hub.beds()).map((one) => one.bed)).toEqual([bed]);
    expect(await hub.range({ ...whole, bed })).toHaveLength(ROWS);
    await hub.close();
    const other = configure("other", section);
    await run(["copy", "--from", "influxdb", "--to", "sqlite", "--home", HOME, "--plain", "--config", other]);
    const [back, original] = await Promise.all(
      ["other", "box"].map((name) => withStore(name, (data) => data.range({ ...whole, bed: "b1" }))),
    );
    expect(back).toHaveLength(ROWS);
    expect(back).toEqual(original);
  });

  test("a copy that was cut goes on where it was", async () => {
    const box = await filled("cut", "", ["b1", "b2"]);
    configure("cut-goal", "");
    const stop = new AbortController();
    const { given } = terminal({ signal: stop.signal });
    // Stopped with its first page written: the file that says how far it is then exists.
    const timer = clock.every(1, () => {
      try {
        readFileSync(path.join(folder, "cut", "store-copy.json"));
        stop.abort(new Error("cut"));
      } catch {
        // Not yet.
      }
    });
    const argv = ["copy", "--from", "sqlite", "--to", path.join(folder, "cut-goal"), "--config", box];
    await expect(storeCommand.run(argv, given)).rejects.toThrow("cut");
    timer();
    const rest = await run(argv);
    expect(rest["resumed"]).toBeGreaterThan(0);
    for (const bed of ["b1", "b2"]) {
      expect(await withStore("cut-goal", (data) => data.range({ ...whole, bed }))).toHaveLength(ROWS);
    }
  });

  test("a backup that was touched is refused and changes nothing; a whole one brings everything back", async () => {
    const box = await filled("kept", "");
    const backup = path.join(folder, "backup");
    const made = await run(["backup", backup, "--config", box]);
    expect(made["files"]).toContain("timeseries.sqlite");
    expect(made["files"]).not.toContain("key");
    await withStore("kept", (data) => data.remove("b1"));
    await run(["restore", backup, "--config", box]);
    expect(await withStore("kept", (data) => data.range({ ...whole, bed: "b1" }))).toHaveLength(ROWS);
    truncateSync(path.join(backup, "timeseries.sqlite"), 4_096);
    const { given } = terminal();
    await expect(storeCommand.run(["restore", backup, "--config", box], given)).rejects.toMatchObject({
      code: "INPUT_INVALID",
    });
    expect(await withStore("kept", (data) => data.range({ ...whole, bed: "b1" }))).toHaveLength(ROWS);
  });
});
