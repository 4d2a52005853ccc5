import { expect, test } from "vitest";
import { byCount } from "../../../src/domain/ids.ts";

test("occurrences stand in the order in which they were counted, the ninth before the tenth", () => {
  const ids = [10, 2, 101, 9, 1].map((count) => `b1-abcdefghij-${count}`);
  expect(ids.toSorted(byCount)).toEqual([1, 2, 9, 10, 101].map((count) => `b1-abcdefghij-${count}`));
  expect(byCount("b1-abcdefghij-7", "b1-abcdefghij-7")).toBe(0);
});
