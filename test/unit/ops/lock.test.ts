import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import { DATA_SCHEMA, lockDataDir } from "../../../src/ops/lock.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

const clock = createVirtualClock(wall(1_800_000_000_000));

describe("the lock of a data folder", () => {
  let parent = "";
  let folder = "";
  beforeEach(() => {
    parent = mkdtempSync(path.join(tmpdir(), "breathwatch-lock-"));
    folder = path.join(parent, "data");
  });
  afterEach(() => {
    rmSync(parent, { recursive: true });
  });

  test("makes a folder that only its owner reads, with the number of its layout", async () => {
    const lock = await lockDataDir(folder, clock);
    expect(lock.schema).toBe(DATA_SCHEMA);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).toSorted()).toEqual(["lock", "schema"]);
    await lock.release();
    expect(readdirSync(folder)).toEqual(["schema"]);
  });

  test("closes an existing folder to everybody else", async () => {
    mkdirSync(folder, { mode: 0o755 });
    await lockDataDir(folder, clock);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("lets a second taker in only after the first let go", async () => {
    const lock = await lockDataDir(folder, clock);
    await expect(lockDataDir(folder, clock)).rejects.toMatchObject({
      code: "DATA_DIR_LOCKED",
      message: expect.stringContaining(String(process.pid)) as string,
    });
    await lock.release();
    await expect(lockDataDir(folder, clock)).resolves.toBeDefined();
  });

  test("keeps out another process that lives, and takes over once that one was killed", async () => {
    const other = spawn(process.execPath, [
      "--input-type=module",
      "-e",
      `import { lockDataDir } from ${JSON.stringify(new URL("../../../src/ops/lock.ts", import.meta.url).href)};
       import { createClock } from ${JSON.stringify(new URL("../../../src/ops/clock.ts", import.meta.url).href)};
       await lockDataDir(${JSON.stringify(folder)}, createClock());
       process.stdout.write("held");
       process.stdin.resume();`,
    ]);
    await once(other.stdout, "data");
    await expect(lockDataDir(folder, clock)).rejects.toMatchObject({ code: "DATA_DIR_LOCKED" });
    other.kill("SIGKILL");
    await once(other, "exit");
    expect(existsSync(path.join(folder, "lock"))).toBe(true);
    const lock = await lockDataDir(folder, clock);
    await lock.release();
  });

  test.each([
    ["a process number that lives on as another program", { pid: process.pid, startedAt: "1" }],
    ["a process of the system before the last boot", { pid: process.pid, boot: "another" }],
    ["a process that is gone", { pid: 2 ** 22 + 1 }],
    ["nobody, cut short by a crash", undefined],
  ])("takes over the lock of %s", async (_, holder) => {
    mkdirSync(folder);
    writeFileSync(path.join(folder, "lock"), holder === undefined ? "" : JSON.stringify(holder));
    const lock = await lockDataDir(folder, clock);
    expect(JSON.parse(readFileSync(path.join(folder, "lock"), "utf8"))).toMatchObject({ pid: process.pid });
    await lock.release();
  });

  test("goes to exactly one of many that find a dead holder at once", async () => {
    mkdirSync(folder);
    writeFileSync(path.join(folder, "lock"), "");
    const starters = Array.from({ length: 6 }, () =>
      spawn(process.execPath, [
        "--input-type=module",
        "-e",
        `import { lockDataDir } from ${JSON.stringify(new URL("../../../src/ops/lock.ts", import.meta.url).href)};
         import { createClock } from ${JSON.stringify(new URL("../../../src/ops/clock.ts", import.meta.url).href)};
         const outcome = await lockDataDir(${JSON.stringify(folder)}, createClock()).then(() => "held", (fault) => fault.code);
         process.stdout.write(outcome);
         process.stdin.resume();`,
      ]),
    );
    const outcomes = await Promise.all(
      starters.map(async (starter) => String((await once(starter.stdout, "data"))[0])),
    );
    for (const starter of starters) starter.kill("SIGKILL");
    await Promise.all(starters.map((starter) => once(starter, "exit")));
    expect(outcomes.toSorted()).toEqual([...Array<string>(5).fill("DATA_DIR_LOCKED"), "held"]);
  });

  test("says that a folder cannot be written, with the cause", async () => {
    writeFileSync(folder, "a file where the folder should be");
    await expect(lockDataDir(folder, clock)).rejects.toMatchObject({
      code: "DATA_DIR_UNWRITABLE",
      fix: expect.stringContaining("dataDir") as string,
    });
  });

  test("refuses a folder with a newer layout and leaves it unlocked", async () => {
    mkdirSync(folder);
    writeFileSync(path.join(folder, "schema"), `${DATA_SCHEMA + 1}\n`);
    await expect(lockDataDir(folder, clock)).rejects.toMatchObject({ code: "DATA_DIR_NEWER" });
    expect(readdirSync(folder)).toEqual(["schema"]);
  });
});
