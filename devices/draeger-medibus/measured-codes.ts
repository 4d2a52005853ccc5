import type { SignalId } from "../../src/domain/signal.ts";

/** Which meaning of the codes that changed applies; `unknown` uses neither. */
export type CodeSet = "medibus" | "medibus-x" | "unknown";

/** A code of measured data or of a limit. */
export interface MeasuredCode {
  readonly page: 1 | 2;
  readonly code: string;
  readonly name: string;
  /** As the device sends it; empty where it has none. */
  readonly unit: string;
  /** The code means this in one code set only. */
  readonly only?: Exclude<CodeSet, "unknown">;
  /** `rank`: of several codes for one signal, the lowest that has a number counts. */
  readonly signal?: { readonly id: SignalId; readonly rank: number; readonly factor?: number };
}

const code = (
  page: 1 | 2,
  digits: string,
  name: string,
  unit: string,
  signal?: MeasuredCode["signal"],
  only?: MeasuredCode["only"],
): MeasuredCode => ({
  page,
  code: digits,
  name,
  unit,
  ...(signal !== undefined && { signal }),
  ...(only !== undefined && { only }),
});

const as = (id: SignalId, rank = 1, factor?: number) => ({
  id,
  rank,
  ...(factor !== undefined && { factor }),
});

const ML_PER_L = 1000;
const MMHG_PER_KPA = 7.50062;

/** What the device may send on its two pages of measured data. Makers treat mbar and cmH2O as equal, and so do we. */
export const MEASURED_CODES: readonly MeasuredCode[] = [
  code(1, "03", "expired minute volume", "L/min", as("minute_volume", 3)),
  code(1, "05", "airway pressure", "mbar"),
  code(1, "06", "inspired minute volume", "L/min", as("minute_volume", 4), "medibus-x"),
  code(1, "06", "compliance fraction", "", undefined, "medibus"),
  code(1, "07", "dynamic compliance", "L/bar"),
  code(1, "08", "resistance", "mbar/(L/s)"),
  code(1, "0A", "expired minute volume, spontaneous", "L/min"),
  code(1, "0D", "expired minute volume, mandatory", "L/min"),
  code(1, "12", "mean device flow", "L/min"),
  code(1, "68", "inspired tidal volume, spontaneous", "mL", as("tidal_volume_insp", 4)),
  code(1, "69", "plateau time", "s"),
  code(1, "6F", "inspiratory time, spontaneous", "s", as("insp_time", 2)),
  code(1, "71", "minimum pressure", "mbar"),
  code(1, "73", "mean pressure", "mbar", as("pressure_mean")),
  code(1, "74", "plateau pressure", "mbar", as("pressure_insp", 2)),
  code(1, "78", "PEEP", "mbar", as("pressure_exp")),
  code(1, "79", "intrinsic PEEP", "mbar"),
  code(1, "7B", "rate, mandatory", "/min"),
  code(1, "7C", "minute volume, mandatory", "L/min"),
  code(1, "7D", "peak pressure", "mbar", as("pressure_peak")),
  code(1, "7E", "tidal volume, mandatory", "L", as("tidal_volume_exp", 6, ML_PER_L)),
  code(1, "7F", "tidal volume, spontaneous", "L", as("tidal_volume_exp", 5, ML_PER_L)),
  code(1, "83", "expired tidal volume, mandatory", "mL", as("tidal_volume_exp", 3)),
  code(1, "84", "expired tidal volume, spontaneous", "mL", as("tidal_volume_exp", 2)),
  code(1, "85", "inspired tidal volume, mandatory", "mL", as("tidal_volume_insp", 3)),
  code(1, "88", "tidal volume", "mL", as("tidal_volume_exp", 4)),
  code(1, "8B", "inspired tidal volume", "mL", as("tidal_volume_insp", 2)),
  code(1, "B2", "leak", "mL/min", as("leak", 2, 1 / ML_PER_L)),
  code(1, "B3", "leak, share of the minute volume", "%"),
  code(1, "B4", "rate by pressure", "/min", as("resp_rate", 3)),
  code(1, "B5", "rate, spontaneous", "/min"),
  code(1, "B6", "spontaneous share of the minute volume", "%"),
  code(1, "B7", "minute volume, spontaneous", "L/min"),
  code(1, "B8", "minute volume", "L/min", as("minute_volume", 2)),
  code(1, "B9", "minute volume", "L/min", as("minute_volume", 1)),
  code(1, "BD", "apnea duration", "s", as("apnea_duration")),
  code(1, "C6", "battery charge", "%", as("battery_percent")),
  code(1, "C9", "rapid shallow breathing index", "1/(min.L)"),
  code(1, "D5", "rate by CO2", "/min", as("resp_rate", 4)),
  code(1, "D6", "rate", "/min", as("resp_rate", 1)),
  code(1, "D7", "rate by flow", "/min", as("resp_rate", 2)),
  code(1, "DA", "inspired CO2", "%"),
  code(1, "DB", "end-tidal CO2", "%"),
  code(1, "E1", "pulse", "/min", as("pulse_rate")),
  code(1, "E3", "end-tidal CO2", "kPa", as("etco2", 2, MMHG_PER_KPA)),
  code(1, "E5", "inspired CO2", "mmHg"),
  code(1, "E6", "end-tidal CO2", "mmHg", as("etco2", 1)),
  code(1, "E7", "I part of I:E", "1"),
  code(1, "E8", "E part of I:E", "1"),
  code(1, "EB", "oxygen saturation", "%", as("spo2")),
  code(1, "EF", "expired oxygen", "%"),
  code(1, "F0", "inspired oxygen", "%", as("fio2")),
  code(1, "FF", "inspired CO2", "kPa"),
  code(2, "00", "tidal volume, spontaneous", "mL"),
  code(2, "0A", "static compliance", "mL/mbar"),
  code(2, "21", "expired tidal volume", "mL", as("tidal_volume_exp", 1)),
  code(2, "22", "inspired tidal volume", "mL", as("tidal_volume_insp", 1)),
  code(2, "23", "end-inspiratory pressure", "mbar", as("pressure_insp", 1)),
  code(2, "36", "tidal volume for ideal body weight", "mL/kg"),
  code(2, "37", "leak", "L/min", as("leak", 1)),
  code(2, "38", "inspiratory time", "s", as("insp_time", 1)),
];

