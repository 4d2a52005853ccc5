import { CONDITION_IDS, type ConditionId } from "../domain/alarm.ts";
import type { SettingChange } from "../domain/limits.ts";
import { type Limits, settingOf } from "./limits.ts";

/** Which way a number must go for the alarm to come later, less often, or to end sooner. */
type Wider = "up" | "down";

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
const OWN: { readonly [id in ConditionId]?: { readonly [setting: string]: Wider } } = {};

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
    return wider === undefined || (wider === "up" ? to > from : to < from);
  });
