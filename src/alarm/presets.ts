import type { ConditionId } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import type { LimitsFile, PresetId } from "../domain/limits.ts";

const ALL: readonly DependencyClass[] = ["A", "B", "C"];

/**
 * Conditions that a dependency class starts without; every other one is on. clinical facts 3.3: VENT_OFF_EXPECTED is
 * for people who need the ventilator all night, SPO2_RELATIVE for the night that is low throughout. (SPO2_HIGH_ON_O2
 * is on, and judges only where oxygen is given.)
 */
const STARTS_OFF: { readonly [id in ConditionId]?: readonly DependencyClass[] } = {
  VENT_OFF_EXPECTED: ["A"],
  SPO2_RELATIVE: ALL,
};

/** Whether the preset of a dependency class has a condition on. */
export const startsOn = (condition: ConditionId, cls: DependencyClass): boolean =>
  STARTS_OFF[condition]?.includes(cls) !== true;

/**
 * Limits that suit a kind of night; laid over the preset of the class. The prescribing team sets the final numbers.
 *
 * `chronic_low`: a person whose oxygen is low all night. No single limit with a delay works there: the one that is
 * quiet enough is far too low (clinical facts, section 2: < 88 for 30 s rings 60 times a night). What rings instead is
 * a fall below tonight's own usual, five minutes of lower still, and the critical limit, which stays where it is.
 */
export const PRESETS: { readonly [id in PresetId]: LimitsFile } = {
  chronic_low: {
    SPO2_RELATIVE: { on: true, limit: 6, delay_s: 60 },
    SPO2_SUSTAINED: { limit: 85 },
    SPO2_CRIT: { limit: 80, delay_s: 10 },
    SPO2_LOW: { limit: 82, delay_s: 60 },
    SPO2_WARN: { on: false },
  },
};
