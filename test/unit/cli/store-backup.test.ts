import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backUp, restore } from "../../../src/cli/store-backup.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-backup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const HOME = path.join("homes", "qz4k7m2xpa", "state.sqlite");

/** A data folder with a backup of it, whose databases then went on and were left behind by a crash, tails and all. */
async function crashed(
  names: readonly string[],
): Promise<{ readonly data: string; readonly backup: string }> {
  const [data, backup] = [path.join(folder, "data"), path.join(folder, "backup")];
  for (const name of names) {
    const file = path.join(data, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const db = new DatabaseSync(file);
    db.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES ('in the backup')");
    db.close();
  }
  await backUp(data, backup, { madeAt: "2026-11-20T00:00:00.000Z", say: () => undefined });
  for (const name of names) {
    const file = path.join(data, name);
    const db = new DatabaseSync(file);
    db.exec(
      "PRAGMA wal_autocheckpoint = 0; DELETE FROM t; CREATE TABLE u (y); INSERT INTO u VALUES ('later')",
    );
    for (const tail of ["-wal", "-shm"]) copyFileSync(file + tail, `${file}${tail}.kept`);
    db.close();
    for (const tail of ["-wal", "-shm"]) copyFileSync(`${file}${tail}.kept`, file + tail);
    for (const tail of ["-wal", "-shm"]) rmSync(`${file}${tail}.kept`);
  }
  return { data, backup };
}

const held = (file: string): readonly unknown[] => {
  const db = new DatabaseSync(file);
  try {
    return db
      .prepare("SELECT x FROM t")
      .all()
      .map((row) => row["x"]);
  } finally {
    db.close();
  }
};

test("a restore beside tails whose damaged file was deleted by hand brings the backup, and keeps the tails", async () => {
  const { data, backup } = await crashed(["timeseries.sqlite", HOME]);
  rmSync(path.join(data, "timeseries.sqlite"));
  rmSync(path.join(data, HOME));
  const { kept } = await restore(backup, data);
  for (const name of ["timeseries.sqlite", HOME]) {
    const file = path.join(data, name);
    expect(held(file)).toEqual(["in the backup"]);
    expect(kept).toContain(`${file}.before-1`);
    expect(existsSync(`${file}.before-1-wal`)).toBe(true);
  }
});

test("what was there is kept under a number of its own, its tails with it", async () => {
  const { data, backup } = await crashed(["timeseries.sqlite"]);
  const file = path.join(data, "timeseries.sqlite");
  // Of an earlier restore after which only a tail was left.
  writeFileSync(`${file}.before-1-wal`, "");
  const { kept } = await restore(backup, data);
  expect(kept).toEqual([`${file}.before-2`]);
  expect(held(file)).toEqual(["in the backup"]);
  expect(held(`${file}.before-2`)).toEqual([]);
});

test("a file that cannot be copied leaves every other as it was", async () => {
  const { data, backup } = await crashed(["state.sqlite", "timeseries.sqlite"]);
  // Nothing can be written under this name.
  mkdirSync(path.join(data, "timeseries.sqlite.restored"));
  await expect(restore(backup, data)).rejects.toThrow();
  expect(readdirSync(data).filter((name) => name.includes(".before-"))).toEqual([]);
  expect(held(path.join(data, "state.sqlite"))).toEqual([]);
});
