import { beforeEach, describe, expect, test } from "vitest";
import { createLimitsDesks } from "../../../src/alarm/limits-desk.ts";
import { createWhatIfDesk, type WhatIfDesk } from "../../../src/alarm/what-if-desk.ts";
import { absent } from "../../../src/domain/sample.ts";
import { atLocal, type Night, wall } from "../../../src/domain/time.ts";
import type { WhatIfLine } from "../../../src/domain/what-if.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryState } from "../../../src/store/state/state.ts";
import type { RecordedNight } from "../../../src/trends/recorded.ts";
import { pastNights, recordedNight } from "../../../src/trends/recorded.ts";
import { FakeTimeseries } from "../server/harness.ts";

const ZONE = "Asia/Taipei";
const NIGHTS = ["2026-01-10", "2026-01-09"] as Night[];
const BED = { bed: "b1", zone: ZONE };

let clock: VirtualClock;
let store: FakeTimeseries;
let desk: WhatIfDesk;
let reads: number;

/** Two nights of ten minutes, each with a dip to 76 of 20 s. */
function fill(): void {
  store.nightList = NIGHTS;
  for (const night of NIGHTS) {
    const from = atLocal(night, 23 * 60, ZONE);
    for (let i = 0; i < 600; i++) {
      const at = wall(from + i * 1000);
      store.points.spo2 = [...(store.points.spo2 ?? []), { at, sample: i >= 300 && i < 320 ? 76 : 95 }];
      store.points.pulse_rate = [...(store.points.pulse_rate ?? []), { at, sample: 60 + (i % 5) }];
    }
  }
}

beforeEach(() => {
  clock = createVirtualClock(wall(Date.parse("2026-01-11T12:00:00Z")));
  store = new FakeTimeseries();
  reads = 0;
  const state = createMemoryState();
  const desks = createLimitsDesks({
    ...{ state, clock, log: { note: () => undefined } },
    beds: [{ bed: "b1", dependencyClass: "B" }],
    engineVersion: () => 0,
    command: async () => true,
  });
  desk = createWhatIfDesk({
    ...{ clock, limits: desks.of, simulated: () => false, baselines: () => ({}) },
    nights: (_, count) => pastNights(store, { ...BED, simulated: false }, count),
    read: async (_, night, signal): Promise<RecordedNight | undefined> => {
      reads += 1;
      return recordedNight(store, BED, night, { clock, signal });
    },
  });
});

/** Lets the work go on until its lines are through. */
async function all(lines: AsyncIterable<WhatIfLine>): Promise<WhatIfLine[]> {
  const got: WhatIfLine[] = [];
  let isOver = false;
  const reading = (async () => {
    for await (const line of lines) got.push(line);
    isOver = true;
  })();
  for (let i = 0; i < 5_000 && !isOver; i++) await clock.advance(10);
  await reading;
  return got;
}

