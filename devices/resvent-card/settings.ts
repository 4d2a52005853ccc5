import type { SettingsBody } from "../../src/domain/observation.ts";

interface Mode {
  readonly name: string;
  /** File of the configuration with the numbers of this mode. */
  readonly file: string;
  /** Whether IPAP and EPAP are fixed. */
  readonly fixed: boolean;
}

/** VentMode. */
const MODES: { readonly [mode: number]: Mode } = {
  1: { name: "CPAP", file: "N_CPAP", fixed: false },
  3: { name: "APAP", file: "N_APAP", fixed: false },
  10: { name: "S", file: "N_S30", fixed: true },
  11: { name: "Auto S", file: "N_AS30", fixed: false },
  12: { name: "S/T", file: "N_ST30", fixed: true },
  13: { name: "Auto S/T", file: "N_AST30", fixed: false },
  14: { name: "T", file: "N_T30", fixed: true },
  15: { name: "PC", file: "N_PC", fixed: true },
};

/** The file with the numbers of a mode; undefined for a mode that is not known. */
export const settingsFile = (mode: number): string | undefined => MODES[mode]?.file;

/** Pressures count in 0.01 cmH2O. */
export function settingsOf(mode: number, values: ReadonlyMap<string, string>): SettingsBody {
  const pressure = (key: string): number | undefined => {
    const text = values.get(key) ?? "";
    return /^\d{1,5}$/.test(text) ? Number(text) / 100 : undefined;
  };
  const known = MODES[mode];
  const ipap = known?.fixed === true ? pressure("IPAP") : undefined;
  const epap = known?.fixed === true ? pressure("EPAP") : undefined;
  return {
    kind: "settings",
    settings: {
      mode: known?.name ?? `mode ${mode}`,
      ...(ipap !== undefined && { ipap }),
      ...(epap !== undefined && { epap }),
    },
  };
}
