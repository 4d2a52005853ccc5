import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Breath,
  createBreathAccumulator,
  createBreathDetector,
  inspirationSamples,
  measureBreath,
} from "../../../src/domain/breath.ts";
import { mono } from "../../../src/domain/time.ts";

const RATE_HZ = 50;
const when = { start: mono(0), end: mono(0) };

/** `seconds` of a constant value. */
const flat = (value: number, seconds: number): number[] =>
  Array.from({ length: Math.round(seconds * RATE_HZ) }, () => value);

/** A breath with square flow: 30 L/min (500 mL/s) for 1 s in, 15 L/min for 2 s out; 16 over 5 cmH2O. */
const flow = [...flat(30, 1), ...flat(-15, 2)];
const pressure = [...flat(16, 1), ...flat(5, 2)];
const square = { rateHz: RATE_HZ, flow, pressure };

describe("a measured breath", () => {
  test("gives rate, times, ratio and pressures of a square breath exactly", () => {
    expect(measureBreath(square, { ...when, number: 7 })).toMatchObject({
      number: 7,
      rateMin: 20,
      inspTimeS: 1,
      expTimeS: 2,
      ieRatio: 2,
      pressurePeakCmH2o: 16,
      pressureMeanCmH2o: 8.67,
      pressureInspMeanCmH2o: 16,
      peepCmH2o: 5,
    });
  });

  test("gives the volumes of a square breath but for the steps at its ends", () => {
    const breath = measureBreath(square, when);
    expect(breath.tidalVolumeInspMl).toBeGreaterThan(490);
    expect(breath.tidalVolumeInspMl).toBeLessThanOrEqual(500);
    expect(breath.tidalVolumeExpMl).toBeGreaterThan(490);
    expect(breath.tidalVolumeExpMl).toBeLessThanOrEqual(500);
  });

  test("gives the volume of a half sine within half a percent of its integral", () => {
    // The integral of 60 L/min * sin over one second of half a wave is 2 / pi litres.
    const half = (sign: number) =>
      Array.from({ length: RATE_HZ }, (_, i) => sign * 60 * Math.sin((Math.PI * (i + 0.5)) / RATE_HZ));
    const wave = { rateHz: RATE_HZ, flow: [...half(1), ...half(-1)], pressure: flat(10, 2) };
    const breath = measureBreath(wave, when);
    expect(Math.abs(breath.tidalVolumeInspMl - 2000 / Math.PI)).toBeLessThan(0.005 * 636.6);
    expect(Math.abs(breath.tidalVolumeExpMl - 2000 / Math.PI)).toBeLessThan(0.005 * 636.6);
  });

  test("takes the mean of the last five samples for PEEP", () => {
    const wave = { ...square, pressure: [...flat(16, 1), ...flat(5, 1.9), 1, 2, 3, 4, 5] };
    expect(measureBreath(wave, when).peepCmH2o).toBe(3);
  });

  test("needs five samples", () => {
    const wave = { rateHz: RATE_HZ, flow: [1, 2, 3, 4], pressure: [1, 2, 3, 4] };
    expect(() => measureBreath(wave, when)).toThrow(RangeError);
  });

  test.each([
    [
      "a bump shorter than 60 ms in the middle does not end it",
      [...flat(30, 0.5), -1, -1, ...flat(30, 0.46)],
      50,
    ],
    [
      "the end of the last breath out at its beginning belongs to it",
      [...flat(-8, 0.1), ...flat(30, 0.9)],
      50,
    ],
    [
      "a short touch of zero while the last breath still runs out does not begin it",
      [-9, -3, 0.1, -2, ...flat(30, 0.92)],
      50,
    ],
  ])("inspiration: %s", (_, inspiration, samples) => {
    expect(inspirationSamples({ rateHz: RATE_HZ, flow: [...inspiration, ...flat(-15, 2)] })).toBe(samples);
  });

  test("a breath that never turns is inspiration throughout, with nothing breathed out", () => {
    const wave = { rateHz: RATE_HZ, flow: flat(40, 2), pressure: flat(3, 2) };
    const breath = measureBreath(wave, when);
    expect(breath).toMatchObject({ inspTimeS: 2, expTimeS: 0, tidalVolumeExpMl: 0 });
    expect(breath).not.toHaveProperty("ieRatio");
  });

  test("a breath into which nothing went has no inspiration: no ratio, no inspiratory pressure", () => {
    const wave = { rateHz: RATE_HZ, flow: [...flat(-20, 1), ...flat(0.7, 1)], pressure: flat(6, 2) };
    const breath = measureBreath(wave, when);
    expect(breath).toMatchObject({ inspTimeS: 0, tidalVolumeInspMl: 0 });
    expect(breath.tidalVolumeExpMl).toBeGreaterThan(250);
    expect(breath).not.toHaveProperty("ieRatio");
    expect(breath).not.toHaveProperty("pressureInspMeanCmH2o");
  });

  test("never gives a number that is not finite", () => {
    const samples = fc.array(
      fc.tuple(
        fc.double({ min: -300, max: 300, noNaN: true }),
        fc.double({ min: -60, max: 150, noNaN: true }),
      ),
      { minLength: 5, maxLength: 400 },
    );
    fc.assert(
      fc.property(samples, (values) => {
        const wave = { rateHz: RATE_HZ, flow: values.map(([f]) => f), pressure: values.map(([, p]) => p) };
        expect(Object.values(measureBreath(wave, when)).every(Number.isFinite)).toBe(true);
      }),
    );
  });
});

