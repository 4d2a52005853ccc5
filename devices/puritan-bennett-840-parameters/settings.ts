import type { SettingsBody } from "../../src/domain/observation.ts";
import { roundTo } from "../../src/domain/signal.ts";
import { numberIn, type Reply } from "./codec.ts";

type Settings = SettingsBody["settings"];

/** The settings of a reply that conditions use. What does not apply to the mode, or cannot be told, is not there. */
export const settingsOf = (reply: Reply): Settings =>
  defined(reply.report.name === "MISCF" ? fullSettings(reply) : shortSettings(reply));

/** Each named value may be missing. */
type Found = { readonly [name in keyof Settings]: Settings[name] | undefined };

function fullSettings({ text }: Reply): Found {
  const number = (field: number): number | undefined => numberIn(text(field));
  const mode = text(9);
  const mandatory = mode === "SPONT" ? "" : text(10);
  const spontaneous = mode === "A/C" ? "" : text(11);
  const bilevel = mode === "BILEVL";
  const epap = (bilevel ? number(63) : undefined) ?? number(18);
  const support = spontaneous === "PS" ? number(31) : undefined;
  const control = mandatory === "PC" && !bilevel ? number(46) : undefined;
  const timed = mode === "A/C" || mode === "SIMV" || bilevel;
  return {
    mode: [mode, mandatory, spontaneous === "NONE" ? "" : spontaneous]
      .filter((part) => part !== "")
      .join(" "),
    interface: text(8),
    epap: pressure(epap),
    pressure_support: pressure(support),
    // The mandatory breath counts where there are both: it is what the machine gives to a person who does not breathe.
    ipap: bilevel ? pressure(number(62)) : above(epap, control ?? support),
    // Apnea ventilation in SPONT begins after the apnea interval only: not a rate that the machine holds up.
    backup_rate: timed ? number(13) : undefined,
    tidal_volume_target: millilitres(
      spontaneous === "VS" ? number(61) : mandatory.startsWith("VC") ? number(14) : undefined,
    ),
    insp_time: control === undefined ? undefined : number(47),
    fio2: number(16),
  };
}

/** MISCA does not say which kind of breath: an inspiratory pressure above 0 tells pressure control. */
function shortSettings({ text }: Reply): Found {
  const number = (field: number): number | undefined => numberIn(text(field));
  const mode = text(9);
  const epap = number(15);
  const bilevel = mode === "BILEVL";
  const high = positive(number(85));
  const control = bilevel || mode === "CPAP" ? undefined : high;
  const support = mode === "CMV" ? undefined : positive(number(26));
  return {
    mode: mode === "CMV" ? "A/C" : mode === "CPAP" ? "SPONT" : mode,
    epap: pressure(epap),
    pressure_support: pressure(support),
    ipap: bilevel ? pressure(high) : above(epap, control ?? support),
    backup_rate: mode === "CPAP" ? undefined : number(10),
    tidal_volume_target: millilitres(
      mode === "CPAP" || bilevel || control !== undefined ? undefined : positive(number(11)),
    ),
    insp_time: control === undefined ? undefined : positive(number(86)),
    fio2: number(13),
  };
}

const above = (base: number | undefined, step: number | undefined): number | undefined =>
  base === undefined || step === undefined ? undefined : pressure(base + step);

const pressure = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : roundTo(value, 0.1);

const millilitres = (litres: number | undefined): number | undefined =>
  litres === undefined ? undefined : roundTo(litres * 1000, 1);

const positive = (value: number | undefined): number | undefined =>
  value !== undefined && value > 0 ? value : undefined;

function defined(found: Found): Settings {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && value !== ""));
}
