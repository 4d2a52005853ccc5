import { CONDITION_IDS, type ConditionId, isConditionId } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import { Fault } from "../domain/fault.ts";
import { type LimitsFile, PRESET_IDS } from "../domain/limits.ts";
import type { Condition, SettingSpec } from "./condition.ts";
import { CONDITIONS } from "./conditions/index.ts";
import { crossed } from "./cross-checks.ts";
import { PRESETS, startsOn } from "./presets.ts";

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
 * to any of `on`, `limit`, `delay_s`, `hysteresis`, `clear_s` and the condition's own settings; `preset` may name a
 * preset (PRESET_IDS) that lies between what is named and the preset of the class. Throws INPUT_INVALID naming
 * condition, setting, what was given and what is allowed.
 */
export function resolveLimits(given: unknown, cls: DependencyClass): Limits {
  const limits = { ...classPreset(cls) };
  const layers = layersOf(given);
  for (const layer of layers) {
    for (const [id, body] of layer) {
      const definition = isConditionId(id) ? CONDITIONS.find((one) => one.id === id) : undefined;
      if (definition === undefined) {
        throw refuse(`"${id}" is not an alarm condition`, `Use one of ${CONDITION_IDS.join(", ")}.`);
      }
      limits[definition.id] = change(definition, limits[definition.id], body);
    }
  }
  const crossing = crossed(limits, new Set(layers.flat().map(([id]) => id)));
  if (crossing !== undefined) throw refuse(crossing.what, crossing.fix);
  return limits;
}

/**
 * Limits that were accepted once, by this Breathwatch or another: never throws, since a home must start. What is not
 * possible any more comes as near as it can; what does not exist any more stays at the preset.
 */
export function storedLimits(given: unknown, cls: DependencyClass): Limits {
  try {
    return resolveLimits(given, cls);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  const limits = { ...classPreset(cls) };
  if (typeof given !== "object" || given === null) return limits;
  const named = new Map<string, unknown>(Object.entries(given));
  for (const { id, settings, canBeOff } of CONDITIONS) {
    const body = named.get(id);
    if (typeof body !== "object" || body === null) continue;
    const values = { ...limits[id].values };
    let { on } = limits[id];
    for (const [name, value] of Object.entries(body)) {
      const spec = Object.hasOwn(settings, name) ? settings[name] : undefined;
      if (name === "on" && typeof value === "boolean") on = value || !canBeOff;
      else if (spec !== undefined && typeof value === "number" && !Number.isNaN(value)) {
        values[name] = Math.min(Math.max(value, spec.min), spec.max);
      }
    }
    limits[id] = { on, values };
  }
  return limits;
}

/** The limits of a dependency class where nobody has set any. */
export function classPreset(cls: DependencyClass): Limits {
  const limits: { [id in ConditionId]?: ConditionLimits } = {};
  for (const { id, settings } of CONDITIONS) {
    const values = Object.entries(settings).map(([name, spec]) => [name, presetOf(spec, cls)] as const);
    limits[id] = { on: startsOn(id, cls), values: Object.fromEntries(values) };
  }
  if (!isComplete(limits)) throw new RangeError("the catalogue lacks a condition");
  return limits;
}

/**
 * What a limits file names, one by one and with what its preset brings, so that a later Breathwatch with other presets
 * changes nothing for this person. Takes only what `resolveLimits` has accepted.
 */
export function explicitFile(given: unknown, cls: DependencyClass): LimitsFile {
  const limits = resolveLimits(given, cls);
  const file: { [id in ConditionId]?: { [name: string]: number | boolean } } = {};
  for (const [id, body] of layersOf(given).flat()) {
    if (!isConditionId(id)) continue;
    const named = file[id] ?? {};
    for (const [name] of entriesOf(body, id)) named[name] = settingOf(limits, id, name);
    file[id] = named;
  }
  return file;
}

/** A setting of resolved limits, `on` among them. Throws RangeError for one that does not exist. */
export function settingOf(limits: Limits, condition: ConditionId, setting: string): number | boolean {
  const { on, values } = limits[condition];
  const value = setting === "on" ? on : values[setting];
  if (value === undefined) throw new RangeError(`${condition} has no setting "${setting}"`);
  return value;
}

/** Conditions that could have woken somebody and that somebody switched off: their preset has them on. */
export const switchedOff = (limits: Limits, cls: DependencyClass): readonly ConditionId[] =>
  CONDITIONS.filter(({ id, priority }) => !limits[id].on && priority[cls] !== "low" && startsOn(id, cls)).map(
    ({ id }) => id,
  );

/** The preset that a file names, then what it names itself. */
function layersOf(given: unknown): readonly (readonly (readonly [string, unknown])[])[] {
  const named = entriesOf(given ?? {}, "the limits");
  const preset = named.find(([name]) => name === "preset")?.[1];
  const own = named.filter(([name]) => name !== "preset");
  if (preset === undefined) return [own];
  const id = PRESET_IDS.find((known) => known === preset);
  if (id === undefined)
    throw refuse(`there is no preset ${show(preset)}`, `Use ${PRESET_IDS.join(" or ")}, or remove it.`);
  return [Object.entries(PRESETS[id]), own];
}

function change(definition: Condition, before: ConditionLimits, body: unknown): ConditionLimits {
  const values = { ...before.values };
  let { on } = before;
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
