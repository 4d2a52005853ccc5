// Records and spool on real disks: killed writers, and small file systems that are full or read-only.
import { spawn, spawnSync } from "node:child_process";
import { lookup } from "node:dns/promises";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClock } from "../../src/ops/clock.ts";
import { createDisk } from "../../src/ops/disk.ts";
import { lockDataDir } from "../../src/ops/lock.ts";
import { createRandom } from "../../src/ops/random.ts";
import { openRecordLog } from "../../src/record/log.ts";
import { openSpool } from "../../src/record/spool.ts";
import { mounting } from "../support/require.ts";
import { silentLog as log } from "../support/silent-log.ts";

const clock = createClock();
const random = createRandom();
const decode = (value: unknown) => (typeof value === "number" ? value : undefined);

let root = "";
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "breathwatch-disk-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const openLog = (folder = root) =>
  openRecordLog<number>({ disk: createDisk(folder), clock, random, log, path: "journal.log", decode });

/** Starts the writer and kills it after so many acknowledgements; what it said. */
async function writeAndKill(acknowledgements: number): Promise<{ recovered: string; safe: number[] }> {
  const script = path.join(import.meta.dirname, "../support/log-writer.ts");
  const flags = ["--disable-warning=ExperimentalWarning", script, root];
  const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      if (text.split("\nsafe ").length > acknowledgements) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", () => resolve());
  });
  // A last line that was cut short says nothing.
  const lines = text.split("\n").slice(0, -1);
  const safe = lines
    .filter((line) => line.startsWith("safe "))
    .flatMap((line) => line.split(" ").slice(1).map(Number));
  return { recovered: lines[0] ?? "", safe };
}

describe("a record log on a real disk", () => {
  test("has every acknowledged entry after twenty kills in the middle of writing", async () => {
    let safe: number[] = [];
    for (let kill = 0; kill < 20; kill++) {
      const run = await writeAndKill(5 + ((kill * 7) % 23));
      expect(run.recovered).toMatch(/^recovered whole /);
      const found = JSON.parse(run.recovered.split(" ")[2] ?? "") as number[];
      expect(found).toEqual([...new Set(found)].toSorted((a, b) => a - b));
      // A compaction puts its own entries in the place of everything before them.
      const begin = found[0] ?? 0;
      expect(begin % 60 === 57 || begin === 0).toBe(true);
      expect(safe.filter((entry) => entry >= begin && !found.includes(entry))).toEqual([]);
      safe = run.safe;
    }
    expect((await openLog()).recovered.damaged).toBe(false);
  });

  test("keeps what it wrote to its owner's eyes", async () => {
    const records = await openLog();
    await records.append(1);
    await records.rewrite([1, 2]);
    await records.close();
    expect(statSync(path.join(root, "journal.log")).mode & 0o777).toBe(0o600);
    const spool = await openSpool({ disk: createDisk(root), clock, random, log, folder: "spool-b1" });
    spool.add({ device: "d", epoch: "e", seq: 0, kind: "samples", topic: "t", payload: "{}" });
    await spool.flush();
    await spool.close();
    expect(statSync(path.join(root, "spool-b1")).mode & 0o777).toBe(0o700);
    expect(readdirSync(path.join(root, "spool-b1"))).toHaveLength(1);
  });

  test("takes no name that leads out of its folder", async () => {
    const disk = createDisk(root);
    await expect(disk.read("../secrets")).rejects.toMatchObject({ code: "DISK_FAILED" });
    await expect(disk.replace("a/../../b", new Uint8Array())).rejects.toMatchObject({ code: "DISK_FAILED" });
    await expect(disk.append("/etc/passwd~")).rejects.toMatchObject({ code: "DISK_FAILED" });
  });

  test("tells no half-made replacement as a file", async () => {
    writeFileSync(path.join(root, "journal.log.tmp"), "half");
    expect(await createDisk(root).list(".")).toEqual([]);
  });
});

