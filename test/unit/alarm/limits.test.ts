import { describe, expect, test } from "vitest";
import { CONDITIONS } from "../../../src/alarm/conditions/index.ts";
import { resolveLimits } from "../../../src/alarm/limits.ts";
import { CONDITION_IDS } from "../../../src/domain/alarm.ts";
import { Fault } from "../../../src/domain/fault.ts";

const refused = (given: unknown): Fault => {
  try {
    resolveLimits(given, "B");
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("was accepted");
};

describe("the presets", () => {
  test("are there for every condition of the catalogue", () => {
    const limits = resolveLimits({}, "B");
    expect(Object.keys(limits).toSorted()).toEqual([...CONDITION_IDS].toSorted());
    expect(CONDITIONS.map(({ id }) => id).toSorted()).toEqual([...CONDITION_IDS].toSorted());
    expect(resolveLimits(undefined, "B")).toEqual(limits);
  });

  test("lie inside their own ranges in every class", () => {
    for (const { id, settings } of CONDITIONS) {
      for (const [name, { default: preset, min, max }] of Object.entries(settings)) {
        const values = typeof preset === "number" ? [preset] : Object.values(preset);
        for (const value of values) {
          expect(value, `${id}.${name}`).toBeGreaterThanOrEqual(min);
          expect(value, `${id}.${name}`).toBeLessThanOrEqual(max);
        }
      }
    }
  });

  test("are those of the clinical facts", () => {
    const { SPO2_LOW, SPO2_CRIT, PR_LOW, PR_HIGH, VENT_APNEA } = resolveLimits({}, "B");
    expect(SPO2_LOW.values).toEqual({ limit: 88, delay_s: 30, hysteresis: 1, clear_s: 5 });
    expect(SPO2_CRIT.values).toEqual({ limit: 80, delay_s: 10, hysteresis: 2, clear_s: 5 });
    expect(PR_LOW.values).toEqual({ limit: 50, delay_s: 30, hysteresis: 3, clear_s: 10 });
    expect(PR_HIGH.values).toEqual({ limit: 120, delay_s: 60, hysteresis: 3, clear_s: 10 });
    expect(VENT_APNEA.values).toMatchObject({ limit: 20, clear_breaths: 2 });
    expect(resolveLimits({}, "C").OXI_SENSOR_OFF.values).toMatchObject({ delay_s: 15, clear_s: 10 });
  });
});

describe("limits that a person wrote", () => {
  test("change what they name and nothing else", () => {
    const given = { SPO2_LOW: { limit: 90, delay_s: 15 }, PR_HIGH: { on: false } };
    const limits = resolveLimits(given, "B");
    const presets = resolveLimits({}, "B");
    expect(limits.SPO2_LOW.values).toEqual({ limit: 90, delay_s: 15, hysteresis: 1, clear_s: 5 });
    expect(limits.PR_HIGH).toEqual({ on: false, values: presets.PR_HIGH.values });
    expect(limits.SPO2_CRIT).toEqual(presets.SPO2_CRIT);
  });

  test("may lie on the ends of the range", () => {
    for (const { id, settings } of CONDITIONS) {
      for (const [name, { min, max }] of Object.entries(settings)) {
        if (id.startsWith("PR_")) continue;
        expect(() => resolveLimits({ [id]: { [name]: min } }, "B")).not.toThrow();
        expect(() => resolveLimits({ [id]: { [name]: max } }, "B")).not.toThrow();
      }
    }
  });

  test.each<[unknown, RegExp, RegExp]>([
    [{ SPO2_LO: {} }, /"SPO2_LO" is not an alarm condition/, /SPO2_LOW/],
    [{ toString: {} }, /"toString" is not/, /SPO2_LOW/],
    [{ SPO2_LOW: { limit: 0 } }, /SPO2_LOW.limit is 0/, /75 to 95 %/],
    [{ SPO2_LOW: { limit: "88" } }, /SPO2_LOW.limit is "88"/, /75 to 95 %/],
    [{ SPO2_LOW: { limit: Number.NaN } }, /SPO2_LOW.limit is null/, /75 to 95 %/],
    [{ SPO2_LOW: { limits: 88 } }, /no setting "limits"/, /on, limit, delay_s/],
    [{ SPO2_LOW: { constructor: 1 } }, /no setting "constructor"/, /on, limit/],
    [{ SPO2_LOW: { on: "no" } }, /SPO2_LOW.on is "no"/, /true or false/],
    [{ PATIENT_CALL: { on: false } }, /PATIENT_CALL was switched off/, /cannot/],
    [{ SPO2_LOW: 88 }, /SPO2_LOW is 88/, /mapping/],
    [[1, 2], /the limits is \[1,2\]/, /mapping/],
    ["SPO2_LOW", /the limits is "SPO2_LOW"/, /mapping/],
    [
      { SPO2_LOW: { limit: 80 }, SPO2_CRIT: { limit: 85 } },
      /SPO2_CRIT \(85 %\) is above SPO2_LOW/,
      /swapped/,
    ],
    [{ PR_LOW: { limit: 80 }, PR_HIGH: { limit: 80 } }, /PR_LOW ends at 83/, /PR_LOW/],
  ])("%j is refused with the reason and the fix", (given, message, fix) => {
    const fault = refused(given);
    expect(fault.code).toBe("INPUT_INVALID");
    expect(fault.message).toMatch(message);
    expect(fault.fix).toMatch(fix);
    expect(fault.permanent).toBe(true);
  });
});
