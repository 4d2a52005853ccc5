import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AlarmEvent } from "../../src/domain/alarm.ts";
import { qualifiedBed } from "../../src/domain/ids.ts";
import { ABSENCES, absent, isPresent, type Sample, type Samples } from "../../src/domain/sample.ts";
import { SIGNAL_IDS, SIGNALS, type SignalId } from "../../src/domain/signal.ts";
import { type Night, nightBounds, wall } from "../../src/domain/time.ts";
import type { Batch, StoredRow, StoredWave, Timeseries } from "../../src/port/timeseries.ts";
import { pointsOf } from "../../src/store/rollup.ts";

/** What a store can do that not every store can. */
export interface TimeseriesCapabilities {
  /** `write` says how many rows were new. */
  readonly counts: boolean;
  /** `retain` drops at once what is too old. */
  readonly retains: boolean;
  /** Random stories to play; each opens a store. */
  readonly stories: number;
  /** Called between writing and reading: lets the store compact, or waits until what was written can be seen. */
  settle(store: Timeseries): Promise<void>;
}

const ZONE = "Asia/Shanghai";
/** 22:00 in the zone, a full ten minutes. */
const T0 = Date.UTC(2026, 10, 20, 14);
const NIGHT = "2026-11-20" as Night;
const EMPTY: Batch = { rows: [], waves: [], settings: [], events: [] };

const rowAt = (second: number, samples: Samples, changes: Partial<StoredRow> = {}): StoredRow => ({
  bed: "b1",
  device: "aaaaaaaaaa",
  epoch: "e",
  seq: second,
  at: wall(T0 + second * 1_000),
  simulated: false,
  samples,
  ...changes,
});
const waveAt = (second: number, changes: Partial<StoredWave> = {}): StoredWave => ({
  bed: "b1",
  device: "aaaaaaaaaa",
  epoch: "e",
  seq: second,
  at: wall(T0 + second * 1_000),
  simulated: false,
  rateHz: 4,
  channels: { flow: [1.5, -2.25, 0, 31.02], airway_pressure: [6, 6.5, 6.25, 5] },
  ...changes,
});
const eventAt = (second: number, name: string): AlarmEvent => ({
  kind: "acknowledged",
  at: wall(T0 + second * 1_000),
  occurrence: {
    id: "b1-abc-1",
    bed: "b1",
    condition: "SPO2_LOW",
    priority: "high",
    state: "holds",
    raisedAt: wall(T0),
    values: { spo2: 81 },
    simulated: false,
    drill: false,
  },
  by: { id: "p1", name },
});
const whole = { bed: "b1", from: wall(T0 - 86_400_000), to: wall(T0 + 86_400_000) };
const seconds = (points: readonly { readonly at: number; readonly sample: Sample }[]) =>
  points.map(({ at, sample }) => [(at - T0) / 1_000, sample]);

