import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test } from "vitest";
import { absent, type Sample } from "../../../src/domain/sample.ts";
import { type Night, wall } from "../../../src/domain/time.ts";
import type { Batch, StoredRow } from "../../../src/port/timeseries.ts";
import { copyStore, restoreStore } from "../../../src/store/timeseries/sqlite/backup.ts";
import { TimeseriesFile } from "../../../src/store/timeseries/sqlite/file.ts";
import { packRows } from "../../../src/store/timeseries/sqlite/packed.ts";
import { writeSchema1 } from "../../support/store-schema-1.ts";

const DAY = 86_400_000;
const T0 = 1_700_000_400_000; // a full ten minutes
const SPO2 = 0;
const EMPTY: Batch = { rows: [], waves: [], settings: [], events: [] };
const KEY = new Uint8Array(32).fill(7);
const row = (second: number, spo2: Sample, changes: Partial<StoredRow> = {}): StoredRow => ({
  bed: "b1",
  device: "d1",
  epoch: "e",
  seq: second,
  at: wall(T0 + second * 1_000),
  simulated: false,
  samples: { spo2 },
  ...changes,
});
const waveAt = (second: number, bed = "b1") => {
  const { samples: _samples, ...identity } = row(second, 97, { bed });
  return { ...identity, rateHz: 50, channels: { flow: [1.5, -2.25], airway_pressure: [6, 6.5] } };
};
const event = (name: string) => ({
  kind: "acknowledged" as const,
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
  by: { id: "p1", name },
});
const write = (file: TimeseriesFile, batch: Partial<Batch>): number => {
  const { rows, ...records } = { ...EMPTY, ...batch };
  return file.write(packRows(rows), records);
};
const compactAll = (file: TimeseriesFile, now = T0 + 1_000 * DAY): void => {
  while (file.compact(now));
};
const all = { bed: "b1", from: wall(T0 - 2_000 * DAY), to: wall(T0 + 2_000 * DAY) };
const values = (file: TimeseriesFile, bed = "b1"): number[] => [
  ...(file.series({ ...all, bed }, [SPO2]).get(SPO2)?.values ?? []),
];
const hours = (from: number, to: number) =>
  Array.from({ length: (to - from) * 360 }, (_, at) => row(from * 3_600 + at * 10, 90 + (at % 9)));
const retain = (file: TimeseriesFile, policy: Parameters<TimeseriesFile["beginRetention"]>[0]): void => {
  file.beginRetention(policy);
  while (file.retainSome());
};

const folders: string[] = [];
const tempFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  folders.push(folder);
  return join(folder, "t.sqlite");
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
/** Everything that stands in the store's files, as one text. */
const bytesBeside = (path: string): string =>
  readdirSync(join(path, ".."))
    .map((name) => readFileSync(join(path, "..", name), "latin1"))
    .join("\n");

