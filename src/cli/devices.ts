import { DEVICES } from "../../devices/index.ts";
import type { DeviceModule, Evidence, OptionSpec } from "../driver/contract.ts";
import { fillOptions } from "../driver/options.ts";
import type { SerialSettings } from "../port/link.ts";
import { command } from "./command.ts";

/** `breathwatch devices`: the one list of device families, for people or as JSON. */
export const devicesCommand = command({
  name: "devices",
  usage: "[--json]",
  about:
    "Lists the device families that are built in: how they are connected, what they tell, and how far the\n" +
    "decoding is proven. The names on the left are what `family` in the configuration and --device want.",
  options: { json: { type: "boolean", help: "as JSON: one array" } },
  examples: ["breathwatch devices", "breathwatch devices --json"],
  async run({ values }, terminal) {
    const text =
      values.json === true
        ? `${JSON.stringify(DEVICES.map(describe), patternsAsText, 2)}\n`
        : DEVICES.map(paragraph).join("\n");
    await terminal.print(text);
    return 0;
  },
});

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

const EVIDENCE: { readonly [evidence in Evidence]: string } = {
  real_bytes: "proven on bytes of real machines",
  maker_document: "from the maker's document, not yet proven on a real machine",
  inferred: "inferred from other people's work",
  unproven: "unproven: hidden from family set-up",
};

function paragraph(device: DeviceModule): string {
  const { serial, signals, waves, quietMs } = describe(device);
  const options = Object.entries(device.options).map(
    ([name, option]) => `  option ${name}: ${valuesOf(option)}. ${option.help}\n`,
  );
  return (
    `${device.id}\n  ${device.vendor} ${device.model}\n` +
    `  ${device.role}, ${device.timeliness}, ${lineOf(device, serial)}; opened again after ${quietMs / 1000} s of silence\n` +
    `  ${EVIDENCE[device.evidence]}\n` +
    `  signals: ${signals.join(", ") || "none"}; waves: ${waves.join(", ") || "none"}\n${options.join("")}`
  );
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
