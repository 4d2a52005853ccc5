import type { BytesModule, DeviceModule, OptionSpec, OptionValues } from "../../driver/contract.ts";
import { fillOptions, type GivenOptions } from "../../driver/options.ts";
import type { SerialSettings } from "../../port/link.ts";

/** A family with options under which it may understand a port. */
export interface Trial {
  readonly module: BytesModule;
  /** What differs from the family's defaults. */
  readonly given: GivenOptions;
  readonly options: OptionValues;
}

/** Trials that need the same line settings: one opening of the port serves them all. */
export interface Line {
  readonly serial: SerialSettings;
  readonly trials: readonly Trial[];
}

/** Combinations of options tried of one family; none has nearly as many. */
const COMBINATIONS_MAX = 64;

/**
 * What a port may speak: each family of bytes with its defaults, and with every choice and flag that changes the line
 * settings. Settings that most families share come first.
 */
export function linesOf(modules: readonly DeviceModule[]): readonly Line[] {
  const lines = new Map<string, { serial: SerialSettings; trials: Trial[] }>();
  for (const trial of modules.flatMap(trialsOf)) {
    const serial = trial.module.serial(trial.options);
    const name = lineName(serial);
    const line = lines.get(name) ?? { serial, trials: [] };
    lines.set(name, line);
    line.trials.push(trial);
  }
  return [...lines.values()].toSorted((a, b) => b.trials.length - a.trials.length);
}

/** The same for a serial server, where the line settings are the server's own: each family once. */
export function serverLines(modules: readonly DeviceModule[]): readonly Line[] {
  const trials = modules.flatMap((module) => trialsOf(module).slice(0, 1));
  const serial = trials[0]?.module.serial(trials[0].options);
  return serial === undefined ? [] : [{ serial, trials }];
}

/** `19200 8E1` */
export const lineName = ({ baudRate, dataBits, parity, stopBits, rtscts }: SerialSettings): string =>
  `${baudRate} ${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}${rtscts ? " RTS/CTS" : ""}`;

/**
 * Whether a family is read from serial ports: those that measure a person. Keys, microphones and power supplies are
 * streams of bytes, too, and have addresses of their own.
 */
export const isOnPorts = (module: DeviceModule): module is BytesModule =>
  module.link === "bytes" && ["oximeter", "ventilator", "capnograph"].includes(module.role);

/** The defaults first. */
function trialsOf(module: DeviceModule): readonly Trial[] {
  if (!isOnPorts(module)) return [];
  const { options: specs } = module;
  const trial = (given: GivenOptions): Trial => ({ module, given, options: fillOptions(specs, given) });
  const usual = trial(gentle(specs));
  const lineOf = ({ options }: Trial): string => lineName(module.serial(options));
  let combinations: readonly GivenOptions[] = [usual.given];
  for (const [name, spec] of Object.entries(specs)) {
    const values = valuesOf(spec);
    const matters = values.some(
      (value) => lineOf(trial({ ...usual.given, [name]: value })) !== lineOf(usual),
    );
    if (!matters) continue;
    combinations = combinations.flatMap((given) => [
      given,
      ...values.filter((value) => value !== spec.default).map((value) => ({ ...given, [name]: value })),
    ]);
  }
  const lines = new Set<string>();
  return combinations.slice(0, COMBINATIONS_MAX).flatMap((given) => {
    const each = trial(given);
    const line = lineOf(each);
    if (lines.has(line)) return [];
    lines.add(line);
    return [each];
  });
}

/** Nobody's clock is set by a question who is there. */
function gentle(specs: BytesModule["options"]): GivenOptions {
  const { clock } = specs;
  return clock?.kind === "choice" && clock.values.includes("leave") && clock.default !== "leave"
    ? { clock: "leave" }
    : {};
}

function valuesOf(spec: OptionSpec): readonly (string | boolean)[] {
  if (spec.kind === "choice") return spec.values;
  return spec.kind === "flag" ? [true, false] : [];
}
