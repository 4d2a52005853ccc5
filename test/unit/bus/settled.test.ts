import fc from "fast-check";
import { expect, test } from "vitest";
import { createSettled } from "../../../src/bus/settled.ts";

test("settled numbers are those of any ranges in any order, and the mark is the end of the ones from 0", () => {
  const range = fc.tuple(fc.nat(60), fc.nat(10)).map(([from, more]) => [from, from + more] as const);
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), (ranges) => {
      const settled = createSettled();
      const wanted = new Set<number>();
      for (const [from, to] of ranges) {
        settled.add(from, to);
        for (let seq = from; seq <= to; seq++) wanted.add(seq);
        for (let seq = 0; seq < 80; seq++) expect(settled.has(seq)).toBe(wanted.has(seq));
        let mark = -1;
        while (wanted.has(mark + 1)) mark++;
        expect(settled.mark).toBe(mark);
      }
    }),
  );
});

test("a range without numbers settles nothing", () => {
  const settled = createSettled();
  settled.add(5, 4);
  expect(settled.has(5)).toBe(false);
  expect(settled.mark).toBe(-1);
});

test("ten thousand gaps do not grow without bound, and the mark is never wrong", () => {
  const settled = createSettled();
  for (let seq = 20_000; seq > 0; seq -= 2) settled.add(seq, seq);
  expect(settled.mark).toBe(-1);
  settled.add(0, 1);
  expect(settled.mark).toBe(2);
});
