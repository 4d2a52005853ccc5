import { describe, expect, test } from "vitest";
import { absent, type Sample } from "../../../src/domain/sample.ts";
import type { SignalId } from "../../../src/domain/signal.ts";
import { wall } from "../../../src/domain/time.ts";
import { baselinesOf, type NightMedians, nightMedians } from "../../../src/trends/baseline.ts";
import type { RecordedNight } from "../../../src/trends/recorded.ts";

const START = 1_700_000_000_000;

/** A row every 10 s for so many hours. */
function night(
  hours: number,
  at: (hour: number, index: number) => { readonly [id in SignalId]?: Sample },
): RecordedNight {
  const rows = Array.from({ length: hours * 360 }, (_, i) => ({
    at: wall(START + i * 10_000),
    samples: at(i / 360, i),
    settings: {},
  }));
  return { signals: [], rows, sparse: true };
}

function mediansOf(of: RecordedNight): NightMedians {
  const work = nightMedians(of);
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
  }
}

describe("the medians of a night", () => {
  test("are those of what was measured", () => {
    const of = night(8, (_, i) => ({ minute_volume: 6 + (i % 5) / 2, pulse_rate: 60 + (i % 3) }));
    expect(mediansOf(of)).toEqual({ minute_volume: 7, pulse_rate: 61 });
  });

  test("weigh a number by how long it stood, at most ten seconds", () => {
    const rows = Array.from({ length: 8 * 360 }, (_, i) => i).flatMap((i) => [
      { at: wall(START + i * 10_000), samples: { leak: 4 }, settings: {} },
      { at: wall(START + i * 10_000 + 9_000), samples: { leak: 20 }, settings: {} },
    ]);
    expect(mediansOf({ signals: [], rows, sparse: true })).toEqual({ leak: 4 });
  });

  test("are none with less than four hours, or with more than 30 % missing", () => {
    expect(mediansOf(night(3.9, () => ({ leak: 5 })))).toEqual({});
    const holes = (share: number) =>
      night(8, (_, i) => ({ leak: i % 100 < share ? absent("not_measured") : 5 }));
    expect(mediansOf(holes(29))).toEqual({ leak: 5 });
    expect(mediansOf(holes(31))).toEqual({});
  });

  test("count only while therapy is on, where that is told", () => {
    const of = (offHours: number) =>
      night(10, (hour) => ({ therapy: hour < offHours ? 0 : 1, minute_volume: hour < offHours ? 2 : 7 }));
    expect(mediansOf(of(5.5))).toEqual({ minute_volume: 7 });
    expect(mediansOf(of(6.5))).toEqual({});
  });

  test("a therapy that is no longer heard is not on", () => {
    const of = night(10, (hour) => (hour < 3 ? { therapy: 1, leak: 5 } : { leak: 5 }));
    expect(mediansOf(of)).toEqual({});
  });
});

describe("usual values", () => {
  const nights = (...values: readonly number[]): NightMedians[] =>
    values.map((minute_volume) => ({ minute_volume }));

  test("are the median of at least five nights", () => {
    expect(baselinesOf(nights(7, 7.2, 6.8, 9))).toEqual({});
    expect(baselinesOf(nights(7, 7.2, 6.8, 9, 7.1))).toEqual({ minute_volume: { median: 7.1, nights: 5 } });
  });

  test("of an even number lie between the two in the middle, in the signal's steps", () => {
    expect(baselinesOf(nights(7, 7, 7, 7.5, 8, 8)).minute_volume).toEqual({ median: 7.3, nights: 6 });
  });

  test("count the nights of each signal for itself", () => {
    const mixed = [...nights(7, 7, 7, 7), { minute_volume: 7, leak: 5 }, { leak: 6 }];
    expect(baselinesOf(mixed)).toEqual({ minute_volume: { median: 7, nights: 5 } });
  });
});