describe("limits tried on the last nights", { timeout: 60_000 }, () => {
  test("tell each night as it is done, newest first, and then all of them", async () => {
    fill();
    const lines = await all(await desk.run("b1", { SPO2_CRIT: { limit: 78 } }, new AbortController().signal));
    expect(lines.map(({ kind }) => kind)).toEqual(["begun", "night", "night", "done"]);
    expect(lines[0]).toEqual({ kind: "begun", nights: 2, criticalLimit: 80, simulated: false });
    const [, newest, before, done] = lines;
    if (newest?.kind !== "night" || before?.kind !== "night" || done?.kind !== "done") throw new Error("odd");
    expect(newest.night.from).toBe(atLocal("2026-01-10", 23 * 60, ZONE));
    expect(before.night.from).toBeLessThan(newest.night.from);
    expect(done.total).toMatchObject({ nights: 2, dips: { count: 2, raisedBefore: 2, lostCount: 0 } });
    expect(done.total.alarms.before).toBeGreaterThanOrEqual(2);
  });

  test("change nothing while they are tried, and impossible ones are refused at once", async () => {
    fill();
    const run = desk.run("b1", { SPO2_LOW: { limit: 5 } }, new AbortController().signal);
    await expect(run).rejects.toMatchObject({ code: "LIMITS_REFUSED" });
    await expect(desk.run("b7", {}, new AbortController().signal)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    expect(reads).toBe(0);
  });

  test("run for one person at a time, until the reader is gone", async () => {
    fill();
    const first = new AbortController();
    const lines = await desk.run("b1", {}, first.signal);
    const second = desk.run("b1", {}, new AbortController().signal);
    await expect(second).rejects.toMatchObject({ code: "RATE_LIMITED" });
    const reading = all(lines);
    first.abort();
    expect((await reading).map(({ kind }) => kind)).not.toContain("done");
    const third = await all(await desk.run("b1", {}, new AbortController().signal));
    expect(third.at(-1)?.kind).toBe("done");
    await all(await desk.run("b1", {}, new AbortController().signal));
  });

  test("tried again give the same, and what counts now is judged anew only where it has changed", async () => {
    fill();
    const first = await all(await desk.run("b1", { SPO2_CRIT: { limit: 78 } }, new AbortController().signal));
    const again = await all(await desk.run("b1", { SPO2_CRIT: { limit: 78 } }, new AbortController().signal));
    expect(again).toEqual(first);
    store.points.spo2 = store.points.spo2?.map(({ at }) => ({ at, sample: 95 })) ?? [];
    store.points.spo2.push({ at: wall(atLocal("2026-01-10", 23 * 60 + 11, ZONE)), sample: 95 });
    const grown = await all(await desk.run("b1", {}, new AbortController().signal));
    const [, newest] = grown;
    expect(newest?.kind === "night" && newest.night.dips.count).toBe(0);
    const signals = newest?.kind === "night" ? newest.night.signals : [];
    // The hole before the last row rings, for want of data.
    expect(signals.filter(({ condition }) => condition.startsWith("SPO2_"))).toEqual([]);
  });

  test("leave nights out in which anything is simulated", async () => {
    fill();
    store.isSimulated = true;
    const lines = await all(await desk.run("b1", {}, new AbortController().signal));
    expect(lines.map(({ kind }) => kind)).toEqual(["begun", "done"]);
    expect(lines[0]).toMatchObject({ nights: 0 });
  });

  test("say that the store has failed, and let the next one try", async () => {
    fill();
    const lines = await desk.run("b1", {}, new AbortController().signal);
    const { Fault } = await import("../../../src/domain/fault.ts");
    store.failure = new Fault("STORE_FAILED", "The disk is gone.");
    expect(await all(lines)).toEqual([{ kind: "failed", code: "STORE_FAILED" }]);
    store.failure = undefined;
    expect((await all(await desk.run("b1", {}, new AbortController().signal))).at(-1)?.kind).toBe("done");
  });
});

describe("a night from the store", () => {
  test("has a row for each second with a word in it, reasons of absence kept, and nothing filled in", async () => {
    const from = atLocal("2026-01-10", 23 * 60, ZONE);
    store.points.spo2 = [
      { at: wall(from), sample: 95 },
      { at: wall(from + 1_400), sample: absent("sensor_off") },
      { at: wall(from + 5_000), sample: 96 },
    ];
    store.points.leak = [{ at: wall(from + 1_000), sample: 5 }];
    const night = await recordedNight(store, BED, "2026-01-10" as Night, { clock });
    expect(night).toEqual({
      signals: ["spo2", "leak"],
      sparse: true,
      rows: [
        { at: from, samples: { spo2: 95 }, settings: {} },
        { at: from + 1_000, samples: { spo2: absent("sensor_off"), leak: 5 }, settings: {} },
        { at: from + 5_000, samples: { spo2: 96 }, settings: {} },
      ],
    });
    expect(await recordedNight(store, BED, "2026-01-08" as Night, { clock })).toBeUndefined();
  });
});
