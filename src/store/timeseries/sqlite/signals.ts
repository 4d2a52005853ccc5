import { ABSENCES, absent, type Sample } from "../../../domain/sample.ts";
import { SIGNAL_IDS, SIGNALS, type SignalId } from "../../../domain/signal.ts";

/** Order is the file format: append new signals at the end, never move one. */
export const SIGNAL_CODES: readonly SignalId[] = [
  "spo2",
  "pulse_rate",
  "perfusion_index",
  "motion",
  "resp_rate",
  "tidal_volume_insp",
  "tidal_volume_exp",
  "minute_volume",
  "leak",
  "leak_total",
  "pressure_peak",
  "pressure_mean",
  "pressure_insp",
  "pressure_exp",
  "fio2",
  "insp_time",
  "ie_ratio",
  "triggered_percent",
  "apnea_duration",
  "therapy",
  "etco2",
  "tcco2",
  "battery_percent",
  "battery_minutes",
  "mains",
  "remote_alarm",
];

const CODES: ReadonlyMap<string, number> = new Map(SIGNAL_CODES.map((id, code) => [id, code]));
/** Steps in one unit: whole numbers, so that 93 / 10 comes back as 9.3. */
const SCALES: readonly number[] = SIGNAL_CODES.map((id) => Math.round(1 / SIGNALS[id].resolution));

/** Signals that no code exists for; a test keeps this empty. */
export const uncodedSignals = (): readonly SignalId[] => SIGNAL_IDS.filter((id) => !CODES.has(id));

/** Undefined for a name that is no signal. */
export const codeOf = (signal: string): number | undefined => CODES.get(signal);

/** The codes of signals, in their order. */
export const codesOf = (signals: readonly SignalId[]): readonly number[] =>
  signals.flatMap((id) => CODES.get(id) ?? []);

/** Throws RangeError on a code that nothing is stored under. */
export function signalOf(code: number): SignalId {
  const id = SIGNAL_CODES[code];
  if (id === undefined) throw new RangeError(`a stored block names the unknown signal ${code}`);
  return id;
}

/** Steps in one unit of a signal. */
export const scaleOf = (code: number): number => SCALES[code] ?? 1;

export const toInteger = (code: number, value: number): number => Math.round(value * scaleOf(code));

export const fromInteger = (code: number, integer: number): number => integer / scaleOf(code);

/** What a row says of a signal: 0 nothing, 1 a value, 2 + n the n-th reason of ABSENCES. */
export const SAID_NOTHING = 0;
export const SAID_VALUE = 1;

export const stateOf = (sample: Sample | undefined): number => {
  if (sample === undefined) return SAID_NOTHING;
  return typeof sample === "number" ? SAID_VALUE : 2 + ABSENCES.indexOf(sample.absent);
};

/** The sample of a state and its integer; undefined where nothing was said. Throws RangeError on an unknown state. */
export function sampleOf(code: number, state: number, integer: number): Sample | undefined {
  if (state === SAID_NOTHING) return undefined;
  if (state === SAID_VALUE) return fromInteger(code, integer);
  const reason = ABSENCES[state - 2];
  if (reason === undefined) throw new RangeError(`a stored block has the unknown state ${state}`);
  return absent(reason);
}