describe("the time-series file", () => {
  test("is there again after closing, whether compacted or not", () => {
    const path = tempFile();
    for (const compacted of [false, true]) {
      const first = new TimeseriesFile(path);
      write(first, {
        rows: [row(0, 97), row(1, absent("held"))],
        events: [{ bed: "b1", key: "k", event: event("Ann") }],
      });
      if (compacted) compactAll(first);
      first.close();
      const again = new TimeseriesFile(path);
      expect([...(again.series(all, [SPO2]).get(SPO2)?.absences ?? [])]).toEqual([0, 9]);
      expect(again.health()).toMatchObject({ ok: true, detail: "good" });
      expect(again.events(all)).toHaveLength(1);
      again.close();
    }
  });

  test("counts what is new, also against chunks and against what it read again", () => {
    const path = tempFile();
    const file = new TimeseriesFile(path);
    const rows = hours(0, 1);
    expect(write(file, { rows: rows.slice(0, 200) })).toBe(200);
    compactAll(file);
    expect(write(file, { rows })).toBe(160);
    file.close();
    const again = new TimeseriesFile(path);
    expect(write(again, { rows: [...rows, ...rows, row(1, 80)] })).toBe(1);
    compactAll(again);
    expect(write(again, { rows })).toBe(0);
    expect(values(again)).toHaveLength(361);
    again.close();
  });

  test("an import that outruns compaction is compacted as it comes", () => {
    const file = new TimeseriesFile(":memory:");
    for (let day = 0; day < 12; day++) write(file, { rows: hours(day * 24, day * 24 + 24) });
    // Twelve days in one write each: what waits stays bounded although nobody asked for compaction.
    expect(file.compact(0)).toBe(true);
    let steps = 1;
    while (file.compact(0)) steps += 1;
    expect(steps).toBeLessThan(400);
    expect(values(file)).toHaveLength(12 * 8_640);
  });

  test("a commit that fails leaves nothing behind: neither rows nor devices", () => {
    const path = tempFile();
    const file = new TimeseriesFile(path);
    write(file, { rows: [row(0, 97)] });
    const wrong = { bed: "b1", key: "k", event: undefined as never };
    const rows = [row(1, 96), row(0, 95, { device: "d2" })];
    expect(() => write(file, { rows, events: [wrong] })).toThrow();
    expect(values(file)).toEqual([97]);
    expect(write(file, { rows })).toBe(2);
    expect(values(file)).toEqual([97, 96]);
    compactAll(file);
    expect(values(file)).toEqual([97, 96]);
    file.close();
  });

  test("moves a damaged file aside and says so", () => {
    const path = tempFile();
    writeFileSync(path, "this was a database once ".repeat(400));
    const file = new TimeseriesFile(path);
    expect(file.health().ok).toBe(false);
    expect(file.health().detail).toContain("damaged-1");
    expect(existsSync(`${path}.damaged-1`)).toBe(true);
    write(file, { rows: [row(0, 97)] });
    expect(values(file)).toEqual([97]);
    file.close();
  });

  test("does not touch a file of a later schema", () => {
    const path = tempFile();
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 99");
    db.close();
    expect(() => new TimeseriesFile(path)).toThrow(/DATA_DIR_NEWER/);
  });

  test("refuses a file that somebody has open, and takes it when it is free again", () => {
    const path = tempFile();
    const first = new TimeseriesFile(path);
    expect(() => new TimeseriesFile(path)).toThrow(/DATA_DIR_LOCKED/);
    first.close();
    new TimeseriesFile(path).close();
  });
});

describe("minutes of a chunk", () => {
  const rowsEvery = (seconds: number) =>
    Array.from({ length: 1_200 / seconds }, (_, at) =>
      row(at * seconds, at % 7 === 3 ? absent("searching") : 90 + (at % 9)),
    );

  test.each([
    ["a row each second: roll-ups beside it", 1, true],
    ["a row every five seconds", 5, true],
    ["a row every ten seconds: none, its rows tell the same", 10, false],
    ["a row a minute", 60, false],
  ])("%s", (_how, seconds, rolled) => {
    for (const key of [undefined, KEY]) {
      const path = tempFile();
      const file = new TimeseriesFile(path, key);
      write(file, { rows: rowsEvery(seconds) });
      const minutes = () =>
        file.buckets({ bed: "b1", from: wall(T0 + 60_000), to: wall(T0 + 1_140_000), bucketMs: 180_000 }, [
          SPO2,
          4,
        ]);
      const before = minutes();
      expect(before.get(SPO2)?.[0]).toBeGreaterThan(0);
      compactAll(file);
      expect(minutes()).toEqual(before);
      file.close();
      const db = new DatabaseSync(path);
      const stored = db.prepare("SELECT length(rolls) > 0 AS rolled FROM chunk").all();
      // Ten minutes begin at the device's own phase: the first and the last may hold few rows.
      expect(stored.some((each) => each["rolled"] === 1)).toBe(rolled);
      db.close();
    }
  });
});

