import { isPresent } from "../domain/sample.ts";
import { isSignalId, roundTo, SIGNALS, type SignalId } from "../domain/signal.ts";
import type { DeviceModule, DeviceReading, OptionValues } from "../driver/contract.ts";

/**
 * What a reading promises that its family does not, or that no number may be: undeclared signals and waves, values
 * that are not rounded, out of range, or no numbers. Undefined where there is nothing to say.
 * @param options signals of any of these are declared
 */
export function createHonesty(
  module: DeviceModule,
  options: readonly OptionValues[],
): (reading: DeviceReading) => string | undefined {
  const signals: ReadonlySet<string> = new Set(options.flatMap((values) => module.signals(values)));
  const waves: ReadonlySet<string> = new Set(module.waves);
  return ({ body, deviceAt }) => {
    if (deviceAt !== undefined && !Number.isFinite(deviceAt)) return "deviceAt is no number";
    if (body.kind === "samples") {
      for (const [id, sample] of Object.entries(body.samples)) {
        if (!signals.has(id) || !isSignalId(id)) return `${id} is not among its signals`;
        if (isPresent(sample)) {
          const problem = valueProblem(id, sample);
          if (problem !== undefined) return problem;
        }
      }
    }
    if (body.kind === "wave") {
      const undeclared = Object.keys(body.channels).find((id) => !waves.has(id));
      if (undeclared !== undefined) return `${undeclared} is not among its waves`;
      const lengths = new Set(Object.values(body.channels).map((values) => values.length));
      if (lengths.size > 1) return "its waves are not equally long";
    }
    const place = numberlessPlace(body, body.kind);
    return place === undefined ? undefined : `${place} is no number`;
  };
}

function valueProblem(id: SignalId, value: number): string | undefined {
  const { min, max, resolution } = SIGNALS[id];
  if (!(value >= min && value <= max)) return `${id} ${value} is out of range`;
  return value === roundTo(value, resolution) ? undefined : `${id} ${value} is not rounded`;
}

/** Where a number that is none stands in a value of any shape. */
function numberlessPlace(value: unknown, place: string): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : place;
  if (typeof value !== "object") return undefined;
  if (value === null) return place;
  for (const [name, inner] of Object.entries(value)) {
    const found = numberlessPlace(inner, `${place}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
