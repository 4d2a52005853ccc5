import { expect, test } from "vitest";
import { createRandom } from "../../../src/ops/random.ts";

test("chance fills the unit interval and never repeats bytes", () => {
  const random = createRandom();
  const numbers = Array.from({ length: 2_000 }, () => random.uniform());
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(new Set(numbers.map((number) => Math.floor(number * 10))).size).toBe(10);
  expect(random.bytes(16)).not.toEqual(random.bytes(16));
  expect(random.bytes(10)).toHaveLength(10);
});
