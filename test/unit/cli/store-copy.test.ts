import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CopyPlan, copyStore } from "../../../src/cli/store-copy.ts";
import { wall } from "../../../src/domain/time.ts";
import type { Batch, StoredRow, Timeseries } from "../../../src/port/timeseries.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryTimeseries } from "../../../src/store/timeseries/sqlite/timeseries.ts";
import { silentLog } from "../../support/silent-log.ts";

const T0 = Date.UTC(2026, 10, 20, 14);
const HOURS = 3;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-copied-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const row = (bed: string, second: number): StoredRow => ({
  ...{ bed, device: "d", epoch: "e", seq: second, at: wall(T0 + second * 1_000), simulated: false },
  samples: { spo2: 90 + (second % 9) },
});
const rows = (bed: string, from: number, to: number): StoredRow[] =>
  Array.from({ length: to - from }, (_, index) => row(bed, from + index));
const write = (store: Timeseries, written: readonly StoredRow[]): Promise<unknown> =>
  store.write({ rows: written, waves: [], settings: [], events: [] });

/** A store with two beds of some hours, and a goal that takes so many pages before it is cut. */
async function begun(pages: number) {
  const clock = createVirtualClock(wall(T0 + 86_400_000));
  const source = createMemoryTimeseries(clock, silentLog);
  for (const bed of ["b1", "b2"]) await write(source, rows(bed, 0, HOURS * 3_600));
  const goal = createMemoryTimeseries(clock, silentLog);
  const server = { run: "1", left: pages, written: 0 };
  const plan: CopyPlan = {
    from: source,
    to: {
      async write(batch: Batch) {
        if (server.left-- <= 0) throw new Error("cut");
        server.written += batch.rows.length;
        await goal.write(batch);
      },
      promise: async () => ({ run: server.run }),
    },
    rename: (bed) => bed,
    since: wall(0),
    until: wall(Number.MAX_SAFE_INTEGER),
    progressFile: path.join(folder, "store-copy.json"),
    name: "copy",
  };
  const said: string[] = [];
  const signal = new AbortController().signal;
  const copy = () => copyStore(plan, { clock, signal, say: (words) => void said.push(words) });
  await expect(copy()).rejects.toThrow("cut");
  server.left = Infinity;
  server.written = 0;
  const whole = async (): Promise<void> => {
    for (const bed of ["b1", "b2"]) {
      const query = { bed, from: wall(0), to: clock.wall(), signal: "spo2" as const };
      expect(await goal.range(query)).toEqual(await source.range(query));
    }
  };
  return { source, server, copy, whole, said };
}

/** Pages are of at most 2,000 rows: bed b1 is through, b2 begun. */
const IN_THE_SECOND = 8;

test("a copy that was cut goes on where it was, and brings what a finished bed got meanwhile", async () => {
  const { source, server, copy, whole, said } = await begun(IN_THE_SECOND);
  const kept: unknown = JSON.parse(readFileSync(path.join(folder, "store-copy.json"), "utf8"));
  expect(kept).toMatchObject({
    beds: { b1: { next: T0 + (HOURS * 3_600 - 1) * 1_000 + 1, count: HOURS * 3_600 } },
  });
  await write(source, rows("b1", HOURS * 3_600, HOURS * 3_600 + 600));
  expect(await copy()).toMatchObject({ beds: 2, resumed: 2 });
  await whole();
  expect(server.written).toBeGreaterThanOrEqual(600);
  expect(server.written).toBeLessThan(HOURS * 3_600 + 600);
  expect(said.join(" ")).not.toContain("changed");
});

test("what came into the past of a bed meanwhile is brought too", async () => {
  const { source, copy, whole, said } = await begun(IN_THE_SECOND);
  // Late numbers of a night before, and others between those that were copied.
  await write(source, rows("b1", -7_200, -7_100));
  await write(source, [{ ...row("b2", 5), at: wall(T0 + 5_500) }]);
  expect(await copy()).toMatchObject({ beds: 2, resumed: 0 });
  await whole();
  expect(said).toEqual([
    "Bed 1 of 2 was changed since: it is copied from its beginning.",
    "Bed 2 of 2 was changed since: it is copied from its beginning.",
  ]);
});

test("a copy into a server that was started again meanwhile begins at the beginning", async () => {
  const { server, copy, whole } = await begun(IN_THE_SECOND);
  server.run = "2";
  expect(await copy()).toMatchObject({ beds: 2, resumed: 0, rows: 2 * HOURS * 3_600 });
  await whole();
});
