import type { ConditionId } from "../domain/alarm.ts";
import type { Limits } from "./limits.ts";

/** Settings that are each allowed and make no sense together: what is wrong, and what to do about it. */
export interface Crossing {
  readonly what: string;
  readonly fix: string;
}

/** A low and a high limit on one value: where their bands meet, one of the two always holds. */
const FACING: readonly (readonly [low: ConditionId, high: ConditionId, unit: string])[] = [
  ["PR_LOW", "PR_HIGH", "/min"],
  ["VENT_RR_LOW", "VENT_RR_HIGH", "/min"],
  ["SPO2_LOW", "SPO2_HIGH_ON_O2", " %"],
];

/** Tiers of one scale: the limit of the first is the lower number. */
const TIERS: readonly (readonly [lower: ConditionId, upper: ConditionId, unit: string])[] = [
  ["SPO2_CRIT", "SPO2_LOW", " %"],
  ["SPO2_LOW", "SPO2_WARN", " %"],
  ["SPO2_CRIT", "SPO2_WARN", " %"],
  ["VENT_LEAK_WARN", "VENT_LEAK_HIGH", " L/min"],
  ["VENT_BATT_CRIT", "VENT_BATT_LOW", " min"],
];

/** Two settings of one condition: the first is the lower number. */
const STEPS: readonly (readonly [ConditionId, lower: string, upper: string])[] = [
  ["DEV_BATTERY", "medium", "limit"],
  ["CLOCK_DRIFT", "limit", "medium"],
];

/**
 * The first crossing among limits, undefined where there is none. Tiers are compared where a person named both
 * conditions: presets of one with a person's limit of the other are no mistake of theirs.
 */
export function crossed(limits: Limits, named: ReadonlySet<string>): Crossing | undefined {
  for (const [low, high, unit] of FACING) {
    if (!limits[low].on || !limits[high].on) continue;
    const lowEnds = number(limits, low, "limit") + number(limits, low, "hysteresis");
    const highEnds = number(limits, high, "limit") - number(limits, high, "hysteresis");
    if (lowEnds > highEnds) {
      return {
        what: `${low} ends at ${lowEnds}${unit} and ${high} at ${highEnds}${unit}, so that one of them always holds`,
        fix: `Lower ${low} or raise ${high}, with their hysteresis.`,
      };
    }
  }
  for (const [lower, upper, unit] of TIERS) {
    if (!named.has(lower) || !named.has(upper)) continue;
    const below = number(limits, lower, "limit");
    const above = number(limits, upper, "limit");
    if (below > above) {
      return {
        what: `${lower} (${below}${unit}) is above ${upper} (${above}${unit})`,
        fix: `Are the two limits swapped? ${lower} is the lower one.`,
      };
    }
  }
  for (const [id, lower, upper] of STEPS) {
    const below = number(limits, id, lower);
    const above = number(limits, id, upper);
    if (below > above) {
      return {
        what: `${id}.${lower} (${below}) is above ${id}.${upper} (${above})`,
        fix: `Are the two swapped? ${lower} is the lower one.`,
      };
    }
  }
  return undefined;
}

/** NaN where the condition has no such setting: it then crosses nothing. */
const number = (limits: Limits, id: ConditionId, name: string): number =>
  limits[id].values[name] ?? Number.NaN;
