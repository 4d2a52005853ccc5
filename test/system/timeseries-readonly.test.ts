// A file system that takes no writes any more while a hub runs, as after an error of its medium; a real one, with ext4.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import { createIngest } from "../../src/bus/ingest.ts";
import type { Intake } from "../../src/bus/intake.ts";
import { createMemoryBus } from "../../src/bus/memory.ts";
import { type Night, wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createRandom } from "../../src/ops/random.ts";
import type { SummariesQuery, Timeseries } from "../../src/port/timeseries.ts";
import { TimeseriesFile } from "../../src/store/timeseries/sqlite/file.ts";
import { packRows } from "../../src/store/timeseries/sqlite/packed.ts";
import { openSqliteTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";
import { startBedside } from "../support/bedside.ts";
import { mounting } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";

const { test } = mounting();
const run = (program: string, ...args: string[]): void => {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
};

const home = "abcdefghij";
const clock = createClock();
const random = createRandom();
const KEY = new Uint8Array(32).fill(7);
const PATIENT = { timeout: 60_000, interval: 50 } as const;
const T0 = 1_800_000_000_000;

let folder: string;
let mounted: string;
const undo: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "store-readonly-"));
  mounted = path.join(folder, "mounted");
  mkdirSync(mounted);
  run("truncate", "-s", "64M", path.join(folder, "image"));
  run("mkfs.ext4", "-q", path.join(folder, "image"));
  run("mount", "-o", "loop", path.join(folder, "image"), mounted);
});
afterEach(async () => {
  for (const back of undo.splice(0).toReversed()) await back();
  spawnSync("umount", [mounted]);
  rmSync(folder, { recursive: true, force: true });
});

const file = (): string => path.join(mounted, "timeseries.sqlite");
const opened = (): Promise<Timeseries> =>
  openSqliteTimeseries({ file: file(), key: KEY, clock, log: silentLog });

/** A box with its spool on a disk that is well, and a hub over one bus. */
async function house() {
  const memory = createMemoryBus(clock);
  const bed = await startBedside({
    ...{ home, device: "oximeteraa", clock, random },
    connect: (more) => memory.connector.connect({ url: "memory://", clientId: "box", ...more }),
  });
  undo.push(() => bed.stop());
  const startHub = (timeseries: Timeseries): Intake => {
    const bus = memory.connector.connect({ url: "memory://", clientId: "hub" });
    const ingest = createIngest({ bus, timeseries, clock, random, log: silentLog, home });
    ingest.start();
    undo.push(() => ingest.stop());
    return ingest;
  };
  return { bed, startHub };
}

/** Every fourth observation of a bedside is a waveform. */
const held = async (store: Timeseries): Promise<readonly [number, number]> => {
  const query = { bed: "b1", from: wall(T0), to: wall(T0 + 86_400_000) };
  const points = await store.range({ ...query, signal: "spo2" });
  const waves = await store.waves({ ...query, wave: "flow" });
  return [points.length, waves.length];
};
const night = { bed: "b1", zone: "UTC", from: "2027-01-14" as Night, to: "2027-01-16" as Night };

/** A night before, packed and never asked for; its summary. */
async function packedNight(): Promise<{ query: SummariesQuery; count: number }> {
  const past = T0 - 30 * 86_400_000;
  const own = new TimeseriesFile(file(), KEY);
  const rows = Array.from({ length: 1_800 }, (_, seq) => ({
    ...{ bed: "b9", device: "d", epoch: "e", seq, at: wall(past + seq * 1_000), simulated: false },
    samples: { spo2: 97 },
  }));
  own.write(packRows(rows), { waves: [], settings: [], events: [] });
  while (own.compact(wall(past + 86_400_000)));
  own.close();
  const query = { bed: "b9", zone: "UTC", from: "2026-12-15" as Night, to: "2026-12-17" as Night };
  return { query, count: rows.length };
}

test("a file that refuses writes is read on and named by the health; the box keeps all of it until it takes them", async () => {
  const packed = await packedNight();
  const store = await opened();
  undo.push(() => store.close());
  const { bed, startHub } = await house();
  const ingest = startHub(store);
  for (let n = 0; n < 40; n++) bed.say();
  await expect.poll(() => bed.spool.size, PATIENT).toBe(0);
  const [before] = await store.summaries(night);
  expect(before?.signals.spo2?.count).toBe(30);
  // From here on not even root writes into them; reads go on.
  const parts = [file(), `${file()}-wal`];
  for (const part of parts) run("chattr", "+i", part);
  try {
    for (let n = 0; n < 40; n++) bed.say();
    await expect.poll(() => ingest.status().trouble, PATIENT).toContain("STORE_FAILED");
    expect(bed.spool.size).toBe(40);
    expect(await store.health()).toMatchObject({
      ok: false,
      detail: expect.stringContaining("STORE_FAILED"),
    });
    expect(await held(store)).toEqual([30, 10]);
    expect(await store.beds()).toHaveLength(2);
    expect(await store.summaries(night)).toEqual([before]);
    const [never] = await store.summaries(packed.query);
    expect(never?.signals.spo2?.count).toBe(packed.count);
  } finally {
    for (const part of parts) run("chattr", "-i", part);
  }
  await expect.poll(() => bed.spool.size, PATIENT).toBe(0);
  expect(await held(store)).toEqual([60, 20]);
  expect(await store.health()).toMatchObject({ ok: true, detail: "good" });
  expect(ingest.status().trouble).toBeUndefined();
}, 180_000);

test("a disk that the kernel made read-only takes nothing and is read on; mounted anew, a new hub gets it all", async () => {
  const store = await opened();
  const { bed, startHub } = await house();
  const ingest = startHub(store);
  for (let n = 0; n < 40; n++) bed.say();
  await expect.poll(() => bed.spool.size, PATIENT).toBe(0);
  // What ext4 does by itself after an error of the medium.
  run("mount", "-o", "remount,abort", mounted);
  for (let n = 0; n < 40; n++) bed.say();
  await expect.poll(() => ingest.status().trouble, PATIENT).toContain("STORE_FAILED");
  expect(bed.spool.size).toBe(40);
  expect((await store.health()).ok).toBe(false);
  expect(await held(store)).toEqual([30, 10]);
  // A start on it is refused by name, and does not touch what is there.
  await ingest.stop();
  await store.close();
  await expect(opened()).rejects.toMatchObject({ code: "STORE_FAILED" });
  expect(bed.spool.size).toBe(40);
  run("umount", mounted);
  run("mount", "-o", "loop", path.join(folder, "image"), mounted);
  const again = await opened();
  undo.push(() => again.close());
  startHub(again);
  await expect.poll(() => bed.spool.size, PATIENT).toBe(0);
  expect(await held(again)).toEqual([60, 20]);
}, 180_000);