describe("a file of schema 1", () => {
  const rows = [
    ...hours(0, 3).map((one, index) =>
      index % 50 === 7 ? { ...one, samples: { spo2: absent("searching") } } : one,
    ),
    ...hours(1, 3).map((one) => ({
      ...one,
      device: "d2",
      simulated: true,
      samples: { leak: 12, resp_rate: 14.5 },
    })),
  ];
  const batch: Batch = {
    rows,
    waves: [waveAt(5)],
    settings: [{ ...waveAt(6), settings: { ipap: 18 } }],
    events: [{ bed: "b1", key: "k", event: event("Ann") }],
  };
  const answers = (file: TimeseriesFile) => ({
    spo2: file.series(all, [SPO2]).get(SPO2),
    minutes: file.buckets({ ...all, from: wall(T0), to: wall(T0 + 10_800_000), bucketMs: 300_000 }, [
      SPO2,
      4,
      8,
    ]),
    waves: file.waves(all, "flow"),
    events: file.events(all),
    nights: file.nights("b1", "Asia/Shanghai", 9),
    simulated: [file.simulated(all), file.simulated({ ...all, to: wall(T0 + 3_000_000) })],
    beds: file.beds("", 10).beds,
    settings: file.page({ ...all, from: wall(T0) }).batch.settings,
  });

  test.each([
    ["plain", undefined],
    ["sealed", KEY],
  ])("answers as one of today does, before and after it was brought forward (%s)", (_how, key) => {
    const path = tempFile();
    writeSchema1(path, batch, T0 + 7_200_000);
    const today = new TimeseriesFile(":memory:");
    write(today, batch);
    const file = new TimeseriesFile(path, key);
    expect(answers(file)).toEqual(answers(today));
    // A late row for an old chunk, and one for what was newest then.
    const late = [row(5, 70), row(10_001, 71)];
    for (const one of [file, today]) expect(write(one, { rows: [...late, ...rows] })).toBe(2);
    expect(answers(file)).toEqual(answers(today));
    compactAll(file);
    compactAll(today);
    expect(answers(file)).toEqual(answers(today));
    file.close();
    const db = new DatabaseSync(path);
    expect(db.prepare("SELECT count(*) AS n FROM hot").get()?.["n"]).toBe(0);
    const head = key === undefined ? 2 : 0xe1;
    for (const found of db.prepare("SELECT substr(body, 1, 1) AS head FROM chunk").all()) {
      expect(found["head"]).toEqual(Uint8Array.of(head));
    }
    db.close();
  });
});

describe("a sealed file", () => {
  const content = {
    rows: hours(0, 2),
    waves: [waveAt(5)],
    settings: [{ ...waveAt(6), settings: { mode: "SECRETMODE" } }],
    events: [{ bed: "b1", key: "k", event: event("SECRETNAME") }],
  };

  test("holds no name, mode or number in the open, in no file beside it, compacted or not", () => {
    for (const compacted of [false, true]) {
      const path = tempFile();
      const file = new TimeseriesFile(path, KEY);
      write(file, content);
      if (compacted) compactAll(file);
      expect(file.events(all)).toHaveLength(1);
      expect(values(file)).toHaveLength(720);
      const night = "2023-11-14" as Night;
      const made = file.summarise("b1", "UTC", night);
      const asked = file.kept({ bed: "b1", zone: "UTC", from: night, to: night });
      expect(asked.kept).toEqual(compacted ? [made] : []);
      expect(made?.numbers.length).toBe(1 + 8);
      const text = bytesBeside(path);
      expect(text).not.toMatch(/SECRET|spo2|SPO2_LOW/);
      // The same content in the open is found: the search can fail.
      const open = tempFile();
      const plain = new TimeseriesFile(open);
      write(plain, content);
      expect(bytesBeside(open)).toMatch(/SECRETNAME/);
      plain.close();
      file.close();
    }
  });

  test("opens with its own key alone and is never begun anew", () => {
    const path = tempFile();
    const file = new TimeseriesFile(path, KEY);
    write(file, content);
    file.close();
    const before = readFileSync(path);
    for (const key of [undefined, new Uint8Array(32)]) {
      expect(() => new TimeseriesFile(path, key)).toThrow(/UNSEALABLE/);
    }
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(join(path, "..")).filter((name) => name.includes("damaged"))).toEqual([]);
    const again = new TimeseriesFile(path, KEY);
    expect(values(again)).toHaveLength(720);
    again.close();
  });

  test("a plain file is sealed once there is a key", () => {
    const path = tempFile();
    const plain = new TimeseriesFile(path);
    write(plain, content);
    compactAll(plain);
    plain.close();
    expect(bytesBeside(path)).toMatch(/SECRETNAME/);
    const sealed = new TimeseriesFile(path, KEY);
    compactAll(sealed);
    expect(values(sealed)).toHaveLength(720);
    expect(sealed.events(all)[0]?.event.by?.name).toBe("SECRETNAME");
    expect(sealed.waves(all, "flow")).toEqual(content.waves);
    sealed.close();
    const copy = `${path}.copy`;
    copyStore(path, copy);
    expect(readFileSync(copy, "latin1")).not.toMatch(/SECRET/);
    expect(bytesBeside(path)).not.toMatch(/SECRET/);
  });
});

