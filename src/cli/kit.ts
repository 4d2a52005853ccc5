import { DEVICES, findDevice } from "../../devices/index.ts";
import { KIT_WORDS, KITS, type Kit, LOOK_ALIKES, MACHINES } from "../../devices/kits.ts";
import { isLanguage, LANGUAGES, type Language } from "../domain/person.ts";
import type { DeviceModule } from "../driver/contract.ts";
import { command, UsageError } from "./command.ts";

/** `breathwatch kit`: what a family can buy, from the same table as everything else. */
export const kitCommand = command({
  name: "kit",
  usage: "[--language en|zh-Hans|zh-Hant]",
  about:
    "Prints what to buy, as Markdown: complete sets of parts for China and elsewhere, look-alikes to avoid, what has\n" +
    "to be charged, and what each ventilator can tell. How far each device is proven comes from its own table.",
  options: { language: { type: "string", value: "LANGUAGE", help: "en (default), zh-Hans or zh-Hant" } },
  examples: ["breathwatch kit --language zh-Hans > kit.md"],
  async run({ values }, terminal) {
    const language = values.language ?? "en";
    if (!isLanguage(language)) throw new UsageError(`--language must be one of ${LANGUAGES.join(", ")}.`);
    await terminal.print(kitPage(language));
    return 0;
  },
});

/** The page; a family that is not proven at all is never recommended. */
export function kitPage(language: Language): string {
  const words = KIT_WORDS;
  return [
    `# ${words.title[language]}`,
    words.intro[language],
    ...KITS.map((kit) => kitSection(kit, language)),
    `## ${words.lookAlikes[language]}`,
    LOOK_ALIKES.map((text) => `- ${text[language]}`).join("\n"),
    `## ${words.machines[language]}`,
    machineTable(language),
  ]
    .join("\n\n")
    .concat("\n");
}

function kitSection({ name, parts, charging }: Kit, language: Language): string {
  const lines = parts.map(({ name: part, why, family }) => {
    const device = family === undefined ? undefined : recommended(family);
    const proof = device === undefined ? "" : `\n  - ${evidenceOf(device, language)}`;
    return `- **${part[language]}**\n  - ${why[language]}${proof}`;
  });
  return `## ${name[language]}\n\n${lines.join("\n")}\n- **${KIT_WORDS.charging[language]}**\n  - ${charging[language]}`;
}

function evidenceOf({ id, evidence }: DeviceModule, language: Language): string {
  return `${KIT_WORDS.evidence[language]} (\`${id}\`): ${KIT_WORDS.levels[evidence][language]}`;
}

/** A kit that names a family which does not exist, cannot carry a night or is unproven is a mistake in the table. */
function recommended(family: string): DeviceModule {
  const device = findDevice(family);
  if (device === undefined || device.evidence === "unproven" || device.facts.night.suited === "no") {
    throw new RangeError(`${family} cannot be recommended; there are ${DEVICES.length} families`);
  }
  return device;
}

function machineTable(language: Language): string {
  const words = KIT_WORDS;
  const rows = MACHINES.map(({ name, families, means }) => {
    const shown = families.filter((family) => findDevice(family)?.evidence !== "unproven");
    return `| ${name} | ${shown.map((family) => `\`${family}\``).join(", ") || "-"} | ${means[language]} |`;
  });
  const head = `| ${words.machine[language]} | ${words.readBy[language]} | ${words.means[language]} |\n| --- | --- | --- |`;
  return `${head}\n${rows.join("\n")}`;
}
