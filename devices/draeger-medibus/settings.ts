import type { SettingsBody } from "../../src/domain/observation.ts";
import { roundTo } from "../../src/domain/signal.ts";
import type { CodeSet } from "./measured-codes.ts";
import type { RecordValue, TextRecord } from "./records.ts";
import { type ModeFamily, textCode } from "./text-codes.ts";

type Settings = SettingsBody["settings"];

/** Each named value may be missing. */
type Found = { readonly [name in keyof Settings]: Settings[name] | undefined };

/** What the texts say of the mode. */
interface Mode {
  readonly family: ModeFamily;
  /** For people: the device's own words. */
  readonly words: string;
  readonly interface: string | undefined;
}

/**
 * The settings that conditions use. `values` by code, of the settings page; either page may not have come yet. What does
 * not apply to the mode, or cannot be told, is not there. README.md says what each comes from.
 */
export function settingsOf(
  values: ReadonlyMap<string, RecordValue>,
  texts: readonly TextRecord[],
  set: CodeSet,
): Settings {
  const number = (code: string): number | undefined => {
    const value = values.get(code);
    return typeof value === "number" ? value : undefined;
  };
  const mode = modeIn(texts, set);
  const { family } = mode;
  const epap = number("0B") ?? number("0D");
  const mandatory = family === "volume" || family === "pressure";
  const supports = family !== "volume" && family !== "oxygen";
  return defined({
    mode: mode.words,
    interface: mode.interface,
    epap: pressure(epap),
    pressure_support: supports ? pressure(number("12")) : undefined,
    ipap: pressure(inspiratoryPressure(family, epap, number)),
    // In pressure support the lowest rate is what the machine holds up; the rate of apnea ventilation never is.
    backup_rate: mandatory ? number("09") : family === "support" ? (number("0A") ?? number("09")) : undefined,
    tidal_volume_target: family === "volume" ? volumeTarget(number) : undefined,
    insp_time: mandatory ? number("05") : undefined,
    fio2: number("01"),
  });
}

/** The mandatory breath counts where there are both: it is what the machine gives to a person who does not breathe. */
function inspiratoryPressure(
  family: ModeFamily,
  epap: number | undefined,
  number: (code: string) => number | undefined,
): number | undefined {
  const support = number("12");
  const supported = epap === undefined || support === undefined ? undefined : epap + support;
  const controlled = number("45") ?? number("0E");
  switch (family) {
    case "pressure":
      return controlled;
    case "support":
    case "spontaneous":
      return supported;
    case "unknown":
      // Which of the two runs is not known: told only where the device sends one alone.
      return controlled === undefined ? supported : supported === undefined ? controlled : undefined;
    case "volume":
    case "oxygen":
      return undefined;
  }
}

const ML_PER_L = 1000;

function volumeTarget(number: (code: string) => number | undefined): number | undefined {
  const litres = number("04");
  const millilitres = number("40") ?? (litres === undefined ? undefined : litres * ML_PER_L);
  return millilitres === undefined ? undefined : roundTo(millilitres, 1);
}

function modeIn(texts: readonly TextRecord[], set: CodeSet): Mode {
  let family: ModeFamily = "unknown";
  let worn: string | undefined;
  const words: string[] = [];
  for (const { code, text } of texts) {
    const known = textCode(code, set);
    if (known?.kind === "mode") {
      family = known.family;
      words.unshift(text === "" ? known.name : text);
    } else if (known?.kind === "addition") words.push(text === "" ? known.name : text);
    else if (known?.kind === "interface") worn = known.word;
  }
  return { family, words: words.join(" "), interface: worn };
}

const pressure = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : roundTo(value, 0.1);

function defined(found: Found): Settings {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && value !== ""));
}
