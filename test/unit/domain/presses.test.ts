import { expect, test } from "vitest";
import { createPresses } from "../../../src/domain/presses.ts";
import { mono } from "../../../src/domain/time.ts";

/** At which of these moments (ms, down or up) a press is counted. */
const counted = (signs: readonly (readonly [ms: number, isDown: boolean])[]): number[] => {
  const presses = createPresses();
  return signs.flatMap(([ms, isDown]) => (presses.heard(isDown, mono(ms)) ? [ms] : []));
};

test("a press counts when it goes down, and a later one again", () => {
  expect(
    counted([
      [0, true],
      [100, false],
      [3_000, true],
      [3_100, false],
    ]),
  ).toEqual([0, 3_000]);
});

test("one that bounces is one press", () => {
  expect(
    counted([
      [0, true],
      [5, false],
      [9, true],
      [12, false],
      [14, true],
      [900, false],
      [905, true],
    ]),
  ).toEqual([0]);
});

test("one that is stuck or repeats stays one press, however long, and counts again once it was still", () => {
  const stuck = Array.from({ length: 600 }, (_, n) => [n * 500, n % 2 === 0] as const);
  expect(counted([...stuck, [302_000, true]])).toEqual([0, 302_000]);
});
