import fc from "fast-check";
import { expect, test } from "vitest";
import {
  mergeRemovals,
  outlives,
  REMOVABLE,
  REMOVALS_MAX,
  type Removal,
  removalKey,
  setUpAfter,
} from "../../../src/domain/removals.ts";
import { wall } from "../../../src/domain/time.ts";

const moment = fc.nat(50).map(wall);
const removal: fc.Arbitrary<Removal> = fc.record({
  kind: fc.constantFrom(...REMOVABLE),
  id: fc.constantFrom("a", "b", "c", "d"),
  upTo: fc.nat(50),
  at: moment,
});
const removals = fc.array(removal, { maxLength: 12 });

test("removals are merged alike in any order, any grouping and however often", () => {
  fc.assert(
    fc.property(removals, removals, removals, (a, b, c) => {
      const all = mergeRemovals(a, b, c);
      expect(mergeRemovals(c, b, a)).toEqual(all);
      expect(mergeRemovals(mergeRemovals(b, a), c)).toEqual(all);
      expect(mergeRemovals(a, mergeRemovals(c, b))).toEqual(all);
      expect(mergeRemovals(all, all, a)).toEqual(all);
    }),
  );
});

test("of each the newest set-up that anybody removed stays, whatever their clocks said", () => {
  fc.assert(
    fc.property(removals, removals, (a, b) => {
      const merged = mergeRemovals(a, b);
      for (const one of [...a, ...b]) {
        const kept = merged.find((each) => removalKey(each) === removalKey(one));
        const same = [...a, ...b].filter((each) => removalKey(each) === removalKey(one));
        expect(kept?.upTo).toBe(Math.max(...same.map(({ upTo }) => upTo)));
      }
    }),
  );
});

test("no clock lets a removal beat a set-up that came after it, and what was seen by whoever removed it is gone", () => {
  fc.assert(
    fc.property(moment, moment, moment, (first, removedAt, now) => {
      const gone: Removal = { kind: "target", id: "a", upTo: first, at: removedAt };
      expect(outlives(first, gone)).toBe(false);
      expect(outlives(setUpAfter(now, first), gone)).toBe(true);
      expect(outlives(first, undefined)).toBe(true);
    }),
  );
});

test("as many are remembered as are told, and both sides forget the same ones", () => {
  const many = (from: number): Removal[] =>
    Array.from({ length: REMOVALS_MAX }, (_, n) => ({
      ...{ kind: "target", id: `phone ${from + n}`, upTo: 1, at: wall((from + n) % 300) },
    }));
  const [box, hub] = [many(0), many(100)];
  const merged = mergeRemovals(box, hub);
  expect(merged).toHaveLength(REMOVALS_MAX);
  expect(mergeRemovals(hub, box)).toEqual(merged);
  // Told once more, what was forgotten stays so: nothing goes to and fro between them.
  expect(mergeRemovals(merged, box)).toEqual(merged);
  expect(Math.min(...merged.map(({ at }) => at))).toBeGreaterThan(
    Math.min(...[...box, ...hub].map(({ at }) => at)),
  );
});
