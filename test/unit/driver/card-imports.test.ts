import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { DEVICES } from "../../../devices/index.ts";
import { wall } from "../../../src/domain/time.ts";
import { type CardImport, createCardImports, type UploadPiece } from "../../../src/driver/card-imports.ts";
import { createFamilies } from "../../../src/driver/families.ts";
import { createUploads } from "../../../src/ops/uploads.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createMemoryTimeseries } from "../../../src/store/timeseries/sqlite/timeseries.ts";
import { createLinks } from "../../../src/transport/links.ts";
import { silentLog } from "../../support/silent-log.ts";
import { zipOf } from "../../support/zip.ts";

const rows = Array.from({ length: 1_200 }, (_, i) => {
  const [hour, minute, second] = [Math.floor(i / 3600) + 22, Math.floor(i / 60) % 60, i % 60];
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `${pad(hour)}:${pad(minute)}:${pad(second)} 15/01/2026,${90 + (i % 9)},61,0`;
});
const CSV = Buffer.from(["Time,Oxygen Level,Pulse Rate,Motion", ...rows, ""].join("\n"));

function bench() {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-imports-"));
  const clock = createVirtualClock(wall(Date.UTC(2026, 1, 1)));
  const timeseries = createMemoryTimeseries(clock, silentLog);
  const place = path.join(folder, "upload");
  const imports = createCardImports({
    families: createFamilies(DEVICES),
    links: createLinks({ clock }),
    uploads: createUploads(place),
    ...{ timeseries, clock, log: silentLog, zone: "UTC", waveDays: 14 },
  });
  onTestFinished(async () => {
    await imports.stop();
    await timeseries.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const piece = (changes: Partial<UploadPiece>): UploadPiece => ({
    ...{ bed: "b1", family: "csv-import", name: "x.csv", at: 0, last: true, by: "mei", bytes: CSV },
    ...changes,
  });
  const finished = async (): Promise<CardImport | undefined> => {
    for (let i = 0; i < 100_000 && imports.state("b1")?.phase === "reading"; i++) {
      await settle();
      await clock.advance(5);
    }
    return imports.state("b1");
  };
  return { clock, imports, piece, finished, place, timeseries };
}

describe("a card that is brought while the home runs", () => {
  test("is read after its last piece, tells how it is doing, and leaves nothing behind", async () => {
    const { imports, piece, finished, place, timeseries } = bench();
    const half = CSV.length >> 1;
    const first = await imports.take(piece({ bytes: CSV.subarray(0, half), last: false, total: CSV.length }));
    expect(first).toMatchObject({ phase: "receiving", received: half, percent: 50 });
    expect(readdirSync(place)).toEqual(["upload-x.csv"]);
    const second = await imports.take(piece({ at: half, bytes: CSV.subarray(half) }));
    expect(second).toMatchObject({ phase: "reading", received: CSV.length });
    expect(await finished()).toMatchObject({
      phase: "done",
      percent: 100,
      nights: 1,
      rows: 1_200,
      newRows: 1_200,
    });
    expect(() => readdirSync(place)).toThrow("ENOENT");
    const query = { bed: "b1", from: wall(Date.UTC(2026, 0, 15)), to: wall(Date.UTC(2026, 0, 17)) };
    expect(await timeseries.range({ ...query, signal: "spo2" })).toHaveLength(1_200);
  });

  test("the second time changes nothing", async () => {
    const { imports, piece, finished } = bench();
    await imports.take(piece({}));
    await finished();
    await imports.take(piece({ name: "other.zip", bytes: zipOf([{ name: "a/x.csv", bytes: CSV }]) }));
    expect(await finished()).toMatchObject({ phase: "done", rows: 1_200, newRows: 0 });
  });

  test("while one is sent or read, another person's is refused; one's own begins anew", async () => {
    const { clock, imports, piece, finished } = bench();
    await imports.take(piece({ last: false }));
    await expect(imports.take(piece({ by: "ana" }))).rejects.toMatchObject({ code: "CONFLICT" });
    await imports.take(piece({ last: false, name: "again.csv" }));
    await imports.take(piece({ at: CSV.length, bytes: new Uint8Array(0), name: "again.csv" }));
    await expect(imports.take(piece({}))).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await finished()).toMatchObject({ phase: "done", rows: 1_200 });
    await imports.take(piece({ last: false }));
    await clock.advance(121_000);
    expect(imports.state("b1")).toMatchObject({ phase: "failed", problem: { code: "CONFLICT" } });
    expect(await imports.take(piece({ by: "ana", last: false }))).toMatchObject({ phase: "receiving" });
  });

  test("a piece out of turn, a family without files and too much are refused", async () => {
    const { imports, piece } = bench();
    await imports.take(piece({ last: false }));
    await expect(imports.take(piece({ at: 3 }))).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(imports.take(piece({ family: "nonin-serial" }))).rejects.toMatchObject({
      code: "INPUT_INVALID",
    });
    expect(
      imports.families().every(({ link, evidence }) => link === "files" && evidence !== "unproven"),
    ).toBe(true);
  });

  test("a name that leads elsewhere stays in its folder", async () => {
    const { imports, piece, place } = bench();
    await imports.take(piece({ name: "../../etc/x.csv", last: false }));
    const [name = ""] = readdirSync(place);
    expect(name).toMatch(/^upload-[\w.-]+\.csv$/);
    expect(name).not.toContain("/");
  });

  test("the card of another machine fails with its name, and the next one is taken", async () => {
    const { imports, piece, finished } = bench();
    await imports.take(piece({ family: "resmed-card" }));
    expect(await finished()).toMatchObject({
      phase: "failed",
      problem: { code: "INPUT_INVALID", detail: expect.stringContaining("looks like csv-import") as string },
    });
    await imports.take(piece({}));
    expect(await finished()).toMatchObject({ phase: "done" });
  });

  test("a stop ends it and leaves no file", async () => {
    const { imports, piece, place } = bench();
    await imports.take(piece({ last: false }));
    await imports.stop();
    expect(() => readdirSync(place)).toThrow("ENOENT");
  });
});
