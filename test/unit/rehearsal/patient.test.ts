import { describe, expect, test } from "vitest";
import type { SignalId } from "../../../src/domain/signal.ts";
import { mono, wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { severinghaus } from "../../../src/rehearsal/gas.ts";
import { createPatient } from "../../../src/rehearsal/patient.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";

const setUp = (seed = 3) => {
  const clock = createVirtualClock(wall(0));
  const patient = createPatient({ clock, random: createSeededRandom(seed) });
  const value = (signal: SignalId): number => {
    const sample = patient.sample(signal);
    expect(sample, signal).toBeTypeOf("number");
    return Number(sample);
  };
  const peakPressure = (): number => {
    let peak = -Infinity;
    for (let back = 0; back < 5_000; back += 20) {
      peak = Math.max(peak, patient.wave("airway_pressure", mono(clock.mono() - back)) ?? -Infinity);
    }
    return peak;
  };
  return { clock, patient, value, peakPressure };
};

describe("the virtual patient", () => {
  test("breathes steadily with ordinary numbers for an hour", async () => {
    const { clock, value, peakPressure } = setUp();
    for (let minute = 0; minute < 60; minute++) {
      await clock.advance(60_000);
      expect(value("spo2")).toBeGreaterThanOrEqual(94);
      expect(value("pulse_rate")).toBeGreaterThan(50);
      expect(value("pulse_rate")).toBeLessThan(90);
      expect(peakPressure()).toBeCloseTo(16, 0);
    }
  });

  test("shows a mask that comes off at the machine at once and at the finger about a minute later", async () => {
    const { clock, patient, value, peakPressure } = setUp();
    await clock.advance(300_000);
    const before = value("spo2");
    const pulseBefore = value("pulse_rate");
    patient.apply("mask_off");
    await clock.advance(6_000);
    expect(peakPressure()).toBeLessThan(6);
    expect(value("leak")).toBeGreaterThan(40);
    expect(Math.abs(value("spo2") - before)).toBeLessThanOrEqual(1);
    await clock.advance(24_000);
    expect(value("spo2")).toBeGreaterThan(90);
    await clock.advance(75_000);
    expect(value("spo2")).toBeLessThan(88);
    expect(value("pulse_rate")).toBeGreaterThan(pulseBefore + 5);
  });

  test("recovers when the mask is back", async () => {
    const { clock, patient, value } = setUp();
    await clock.advance(60_000);
    patient.apply("mask_off");
    await clock.advance(150_000);
    patient.apply("mask_on");
    await clock.advance(150_000);
    expect(value("spo2")).toBeGreaterThanOrEqual(94);
  });

  test("has no numbers without the finger sensor and no breath without the ventilator", async () => {
    const { clock, patient } = setUp();
    await clock.advance(10_000);
    patient.apply("probe_off");
    patient.apply("ventilator_off");
    await clock.advance(1_000);
    expect(patient.sample("spo2")).toEqual({ absent: "sensor_off" });
    expect(patient.sample("leak")).toEqual({ absent: "device_off" });
    expect(patient.wave("flow", clock.mono())).toBeUndefined();
    expect(patient.breath(clock.mono())).toBeUndefined();
  });

  test("is the same person for the same seed", async () => {
    const run = async (seed: number): Promise<unknown[]> => {
      const { clock, patient, value } = setUp(seed);
      const seen: unknown[] = [];
      for (let i = 0; i < 120; i++) {
        await clock.advance(1_000);
        seen.push(value("pulse_rate"), patient.wave("flow", clock.mono()));
      }
      return seen;
    };
    expect(await run(5)).toEqual(await run(5));
    expect(await run(5)).not.toEqual(await run(6));
  });

  test("breathes the volume that pressure and compliance give, and breathes it out again", async () => {
    const { clock, patient } = setUp();
    await clock.advance(60_000);
    let inspired = 0;
    let expired = 0;
    for (let i = 0; i < 50 * 60; i++) {
      await clock.advance(20);
      const flow = patient.wave("flow", clock.mono()) ?? 0;
      if (flow > 0) inspired += flow / 60 / 50;
      else expired -= flow / 60 / 50;
    }
    // 10 cmH2O above EPAP on 36 mL/cmH2O, 16 breaths a minute: 5.8 L/min at most.
    expect(inspired).toBeGreaterThan(4.5);
    expect(inspired).toBeLessThan(6);
    expect(expired).toBeCloseTo(inspired, 0);
  });
});

test("the saturation curve meets the points Severinghaus published", () => {
  // J Appl Physiol 1979;46:599, table 1: 26.8 mmHg is half saturated; 40 mmHg about 75 %; 100 mmHg about 97.5 %.
  expect(severinghaus(26.8)).toBeCloseTo(0.5, 1);
  expect(severinghaus(40)).toBeCloseTo(0.75, 2);
  expect(severinghaus(100)).toBeCloseTo(0.9749, 2);
});
