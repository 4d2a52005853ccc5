import { describe, expect, test } from "vitest";
import { isProven } from "../../../src/domain/proof.ts";
import { HOUR_MS, wall } from "../../../src/domain/time.ts";
import { callOrder } from "../../../src/watch/proof.ts";
import { NIGHT } from "../../support/alarms.ts";

const ago = (hours: number) => wall(NIGHT - hours * HOUR_MS);

describe("a proof that a phone rang", () => {
  test.each([
    [0, true],
    [17.9, true],
    [18, true],
    [18.1, false],
    [200, false],
    [-1, false],
  ])("%d hours ago counts: %s", (hours, expected) => {
    expect(isProven({ lastProofAt: ago(hours) }, NIGHT)).toBe(expected);
  });

  test("that never was does not count", () => {
    expect(isProven({}, NIGHT)).toBe(false);
  });
});

describe("the order of calling", () => {
  const targets = [
    { id: "never" },
    { id: "old", lastProofAt: ago(30) },
    { id: "yesterday", lastProofAt: ago(12) },
    { id: "now", lastProofAt: ago(1) },
    { id: "never too" },
  ];

  test("begins with the newest proof and leaves nobody out", () => {
    expect(callOrder(targets, NIGHT).map(({ id }) => id)).toEqual([
      "now",
      "yesterday",
      "never",
      "old",
      "never too",
    ]);
  });

  test("is everybody, when nobody is proven", () => {
    expect(callOrder(targets, wall(NIGHT + 100 * HOUR_MS))).toEqual(targets);
  });
});
