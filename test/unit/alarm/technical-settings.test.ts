import { describe, expect, test } from "vitest";
import type { View } from "../../../src/alarm/condition.ts";
import { careDue } from "../../../src/alarm/conditions/care-due.ts";
import type { CareAct, ConditionId } from "../../../src/domain/alarm.ts";
import { MINUTE_MS, mono } from "../../../src/domain/time.ts";
import { ANNA, Bedside } from "./bedside.ts";

const setLimits = (bed: Bedside, version: number, limits: unknown, forS?: number) =>
  bed.command({
    kind: "limits",
    version,
    limits,
    reason: "a new mask",
    by: ANNA,
    ...(forS !== undefined && { expiresAt: bed.wall(bed.second + forS) }),
  });

describe("limits", () => {
  test("an alarm that is switched off is in everybody's sight until it is on again", () => {
    const bed = new Bedside();
    bed.at(96, 5);
    setLimits(bed, 1, { PR_HIGH: { on: false } });
    bed.at(96, 60);
    expect(bed.open("ALARM_OFF_REMINDER")).toMatchObject({
      priority: "low",
      values: { conditions: "PR_HIGH" },
    });
    setLimits(bed, 2, {});
    bed.at(96, 3);
    expect(bed.seen("ALARM_OFF_REMINDER").map(({ kind }) => kind)).toEqual(["occurred", "ended"]);
  });

  test("what the class starts without is not switched off by anybody", () => {
    for (const cls of ["A", "B", "C"] as const) {
      const bed = new Bedside({ cls });
      bed.at(96, 60);
      expect(bed.open("ALARM_OFF_REMINDER"), cls).toBeUndefined();
    }
  });

  test("wider limits are in sight until they expire", () => {
    const bed = new Bedside();
    bed.at(96, 5);
    setLimits(bed, 1, { SPO2_LOW: { limit: 84 } }, 100);
    bed.at(96, 90);
    expect(bed.open("LIMITS_WIDENED")).toMatchObject({ priority: "low", values: { until: bed.wall(105) } });
    bed.at(96, 20);
    expect(bed.open("LIMITS_WIDENED")).toBeUndefined();
  });
});

describe("signals that are back", () => {
  test("during a visit they ask once for the watch, and a start answers it", () => {
    const bed = new Bedside();
    bed.at(96, 5);
    bed.command({ kind: "leave", reason: "visit", until: bed.wall(6 * 3600), by: ANNA });
    bed.run(600);
    bed.at(96, 70);
    expect(bed.lines("WATCH_REARM")).toEqual(["665 occurred WATCH_REARM medium"]);
    bed.command({ kind: "start_watch", by: ANNA });
    expect(bed.open("WATCH_REARM")).toBeUndefined();
  });
});

describe("care plan", () => {
  const quietly = (bed: Bedside, minutes: number): Bedside => bed.at(96, minutes * 60);

  test("an act is due after its time, once, and done when it is logged", () => {
    const bed = new Bedside();
    bed.command({ kind: "care_plan", plan: { turn: 120 }, by: ANNA });
    quietly(bed, 130);
    expect(bed.lines("CARE_DUE")).toEqual(["7200 occurred CARE_DUE low"]);
    bed.command({ kind: "care", act: "turn", by: ANNA });
    bed.at(96, 2);
    expect(bed.open("CARE_DUE")).toBeUndefined();
  });

  test("the plan in force is told to the pages, also after a restart", () => {
    const bed = new Bedside();
    expect(bed.fold).not.toHaveProperty("carePlan");
    const before = bed.fold.revision;
    bed.command({ kind: "care_plan", plan: { turn: 120, mask: 90 }, by: ANNA });
    expect(bed.fold.carePlan).toEqual({ turn: 120, mask: 90 });
    expect(bed.fold.revision).toBeGreaterThan(before);
    // Refused: the plan before is in force.
    bed.command({ kind: "care_plan", plan: { turn: 20 }, by: ANNA });
    expect(bed.restart({ downS: 60 }).fold.carePlan).toEqual({ turn: 120, mask: 90 });
    bed.command({ kind: "care_plan", plan: {}, by: ANNA });
    expect(bed.fold.carePlan).toEqual({});
  });

  /** One look at the plan: `dueMin` after the act was last done, `anyMin` after any act. */
  const look = (
    dueMin: number,
    anyMin: number,
    open: readonly ConditionId[] = [],
    everyMin = 180,
    act: CareAct = "turn",
  ) => {
    const now = mono(10_000_000);
    const view: Pick<View, "now" | "held" | "care" | "isOpen"> = {
      now,
      held: false,
      care: {
        act,
        everyMs: everyMin * MINUTE_MS,
        lastAt: mono(now - dueMin * MINUTE_MS),
        anyAt: mono(now - anyMin * MINUTE_MS),
      },
      isOpen: (id) => open.includes(id),
    };
    return careDue.judge?.(view as View, { quiet_min: 90, late_min: 60 }).kind;
  };

  test("within an hour and a half of any care nobody is reminded, unless the act is an hour late", () => {
    expect(look(179, 100)).toBe("waiting");
    expect(look(180, 90)).toBe("holds");
    expect(look(200, 89)).toBe("waiting");
    expect(look(239, 20)).toBe("waiting");
    expect(look(240, 20)).toBe("holds");
  });

  test("a plan that asks more often than that is kept", () => {
    expect(look(60, 60, [], 60, "suction")).toBe("holds");
  });

  test("while an alarm about the person is open nobody is reminded; a lost link does not stop the turning", () => {
    expect(look(400, 400, ["SPO2_LOW"])).toBe("waiting");
    expect(look(400, 400, ["PATIENT_CALL"])).toBe("waiting");
    expect(look(400, 400, ["DATA_STALE", "NET_DOWN", "DEV_BATTERY"])).toBe("holds");
  });
});
