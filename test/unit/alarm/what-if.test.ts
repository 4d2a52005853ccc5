import { describe, expect, test } from "vitest";
import type { JudgedNight } from "../../../src/alarm/judge.ts";
import { type WhatIfOptions, whatIf } from "../../../src/alarm/what-if.ts";
import { absent, type Sample } from "../../../src/domain/sample.ts";
import type { SignalId } from "../../../src/domain/signal.ts";
import { wall } from "../../../src/domain/time.ts";
import { totalOf, type WhatIfNight } from "../../../src/domain/what-if.ts";

const START = 1_700_000_000_000;

/** A night of SpO2 with a pulse that moves: seconds and what is measured in them; undefined: nothing is heard. */
function night(...parts: readonly (readonly [number, Sample | undefined])[]): JudgedNight {
  const values = parts.flatMap(([seconds, value]) => Array.from({ length: seconds }, () => value));
  return nightOf(["spo2", "pulse_rate"], values.length, (i) => {
    const spo2 = values[i];
    return spo2 === undefined ? undefined : { spo2, pulse_rate: 60 + (i % 5) };
  });
}

function nightOf(
  signals: readonly SignalId[],
  seconds: number,
  at: (second: number) => { readonly [id in SignalId]?: Sample } | undefined,
): JudgedNight {
  const rows = Array.from({ length: seconds }, (_, i) => i).flatMap((i) => {
    const samples = at(i);
    return samples === undefined ? [] : [{ at: wall(START + i * 1000), samples, settings: {} }];
  });
  return { signals, rows, sparse: true };
}

function tried(of: JudgedNight, proposed: unknown, more: Partial<WhatIfOptions> = {}): WhatIfNight {
  const work = whatIf(of, { dependencyClass: "B", now: {}, proposed, ...more });
  for (;;) {
    const next = work.next();
    if (next.done !== true) continue;
    if (next.value === undefined) throw new Error("an empty night");
    return next.value;
  }
}

const counts = ({ signals }: WhatIfNight) =>
  Object.fromEntries(
    signals.map(({ condition, priority, before, after }) => [`${condition} ${priority}`, [before, after]]),
  );

const DIPS = Array.from(
  { length: 4 },
  () =>
    [
      [700, 95],
      [40, 86],
    ] as const,
).flat();

describe("what if", () => {
  test("counts the alarms that would not have rung, and that no deep dip is lost", () => {
    const found = tried(night(...DIPS, [700, 95], [20, 76], [60, 95]), { SPO2_LOW: { limit: 84 } });
    expect(counts(found)).toMatchObject({ "SPO2_LOW high": [4, 0], "SPO2_CRIT high": [1, 1] });
    expect(found.dips).toEqual({ count: 1, raisedBefore: 1, raisedAfter: 1, lostCount: 0, lost: [] });
    expect([found.from, found.to]).toEqual([START, START + (4 * 740 + 780 - 1) * 1000]);
  });

  test("the same limits change nothing", () => {
    const found = tried(night(...DIPS, [20, 76], [60, 95]), {});
    expect(found.signals.length).toBeGreaterThan(0);
    for (const { before, after } of found.signals) expect(after).toBe(before);
    expect(found.dips.lostCount).toBe(0);
  });

  test("names each dip below the critical limit of now that would no longer be raised", () => {
    const found = tried(night([60, 95], [14, 77], [60, 95], [30, 72], [60, 95]), {
      SPO2_LOW: { on: false },
      SPO2_RAPID: { on: false },
      SPO2_INTEGRAL: { on: false },
      SPO2_RELATIVE: { on: false },
      SPO2_CRIT: { limit: 75 },
    });
    expect(found.dips).toEqual({
      count: 2,
      raisedBefore: 2,
      raisedAfter: 1,
      lostCount: 1,
      lost: [{ at: START + 60_000, seconds: 14, lowest: 77 }],
    });
  });

  test("the critical limit is the one of now, whatever is proposed", () => {
    const limits = { SPO2_CRIT: { limit: 78 } };
    const of = night([60, 95], [20, 79], [60, 95]);
    expect(tried(of, limits).dips.count).toBe(1);
    expect(tried(of, {}, { now: limits }).dips.count).toBe(0);
  });

  test("a dip that is only below what can be measured has a length and no depth", () => {
    const found = tried(night([60, 95], [20, absent("under_range")], [60, 95]), {});
    expect(found.dips).toMatchObject({ count: 1, raisedBefore: 1, raisedAfter: 1 });
    const off = tried(
      night([60, 95], [20, absent("under_range")], [60, 95]),
      {},
      { now: { SPO2_CRIT: { limit: 75 } } },
    );
    expect(off.dips.count).toBe(1);
  });

  test("shorter than ten seconds is no dip, and a gap ends one", () => {
    expect(tried(night([60, 95], [9, 70], [60, 95]), {}).dips.count).toBe(0);
    const gap = night([60, 95], [12, 70], [30, undefined], [5, 70], [60, 95]);
    expect(tried(gap, {}).dips.count).toBe(1);
  });

  test("an alarm that gets worse asks again and is counted", () => {
    const found = tried(night([60, 95], [40, 86], [20, 76], [60, 95]), { SPO2_CRIT: { limit: 75 } });
    expect(counts(found)["SPO2_CRIT high"]).toEqual([1, 0]);
    expect(counts(found)["SPO2_LOW high"]).toEqual([1, 1]);
  });

  test("judges by the person's usual values where they are known", () => {
    const signals = ["minute_volume", "leak"] as const;
    const of = nightOf(signals, 400, (i) => ({
      minute_volume: (i < 120 ? 7 : 3) + (i % 2) / 10,
      leak: 5 + (i % 3),
    }));
    const baselines = { minute_volume: { median: 7.2, nights: 18 } };
    expect(counts(tried(of, {}))["VENT_MV_LOW high"]).toBeUndefined();
    expect(counts(tried(of, { VENT_MV_LOW: { on: false } }, { baselines }))["VENT_MV_LOW high"]).toEqual([
      1, 0,
    ]);
  });

  test("can be paused after every step", () => {
    const of = night([500, 95]);
    const work = whatIf(of, { dependencyClass: "B", now: {}, proposed: {} });
    let pauses = 0;
    while (work.next().done !== true) pauses += 1;
    expect(pauses).toBeGreaterThan(2 * of.rows.length);
  });

  test("an empty night says nothing; impossible limits are refused", () => {
    expect(whatIf(night(), { dependencyClass: "B", now: {}, proposed: {} }).next()).toEqual({
      done: true,
      value: undefined,
    });
    expect(() => tried(night([10, 95]), { SPO2_LOW: { limit: 5 } })).toThrow(/SPO2_LOW\.limit is 5/);
  });

  test("all nights together: what wakes is counted, what is low only named", () => {
    const one = tried(night([60, 95], [20, 76], [60, 95]), {});
    const low = { condition: "VENT_LEAK_WARN", priority: "low", before: 5, after: 2 } as const;
    const total = totalOf([one, { ...one, signals: [low] }]);
    expect(total.nights).toBe(2);
    const waking = one.signals.reduce((sum, { before }) => sum + before, 0);
    expect(total.alarms).toEqual({ before: waking, after: waking });
    expect(total.signals).toContainEqual(low);
    expect(total.dips).toMatchObject({ count: 2, raisedBefore: 2, raisedAfter: 2 });
  });
});