describe("a disk that hangs", () => {
  test("leaves room for looking up a host name", async () => {
    // Opening a named pipe for reading hangs until somebody writes: a disk that does not answer.
    spawnSync(
      "mkfifo",
      ["a", "b", "c", "d", "e"].map((name) => path.join(root, name)),
    );
    const disk = createDisk(root);
    const hanging = ["a", "b", "c", "d", "e"].map((name) => disk.read(name));
    await sleep(100);
    const found = await Promise.race([lookup("localhost"), sleep(2_000)]);
    expect(found).toMatchObject({ address: expect.any(String) as string });
    // Let them go, one after the other as they come to their turn.
    for (const name of ["a", "b", "c", "d", "e"]) {
      spawnSync("sh", ["-c", `echo done > ${path.join(root, name)}`], { timeout: 5_000 });
      await sleep(20);
    }
    const contents = await Promise.all(hanging);
    expect(contents.map((bytes) => new TextDecoder().decode(bytes))).toEqual(Array<string>(5).fill("done\n"));
  });
});

const small = mounting();

small.describe("a file system of 64 KiB", () => {
  let folder = "";
  const mount = (how: string): void => {
    const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", how, "none", folder], {
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
  };
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "breathwatch-small-"));
    mount("size=64k");
  });
  afterEach(() => {
    spawnSync("umount", [folder]);
    rmSync(folder, { recursive: true });
  });

  small.test("when full refuses entries with cause and fix, and has them once there is room", async () => {
    const records = await openLog(folder);
    await records.append(1);
    writeFileSync(path.join(folder, "ballast"), "");
    fill(path.join(folder, "ballast"));
    const refused: number[] = [];
    let entry = 2;
    for (; entry < 2_000 && refused.length < 3; entry++) {
      const number = entry;
      await records.append(number).catch((error: { code: string; fix: string; message: string }) => {
        expect(error.code).toBe("DISK_FAILED");
        expect(error.message).toContain("ENOSPC");
        expect(error.fix).toContain("space");
        refused.push(number);
      });
    }
    expect(refused).toHaveLength(3);
    rmSync(path.join(folder, "ballast"));
    await records.append(entry);
    await records.close();
    const { entries, damaged } = (await openLog(folder)).recovered;
    expect(damaged).toBe(false);
    expect(entries).toEqual(Array.from({ length: entry }, (_, n) => n + 1));
  });

  small.test(
    "when read-only opens the records for reading and refuses the rest, the lock with cause and fix",
    async () => {
      const records = await openLog(folder);
      await records.append(1);
      await records.close();
      spawnSync("mount", ["-o", "remount,ro", folder]);
      const again = await openLog(folder);
      expect(again.recovered.entries).toEqual([1]);
      await expect(again.append(2)).rejects.toMatchObject({
        code: "DISK_FAILED",
        fix: expect.stringContaining("read-only") as string,
      });
      await expect(lockDataDir(folder, clock)).rejects.toMatchObject({
        code: "DATA_DIR_UNWRITABLE",
        message: expect.stringContaining("EROFS") as string,
      });
    },
  );

  small.test("when full lets no second program start, and says why", async () => {
    fill(path.join(folder, "ballast"));
    await expect(lockDataDir(folder, clock)).rejects.toMatchObject({
      code: "DATA_DIR_UNWRITABLE",
      message: expect.stringContaining("ENOSPC") as string,
      fix: expect.stringContaining("Free space") as string,
    });
  });

  small.test("sheds the spool's waves before its numbers and goes on", async () => {
    const disk = createDisk(folder);
    const spool = await openSpool({ disk, clock, random, log, folder: "spool-b1", segmentBytes: 8_000 });
    const payload = "x".repeat(900);
    const base = { device: "d", epoch: "e", topic: "t", payload };
    for (let seq = 0; seq < 90; seq++) {
      spool.add({ ...base, seq, kind: seq % 2 === 0 ? "wave" : "samples" });
      await spool.flush().catch((error: { code: string }) => expect(error.code).toBe("DISK_FAILED"));
    }
    await spool.flush().catch((error: { code: string }) => expect(error.code).toBe("DISK_FAILED"));
    const held = await spool.read(0, 1_000);
    expect(held.filter(({ kind }) => kind !== "wave").map(({ seq }) => seq)).toEqual(
      Array.from({ length: 45 }, (_, n) => 2 * n + 1),
    );
    expect(held.length).toBe(spool.size);
    await spool.close().catch((error: { code: string }) => expect(error.code).toBe("DISK_FAILED"));
  });
});

/** Until nothing more fits. */
function fill(file: string): void {
  spawnSync("sh", ["-c", `cat /dev/zero > ${file}`]);
  expect(readFileSync(file).length).toBeGreaterThan(1_000);
}