/** The same promises for every time-series store: SQLite in memory and on disk, and a real InfluxDB. */
export function timeseriesContract(
  name: string,
  open: () => Promise<Timeseries>,
  capabilities: TimeseriesCapabilities,
): void {
  const { settle } = capabilities;

  /** A new store with these written, settled, given to the body and closed whatever happens. */
  const withStore = async (
    batches: readonly Partial<Batch>[],
    body: (store: Timeseries) => Promise<void>,
  ): Promise<void> => {
    const store = await open();
    try {
      for (const batch of batches) await store.write({ ...EMPTY, ...batch });
      await settle(store);
      await body(store);
    } finally {
      await store.close();
    }
  };

  describe(`a time-series store: ${name}`, () => {
    test("gives back every signal's ends to the step, every reason to the letter, in order of time", async () => {
      const least: { [id in SignalId]?: Sample } = {};
      const most: { [id in SignalId]?: Sample } = {};
      for (const id of SIGNAL_IDS) [least[id], most[id]] = [SIGNALS[id].min, SIGNALS[id].max];
      const reasons = ABSENCES.map((reason, index) => rowAt(2 + index, { spo2: absent(reason) }));
      await withStore([{ rows: [rowAt(1, most), rowAt(0, least), ...reasons] }], async (store) => {
        for (const id of SIGNAL_IDS) {
          const points = await store.range({ ...whole, signal: id });
          expect(points.slice(0, 2).map(({ sample }) => sample)).toEqual([least[id], most[id]]);
        }
        const spo2 = await store.range({ ...whole, signal: "spo2" });
        expect(spo2.slice(2).map(({ sample }) => sample)).toEqual(ABSENCES.map(absent));
        const half = await store.range({
          bed: "b1",
          from: wall(T0 + 1_000),
          to: wall(T0 + 3_000),
          signal: "spo2",
        });
        expect(seconds(half).map(([second]) => second)).toEqual([1, 2]);
      });
    });

    test("takes repeats, also of a part and in another order, as nothing new", async () => {
      const rows = Array.from({ length: 700 }, (_, second) => rowAt(second, { spo2: 90 + (second % 9) }));
      const more = [...rows.slice(300).toReversed(), rowAt(700, { spo2: 91 })];
      await withStore([], async (store) => {
        const first = await store.write({ ...EMPTY, rows });
        await settle(store);
        const second = await store.write({ ...EMPTY, rows: more });
        await settle(store);
        if (capabilities.counts) expect([first, second]).toEqual([700, 1]);
        const points = await store.range({ ...whole, signal: "spo2" });
        expect(seconds(points).map(([at]) => at)).toEqual(Array.from({ length: 701 }, (_, at) => at));
      });
    });

    test("prefers the device that came first and fills with the second", async () => {
      const second = { device: "bbbbbbbbbb" };
      const rows = [
        rowAt(0, { spo2: 97 }),
        rowAt(0, { spo2: 91 }, second),
        rowAt(1, { spo2: absent("sensor_off") }),
        rowAt(1, { spo2: 92 }, second),
        rowAt(2, { spo2: 93 }, second),
        rowAt(3, { spo2: absent("searching") }),
        rowAt(3, { spo2: absent("no_pulse") }, second),
      ];
      await withStore([{ rows }], async (store) => {
        const points = await store.range({ ...whole, signal: "spo2" });
        expect(seconds(points)).toEqual([
          [0, 97],
          [1, 92],
          [2, 93],
          [3, absent("searching")],
        ]);
      });
    });

    test("tells beds and homes apart", async () => {
      const rows = [
        rowAt(0, { spo2: 97 }),
        rowAt(1, { spo2: 90 }, { bed: qualifiedBed("aaaaaaaaaa", "b1") }),
        rowAt(2, { spo2: 91 }, { bed: qualifiedBed("bbbbbbbbbb", "b1") }),
      ];
      await withStore([{ rows }], async (store) => {
        for (const [index, { bed }] of rows.entries()) {
          const points = await store.range({ ...whole, bed, signal: "spo2" });
          expect(seconds(points).map(([second]) => second)).toEqual([index]);
        }
        expect(await store.beds()).toEqual(
          rows
            .map(({ bed, at }) => ({ bed, oldest: at, newest: at }))
            .toSorted((a, b) => (a.bed < b.bed ? -1 : 1)),
        );
      });
    });

    test("series are the points of range in columns", async () => {
      const rows = Array.from({ length: 900 }, (_, second) =>
        rowAt(second, {
          spo2: second % 50 === 3 ? absent("searching") : 90 + (second % 7),
          ...(second % 3 === 0 ? { resp_rate: 12.5 } : {}),
        }),
      );
      await withStore([{ rows }], async (store) => {
        const series = await store.series({ ...whole, signals: ["spo2", "resp_rate", "etco2"] });
        for (const signal of ["spo2", "resp_rate"] as const) {
          const one = series[signal];
          expect(one && pointsOf(one)).toEqual(await store.range({ ...whole, signal }));
        }
        expect(series.etco2?.at.length ?? 0).toBe(0);
      });
    });

    test("buckets are count, least, mean and greatest of the points, gaps are gaps", async () => {
      const rows = [0, 1, 59, 60, 61, 200, 601, 602, 1_300].map((second) =>
        rowAt(second, { spo2: second === 61 ? absent("no_pulse") : 80 + (second % 13), leak: second % 40 }),
      );
      await withStore([{ rows }], async (store) => {
        for (const bucketMs of [60_000, 45_000, 300_000, 1_000]) {
          const query = { bed: "b1", from: wall(T0), to: wall(T0 + 1_440_000), bucketMs };
          const buckets = await store.buckets({ ...query, signals: ["spo2", "leak"] });
          for (const signal of ["spo2", "leak"] as const) {
            const points = await store.range({ ...query, signal });
            const list = buckets[signal] ?? [];
            expect(list).toHaveLength(Math.ceil(1_440_000 / bucketMs));
            for (const [index, bucket] of list.entries()) {
              const start = T0 + index * bucketMs;
              const values = points
                .filter(({ at }) => at >= start && at < start + bucketMs)
                .map(({ sample }) => sample)
                .filter(isPresent);
              if (values.length === 0) expect(bucket).toEqual({ at: start, count: 0 });
              else {
                expect(bucket).toMatchObject({ at: start, count: values.length });
                expect([bucket.min, bucket.max]).toEqual([Math.min(...values), Math.max(...values)]);
                expect(bucket.mean).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 6);
              }
            }
          }
        }
      });
    });

    test("refuses more buckets than a page can draw", async () => {
      await withStore([], async (store) => {
        const query = { bed: "b1", from: wall(T0), to: wall(T0 + 5_001_000), bucketMs: 1_000 };
        await expect(store.buckets({ ...query, signals: ["spo2"] })).rejects.toMatchObject({
          code: "INPUT_INVALID",
        });
      });
    });

    test("lists nights from noon to noon in the bed's zone, newest first", async () => {
      const at = (iso: string) => rowAt(0, { spo2: 97 }, { at: wall(Date.parse(iso)) });
      const rows = [
        at("2026-11-19T11:59:59+08:00"),
        at("2026-11-20T23:00:00+08:00"),
        at("2026-11-21T03:00:00+08:00"),
        at("2026-11-21T12:00:00+08:00"),
      ];
      await withStore([{ rows }], async (store) => {
        const nights = ["2026-11-21", "2026-11-20", "2026-11-18"];
        expect(await store.nights("b1", ZONE, 10)).toEqual(nights);
        expect(await store.nights("b1", ZONE, 2)).toEqual(nights.slice(0, 2));
        expect(await store.nights("b2", ZONE, 10)).toEqual([]);
      });
    });

    test("a night's summary is that of its points, and follows a late row", async () => {
      const rows = Array.from({ length: 1_500 }, (_, second) =>
        rowAt(second, {
          spo2: second % 100 === 0 ? absent("sensor_off") : 85 + ((second * 7) % 14),
          resp_rate: 10 + (second % 31) / 10,
        }),
      );
      const before = rowAt(0, { spo2: 50 }, { at: nightBounds(NIGHT, ZONE).from });
      const others = [
        rowAt(0, { spo2: 60 }, { at: wall(before.at - 1_000), simulated: true }),
        rowAt(0, { etco2: 40 }, { at: nightBounds(NIGHT, ZONE).to }),
      ];
      const query = { bed: "b1", zone: ZONE, from: "2026-11-01" as Night, to: "2026-12-01" as Night };
      await withStore([{ rows: [...rows, ...others] }], async (store) => {
        for (const late of [[], [before]]) {
          await store.write({ ...EMPTY, rows: late });
          await settle(store);
          const summaries = await store.summaries(query);
          expect(summaries.map(({ night, simulated }) => [night, simulated])).toEqual([
            ["2026-11-19", true],
            [NIGHT, false],
            ["2026-11-21", false],
          ]);
          const spo2 = [...rows, ...late].flatMap(({ samples }) => samples.spo2 ?? []).filter(isPresent);
          expect(summaries[1]?.signals.spo2).toEqual(expectedSummary(spo2));
          const rates = rows.flatMap(({ samples }) => samples.resp_rate ?? []).filter(isPresent);
          expect(summaries[1]?.signals.resp_rate).toEqual(expectedSummary(rates));
          expect(Object.keys(summaries[2]?.signals ?? {})).toEqual(["etco2"]);
        }
        const one = await store.summaries({ ...query, from: NIGHT, to: NIGHT, signals: ["resp_rate"] });
        expect(one.map(({ night, signals }) => [night, Object.keys(signals)])).toEqual([
          [NIGHT, ["resp_rate"]],
        ]);
      });
    });

    test("remembers that data was simulated", async () => {
      const rows = [
        rowAt(0, { spo2: 97 }),
        rowAt(1, { spo2: 97 }, { device: "bbbbbbbbbb", simulated: true }),
      ];
      await withStore([{ rows }], async (store) => {
        expect(await store.simulated(whole)).toBe(true);
        expect(await store.simulated({ ...whole, from: wall(T0 + 3_600_000) })).toBe(false);
        expect(await store.simulated({ ...whole, bed: "b2" })).toBe(false);
      });
    });

    test("keeps waveforms and events, each once, whatever stands in a name", async () => {
      const pleth = waveAt(7, { channels: { pleth: [0, 255, 3] }, simulated: true });
      const name = 'O\'Brien, "Bär" = 美 \\ \n end\\';
      const events = [
        { bed: "b1", key: 'k"2', event: eventAt(9, name) },
        { bed: "b1", key: "k 1", event: eventAt(5, "Ann") },
      ];
      const batch = { waves: [waveAt(5), pleth], events };
      await withStore([batch, batch], async (store) => {
        expect(await store.waves({ ...whole, wave: "flow" })).toEqual([waveAt(5)]);
        expect(await store.waves({ ...whole, wave: "pleth" })).toEqual([pleth]);
        expect(await store.waves({ ...whole, wave: "co2" })).toEqual([]);
        expect(await store.events(whole)).toEqual([eventAt(5, "Ann"), eventAt(9, name)]);
        expect(await store.events({ ...whole, bed: "b2" })).toEqual([]);
        expect(await store.events({ ...whole, to: wall(T0 + 9_000) })).toHaveLength(1);
      });
    });

    test("pages hold everything, once, and make the same store again; twice changes nothing", async () => {
      const second = { device: "bbbbbbbbbb", simulated: true };
      const rows = Array.from({ length: 1_300 }, (_, at) => [
        rowAt(at * 3, { spo2: at % 20 === 0 ? absent("held") : 90 + (at % 8), leak: at % 30 }),
        rowAt(at * 3, { spo2: 88, perfusion_index: 1.5 }, second),
      ]).flat();
      const settings = [0, 2_000].map((at) => ({
        ...rowAt(at, {}),
        settings: { ipap: 18.5, backup_rate: 14 + at, mode: "S/T, spontaneous = timed" },
      }));
      const content = {
        rows,
        waves: [waveAt(4), waveAt(3_800)],
        settings: settings.map(({ samples: _none, ...one }) => one),
        events: [{ bed: "b1", key: "k1", event: eventAt(3_000, "Ann") }],
      };
      await withStore([content, { rows: [rowAt(0, { spo2: 55 }, { bed: "b2" })] }], async (from) => {
        await withStore([], async (to) => {
          for (let round = 0; round < 2; round++) {
            const seen = await copyBed(from, to);
            await settle(to);
            expect(seen.rows).toHaveLength(rows.length);
            expect(new Set(seen.settings.map(({ at }) => at))).toEqual(new Set(settings.map(({ at }) => at)));
            expect(seen.settings[1]?.settings).toEqual(settings[1]?.settings);
            expect(seen.events).toEqual(content.events);
            for (const signal of ["spo2", "leak", "perfusion_index"] as const) {
              const query = { ...whole, signal };
              expect(await to.range(query)).toEqual(await from.range(query));
            }
            expect(await to.simulated(whole)).toBe(true);
            expect(await to.waves({ ...whole, wave: "flow" })).toEqual(
              await from.waves({ ...whole, wave: "flow" }),
            );
            expect(await to.events(whole)).toEqual(await from.events(whole));
            expect((await to.beds()).map(({ bed }) => bed)).toEqual(["b1"]);
          }
        });
      });
    });

    test("names every bed of which anything is kept, also one of which alarms alone are left", async () => {
      const alarms = [3, 9].map((at) => ({ bed: "b2", key: `k${at}`, event: eventAt(at, "Ann") }));
      const both = { bed: "b3", key: "k", event: eventAt(2, "Ann") };
      const rows = [rowAt(4, { spo2: 95 }, { bed: "b1" }), rowAt(5, { spo2: 95 }, { bed: "b3" })];
      await withStore([{ rows, events: [...alarms, both] }], async (store) => {
        expect(await store.beds()).toEqual([
          { bed: "b1", oldest: T0 + 4_000, newest: T0 + 4_000 },
          { bed: "b2", oldest: T0 + 3_000, newest: T0 + 9_000 },
          { bed: "b3", oldest: T0 + 5_000, newest: T0 + 5_000 },
        ]);
      });
    });

    test("a bed that is removed has left nothing, the others have lost nothing", async () => {
      const content = (bed: string): Partial<Batch> => ({
        rows: Array.from({ length: 800 }, (_, at) => rowAt(at, { spo2: 95 }, { bed })),
        waves: [waveAt(4, { bed })],
        events: [{ bed, key: "k1", event: eventAt(3, "Ann") }],
      });
      await withStore([content("b1"), content("b2")], async (store) => {
        const summaries = { zone: ZONE, from: NIGHT, to: NIGHT };
        expect(await store.summaries({ ...summaries, bed: "b1" })).toHaveLength(1);
        await store.remove("b1");
        await store.remove("never there");
        await settle(store);
        expect(await store.range({ ...whole, signal: "spo2" })).toEqual([]);
        expect(await store.waves({ ...whole, wave: "flow" })).toEqual([]);
        expect(await store.events(whole)).toEqual([]);
        expect(await store.summaries({ ...summaries, bed: "b1" })).toEqual([]);
        expect((await store.beds()).map(({ bed }) => bed)).toEqual(["b2"]);
        const kept = { ...whole, bed: "b2" };
        expect(await store.range({ ...kept, signal: "spo2" })).toHaveLength(800);
        expect(await store.waves({ ...kept, wave: "flow" })).toHaveLength(1);
        expect(await store.events(kept)).toHaveLength(1);
        // It may begin again.
        await store.write({ ...EMPTY, rows: [rowAt(3, { spo2: 96 })] });
        await settle(store);
        expect(await store.range({ ...whole, signal: "spo2" })).toHaveLength(1);
      });
    });

    const retaining = capabilities.retains ? test : undefined;
    retaining?.("drops old waveforms and old numbers, never an alarm", async () => {
      const content = {
        rows: [rowAt(0, { spo2: 97 }), rowAt(7_200, { spo2: 96 })],
        waves: [waveAt(0), waveAt(7_200)],
        events: [{ bed: "b1", key: "k1", event: eventAt(0, "Ann") }],
      };
      await withStore([content], async (store) => {
        await store.retain({ wavesFrom: wall(T0 + 3_600_000), rowsFrom: wall(T0 - 1) });
        expect(await store.waves({ ...whole, wave: "flow" })).toEqual([waveAt(7_200)]);
        expect(await store.range({ ...whole, signal: "spo2" })).toHaveLength(2);
        await store.retain({ wavesFrom: wall(T0 + 3_600_000), rowsFrom: wall(T0 + 3_600_000) });
        expect(seconds(await store.range({ ...whole, signal: "spo2" }))).toEqual([[7_200, 96]]);
        expect(await store.events(whole)).toHaveLength(1);
      });
    });

    test("agrees with a list of samples whatever is written, repeated and settled in any order", async () => {
      const devices = ["aaaaaaaaaa", "bbbbbbbbbb"];
      const written = fc.record({ second: fc.integer({ min: 0, max: 1_900 }), second2: fc.boolean() });
      const step = fc.oneof(
        { weight: 5, arbitrary: fc.array(written, { minLength: 1, maxLength: 12 }) },
        { weight: 1, arbitrary: fc.constant("settle" as const) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const store = await open();
          try {
            // The first row of each device gives the order of rank.
            const model = new Map<string, Map<number, Sample>>(devices.map((device) => [device, new Map()]));
            for (const device of devices) await write(store, model, device, 0);
            for (const one of steps) {
              if (one === "settle") await settle(store);
              else
                for (const { second, second2 } of one)
                  await write(store, model, devices[Number(second2)] ?? "", second);
            }
            await settle(store);
            const points = await store.range({ ...whole, signal: "spo2" });
            expect(seconds(points)).toEqual(mergedModel(devices.map((device) => model.get(device))));
          } finally {
            await store.close();
          }
        }),
        { numRuns: capabilities.stories },
      );
    });

    test("says that it is well", async () => {
      await withStore([{ rows: [rowAt(0, { spo2: 97 })] }], async (store) => {
        expect((await store.health()).ok).toBe(true);
      });
    });
  });
}

