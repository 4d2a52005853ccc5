import type { CodeSet } from "./measured-codes.ts";

/** How a mode gives its breaths; it decides which settings apply. */
export type ModeFamily = "volume" | "pressure" | "support" | "spontaneous" | "oxygen" | "unknown";

/** A text message whose code is known. */
export type TextCode =
  | { readonly code: string; readonly name: string; readonly kind: "mode"; readonly family: ModeFamily }
  | { readonly code: string; readonly name: string; readonly kind: "addition" }
  | {
      readonly code: string;
      readonly name: string;
      readonly kind: "interface";
      readonly word: "NIV" | "INVASIVE";
    }
  | { readonly code: string; readonly name: string; readonly kind: "status"; readonly status: string };

const mode = (code: string, name: string, family: ModeFamily): TextCode => ({
  code,
  name,
  kind: "mode",
  family,
});
const status = (code: string, name: string, word: string): TextCode => ({
  code,
  name,
  kind: "status",
  status: word,
});

export const STANDBY = "standby";
export const SIMULATION = "simulation";

export const TEXT_CODES: readonly TextCode[] = [
  mode("01", "VC mode", "volume"),
  mode("02", "VC mode", "volume"),
  mode("06", "VC mode", "volume"),
  mode("0A", "SPN-CPAP", "spontaneous"),
  mode("0E", "PC-BIPAP", "pressure"),
  mode("18", "PC-SIMV", "pressure"),
  mode("3E", "PC-PSV", "support"),
  mode("47", "PC-AC", "pressure"),
  mode("6B", "oxygen therapy", "oxygen"),
  { code: "5C", name: "pressure support beside the mode", kind: "addition" },
  { code: "48", name: "invasive", kind: "interface", word: "INVASIVE" },
  { code: "49", name: "non-invasive", kind: "interface", word: "NIV" },
  status("11", "apnea ventilation runs", "apnea_ventilation"),
  status("1E", "standby", STANDBY),
  status("20", "set for an adult", "patient_adult"),
  status("21", "set for a newborn", "patient_neonate"),
  status("22", "CO2 shown in mmHg", "co2_unit_mmhg"),
  status("23", "CO2 shown in kPa", "co2_unit_kpa"),
  status("24", "CO2 shown in %", "co2_unit_percent"),
  status("3A", "set for a child", "patient_paediatric"),
  status("54", "standby", STANDBY),
  status("5D", "alarm sound paused", "audio_paused"),
  status("62", "simulation is on", SIMULATION),
  status("67", "apnea detection is switched off", "apnea_detection_off"),
];

/** Older software names its modes with these codes; which is which nobody published. */
const OLDER_MODES: readonly (readonly [number, number])[] = [
  [0x01, 0x0d],
  [0x2d, 0x33],
];

/** The meaning of a text message's code; undefined where it is not known in this code set. */
export function textCode(code: string, set: CodeSet): TextCode | undefined {
  const number = Number.parseInt(code, 16);
  const older = OLDER_MODES.some(([from, to]) => number >= from && number <= to);
  if (older && set !== "medibus-x") return mode(code, "mode of older software", "unknown");
  return TEXT_CODES.find((one) => one.code === code);
}

/** The table for README.md, in Markdown. */
export function textTable(): string {
  const rows = TEXT_CODES.map((one) => [one.code, one.name, becomes(one)]);
  const head = [
    ["code", "text", "becomes"],
    ["---", "---", "---"],
  ];
  return [...head, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function becomes(one: TextCode): string {
  switch (one.kind) {
    case "mode":
      return `setting \`mode\`, ${one.family}`;
    case "addition":
      return "setting `mode`, behind the mode";
    case "interface":
      return `setting \`interface\`: ${one.word}`;
    case "status":
      return `status \`${one.status}\``;
  }
}
