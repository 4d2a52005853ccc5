import type { BedId, PersonId } from "./ids.ts";
import type { Language } from "./person.ts";
import type { SignalId } from "./signal.ts";
import type { Wall } from "./time.ts";

/** What somebody can give to research, each for itself. Waveforms, settings, alarms and words of people are in none. */
export const RESEARCH_SIGNALS = {
  oxygen: ["spo2", "pulse_rate", "perfusion_index", "motion"],
  breathing: [
    "resp_rate",
    "tidal_volume_insp",
    "tidal_volume_exp",
    "minute_volume",
    "leak",
    "leak_total",
    "insp_time",
    "ie_ratio",
    "triggered_percent",
    "apnea_duration",
  ],
  pressure: ["pressure_peak", "pressure_mean", "pressure_insp", "pressure_exp", "fio2", "therapy"],
  carbon_dioxide: ["etco2", "tcco2"],
} as const satisfies { readonly [group: string]: readonly SignalId[] };

export type ResearchGroup = keyof typeof RESEARCH_SIGNALS;

/** In the order in which they are shown. */
export const RESEARCH_GROUPS = [
  "oxygen",
  "breathing",
  "pressure",
  "carbon_dioxide",
] as const satisfies readonly ResearchGroup[];

/** Of the text that is consented to (words.privacy.research): counted up with every change of its meaning. */
export const RESEARCH_TEXT_VERSION = 1;

/** Somebody gave one group of signals of one bed's person to research, until it is taken back. */
export interface ResearchConsent {
  readonly bed: BedId;
  readonly group: ResearchGroup;
  readonly given: { readonly at: Wall; readonly by: PersonId; readonly name: string };
  /** Which text was on the screen. */
  readonly text: { readonly version: number; readonly language: Language };
  /** Absent: it stands. */
  readonly ended?: { readonly at: Wall; readonly by: PersonId; readonly name: string };
}