/** The meaning of a code; undefined where it is not known in this code set. */
export const measuredCode = (page: 1 | 2, digits: string, set: CodeSet): MeasuredCode | undefined =>
  MEASURED_CODES.find(
    (one) => one.page === page && one.code === digits && (one.only === undefined || one.only === set),
  );

/** Codes of a signal in this code set, best first. */
export const codesOf = (signal: SignalId, set: CodeSet): readonly MeasuredCode[] =>
  MEASURED_CODES.filter(
    (one) => one.signal?.id === signal && (one.only === undefined || one.only === set),
  ).toSorted((a, b) => (a.signal?.rank ?? 0) - (b.signal?.rank ?? 0));

/** The parts of I:E on page 1, inspiration first. */
export const RATIO_CODES = ["E7", "E8"] as const;

/** The table for README.md, in Markdown. */
export function measuredTable(): string {
  const rows = MEASURED_CODES.map((one) => [
    `CP${one.page} ${one.code}`,
    one.only === undefined ? one.name : `${one.name} (${one.only} only)`,
    one.unit === "" ? "" : `\`${one.unit}\``,
    becomes(one),
  ]);
  const head = [
    ["code", "meaning", "unit", "becomes"],
    ["---", "---", "---", "---"],
  ];
  return [...head, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function becomes({ code: digits, signal }: MeasuredCode): string {
  if (RATIO_CODES.some((part) => part === digits)) return "`ie_ratio`";
  if (signal === undefined) return "";
  const factor = signal.factor === undefined ? "" : ` (x ${signal.factor})`;
  return `\`${signal.id}\` ${signal.rank}${factor}`;
}
