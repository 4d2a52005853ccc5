import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import { wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import type { StoredRow } from "../../src/port/timeseries.ts";
import { openSqliteTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";
import { mounting } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";

const { test } = mounting();
const run = (program: string, ...args: string[]): void => {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
};

test("a power cut takes no acknowledged row: the disk's image as it was in that moment has them all", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "store-power-"));
  const [image, cut, mounted] = ["image", "cut", "mounted"].map((name) => path.join(folder, name));
  if (image === undefined || cut === undefined || mounted === undefined) throw new Error("no folder");
  mkdirSync(mounted);
  run("truncate", "-s", "96M", image);
  run("mkfs.ext4", "-q", image);
  run("mount", "-o", "loop", image, mounted);
  try {
    const acknowledged = await writeUntilCut(path.join(mounted, "t.sqlite"), () => copyFileSync(image, cut));
    run("umount", mounted);
    // The journal of the file system is replayed, as after a start.
    run("mount", "-o", "loop", cut, mounted);
    const file = path.join(mounted, "t.sqlite");
    const store = await openSqliteTimeseries({ file, clock: createClock(), log: silentLog });
    const points = await store.range({ bed: "b1", from: wall(0), to: wall(4e12), signal: "spo2" });
    const health = await store.health();
    await store.close();
    expect(acknowledged).toBeGreaterThan(50);
    expect(health).toMatchObject({ ok: true, detail: "good" });
    const seconds = points.map(({ at }) => (at - 1_700_000_000_000) / 1_000);
    expect(seconds.slice(0, acknowledged)).toEqual(
      Array.from({ length: acknowledged }, (_, second) => second),
    );
  } finally {
    spawnSync("umount", [mounted]);
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a full disk refuses writes, loses nothing and goes on when there is room again", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "store-full-"));
  run("mount", "-t", "tmpfs", "-o", "size=2m", "none", folder);
  try {
    const file = path.join(folder, "t.sqlite");
    const filler = path.join(folder, "filler");
    writeFileSync(filler, new Uint8Array(1_200_000));
    const store = await openSqliteTimeseries({ file, clock: createClock(), log: silentLog });
    const acknowledged: number[] = [];
    let refused = 0;
    const write = async (minute: number): Promise<void> => {
      const rows = Array.from({ length: 60 }, (_, second) => rowAt(minute * 60 + second));
      try {
        await store.write({ rows, waves: [], settings: [], events: [] });
        acknowledged.push(minute);
      } catch (error) {
        expect(error).toMatchObject({ code: "STORE_FAILED" });
        refused += 1;
      }
    };
    for (let minute = 0; minute < 2_000 && refused < 5; minute++) await write(minute);
    expect(refused).toBe(5);
    const seen = async () =>
      (await store.range({ bed: "b1", from: wall(0), to: wall(4e12), signal: "spo2" })).map(({ at }) => at);
    const expected = () =>
      acknowledged.flatMap((minute) =>
        Array.from({ length: 60 }, (_, second) => rowAt(minute * 60 + second).at),
      );
    expect(await seen()).toEqual(expected());
    rmSync(filler);
    // Also what was refused: whoever spools tries it again.
    for (let minute = 0; minute < 30; minute++) await write((acknowledged.at(-1) ?? 0) + 1);
    expect(refused).toBe(5);
    expect(await seen()).toEqual(expected());
    await store.close();
    const again = await openSqliteTimeseries({ file, clock: createClock(), log: silentLog });
    expect((await again.beds())[0]?.newest).toBe(expected().at(-1));
    expect((await again.health()).ok).toBe(true);
    await again.close();
  } finally {
    spawnSync("umount", [folder]);
    rmSync(folder, { recursive: true, force: true });
  }
});

const rowAt = (second: number): StoredRow => ({
  bed: "b1",
  device: "d1",
  epoch: "e",
  seq: second,
  at: wall(1_700_000_000_000 + second * 1_000),
  simulated: false,
  samples: { spo2: 60 + (second % 40), pulse_rate: 40 + ((second * 7_919) % 100) },
});

/** Stops the writer in the middle of its work, cuts, and kills it; resolves with how many rows it had acknowledged. */
function writeUntilCut(file: string, cut: () => void): Promise<number> {
  const script = path.join(import.meta.dirname, "../support/store-writer.ts");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, file, "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let text = "";
    let acknowledged = 0;
    const stop = (): void => {
      child.stdout.off("data", hear);
      child.kill("SIGSTOP");
      cut();
      child.kill("SIGKILL");
    };
    const hear = (bytes: Buffer): void => {
      text += bytes.toString();
      acknowledged = text.split("\n").length - 1;
      // More than one ten minutes of rows: a chunk's worth of log.
      if (acknowledged >= 1_500) stop();
    };
    child.stdout.on("data", hear);
    child.on("error", reject);
    child.on("close", () => resolve(acknowledged));
  });
}
