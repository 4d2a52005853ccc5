import { Fault } from "../domain/fault.ts";
import type { OptionSpec, OptionSpecs, OptionValues } from "./contract.ts";

/** What a configuration gives; a choice may also be written as a number (`format: 2`). */
export type GivenOptions = { readonly [name: string]: string | number | boolean };

/** A sentence on the first option that does not exist or does not fit; undefined when all are right. */
export function optionsProblem(specs: OptionSpecs, given: GivenOptions): string | undefined {
  for (const [name, value] of Object.entries(given)) {
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined) {
      const names = Object.keys(specs);
      return names.length === 0
        ? `it has no options, so no "${name}"`
        : `it has no option "${name}"; it has ${names.join(", ")}`;
    }
    if (fitted(spec, value) === undefined)
      return `"${name}" is ${String(value)}, but must be ${allowed(spec)}`;
  }
  return undefined;
}

/** All options of a family: what was given, checked, and the defaults of the rest. Throws CONFIG_INVALID. */
export function fillOptions(specs: OptionSpecs, given: GivenOptions): OptionValues {
  const problem = optionsProblem(specs, given);
  if (problem !== undefined) {
    throw new Fault("CONFIG_INVALID", `The options of a device do not fit: ${problem}.`, { permanent: true });
  }
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const value = given[name];
      return [name, (value === undefined ? undefined : fitted(spec, value)) ?? spec.default];
    }),
  );
}

/** The value as the driver wants it; undefined when it does not fit. */
function fitted(spec: OptionSpec, value: string | number | boolean): string | number | boolean | undefined {
  switch (spec.kind) {
    case "choice":
      return spec.values.find((allowed) => typeof value !== "boolean" && allowed === String(value));
    case "number":
      return typeof value === "number" && value >= spec.min && value <= spec.max ? value : undefined;
    case "flag":
      return typeof value === "boolean" ? value : undefined;
    case "text":
      return fittedText(spec, value);
  }
}

/** A name made of digits reads as a number in YAML. */
function fittedText(
  { pattern, maxLength, default: standard }: Extract<OptionSpec, { readonly kind: "text" }>,
  value: string | number | boolean,
): string | undefined {
  if (typeof value === "boolean") return undefined;
  const text = String(value);
  if (text === standard) return text;
  const fits = pattern === undefined ? /^\P{Cc}*$/u.test(text) : text.match(pattern)?.[0] === text;
  return fits && text.length <= maxLength ? text : undefined;
}

function allowed(spec: OptionSpec): string {
  switch (spec.kind) {
    case "choice":
      return `one of ${spec.values.join(", ")}`;
    case "number":
      return `a number from ${spec.min} to ${spec.max} ${spec.unit}`;
    case "flag":
      return "true or false";
    case "text": {
      const like = spec.pattern === undefined ? "" : `, like ${String(spec.pattern)}`;
      return `a text of at most ${spec.maxLength} characters${like}`;
    }
  }
}
