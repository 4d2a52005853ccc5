import { roundTo, SIGNALS, type SignalId } from "./signal.ts";

/** Why a number is not there. Closed list (design, section 6); order is the store's reason code: append only. */
export const ABSENCES = [
  "not_measured",
  "not_connected",
  "sensor_off",
  "searching",
  "no_pulse",
  "under_range",
  "over_range",
  "poor_signal",
  "held",
  "invalid",
  "device_off",
  "stale",
  "unsupported",
] as const;

export type Absence = (typeof ABSENCES)[number];

export const isAbsence = (text: string): text is Absence => (ABSENCES as readonly string[]).includes(text);

/** A sample is a number or the reason for its absence (law 5); the same shape in code and on the wire. */
export type Sample = number | { readonly absent: Absence };

export type Samples = { readonly [id in SignalId]?: Sample };

const absentSamples: ReadonlyMap<Absence, Sample> = new Map(
  ABSENCES.map((reason) => [reason, { absent: reason }]),
);

/** The one shared object for each reason, so that equality of samples is cheap. */
export const absent = (reason: Absence): Sample => absentSamples.get(reason) ?? { absent: reason };

export const isPresent = (sample: Sample | undefined): sample is number => typeof sample === "number";

/** Rounds to the signal's resolution; a number outside the plausible range, NaN or infinity is `invalid`. */
export function measured(signal: SignalId, value: number): Sample {
  const { min, max, resolution } = SIGNALS[signal];
  if (!Number.isFinite(value) || value < min || value > max) return absent("invalid");
  return roundTo(value, resolution);
}
