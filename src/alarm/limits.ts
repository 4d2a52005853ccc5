import { CONDITION_IDS, type ConditionId, isConditionId } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import { Fault } from "../domain/fault.ts";
import type { Condition, SettingSpec } from "./condition.ts";
import { CONDITIONS } from "./conditions/index.ts";

/** Whether a condition is on, and its numbers by name. */
export interface ConditionLimits {
  readonly on: boolean;
  readonly values: { readonly [name: string]: number };
}

/** The numbers in force, complete: what a person did not name keeps the preset of the dependency class. */
export type Limits = { readonly [id in ConditionId]: ConditionLimits };

/** The preset of a setting for a dependency class. */
export const presetOf = (spec: SettingSpec, cls: DependencyClass): number =>
  typeof spec.default === "number" ? spec.default : spec.default[cls];

/**
 * Checks limits that a person wrote (a limits file, a seed, stored settings) and completes them. Shape: condition id
 * to any of `on`, `limit`, `delay_s`, `hysteresis`, `clear_s` and the condition's own settings. Throws INPUT_INVALID
 * naming condition, setting, what was given and what is allowed.
 */
export function resolveLimits(given: unknown, cls: DependencyClass): Limits {
  const named = entriesOf(given ?? {}, "the limits");
  const resolved = new Map<ConditionId, ConditionLimits>();
  for (const definition of CONDITIONS) resolved.set(definition.id, presets(definition, cls));
  for (const [id, body] of named) {
    const definition = isConditionId(id) ? CONDITIONS.find((one) => one.id === id) : undefined;
    if (definition === undefined) {
      throw refuse(`"${id}" is not an alarm condition`, `Use one of ${CONDITION_IDS.join(", ")}.`);
    }
    resolved.set(definition.id, change(definition, presets(definition, cls), body));
  }
  const limits = complete(resolved);
  crossCheck(limits, new Set(named.map(([id]) => id)));
  return limits;
}

const presets = (definition: Condition, cls: DependencyClass): ConditionLimits => ({
  on: true,
  values: Object.fromEntries(
    Object.entries(definition.settings).map(([name, spec]) => [name, presetOf(spec, cls)]),
  ),
});

function change(definition: Condition, preset: ConditionLimits, body: unknown): ConditionLimits {
  const values = { ...preset.values };
  let { on } = preset;
  for (const [name, value] of entriesOf(body, definition.id)) {
    if (name === "on") {
      if (typeof value !== "boolean")
        throw refuse(`${definition.id}.on is ${show(value)}`, "Use true or false.");
      if (!value && !definition.canBeOff) {
        throw refuse(`${definition.id} was switched off`, "It cannot be switched off: remove this line.");
      }
      on = value;
      continue;
    }
    const spec = Object.hasOwn(definition.settings, name) ? definition.settings[name] : undefined;
    if (spec === undefined) {
      const known = ["on", ...Object.keys(definition.settings)].join(", ");
      throw refuse(`${definition.id} has no setting "${name}"`, `Use any of ${known}.`);
    }
    if (typeof value !== "number" || !(value >= spec.min && value <= spec.max)) {
      throw refuse(
        `${definition.id}.${name} is ${show(value)}`,
        `Use a number from ${spec.min} to ${spec.max} ${spec.unit}.`,
      );
    }
    values[name] = value;
  }
  return { on, values };
}

/** Settings that are each allowed and make no sense together. */
function crossCheck(limits: Limits, named: ReadonlySet<string>): void {
  const of = (id: ConditionId, name: string): number => limits[id].values[name] ?? Number.NaN;
  const slowest = of("PR_LOW", "limit") + of("PR_LOW", "hysteresis");
  const fastest = of("PR_HIGH", "limit") - of("PR_HIGH", "hysteresis");
  if (slowest > fastest && limits.PR_LOW.on && limits.PR_HIGH.on) {
    throw refuse(
      `PR_LOW ends at ${slowest}/min and PR_HIGH at ${fastest}/min, so that one of them always holds`,
      "Lower PR_LOW or raise PR_HIGH, with their hysteresis.",
    );
  }
  if (!named.has("SPO2_LOW") || !named.has("SPO2_CRIT")) return;
  if (of("SPO2_CRIT", "limit") > of("SPO2_LOW", "limit")) {
    throw refuse(
      `SPO2_CRIT (${of("SPO2_CRIT", "limit")} %) is above SPO2_LOW (${of("SPO2_LOW", "limit")} %)`,
      "Are the two limits swapped? SPO2_CRIT is the lower one.",
    );
  }
}

/** A condition without rules of its own yet: nothing to judge, nothing to set. */
const ABSENT: ConditionLimits = { on: false, values: {} };

function complete(resolved: ReadonlyMap<ConditionId, ConditionLimits>): Limits {
  const limits: { [id in ConditionId]?: ConditionLimits } = {};
  for (const id of CONDITION_IDS) limits[id] = resolved.get(id) ?? ABSENT;
  if (!isComplete(limits)) throw new RangeError("a condition has no limits");
  return limits;
}

const isComplete = (limits: { readonly [id in ConditionId]?: ConditionLimits }): limits is Limits =>
  CONDITION_IDS.every((id) => limits[id] !== undefined);

function entriesOf(value: unknown, what: string): readonly (readonly [string, unknown])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(`${what} is ${show(value)}`, "Write a mapping of names to values.");
  }
  return Object.entries(value);
}

const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? typeof value;

const refuse = (detail: string, fix: string): Fault =>
  new Fault("INPUT_INVALID", detail, { fix, permanent: true });
