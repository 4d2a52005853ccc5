import type { DeviceModule, OptionSpec } from "../driver/contract.ts";
import { fillOptions } from "../driver/options.ts";
import { machineZone } from "../ops/machine.ts";
import type { SerialSettings } from "../port/link.ts";
import { command, needed, UsageError } from "./command.ts";
import { findConfiguration } from "./configuration.ts";
import { LINK_KINDS, layOut } from "./devices-new.ts";
import { EVIDENCE } from "./evidence.ts";

/** `breathwatch devices`: the one list of device families, for people or as JSON. */
export const devicesCommand = command({
  name: "devices",
  usage: "[--json] | new ID [--link KIND] [--folder F]",
  about:
    "Lists the device families that are built in, and those that the configuration brings from outside: how they\n" +
    "are connected, what they tell and how old it is then, whether they last a night, and how far the decoding is\n" +
    "proven; what is unproven stands last. The names on the left are what `family` in the configuration and\n" +
    "--device want.\n\n" +
    "`devices new ID` lays out the files of a new family, which works as it stands, in this checkout; with\n" +
    "--folder outside of it, to be named in `deviceModules` of a configuration. CONTRIBUTING.md goes on from\n" +
    "there.",
  options: {
    json: { type: "boolean", help: "as JSON: one array" },
    link: { type: "string", value: "KIND", help: `for new: ${LINK_KINDS.join(", ")}; default bytes` },
    folder: { type: "string", value: "FOLDER", help: "for new: a folder outside the project" },
    config: {
      type: "string",
      value: "FILE",
      help: "configuration whose families from outside are listed too",
    },
  },
  positionals: { min: 0, max: 2, names: "new ID" },
  examples: [
    "breathwatch devices",
    "breathwatch devices --json",
    "breathwatch devices new acme-clip --link gatt",
    "breathwatch devices new acme-clip --folder ./acme-clip",
  ],
  async run({ values, positionals: [verb, id] }, terminal) {
    if (verb !== undefined) {
      if (verb !== "new")
        throw new UsageError(`"${verb}" is one argument too many; did you mean "devices new ID"?`);
      await layOut({ id: needed(id, "ID"), link: values.link ?? "bytes", folder: values.folder }, terminal);
      return 0;
    }
    const { families, findings } = await findConfiguration(values.config, terminal, { zone: machineZone() });
    for (const { code, what } of findings) if (code === "DEVICE_MODULE") terminal.say(`not listed: ${what}`);
    // What nobody should choose stands last.
    const devices = families.all.toSorted((a, b) => Number(isHidden(a)) - Number(isHidden(b)));
    const text =
      values.json === true
        ? `${JSON.stringify(
            devices.map((device) => ({ ...describe(device), outside: families.isOutside(device.id) })),
            patternsAsText,
            2,
          )}\n`
        : devices.map((device) => paragraph(device, families.isOutside(device.id))).join("\n");
    await terminal.print(text);
    return 0;
  },
});

const isHidden = ({ evidence }: DeviceModule): boolean => evidence === "unproven";

const patternsAsText = (_name: string, value: unknown): unknown =>
  value instanceof RegExp ? value.source : value;

/** A family as data; serial settings, silence and signals are those of its default options. */
function describe(device: DeviceModule) {
  const { id, vendor, model, role, link, timeliness, evidence, facts, options, waves } = device;
  const defaults = fillOptions(options, {});
  return {
    ...{ id, vendor, model, role, link, timeliness, evidence, facts },
    ...(device.link === "bytes" ? { serial: device.serial(defaults) } : {}),
    quietMs: device.quietMs(defaults),
    signals: device.signals(defaults),
    waves,
    options,
  };
}

function paragraph(device: DeviceModule, outside: boolean): string {
  const { serial, signals, waves, quietMs } = describe(device);
  const { connection, averaging, power, night, evidence } = device.facts;
  const options = Object.entries(device.options).map(
    ([name, option]) => `  option ${name}: ${valuesOf(option)}. ${option.help}\n`,
  );
  const proven = outside
    ? "from outside the project, unproven: hidden from family set-up"
    : EVIDENCE[device.evidence];
  return (
    `${device.id}\n  ${device.vendor} ${device.model}\n` +
    `  ${device.role}, ${device.timeliness}, ${connection}; ${lineOf(device, serial)}; opened again after ${quietMs / 1000} s of silence\n` +
    `  averaging and delay: ${averaging ?? "nobody published it"}\n` +
    `  power: ${powerWords(power)}\n` +
    `  a whole night: ${night.suited}: ${night.reason}\n` +
    `  ${proven}: ${evidence}\n` +
    `  signals: ${signals.join(", ") || "none"}; waves: ${waves.join(", ") || "none"}\n${options.join("")}`
  );
}

/** A night is ten hours here, with what comes before and after. */
const NIGHT_HOURS = 10;

function powerWords(power: DeviceModule["facts"]["power"]): string {
  if (power === "mains") return "from the mains";
  if (power === "none") return "needs none";
  const { batteryHours } = power;
  if (batteryHours === undefined) return "battery or cable; nobody published for how long";
  const lasts =
    batteryHours >= NIGHT_HOURS ? "lasts a night" : "shorter than a night: it must hang on its cable";
  return `battery for ${batteryHours} h, which ${lasts}`;
}

function lineOf({ link }: DeviceModule, serial: SerialSettings | undefined): string {
  if (serial === undefined) return link;
  const { baudRate, dataBits, parity, stopBits } = serial;
  return `${link} at ${baudRate} baud, ${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`;
}

function valuesOf(option: OptionSpec): string {
  switch (option.kind) {
    case "choice":
      return option.values
        .map((value) => (value === option.default ? `${value} (default)` : value))
        .join(", ");
    case "number":
      return `${option.min} to ${option.max} ${option.unit}, default ${option.default}`;
    case "flag":
      return option.default ? "true (default), false" : "true, false (default)";
    case "text": {
      const standard = option.default === "" ? "none" : option.default;
      return `a text of at most ${option.maxLength} characters, default ${standard}`;
    }
  }
}
