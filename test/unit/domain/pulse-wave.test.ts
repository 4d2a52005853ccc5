import { expect, test } from "vitest";
import { createPulseWave } from "../../../src/domain/pulse-wave.ts";
import { mono } from "../../../src/domain/time.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const beatsInAMinute = (pulse: number | undefined): number => {
  const next = createPulseWave(steadyBed({ samples: {} }), 50);
  return Array.from({ length: 3_000 }, (_, i) => next(mono(i * 20), pulse)).filter(({ beat }) => beat).length;
};

test("a simulated pulse beats as often as it says, and not at all without one", () => {
  expect(Math.abs(beatsInAMinute(72) - 72)).toBeLessThanOrEqual(1);
  expect(Math.abs(beatsInAMinute(127) - 127)).toBeLessThanOrEqual(1);
  expect(beatsInAMinute(undefined)).toBe(0);
});

test.each([
  [0, 0],
  [51, 0.2],
  [255, 1],
  [300, 1],
])("the bed's own wave of %i fills %f of a device's scale", (given, level) => {
  const next = createPulseWave(steadyBed({ samples: {}, waves: { pleth: () => given } }), 60);
  expect(next(mono(0), 70).level).toBeCloseTo(level, 5);
});
