import fc from "fast-check";
import { expect, test } from "vitest";
import {
  intervalsWith,
  PLAN_ROLES,
  type PlanChanges,
  planWith,
  unsavedChanges,
} from "../../../dashboards/caregiver/care-intervals.ts";
import { CARE_ACTS, type CarePlan } from "../../../src/domain/alarm.ts";
import { ROLES } from "../../../src/domain/person.ts";
import { authorise, rightOf } from "../../../src/server/rights.ts";

test("offers 1, 2, 3, 4, 6, 8, 12 and 24 hours", () => {
  expect(intervalsWith(undefined).map((minutes) => minutes / 60)).toEqual([1, 2, 3, 4, 6, 8, 12, 24]);
});

test("an interval that the page does not offer can still be left as it is", () => {
  expect(intervalsWith(90, 120)).toEqual([60, 90, 120, 180, 240, 360, 480, 720, 1_440]);
});

test("saving one act leaves the others as the box has them", () => {
  const plan: CarePlan = { turn: 120, wash: 90 };
  expect(planWith(plan, { suction: 180 })).toEqual({ turn: 120, wash: 90, suction: 180 });
  expect(planWith(plan, { turn: "off" })).toEqual({ wash: 90 });
});

test("what is chosen as it already is needs no saving", () => {
  expect(unsavedChanges({ turn: 120 }, { turn: 120, mask: "off" })).toEqual({});
  expect(unsavedChanges({ turn: 120 }, { turn: "off", mask: 60 })).toEqual({ turn: "off", mask: 60 });
});

const minutes = fc.integer({ min: 30, max: 1_440 });
const acts = <T>(value: fc.Arbitrary<T>) =>
  fc.record(Object.fromEntries(CARE_ACTS.map((act) => [act, value])), { requiredKeys: [] });

test("once the box has the saved plan nothing is unsaved, whatever was changed", () => {
  const changed: fc.Arbitrary<PlanChanges> = acts(fc.oneof(minutes, fc.constant("off" as const)));
  fc.assert(
    fc.property(acts(minutes), changed, (plan: CarePlan, changes) => {
      expect(unsavedChanges(planWith(plan, changes), changes)).toEqual({});
    }),
  );
});

test("the page offers it to exactly those whom the box lets change it", () => {
  const right = rightOf("POST", "/api/beds/:bed/care/plan");
  const allowed = ROLES.filter(
    (role) =>
      authorise(
        right,
        { id: "p1", name: "Mei", language: "en", homes: [{ home: "homeaaaaaa", role }], organisations: [] },
        { kind: "home", home: "homeaaaaaa" },
      ) === undefined,
  );
  expect([...PLAN_ROLES].toSorted()).toEqual(allowed.toSorted());
});
