import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test } from "vitest";
import { wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import type { StoredRow } from "../../src/port/timeseries.ts";
import { openSqliteTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";

const EMPTY = { rows: [], waves: [], settings: [], events: [] };
const rowAt = (second: number, samples: StoredRow["samples"]): StoredRow => ({
  bed: "b1",
  device: "d1",
  epoch: "e",
  seq: second,
  at: wall(1_700_000_000_000 + second * 1_000),
  simulated: false,
  samples,
});
const folders: string[] = [];
const tempFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  folders.push(folder);
  return join(folder, "t.sqlite");
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const log = { note: () => undefined };
const open = (file: string) => openSqliteTimeseries({ file, clock: createClock(), log });
const everything = { bed: "b1", from: wall(0), to: wall(4_000_000_000_000), signal: "spo2" as const };

/** Starts the writer, kills it as soon as it has acknowledged `acknowledgements` rows; returns the last one. */
const writeAndKill = (file: string, from: number, acknowledgements: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const script = join(import.meta.dirname, "../support/store-writer.ts");
    const flags = ["--disable-warning=ExperimentalWarning", script, file, String(from)];
    const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      if (text.split("\n").length > acknowledgements) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", () => resolve(Number(text.split("\n").at(-2))));
  });

describe("the store in its thread", () => {
  test("has every acknowledged row after five kills", async () => {
    const file = tempFile();
    let next = 0;
    for (let kill = 0; kill < 5; kill++) next = (await writeAndKill(file, next, 25 + kill)) + 1;
    const store = await open(file);
    const points = await store.range(everything);
    // The killed writer may have stored one row more than it could say; the next run said it again.
    const seconds = points.map((point) => (point.at - 1_700_000_000_000) / 1_000);
    expect(seconds.slice(0, next)).toEqual(Array.from({ length: next }, (_, seq) => seq));
    expect(seconds.length).toBeLessThanOrEqual(next + 1);
    expect((await store.health()).ok).toBe(true);
    await store.close();
  });

  test("stalls alone: the main loop keeps its pace and the write lands when the disk answers again", async () => {
    const file = tempFile();
    const store = await open(file);
    const other = new DatabaseSync(file);
    other.exec("BEGIN EXCLUSIVE");
    const clock = createClock();
    let ticks = 0;
    const stop = clock.every(20, () => ticks++);
    let landed = false;
    const row = {
      bed: "b1",
      device: "d1",
      epoch: "e",
      seq: 0,
      at: wall(5_000),
      simulated: false,
      samples: { spo2: 91 },
    };
    const write = store.write({ rows: [row], waves: [], settings: [], events: [] }).then(() => {
      landed = true;
    });
    await clock.sleep(1_200);
    expect(landed).toBe(false);
    expect(ticks).toBeGreaterThan(40);
    other.exec("COMMIT");
    other.close();
    await write;
    stop();
    expect((await store.range(everything)).map((point) => point.sample)).toEqual([91]);
    await store.close();
  });

  test("a second program is refused with words, and let in when the first was killed", async () => {
    const file = tempFile();
    const first = await open(file);
    await expect(open(file)).rejects.toMatchObject({ code: "DATA_DIR_LOCKED" });
    const script = join(import.meta.dirname, "../support/store-writer.ts");
    const flags = ["--disable-warning=ExperimentalWarning", script, file, "0"];
    const child = spawn(process.execPath, flags, { stdio: ["ignore", "ignore", "pipe"] });
    let words = "";
    child.stderr.on("data", (bytes: Buffer) => (words += bytes.toString()));
    await new Promise((resolve) => child.on("close", resolve));
    expect(words).toContain("another program has the store");
    await first.close();
    await writeAndKill(file, 0, 3);
    await (await open(file)).close();
  });

  test("a backup is taken while writes go on, opens with the key and holds what was acknowledged before", async () => {
    const file = tempFile();
    const key = new Uint8Array(32).fill(3);
    const store = await openSqliteTimeseries({ file, key, clock: createClock(), log });
    const write = (second: number) =>
      store.write({ ...EMPTY, rows: [rowAt(second, { spo2: 60 + (second % 40) })] });
    let second = 0;
    for (; second < 200; second++) await write(second);
    const acknowledged = second;
    const stop = new AbortController();
    const writing = (async () => {
      while (!stop.signal.aborted) await write(second++);
    })();
    await store.backup(`${file}.copy`);
    stop.abort();
    await writing;
    await expect(store.backup(`${file}.copy`)).rejects.toMatchObject({ permanent: true });
    await store.close();
    const copy = await openSqliteTimeseries({ file: `${file}.copy`, key, clock: createClock(), log });
    const points = await copy.range(everything);
    expect(points.length).toBeGreaterThanOrEqual(acknowledged);
    expect(points.map(({ at }) => (at - 1_700_000_000_000) / 1_000)).toEqual(points.map((_point, at) => at));
    await copy.close();
  });

  test("refuses a file in a folder that is not there, with the fix", async () => {
    await expect(open("/nonexistent/folder/t.sqlite")).rejects.toMatchObject({ code: "STORE_FAILED" });
  });
});