describe("removal, retention, room", () => {
  test("a removed bed's name, person and device are in no byte of the files", () => {
    const path = tempFile();
    const file = new TimeseriesFile(path);
    for (const bed of ["gonehomeaa~b1", "stayhomeaa~b1"]) {
      write(file, {
        rows: hours(0, 30).map((one) => ({ ...one, bed, device: `${bed.slice(0, 4)}device` })),
        waves: [waveAt(3, bed)],
        events: [{ bed, key: `${bed} k`, event: event(`${bed.slice(0, 4)}person`) }],
      });
    }
    compactAll(file, T0 + 29 * 3_600_000);
    const query = { zone: "Europe/Berlin", from: "2023-11-14" as Night, to: "2023-11-15" as Night };
    file.summarise("gonehomeaa~b1", query.zone, query.from);
    expect(bytesBeside(path)).toMatch(/gonehome[\s\S]*goneperson|goneperson[\s\S]*gonehome/);
    while (file.removeSome("gonehomeaa~b1"));
    expect(bytesBeside(path)).not.toMatch(/gone/);
    expect(values(file, "stayhomeaa~b1")).toHaveLength(30 * 360);
    expect(file.beds("", 10).beds.map(({ bed }) => bed)).toEqual(["stayhomeaa~b1"]);
    file.close();
    const again = new TimeseriesFile(path);
    expect(values(again, "stayhomeaa~b1")).toHaveLength(30 * 360);
    expect(values(again, "gonehomeaa~b1")).toEqual([]);
    again.close();
  });

  test("summaries of nights stay when their numbers went, and a card that brings them again changes nothing", () => {
    const file = new TimeseriesFile(":memory:");
    const rows = hours(0, 96);
    write(file, { rows });
    compactAll(file);
    const query = { bed: "b1", zone: "UTC", from: "2023-11-01" as Night, to: "2023-11-30" as Night };
    const first = file.kept(query).missing;
    expect(first).toEqual(["2023-11-14", "2023-11-15", "2023-11-16", "2023-11-17", "2023-11-18"]);
    // Only one was ever asked for; the others are made before their numbers go.
    file.summarise("b1", "UTC", "2023-11-14" as Night);
    retain(file, { wavesFrom: wall(T0), rowsFrom: wall(T0 + 2 * DAY) });
    expect(values(file).length).toBeLessThan(rows.length / 2 + 60);
    const before = file.kept(query);
    expect(before.kept.map(({ night }) => night).slice(0, 3)).toEqual(first.slice(0, 3));
    write(file, { rows: rows.slice(0, 500) });
    compactAll(file);
    expect(file.kept(query).kept.slice(0, 2)).toEqual(before.kept.slice(0, 2));
  });

  test("what no longer fits its room goes: waveforms first, then old numbers, never an alarm or the newest days", () => {
    const path = tempFile();
    const file = new TimeseriesFile(path);
    const noisy = (index: number) => ({
      spo2: 70 + ((index * 7919) % 30),
      pulse_rate: 50 + ((index * 104_729) % 90),
    });
    for (let day = 0; day < 6; day++) {
      write(file, {
        rows: hours(day * 24, day * 24 + 24).map((one, index) => ({ ...one, samples: noisy(index) })),
        waves: Array.from({ length: 200 }, (_, at) => ({
          ...waveAt(day * 86_400 + at * 400),
          channels: { flow: Array.from({ length: 200 }, (_value, step) => ((step * 7_919) % 600) / 10) },
        })),
        events: [{ bed: "b1", key: `k${day}`, event: event("Ann") }],
      });
    }
    compactAll(file);
    const keep = { wavesFrom: wall(0), rowsFrom: wall(0) };
    const used = (): number => file.health().budget?.usedBytes ?? 0;
    retain(file, { ...keep, budgetBytes: 1e9 });
    expect(file.health()).toMatchObject({ ok: true, detail: "good", budget: { state: "good" } });
    const whole = used();
    retain(file, { ...keep, budgetBytes: whole * 1.2 });
    expect(file.health()).toMatchObject({ ok: true, budget: { state: "nearly_full" } });
    expect(file.waves(all, "flow")).toHaveLength(1_200);

    retain(file, { ...keep, budgetBytes: whole * 0.9 });
    expect(file.health()).toMatchObject({ ok: true, budget: { state: "waves_shed" } });
    const left = file.waves(all, "flow");
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(1_200);
    expect(left.at(-1)?.at).toBe(waveAt(5 * 86_400 + 199 * 400).at);
    expect(values(file)).toHaveLength(6 * 8_640);

    retain(file, { ...keep, budgetBytes: whole * 0.25 });
    expect(file.health()).toMatchObject({ ok: true, budget: { state: "numbers_shed" } });
    expect(file.waves(all, "flow")).toEqual([]);
    expect(used()).toBeLessThanOrEqual(whole * 0.25);

    retain(file, { ...keep, budgetBytes: 10_000 });
    expect(file.health()).toMatchObject({ ok: false, budget: { state: "full" } });
    expect(values(file).length).toBeGreaterThanOrEqual(2 * 8_640 - 60);
    expect(file.events(all)).toHaveLength(6);
    file.close();
  });
});

