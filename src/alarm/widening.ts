import { CONDITION_IDS, type ConditionId } from "../domain/alarm.ts";
import type { SettingChange } from "../domain/limits.ts";
import { type Limits, settingOf } from "./limits.ts";

/** Which way a number must go for the alarm to come later, less often, or to end sooner; `either`: both can. */
type Wider = "up" | "down" | "either";

/** Settings that mean the same in every condition. */
const COMMON: { readonly [setting: string]: Wider } = {
  delay_s: "up",
  // 87, 88, 87, 88 is one violation with hysteresis, and none without (clinical facts 3.1).
  hysteresis: "down",
  clear_s: "down",
};

/** Conditions that judge a value below their limit; everywhere else the limit is an upper one, or a time. */
const LIMIT_BELOW: readonly ConditionId[] = [
  "SPO2_LOW",
  "SPO2_CRIT",
  "SPO2_SUSTAINED",
  "SPO2_WARN",
  "SPO2_UNDER_RANGE",
  "PR_LOW",
  "VENT_MV_LOW",
  "VENT_VTE_LOW",
  "VENT_RR_LOW",
  "VENT_PRESSURE_LOW",
  "VENT_BATT_LOW",
  "VENT_BATT_CRIT",
  "DEV_BATTERY",
];

/** A condition's own settings. */
const OWN: { readonly [id in ConditionId]?: { readonly [setting: string]: Wider } } = {
  SPO2_RAPID: { below: "up" },
  SPO2_INTEGRAL: { crossings: "up" },
  SPO2_LOW_UNCERTAIN: { further_s: "up" },
  SPO2_HIGH_ON_O2: { oxygen: "down" },
  // 0 is "not known" and takes a rule away; a higher level awake lets the CO2 rise further.
  TCCO2_HIGH: { awake: "either" },
  VENT_REMOTE_ALARM: { settle_min: "up" },
  VENT_APNEA: { clear_breaths: "down" },
  VENT_DISCONNECT: {
    leak: "up",
    pressure_peak: "down",
    tidal_volume_exp: "down",
    minute_volume: "down",
    apnea_s: "up",
    clear_breaths: "down",
  },
  VENT_OBSTRUCTION: { volume: "down", pressure: "up", clear_breaths: "down" },
  VENT_PRESSURE_LOW: { below_ipap: "up", absolute: "down" },
  VENT_PRESSURE_HIGH: { above_ipap: "up", absolute: "up" },
  LEAK_DESAT: { leak: "up", spo2: "down" },
  VENT_MV_LOW: { absolute: "down" },
  VENT_VTE_LOW: { absolute: "down" },
  VENT_RR_LOW: { below_backup: "up" },
  VENT_RR_HIGH: { above_usual: "up" },
  VENT_OFF_EXPECTED: { settle_min: "up" },
  VENT_MAINS_LOST: { plug_s: "up" },
  VENT_BATT_LOW: { percent: "down" },
  VENT_BATT_CRIT: { percent: "down" },
  DATA_STALE: { high_s: "up" },
  DEV_BATTERY: { medium: "down" },
  CLOCK_DRIFT: { medium: "up" },
  NET_DOWN: { high_s: "up" },
  CARE_DUE: { quiet_min: "up", late_min: "up" },
};

/** Undefined for a setting that is not written down here: any change of it then counts as widening. */
export function widerWay(condition: ConditionId, setting: string): Wider | undefined {
  const own = OWN[condition];
  if (own !== undefined && Object.hasOwn(own, setting)) return own[setting];
  if (setting === "limit") return LIMIT_BELOW.includes(condition) ? "down" : "up";
  return Object.hasOwn(COMMON, setting) ? COMMON[setting] : undefined;
}

/** Every setting that differs, `on` first, in the order of the catalogue. */
export function changes(before: Limits, after: Limits): readonly SettingChange[] {
  return CONDITION_IDS.flatMap((condition) =>
    ["on", ...Object.keys(after[condition].values)].flatMap((setting) => {
      const from = settingOf(before, condition, setting);
      const to = settingOf(after, condition, setting);
      return from === to ? [] : [{ condition, setting, from, to }];
    }),
  );
}

/** The changes by which an alarm comes later, less often, for a shorter time, or not at all any more. */
export const widening = (before: Limits, after: Limits): readonly SettingChange[] =>
  changes(before, after).filter(({ condition, setting, from, to }) => {
    if (typeof from === "boolean" || typeof to === "boolean") return to === false;
    const wider = widerWay(condition, setting);
    return wider === "up" ? to > from : wider === "down" ? to < from : true;
  });
