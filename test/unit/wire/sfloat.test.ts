import fc from "fast-check";
import { expect, test } from "vitest";
import { readSfloat, writeSfloat } from "../../../src/wire/sfloat.ts";

test.each([
  ["61 00", 97],
  ["CA F3", 97],
  ["23 F0", 3.5],
  ["57 F0", 8.7],
  ["9C FF", -10],
  ["01 10", 10],
  ["00 00", 0],
] as const)("%s is %d", (hex, value) => {
  expect(readSfloat(Buffer.from(hex.replace(" ", ""), "hex"), 0)).toBe(value);
});

test.each(["FF07", "0008", "FE07", "0208", "0108", "FF17"])("%s is no number", (hex) => {
  expect(readSfloat(Buffer.from(hex, "hex"), 0)).toBeUndefined();
});

test("the exponent has no bias: a real oximeter's 98 is 62 00, not 62 80", () => {
  expect(writeSfloat(98)).toEqual(Uint8Array.of(0x62, 0x00));
  expect(readSfloat(Uint8Array.of(0x62, 0x80), 0)).toBeCloseTo(98e-8, 12);
});

test("what is written is read back; what does not fit is refused", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -2045, max: 2045 }),
      fc.integer({ min: 0, max: 8 }),
      (mantissa, decimals) => {
        const value = mantissa / 10 ** decimals;
        expect(readSfloat(writeSfloat(value, decimals), 0)).toBeCloseTo(value, 9);
      },
    ),
  );
  expect(readSfloat(writeSfloat(undefined), 0)).toBeUndefined();
  expect(() => writeSfloat(2046)).toThrow(RangeError);
  expect(() => writeSfloat(30, 2)).toThrow(RangeError);
});
