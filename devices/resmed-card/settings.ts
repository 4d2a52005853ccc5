import type { SettingsBody } from "../../src/domain/observation.ts";
import { roundTo } from "../../src/domain/signal.ts";
import type { Platform } from "./codec.ts";
import { at, parsed, tgtItems } from "./identification.ts";

type Settings = SettingsBody["settings"];

/** Mode numbers of the two platforms, where somebody has seen them; another number is shown as it is. */
const MODES: { readonly [platform in Platform]: readonly (string | undefined)[] } = {
  air10: ["CPAP", "AutoSet", undefined, "S", "ST", "T", "VAuto", "ASV", "ASVAuto", "iVAPS", "PAC", "For Her"],
  air11: [undefined, "AutoSet", "For Her", "CPAP", "S", undefined, undefined, undefined, "VAuto"],
};

/**
 * The settings that conditions can use: pressures that are fixed in the mode. What a mode chooses by itself between
 * bounds (AutoSet, ASV, iVAPS) is left out, since neither bound is the pressure.
 * @param value a setting by its name in STR.edf, in the unit of its header; undefined where it is not there
 * @param ambiguous 8 is ASVAuto, and with some firmware of other machines iVAPS: named only where ASVAuto is fitted
 */
export function settingsOf(
  mode: number | undefined,
  platform: Platform | undefined,
  value: (name: string) => number | undefined,
  ambiguous: boolean,
): Settings {
  if (mode === undefined) return {};
  const known = platform === undefined || ambiguous ? undefined : MODES[platform][mode];
  const pressures: { [name: string]: number | undefined } =
    known === undefined ? {} : pressuresOf(known, value);
  const settings: { -readonly [id in keyof Settings]: Settings[id] } = { mode: known ?? `mode ${mode}` };
  for (const id of ["ipap", "epap", "pressure_support"] as const) {
    const pressure = pressures[id];
    if (pressure !== undefined) settings[id] = roundTo(pressure, 0.02);
  }
  return settings;
}

function pressuresOf(
  mode: string,
  value: (name: string) => number | undefined,
): { readonly [id in "ipap" | "epap" | "pressure_support"]?: number | undefined } {
  switch (mode) {
    case "CPAP":
      return { epap: value("S.C.Press") };
    case "S":
    case "ST":
    case "T":
      return { ipap: value("S.BL.IPAP"), epap: value("S.BL.EPAP") };
    case "VAuto":
      return { pressure_support: value("S.VA.PS") };
    case "ASV":
      return { epap: value("S.AV.EPAP") };
    default:
      return {};
  }
}

/** Keys of SETTINGS/*.tgt that were matched with STR.edf value by value; pressures are counts of 0.02 cmH2O. */
const TGT_NAMES: { readonly [name: string]: string } = {
  "S.C.Press": "IPC",
  "S.BL.IPAP": "IPP",
  "S.BL.EPAP": "EPP",
  "S.VA.PS": "SPT",
  "S.AV.EPAP": "EEP",
};
const TGT_STEP = 0.02;
const TGT_MODE = "MOP";
/** ASVAuto's own settings: a machine that has them means ASVAuto by mode 8. */
const TGT_ASVAUTO = "AXS";
const ASVAUTO_MODE = 8;

/** The settings in force on an Air10, from all files of SETTINGS together. */
export function settingsFromTgt(files: readonly Uint8Array[]): Settings {
  const items = new Map(files.flatMap((bytes) => [...tgtItems(bytes)]));
  const hex = (key: string | undefined): number | undefined => {
    const digits = key === undefined ? undefined : items.get(key);
    return digits !== undefined && /^[0-9A-F]{1,4}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
  };
  const mode = hex(TGT_MODE);
  const pressure = (name: string): number | undefined => {
    const counts = hex(TGT_NAMES[name]);
    return counts === undefined ? undefined : counts * TGT_STEP;
  };
  return settingsOf(mode, "air10", pressure, mode === ASVAUTO_MODE && !items.has(TGT_ASVAUTO));
}

/** The settings in force on an Air11: only the name of the therapy; where its pressures stand is not known well enough. */
export function settingsFromJson(bytes: Uint8Array): Settings {
  const profile = at(parsed(bytes), "FlowGenerator", "SettingProfiles", "ActiveProfiles", "TherapyProfile");
  if (typeof profile !== "string" || profile === "") return {};
  return { mode: profile.slice(0, 40) };
}