describe("collecting delimited breaths", () => {
  const fill = (accumulator: ReturnType<typeof createBreathAccumulator>, from = 0, to = flow.length) => {
    for (let i = from; i < to; i++) accumulator.add(flow[i] ?? 0, pressure[i] ?? 0);
  };

  test("gives the measured breath with its number and times", () => {
    const accumulator = createBreathAccumulator(RATE_HZ);
    accumulator.begin(mono(1_000), 3);
    fill(accumulator);
    expect(accumulator.end(mono(4_000))).toEqual(
      measureBreath(square, { start: mono(1_000), end: mono(4_000), number: 3 }),
    );
    expect(accumulator.open).toBe(false);
  });

  test("an end without a beginning is nothing, a beginning on top of another loses the first", () => {
    const accumulator = createBreathAccumulator(RATE_HZ);
    fill(accumulator);
    expect(accumulator.end(mono(0))).toBeUndefined();
    expect(accumulator.begin(mono(0), 1)).toBeUndefined();
    fill(accumulator, 0, 100);
    expect(accumulator.begin(mono(0), 2)).toBe("its end is missing");
    fill(accumulator);
    expect((accumulator.end(mono(0)) as Breath).rateMin).toBe(20);
  });

  test("counts the time of lost samples and draws a line between their neighbours", () => {
    const accumulator = createBreathAccumulator(RATE_HZ);
    accumulator.begin(mono(0), undefined);
    fill(accumulator, 0, 10);
    accumulator.lose();
    accumulator.lose();
    fill(accumulator, 12);
    const breath = accumulator.end(mono(0)) as Breath;
    expect(breath).toEqual(measureBreath(square, when));
  });

  test("does not measure a breath of which more than one sample in twenty is lost", () => {
    for (const [lost, outcome] of [
      [7, "object"],
      [8, "string"],
    ] as const) {
      const accumulator = createBreathAccumulator(RATE_HZ);
      accumulator.begin(mono(0), undefined);
      for (let i = 0; i < lost; i++) accumulator.lose();
      fill(accumulator, lost);
      expect(typeof accumulator.end(mono(0))).toBe(outcome);
    }
  });

  test("does not measure a breath of fewer than five samples", () => {
    const accumulator = createBreathAccumulator(RATE_HZ);
    accumulator.begin(mono(0), undefined);
    fill(accumulator, 0, 4);
    expect(accumulator.end(mono(0))).toBe("too few samples");
  });

  test("gives up a breath that lasts longer than a minute", () => {
    const accumulator = createBreathAccumulator(RATE_HZ);
    accumulator.begin(mono(0), undefined);
    const losses = Array.from({ length: 60 * RATE_HZ + 1 }, () => accumulator.add(1, 5));
    expect(losses.filter((loss) => loss !== undefined)).toEqual(["too long"]);
    expect(losses.at(-1)).toBe("too long");
    expect(accumulator.open).toBe(false);
  });

  test("forgets a breath that is given up", () => {
    const accumulator = createBreathAccumulator(RATE_HZ);
    expect(accumulator.abandon()).toBe(false);
    accumulator.begin(mono(0), undefined);
    expect(accumulator.abandon()).toBe(true);
    expect(accumulator.end(mono(0))).toBeUndefined();
  });
});

describe("finding breaths in a flow that nobody divided", () => {
  const detect = (values: readonly number[]) => {
    const detector = createBreathDetector(RATE_HZ);
    return values.flatMap((value) => detector.push(value, 8) ?? []);
  };
  const repeat = (values: readonly number[], times: number): number[] =>
    Array.from({ length: times }, () => values).flat();

  test("finds each breath once its successor begins, with its own length", () => {
    const breaths = detect(repeat(flow, 10));
    // The first stretch began somewhere, the last breath has no successor.
    expect(breaths).toHaveLength(8);
    for (const breath of breaths) expect(breath.flow).toEqual(flow);
  });

  test("base flow and drift within the dead band are no breaths", () => {
    expect(detect(repeat([...flat(1.9, 5), ...flat(-1.9, 5)], 20))).toEqual([]);
  });

  test("small movements of the chest below 25 mL are no breaths", () => {
    expect(detect(repeat([...flat(20, 0.06), ...flat(-20, 0.06)], 100))).toEqual([]);
  });

  test("a bump in the middle of a breath does not divide it", () => {
    const bumpy = [...flat(30, 0.5), ...flat(-10, 0.06), ...flat(30, 0.5), ...flat(-15, 2)];
    expect(detect(repeat(bumpy, 6))).toHaveLength(4);
  });

  test("a pause longer than any breath ends the stretch and loses nothing after it", () => {
    const breaths = detect([...repeat(flow, 4), ...flat(0, 90), ...repeat(flow, 4)]);
    expect(breaths.filter((breath) => breath.flow.length === flow.length)).toHaveLength(breaths.length);
    expect(breaths.length).toBeGreaterThanOrEqual(4);
  });
});
