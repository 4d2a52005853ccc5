import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { roundTo, SIGNALS, WAVES } from "../../../src/domain/signal.ts";

const resolutions = [
  ...new Set([...Object.values(SIGNALS), ...Object.values(WAVES)].map(({ resolution }) => resolution)),
  0.02,
];

describe("rounding to a resolution", () => {
  test("gives the number that its decimals name, whatever the binary fraction", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...resolutions),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (resolution, value) => {
          const decimals = resolution >= 1 ? 0 : Math.ceil(-Math.log10(resolution));
          const named = Number((Math.round(value / resolution) * resolution).toFixed(decimals));
          expect(roundTo(value, resolution)).toBe(named);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(roundTo(0.1 + 0.2, 0.1)).toBe(0.3);
  });

  test("never gives -0, and what is no number stays none", () => {
    for (const resolution of resolutions) {
      expect(roundTo(-resolution / 10, resolution)).toBe(0);
      expect(roundTo(Number.NaN, resolution)).toBeNaN();
    }
  });
});
