import { describe, expect, test } from "vitest";
import {
  groupOf,
  isChanged,
  isOnIn,
  isSameDraft,
  type LimitsCondition,
  type LimitsSetting,
  placeOf,
  typedNumber,
  valueIn,
  withSetting,
} from "../../../dashboards/therapist/limits-draft.ts";
import { CONDITION_IDS } from "../../../src/domain/alarm.ts";

const limit: LimitsSetting = {
  ...{ name: "limit", value: 86, preset: 88, unit: "%", help: "", min: 75, max: 95, wider: "down" },
  recommended: { min: 85, max: 92, source: "" },
};
const low: LimitsCondition = {
  ...{ id: "SPO2_LOW", rule: "", on: true, presetOn: true, canBeOff: true, settings: [limit] },
};

describe("a draft of limits", () => {
  test("names what differs from the preset, and forgets what goes back to it", () => {
    const draft = withSetting({}, "SPO2_LOW", "limit", 84);
    expect(draft).toEqual({ SPO2_LOW: { limit: 84 } });
    expect(valueIn(draft, "SPO2_LOW", limit)).toBe(84);
    expect(isChanged(draft, low)).toBe(true);
    const both = withSetting(draft, "SPO2_LOW", "on", false);
    expect(isOnIn(both, low)).toBe(false);
    expect(withSetting(both, "SPO2_LOW", "limit", undefined)).toEqual({ SPO2_LOW: { on: false } });
    expect(withSetting(draft, "SPO2_LOW", "limit", undefined)).toEqual({});
    expect(draft).toEqual({ SPO2_LOW: { limit: 84 } });
  });

  test("without a word on it shows the preset, not what counts now", () => {
    expect(valueIn({}, "SPO2_LOW", limit)).toBe(88);
    expect(isChanged({}, low)).toBe(false);
    expect(isOnIn({}, { ...low, presetOn: false })).toBe(false);
  });

  test("is the same in another order, and with conditions of which nothing is named", () => {
    const a = { PR_LOW: {}, SPO2_LOW: { limit: 84, delay_s: 20 } };
    expect(isSameDraft(a, { SPO2_LOW: { delay_s: 20, limit: 84 } })).toBe(true);
    expect(isSameDraft(a, { SPO2_LOW: { delay_s: 20, limit: 85 } })).toBe(false);
  });
});

test.each([
  [74, "impossible"],
  [75, "outside"],
  [84.9, "outside"],
  [85, "fine"],
  [92, "fine"],
  [95, "outside"],
  [95.1, "impossible"],
  [Number.NaN, "impossible"],
])("%d lies %s", (value, place) => {
  expect(placeOf(value, limit)).toBe(place);
});

test.each([
  ["84", 84],
  [" 84,5 ", 84.5],
  ["-3.25", -3.25],
  ["", undefined],
  ["8 4", undefined],
  ["1e3", undefined],
  ["0x10", undefined],
])("what is typed as %j is %s", (text, value) => {
  expect(typedNumber(text)).toBe(value);
});

test("every alarm stands in one group, the deadly ones where people look for them", () => {
  const groups = Object.groupBy(CONDITION_IDS, groupOf);
  expect(groups.person).toEqual(
    expect.arrayContaining(["SPO2_CRIT", "PULSE_LOST", "PATIENT_CALL", "TCCO2_HIGH"]),
  );
  expect(groups.ventilator).toEqual(expect.arrayContaining(["VENT_DISCONNECT", "LEAK_DESAT"]));
  expect(groups.box).toEqual(expect.arrayContaining(["DATA_STALE", "OXI_SENSOR_OFF", "NET_DOWN"]));
  expect(groups.care).toEqual([
    "TEST_OVERDUE",
    "ALARM_OFF_REMINDER",
    "LIMITS_WIDENED",
    "WATCH_REARM",
    "CARE_DUE",
  ]);
});
