import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { absent, type Sample } from "../../../src/domain/sample.ts";
import { wall } from "../../../src/domain/time.ts";
import type { Batch, StoredRow } from "../../../src/port/timeseries.ts";
import { TimeseriesFile } from "../../../src/store/timeseries/sqlite/file.ts";

const T0 = 1_700_000_400_000; // a full ten minutes
const empty: Batch = { rows: [], waves: [], settings: [], events: [] };
const row = (second: number, spo2: Sample, device = "d1", simulated = false): StoredRow => ({
  bed: "b1",
  device,
  epoch: "e",
  seq: second,
  at: wall(T0 + second * 1000),
  simulated,
  samples: { spo2 },
});
const compactAll = (file: TimeseriesFile, now = T0 + 10 ** 9): void => {
  while (file.compact(now));
};
const all = { bed: "b1", from: wall(T0 - 10 ** 8), to: wall(T0 + 10 ** 8) };

const folders: string[] = [];
const tempFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  folders.push(folder);
  return join(folder, "t.sqlite");
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe("the time-series file", () => {
  test("agrees with a list of samples whatever is written, repeated and compacted in any order", () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ write: fc.integer({ min: 0, max: 2_400 }), low: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ compactAt: fc.integer({ min: 0, max: 3_000 }) }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const file = new TimeseriesFile(":memory:");
        const model = new Map<number, Sample>();
        for (const step of actions) {
          if ("compactAt" in step) {
            while (file.compact(T0 + step.compactAt * 1000));
          } else {
            // The same second always says the same, as a repeat does.
            const sample = step.write % 7 === 0 ? absent("searching") : 60 + (step.write % 40);
            model.set(step.write, sample);
            file.write({ ...empty, rows: [row(step.write, sample)] });
          }
        }
        const expected = [...model].sort((a, b) => a[0] - b[0]);
        const points = file.range({ ...all, signal: "spo2" });
        expect(points.map((p) => [(p.at - T0) / 1000, p.sample])).toEqual(expected);
        for (const bucketMs of [60_000, 300_000, 45_000]) {
          const buckets = file.buckets({
            bed: "b1",
            from: wall(T0),
            to: wall(T0 + 2_700_000),
            signals: ["spo2"],
            bucketMs,
          }).spo2;
          buckets?.forEach((bucket) => {
            const inside = expected
              .filter(
                ([second]) => T0 + second * 1000 >= bucket.at && T0 + second * 1000 < bucket.at + bucketMs,
              )
              .flatMap(([, sample]) => (typeof sample === "number" ? [sample] : []));
            expect(bucket.count).toBe(inside.length);
            if (inside.length === 0) expect(bucket).toEqual({ at: bucket.at, count: 0 });
            else {
              expect([bucket.min, bucket.max]).toEqual([Math.min(...inside), Math.max(...inside)]);
              expect(bucket.mean).toBeCloseTo(inside.reduce((a, b) => a + b) / inside.length);
            }
          });
        }
        file.close();
      }),
      { numRuns: 60 },
    );
  });

  test("prefers the first device and fills with the second", () => {
    const file = new TimeseriesFile(":memory:");
    const rows = [
      row(0, 97),
      row(0, 91, "d2"),
      row(1, absent("sensor_off")),
      row(1, 92, "d2"),
      row(2, 93, "d2"),
    ];
    file.write({ ...empty, rows });
    const samples = file.range({ ...all, signal: "spo2" }).map((point) => point.sample);
    expect(samples).toEqual([97, 92, 93]);
  });

  test("lists nights noon to noon, newest first", () => {
    const file = new TimeseriesFile(":memory:");
    const at = (iso: string): StoredRow => ({ ...row(0, 97), at: wall(Date.parse(iso)) });
    file.write({ ...empty, rows: [at("2026-11-20T23:00:00+08:00"), at("2026-11-21T03:00:00+08:00")] });
    file.write({ ...empty, rows: [at("2026-11-21T12:00:00+08:00")] });
    compactAll(file, Date.parse("2026-11-21T12:00:00+08:00"));
    expect(file.nights("b1", "Asia/Shanghai", 10)).toEqual(["2026-11-21", "2026-11-20"]);
    expect(file.nights("b1", "Asia/Shanghai", 1)).toEqual(["2026-11-21"]);
    expect(file.nights("b2", "Asia/Shanghai", 10)).toEqual([]);
  });

  test("remembers that data was simulated, also after compaction", () => {
    const file = new TimeseriesFile(":memory:");
    file.write({ ...empty, rows: [row(0, 97), row(1, 97, "d2", true)] });
    expect(file.simulated(all)).toBe(true);
    compactAll(file);
    expect(file.simulated(all)).toBe(true);
    expect(file.simulated({ ...all, from: wall(T0 + 3_600_000) })).toBe(false);
  });

  test("keeps waveforms and events, each once", () => {
    const file = new TimeseriesFile(":memory:");
    const { samples: _samples, ...identity } = row(5, 97);
    const wave = { ...identity, rateHz: 50, channels: { flow: [1.5, -2.25], airway_pressure: [6, 6.5] } };
    const event = {
      kind: "occurred" as const,
      at: wall(T0 + 9),
      occurrence: {
        id: "b1-abc-1",
        bed: "b1",
        condition: "SPO2_LOW" as const,
        priority: "high" as const,
        state: "holds" as const,
        raisedAt: wall(T0 + 9),
        values: { spo2: 81 },
        simulated: false,
        drill: false,
      },
    };
    const batch = { ...empty, waves: [wave], events: [{ bed: "b1", key: "k1", event }] };
    file.write(batch);
    file.write(batch);
    expect(file.waves({ ...all, wave: "flow" })).toEqual([wave]);
    expect(file.waves({ ...all, wave: "pleth" })).toEqual([]);
    expect(file.events(all)).toEqual([event]);
  });

  test("refuses more buckets than a page can draw", () => {
    const file = new TimeseriesFile(":memory:");
    expect(() => file.buckets({ ...all, signals: ["spo2"], bucketMs: 1_000 })).toThrow(/5000/);
  });

  test("drops old waveforms before old numbers", () => {
    const file = new TimeseriesFile(":memory:");
    const { samples: _samples, ...identity } = row(0, 97);
    file.write({
      ...empty,
      rows: [row(0, 97)],
      waves: [{ ...identity, rateHz: 50, channels: { flow: [1] } }],
    });
    compactAll(file);
    file.retain({ wavesFrom: T0 + 1_000_000, rowsFrom: T0 - 1 });
    expect(file.waves({ ...all, wave: "flow" })).toEqual([]);
    expect(file.range({ ...all, signal: "spo2" })).toHaveLength(1);
    file.retain({ wavesFrom: T0, rowsFrom: T0 + 2_000_000 });
    expect(file.range({ ...all, signal: "spo2" })).toEqual([]);
  });

  test("is there again after closing", () => {
    const path = tempFile();
    const first = new TimeseriesFile(path);
    first.write({ ...empty, rows: [row(0, 97), row(1, absent("held"))] });
    first.close();
    const again = new TimeseriesFile(path);
    expect(again.range({ ...all, signal: "spo2" }).map((p) => p.sample)).toEqual([97, absent("held")]);
    expect(again.health()).toMatchObject({ ok: true, oldest: T0 });
    again.close();
  });

  test("moves a damaged file aside and says so", () => {
    const path = tempFile();
    writeFileSync(path, "this was a database once ".repeat(400));
    const file = new TimeseriesFile(path);
    expect(file.health().ok).toBe(false);
    expect(file.health().detail).toContain("damaged-1");
    expect(existsSync(`${path}.damaged-1`)).toBe(true);
    file.write({ ...empty, rows: [row(0, 97)] });
    expect(file.range({ ...all, signal: "spo2" })).toHaveLength(1);
    file.close();
  });

  test("does not touch a file of a later schema", () => {
    const path = tempFile();
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 99");
    db.close();
    expect(() => new TimeseriesFile(path)).toThrow(/DATA_DIR_NEWER/);
  });
});
