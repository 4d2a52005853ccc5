import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import { createDisk } from "../../../src/ops/disk.ts";
import type { AuditLog } from "../../../src/port/record.ts";
import { openAuditLog } from "../../../src/record/audit.ts";
import { openKnownRecords } from "../../../src/record/known.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

import { silentLog } from "../../support/silent-log.ts";
import { createTestTerminal, jsonLines, run } from "../../support/terminal.ts";

const NOW = Date.parse("2026-11-21T14:00:00Z");

/** A data folder whose beds each have some records, one a minute. */
async function dataFolder(...beds: readonly string[]) {
  const { folder } = createTestTerminal();
  const data = path.join(folder, "data");
  mkdirSync(data);
  const disk = createDisk(data);
  const clock = createVirtualClock(wall(NOW));
  const known = await openKnownRecords({
    ...{ disk, clock, log: silentLog, begun: false },
    onSaved: () => undefined,
  });
  const logs: AuditLog[] = [];
  for (const bed of beds) {
    const log = await openAuditLog({ disk, clock, log: silentLog, folder: `audit-${bed}` });
    known.follow(`audit-${bed}`, () => log.head);
    for (let n = 0; n < 5; n++) {
      const watch = { on: true, reason: "person", since: wall(NOW), by: { id: "p", name: "Ana" } } as const;
      const at = wall(NOW + n * 60_000);
      await log.append({ kind: "watch", at, trusted: true, limits: 0, revision: n, watch });
    }
    logs.push(log);
  }
  await known.close();
  for (const log of logs) await log.close();
  const file = path.join(data, "audit-b1/000001-2026-11.jsonl");
  return {
    folder,
    file,
    audit: (...argv: string[]) => run(["audit", "--data", "data", ...argv], { folder }),
  };
}

describe("breathwatch audit", () => {
  test("says that every chain is whole, up to where, and ends with 0", async () => {
    const { audit } = await dataFolder("b1", "b2");
    const { code, data, words } = await audit("--verify");
    expect(code).toBe(0);
    expect(jsonLines(data)).toEqual([
      expect.objectContaining({ bed: "b1", ok: true, records: 5, breaks: [] }),
      expect.objectContaining({ bed: "b2", ok: true, records: 5 }),
    ]);
    expect(words).toContain(
      "Bed b1: the chain of 5 records is whole, record 1 of 2026-11-21T14:00:00.000Z to record 5 of 2026-11-21T14:04:00.000Z.",
    );
  });

  test("names the first broken record and ends with 1", async () => {
    const { audit, file } = await dataFolder("b1", "b2");
    writeFileSync(file, readFileSync(file, "utf8").replace('"name":"Ana"', '"name":"Eva"'));
    const { code, data, words } = await audit("--verify");
    expect(code).toBe(1);
    expect(jsonLines(data).map(({ bed, ok }) => [bed, ok])).toEqual([
      ["b1", false],
      ["b2", true],
    ]);
    expect(words).toContain("THE CHAIN IS BROKEN. Whole: no record. Then audit-b1/000001-2026-11.jsonl:1:");
    expect((await audit("--verify", "--bed", "b2")).code).toBe(0);
  });

  test("misses what was cut from the end, and what is gone altogether", async () => {
    const { audit, file } = await dataFolder("b1");
    const lines = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, `${lines.slice(0, 3).join("\n")}\n`);
    expect((await audit("--verify")).words).toContain("it ends with record 3, although 5 had been written");
    writeFileSync(file, "");
    const { code, words } = await audit("--verify");
    expect([code, words]).toEqual([1, expect.stringContaining("nothing is left of 5 records")]);
  });

  test("takes an unfinished line at the end for one that is being written", async () => {
    const { audit, file } = await dataFolder("b1");
    writeFileSync(file, '{"n":6,"prev', { flag: "a" });
    const { code, words } = await audit("--verify");
    expect(code).toBe(0);
    expect(words).toContain("12 bytes at the end are being written, or a power cut left them.");
  });

  test("exports the lines as they lie there, readable by their owner alone, and changes nothing", async () => {
    const { audit, file, folder } = await dataFolder("b1");
    const before = readFileSync(file, "utf8");
    const { code, words } = await audit("--export", "all.jsonl");
    expect([code, words]).toEqual([0, expect.stringContaining("written to all.jsonl")]);
    expect(readFileSync(path.join(folder, "all.jsonl"), "utf8")).toBe(before);
    expect(statSync(path.join(folder, "all.jsonl")).mode & 0o777).toBe(0o600);
    expect(existsSync(path.join(folder, "all.jsonl.part"))).toBe(false);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  test("exports a stretch of time as CSV", async () => {
    const { audit, folder } = await dataFolder("b1", "b2");
    const times = ["--from", "2026-11-21T22:01+08:00", "--to", "2026-11-21T14:03Z"];
    expect((await audit("--export", "some.csv", "--bed", "b2", ...times)).code).toBe(0);
    const rows = readFileSync(path.join(folder, "some.csv"), "utf8").trimEnd().split("\r\n");
    expect(rows.map((row) => row.split(",")[0])).toEqual(["n", "2", "3"]);
  });

  test.each([
    [[], "Give --verify or --export FILE, one of them."],
    [["--verify", "--export", "a.csv"], "one of them"],
    [["--verify", "--from", "2026-11-21T14:00Z"], "--from and --to belong to --export"],
    [["--export", "a.txt"], "must end in .jsonl or .csv"],
    [["--export", "a.csv"], "--bed B is missing"],
    [["--export", "a.csv", "--bed", "b1", "--from", "yesterday"], "is no time"],
    [["--verify", "--bed", "../b1"], "must be b1, b2..."],
  ])("%j is wrong use", async (argv, why) => {
    const { audit } = await dataFolder("b1", "b2");
    const { code, words } = await audit(...argv);
    expect(code).toBe(2);
    expect(words).toContain(why);
  });

  test("says where there is no audit record at all", async () => {
    const { audit } = await dataFolder();
    const { code, words } = await audit("--verify");
    expect([code, words]).toEqual([1, expect.stringContaining("has no audit record")]);
  });
});
