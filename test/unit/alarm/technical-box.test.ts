import { expect, test } from "vitest";
import { CONDITIONS } from "../../../src/alarm/conditions/index.ts";
import { type ConditionId, SELF_FAULTS, type SelfFault } from "../../../src/domain/alarm.ts";
import { ANNA, Bedside } from "./bedside.ts";

const fault = (bed: Bedside, condition: SelfFault, active = true, about?: string) =>
  bed.command({
    kind: "self_fault",
    condition,
    active,
    detail: "told by the box",
    ...(about !== undefined && { about }),
  });

test("a router that redials for a minute and a half wakes nobody", () => {
  const bed = new Bedside();
  bed.at(96, 10);
  fault(bed, "NET_DOWN");
  bed.at(96, 90);
  fault(bed, "NET_DOWN", false);
  bed.at(96, 600);
  expect(bed.lines("NET_DOWN")).toEqual([]);
});

test("phones that cannot be reached are medium after two minutes and high after five", () => {
  const bed = new Bedside();
  bed.at(96, 10);
  fault(bed, "NET_DOWN");
  bed.at(96, 400);
  fault(bed, "NET_DOWN", false);
  expect(bed.lines("NET_DOWN")).toEqual([
    "130 occurred NET_DOWN medium",
    "310 escalated NET_DOWN high",
    "410 ended NET_DOWN high recovered",
  ]);
});

const AT_ONCE: readonly (readonly [SelfFault, string])[] = [
  ["DB_WRITE_FAIL", "high"],
  ["RULE_ERROR", "high"],
  ["STORAGE_FULL", "high"],
  ["JOURNAL_DAMAGED", "high"],
  ["STATE_DAMAGED", "high"],
  ["KEY_MISSING", "high"],
  ["BOX_PUT_OUT", "low"],
  ["CERTIFICATE_ENDING", "low"],
  ["CERTIFICATE_EXPIRED", "high"],
  ["NOBODY_ON_CALL", "high"],
  ["ESCALATION_EXHAUSTED", "high"],
  ["TEST_OVERDUE", "low"],
];

test.each(AT_ONCE)("%s is %s at once, and over when the box says so", (condition, priority) => {
  const bed = new Bedside();
  bed.at(96, 5);
  fault(bed, condition);
  bed.at(96, 5);
  fault(bed, condition, false);
  expect(bed.lines(condition)).toEqual([
    `5 occurred ${condition} ${priority}`,
    `10 ended ${condition} ${priority} recovered`,
  ]);
});

test("two phones that will not ring are two alarms", () => {
  const bed = new Bedside();
  fault(bed, "PHONE_UNREACHABLE", true, "anna");
  fault(bed, "PHONE_UNREACHABLE", true, "ben");
  expect(bed.fold.open).toHaveLength(2);
  fault(bed, "PHONE_UNREACHABLE", false, "anna");
  expect(bed.fold.open).toHaveLength(1);
});

test("what the box reports of itself is told one by one and cannot be paused", () => {
  const bed = new Bedside();
  for (const condition of SELF_FAULTS) {
    const definition = CONDITIONS.find(({ id }) => id === condition);
    expect(definition, condition).toMatchObject({ scope: "command", neverMerged: true, neverQuiet: true });
    const result = bed.command({ kind: "pause", condition, priority: "high", forMs: 60_000, by: ANNA });
    expect(result.refused, condition).toBe("not_pausable");
  }
});

test("only the hub can say that the box is gone", () => {
  const reported: readonly ConditionId[] = SELF_FAULTS;
  expect(reported).not.toContain("EDGE_OFFLINE");
  expect(CONDITIONS.find(({ id }) => id === "EDGE_OFFLINE")).toMatchObject({
    scope: "command",
    priority: { A: "high", B: "high", C: "high" },
  });
});

test("a phone that will not ring is worth a word while people are awake, and later only a remark", () => {
  const evening = new Bedside();
  evening.at(96, 60);
  fault(evening, "PHONE_UNREACHABLE", true, "anna");
  evening.tick();
  expect(evening.open("PHONE_UNREACHABLE")?.priority).toBe("medium");
  const night = new Bedside();
  night.at(96, 2 * 3600 + 60);
  fault(night, "PHONE_UNREACHABLE", true, "anna");
  night.at(96, 60);
  expect(night.open("PHONE_UNREACHABLE")?.priority).toBe("low");
});
