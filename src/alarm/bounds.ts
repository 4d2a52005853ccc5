import type { ConditionId } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import type { SettingName } from "../domain/limits.ts";
import { type Limits, settingOf, switchedOff } from "./limits.ts";

/** What is recommended of one setting; a missing end is the end of what is allowed. */
export interface RecommendedBounds {
  readonly min?: number;
  /** A number, or one for each dependency class. */
  readonly max?: number | { readonly [cls in DependencyClass]: number };
  /** Where it comes from, for people who ask. */
  readonly source: string;
}

const facts = "clinical facts 3.3";
const delays = "clinical facts 1.3 and 8: every second of delay comes on top of the oximeter's own averaging";

/**
 * Narrower than the range that is allowed (SettingSpec): a number outside needs a person who confirms it and says why.
 * A setting without a row is recommended wherever it is allowed.
 */
export const RECOMMENDED: {
  readonly [id in ConditionId]?: { readonly [setting: string]: RecommendedBounds };
} = {
  SPO2_LOW: {
    limit: {
      min: 85,
      max: 92,
      source: "80601-2-61 (clinical facts 1.8): preset not below 85 %; S47: 90 % on monitors",
    },
    delay_s: { max: { A: 45, B: 30, C: 30 }, source: delays },
  },
  SPO2_CRIT: {
    limit: { min: 75, max: 85, source: `${facts}; oximeters claim their accuracy from 70 % up (S31)` },
    delay_s: { max: 15, source: delays },
  },
  SPO2_SUSTAINED: { limit: { min: 85, max: 90, source: `${facts}; 6.1: 88 % for 5 min is the US rule` } },
  SPO2_RELATIVE: { limit: { min: 4, max: 8, source: facts }, delay_s: { max: 90, source: delays } },
  SPO2_INTEGRAL: { limit: { min: 25, max: 150, source: "S44: settings in use are 10 to 100 %.s" } },
  SPO2_WARN: { limit: { min: 88, max: 93, source: facts } },
  SPO2_UNDER_RANGE: { delay_s: { max: 10, source: "clinical facts 0.1: no value can be the worst value" } },
  PR_LOW: { limit: { min: 40, max: 60, source: `${facts}; S47: 50 /min on adult monitors` } },
  PR_HIGH: { limit: { min: 100, max: 140, source: `${facts}; S47: 120 /min on adult monitors` } },
  TCCO2_HIGH: { limit: { min: 48, max: 60, source: `${facts}; 6.3: 55 mmHg for 10 min is hypoventilation` } },
  PULSE_LOST: { delay_s: { max: 30, source: facts } },
  VENT_DISCONNECT: { delay_s: { max: { A: 30, B: 20, C: 15 }, source: `${facts}; S33: high priority` } },
  VENT_APNEA: { limit: { min: 10, max: { A: 30, B: 25, C: 20 }, source: "S35: 20 s is the usual longest" } },
  VENT_LEAK_HIGH: {
    limit: { min: 24, max: 60, source: `${facts}; S48: 24 L/min is the red line of devices` },
  },
  VENT_MV_LOW: {
    limit: { min: 50, max: 75, source: "S34: 0.5 times the usual is the automatic limit of a monitor" },
  },
  VENT_VTE_LOW: { limit: { min: 50, max: 85, source: facts } },
  VENT_RR_HIGH: { limit: { min: 24, max: 40, source: facts } },
  VENT_RR_LOW: { limit: { min: 6, max: 12, source: facts } },
  VENT_BATT_LOW: { limit: { min: 45, source: "clinical facts 8: time to fetch another supply" } },
  VENT_BATT_CRIT: { limit: { min: 10, source: "clinical facts 8: time to fetch another supply" } },
  VENT_PRESSURE_HIGH: { above_ipap: { max: 15, source: "S35: 10 above the peak pressure" } },
  VENT_PRESSURE_LOW: { below_ipap: { max: 10, source: "S35: 5 to 10 below the peak pressure" } },
  VENT_OFF_EXPECTED: {
    delay_s: { max: { A: 600, B: 180, C: 30 }, source: `${facts}; hazard 11` },
    settle_min: {
      max: { A: 120, B: 120, C: 15 },
      source: "hazard 11: a machine that stays off is taken for usual",
    },
  },
  OXI_SENSOR_OFF: { delay_s: { max: { A: 60, B: 45, C: 30 }, source: `${facts}; hazard 1` } },
  DATA_STALE: { limit: { max: { A: 60, B: 60, C: 30 }, source: `${facts}; hazard 7` } },
  DATA_NEVER: { limit: { max: 120, source: "hazard 43: a sensor that never came is noticed before sleep" } },
  CALL_DEVICE_OFFLINE: { limit: { max: 120, source: `${facts}; hazard 41` } },
};

/** Only a therapist switches these off (clinical facts 3.3). */
export const OFF_BY_THERAPIST: readonly ConditionId[] = ["VENT_DISCONNECT"];

/** A setting outside what is recommended. */
export interface OutsideRecommended extends SettingName {
  readonly value: number | boolean;
  /** Absent: the end of what is allowed. For `on`: absent. */
  readonly min?: number;
  readonly max?: number;
  readonly source: string;
}

/** Which of these settings lie outside what is recommended: beyond their bounds, or off although the preset has it on. */
export function outsideRecommended(
  limits: Limits,
  settings: readonly SettingName[],
  cls: DependencyClass,
): readonly OutsideRecommended[] {
  const off = new Set(switchedOff(limits, cls));
  return settings.flatMap(({ condition, setting }): readonly OutsideRecommended[] => {
    const value = settingOf(limits, condition, setting);
    if (setting === "on") {
      return off.has(condition) ? [{ condition, setting, value, source: "its preset has it on" }] : [];
    }
    const bounds = boundsOf(condition, setting, cls);
    // A condition that is off rings neither inside nor outside of bounds.
    if (bounds === undefined || typeof value === "boolean" || !limits[condition].on) return [];
    const { min, max } = bounds;
    if (value >= (min ?? value) && value <= (max ?? value)) return [];
    return [{ condition, setting, value, ...bounds }];
  });
}

/** The recommended bounds of a setting in a dependency class; undefined where there are none of their own. */
export function boundsOf(
  condition: ConditionId,
  setting: string,
  cls: DependencyClass,
): { readonly min?: number; readonly max?: number; readonly source: string } | undefined {
  const table = RECOMMENDED[condition];
  const row = table !== undefined && Object.hasOwn(table, setting) ? table[setting] : undefined;
  if (row === undefined) return undefined;
  const { min, max, source } = row;
  return {
    source,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max: typeof max === "number" ? max : max[cls] }),
  };
}
