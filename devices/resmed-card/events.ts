import type { StatusBody } from "../../src/domain/observation.ts";
import { readAnnotations } from "../../src/wire/edf-annotations.ts";
import type { CardFile } from "./codec.ts";

/** What the machine noted of a night at a time. */
export interface CardEvent {
  /** Seconds from the start in the file's header, as written: with some firmware this is when the event ended. */
  readonly onsetSeconds: number;
  readonly body: StatusBody;
}

/** Label of the signal that holds annotations. */
export const ANNOTATIONS_LABEL = "EDF Annotations";

/** Texts of EVE and CSL and the status codes that they become. */
const CODES: { readonly [text: string]: string } = {
  "obstructive apnea": "obstructive_apnea",
  "central apnea": "central_apnea",
  apnea: "unclassified_apnea",
  hypopnea: "hypopnea",
  arousal: "arousal",
  rera: "arousal",
  "spo2 desaturation": "spo2_desaturation",
  "csr start": "periodic_breathing_start",
  "csr end": "periodic_breathing_end",
};
/** Says nothing of the person. */
const IGNORED: ReadonlySet<string> = new Set(["recording starts"]);

/** Events of one record of an EVE or CSL file; texts that are not known are given to `unknown`. */
export function eventsOf(
  { header, layout }: CardFile,
  record: Uint8Array,
  unknown: (text: string) => void,
): readonly CardEvent[] {
  const index = header.signals.findIndex(({ label }) => label === ANNOTATIONS_LABEL);
  const signal = header.signals[index];
  if (signal === undefined) return [];
  const from = layout.offsets[index] ?? 0;
  const annotations = readAnnotations(record.subarray(from, from + 2 * signal.samples));
  return annotations.flatMap(({ onsetSeconds, durationSeconds, text }): CardEvent[] => {
    const spoken = text.toLowerCase().trim();
    if (IGNORED.has(spoken)) return [];
    const code = Object.hasOwn(CODES, spoken) ? CODES[spoken] : undefined;
    if (code === undefined) {
      unknown(text);
      return [];
    }
    const seconds = Math.round(durationSeconds ?? 0);
    return [
      { onsetSeconds, body: { kind: "status", codes: seconds > 0 ? [code, `lasted_${seconds}_s`] : [code] } },
    ];
  });
}
