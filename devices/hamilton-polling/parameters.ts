import type { Priority } from "../../src/domain/alarm.ts";
import type { SettingId, SignalId } from "../../src/domain/signal.ts";

/** What an id stands for. */
export type Parameter = {
  readonly id: number;
  readonly name: string;
  /** UCUM, for values and settings. */
  readonly unit?: string;
} & (
  | { readonly kind: "signal"; readonly signal: SignalId }
  | { readonly kind: "alarm"; readonly code: string; readonly priority: Priority }
  | { readonly kind: "setting"; readonly setting: SettingId }
  | { readonly kind: "mode" | "serial" | "version" }
);

const signal = (id: number, name: string, unit: string, signalId: SignalId): Parameter => ({
  id,
  name,
  unit,
  kind: "signal",
  signal: signalId,
});

const alarm = (id: number, name: string, code: string, priority: Priority): Parameter => ({
  id,
  name,
  kind: "alarm",
  code,
  priority,
});

const setting = (id: number, name: string, unit: string, settingId: SettingId): Parameter => ({
  id,
  name,
  unit,
  kind: "setting",
  setting: settingId,
});

/** Asked for in every round, in this order: alarms that cannot wait, then what is measured. */
export const EVERY_ROUND: readonly Parameter[] = [
  alarm(92, "patient disconnected", "disconnect", "high"),
  alarm(95, "ventilator disconnected", "ventilator_disconnect", "high"),
  alarm(94, "apnea", "apnea", "high"),
  alarm(91, "pressure high", "pressure_high", "high"),
  signal(63, "rate, all breaths", "/min", "resp_rate"),
  signal(60, "inspired tidal volume", "mL", "tidal_volume_insp"),
  signal(61, "expired tidal volume", "mL", "tidal_volume_exp"),
  signal(62, "expired minute volume", "L/min", "minute_volume"),
  signal(66, "peak pressure", "cm[H2O]", "pressure_peak"),
  signal(67, "mean pressure", "cm[H2O]", "pressure_mean"),
  signal(68, "PEEP, measured", "cm[H2O]", "pressure_exp"),
  signal(71, "oxygen", "%", "fio2"),
  signal(113, "inspiratory time", "s", "insp_time"),
];

/** A few of these in each round. */
export const BY_TURNS: readonly Parameter[] = [
  { id: 86, name: "ventilator number", kind: "serial" },
  { id: 40, name: "mode", kind: "mode" },
  setting(48, "PEEP set", "cm[H2O]", "epap"),
  setting(49, "pressure support", "cm[H2O]", "pressure_support"),
  setting(50, "oxygen set", "%", "fio2"),
  alarm(90, "general alarm", "general", "medium"),
  alarm(93, "failure to cycle", "failure_to_cycle", "high"),
  alarm(96, "PEEP lost", "peep_lost", "high"),
  alarm(97, "minute volume low", "minute_volume_low", "high"),
  alarm(98, "minute volume high", "minute_volume_high", "medium"),
  alarm(99, "rate high", "rate_high", "medium"),
  alarm(100, "oxygen", "oxygen", "high"),
  alarm(102, "gas supply", "gas_supply", "high"),
  { id: 124, name: "software version", kind: "version" },
];

/** Every id that is asked for. */
export const PARAMETERS: ReadonlyMap<number, Parameter> = new Map(
  [...EVERY_ROUND, ...BY_TURNS].map((parameter) => [parameter.id, parameter]),
);

/** What the ventilator's mode numbers mean. */
export const MODES: { readonly [number: number]: string } = {
  1: "(S)CMV",
  2: "SIMV",
  4: "SPONT",
  16: "AMBIENT",
  17: "P-SIMV",
  19: "P-CMV",
  20: "APVsimv",
  21: "APVcmv",
  22: "ASV",
  23: "DuoPAP",
  24: "APRV",
  25: "NIV",
  26: "AVtS",
};
