import { expect, test } from "vitest";
import { explains, goodAgain, minutesOf } from "../../../src/alarm/care.ts";
import { CONDITIONS } from "../../../src/alarm/conditions/index.ts";
import { CARE_ACTS, CONDITION_IDS, type ConditionId } from "../../../src/domain/alarm.ts";

test("no act explains danger itself, whoever is at the bed", () => {
  const danger: readonly ConditionId[] = [
    "SPO2_CRIT",
    "SPO2_RAPID",
    "SPO2_SUSTAINED",
    "SPO2_UNDER_RANGE",
    "PULSE_LOST",
    "PATIENT_CALL",
    "VENT_APNEA",
    "VENT_OBSTRUCTION",
    "LEAK_DESAT",
    "VENT_BATT_CRIT",
    "VENT_MAINS_LOST",
    "DATA_STALE",
    "RULE_ERROR",
  ];
  for (const act of CARE_ACTS) for (const id of danger) expect(explains(act, id), `${act} ${id}`).toBe(false);
});

test("what is never quiet is explained by nothing", () => {
  const never = CONDITIONS.filter(({ neverQuiet }) => neverQuiet === true).map(({ id }) => id);
  expect(never.length).toBeGreaterThan(0);
  for (const act of CARE_ACTS) for (const id of never) expect(explains(act, id), `${act} ${id}`).toBe(false);
});

test("suction opens the tube; turning and washing do not", () => {
  expect(explains("suction", "VENT_DISCONNECT")).toBe(true);
  expect(explains("mask", "VENT_DISCONNECT")).toBe(true);
  expect(explains("cough_assist", "VENT_DISCONNECT")).toBe(true);
  expect(explains("turn", "VENT_DISCONNECT")).toBe(false);
  expect(explains("wash", "VENT_DISCONNECT")).toBe(false);
});

test("turning and washing explain a finger sensor that slips; suction does not", () => {
  expect(explains("turn", "OXI_SENSOR_OFF")).toBe(true);
  expect(explains("wash", "OXI_SENSOR_OFF")).toBe(true);
  expect(explains("suction", "OXI_SENSOR_OFF")).toBe(false);
});

test("of the machine's own alarms only those that the act sets off are explained", () => {
  expect(explains("suction", "VENT_OWN", "disconnect")).toBe(true);
  expect(explains("suction", "VENT_OWN", "battery_low")).toBe(false);
  expect(explains("turn", "VENT_OWN", "disconnect")).toBe(false);
  for (const act of CARE_ACTS) expect(explains(act, "VENT_OWN")).toBe(false);
});

test("each act explains something, and fewer than half of all alarms", () => {
  for (const act of CARE_ACTS) {
    const explained = CONDITION_IDS.filter((id) => explains(act, id));
    expect(explained.length).toBeGreaterThan(0);
    expect(explained.length).toBeLessThan(CONDITION_IDS.length / 2);
  }
});

test("care lasts ten minutes at most, three for somebody who cannot breathe alone", () => {
  for (const act of CARE_ACTS) {
    expect(minutesOf(act, "A")).toBeLessThanOrEqual(10);
    expect(minutesOf(act, "B")).toBe(minutesOf(act, "A"));
    expect(minutesOf(act, "C")).toBe(Math.min(3, minutesOf(act, "B")));
    expect(minutesOf(act, "C")).toBeGreaterThan(0);
  }
});

test("an act that opens the tube is over when the person breathes with the machine again", () => {
  for (const act of ["suction", "mask", "cough_assist"] as const) {
    expect(goodAgain(act)).toEqual(expect.arrayContaining(["pressure_peak", "leak", "spo2"]));
  }
  expect(goodAgain("turn")).toContain("spo2");
});