/** The same second of the same device always says the same, as a repeat does. */
async function write(
  store: Timeseries,
  model: ReadonlyMap<string, Map<number, Sample>>,
  device: string,
  second: number,
): Promise<void> {
  const code = second + device.charCodeAt(0);
  const sample = code % 7 === 0 ? absent("searching") : 60 + (code % 40);
  model.get(device)?.set(second, sample);
  await store.write({ ...EMPTY, rows: [rowAt(second, { spo2: sample }, { device })] });
}

/** Per second the first value, else the first reason. */
function mergedModel(devices: readonly (ReadonlyMap<number, Sample> | undefined)[]): unknown[] {
  const merged = new Map<number, Sample>();
  for (const device of devices) {
    for (const [second, sample] of device ?? []) {
      const known = merged.get(second);
      if (known === undefined || (!isPresent(known) && isPresent(sample))) merged.set(second, sample);
    }
  }
  return [...merged].toSorted((a, b) => a[0] - b[0]);
}

/** By counting: the least value that at least so many percent of all do not exceed. */
function expectedSummary(values: readonly number[]): unknown {
  const notAbove = (limit: number): number => values.filter((value) => value <= limit).length;
  const different = [...new Set(values)].map((value) => ({ value, below: notAbove(value) }));
  const percentile = (percent: number): number =>
    Math.min(
      ...different.filter(({ below }) => below * 100 >= percent * values.length).map(({ value }) => value),
    );
  const close = (value: number): unknown => expect.closeTo(value, 6);
  return {
    count: values.length,
    min: Math.min(...values),
    p05: close(percentile(5)),
    p50: close(percentile(50)),
    p95: close(percentile(95)),
    max: Math.max(...values),
    mean: close(values.reduce((a, b) => a + b, 0) / values.length),
  };
}

async function copyBed(from: Timeseries, to: Timeseries): Promise<Batch> {
  const pages: Batch[] = [];
  let next: number | undefined = whole.from;
  while (next !== undefined) {
    const page = await from.page({ ...whole, from: wall(next) });
    if (page.next !== undefined) expect(page.next).toBeGreaterThan(next);
    expect(page.batch.rows.length).toBeLessThanOrEqual(20_000);
    await to.write(page.batch);
    pages.push(page.batch);
    next = page.next;
  }
  return {
    rows: pages.flatMap(({ rows }) => rows),
    waves: pages.flatMap(({ waves }) => waves),
    settings: pages.flatMap(({ settings }) => settings),
    events: pages.flatMap(({ events }) => events),
  };
}