describe("a backup", () => {
  test("is the store as it was, and comes back in the place of another, which is kept", () => {
    const path = tempFile();
    const file = new TimeseriesFile(path, KEY);
    write(file, { rows: hours(0, 5), waves: [waveAt(1)] });
    compactAll(file, T0 + 2 * 3_600_000);
    const backup = `${path}.backup`;
    copyStore(path, backup);
    expect(() => copyStore(path, backup)).toThrow(/is there already/);
    write(file, { rows: hours(5, 6) });
    expect(() => restoreStore({ backup, file: path, key: KEY })).toThrow(/DATA_DIR_LOCKED/);
    file.close();
    expect(() => restoreStore({ backup, file: path })).toThrow(/UNSEALABLE/);
    const aside = restoreStore({ backup, file: path, key: KEY });
    const restored = new TimeseriesFile(path, KEY);
    expect(values(restored)).toHaveLength(5 * 360);
    restored.close();
    const kept = new TimeseriesFile(aside ?? "", KEY);
    expect(values(kept)).toHaveLength(6 * 360);
    kept.close();
  });

  test("put beside a tail whose file is gone holds what it held, and the tail is kept", () => {
    const path = tempFile();
    const file = new TimeseriesFile(path);
    write(file, { rows: hours(0, 1) });
    const backup = `${path}.backup`;
    copyStore(path, backup);
    write(file, { rows: hours(1, 2) });
    const tail = readFileSync(`${path}-wal`);
    file.close();
    rmSync(path);
    writeFileSync(`${path}-wal`, tail);
    const aside = restoreStore({ backup, file: path });
    expect(readFileSync(`${aside ?? ""}-wal`)).toEqual(tail);
    const restored = new TimeseriesFile(path);
    expect(values(restored)).toHaveLength(360);
    restored.close();
  });

  test("that is damaged is refused and nothing is touched", () => {
    const path = tempFile();
    const file = new TimeseriesFile(path);
    write(file, { rows: hours(0, 1) });
    file.close();
    const bad = `${path}.bad`;
    writeFileSync(bad, "not a store ".repeat(900));
    expect(() => restoreStore({ backup: bad, file: path })).toThrow(/STORE_FAILED/);
    expect(() => restoreStore({ backup: `${path}.none`, file: path })).toThrow(/STORE_FAILED/);
    const same = new TimeseriesFile(path);
    expect(values(same)).toHaveLength(360);
    same.close();
    expect(readdirSync(join(path, "..")).filter((name) => /restor|damaged/.test(name))).toEqual([]);
  });
});
