/**
 * The closed list of what a bed can tell us, with unit, resolution and the range outside which a number is
 * not a measurement. Ids and UCUM units: docs/glossary.md. Absent values are reasons (sample.ts), never numbers.
 */
export interface SignalInfo {
  /** UCUM. */
  readonly unit: string;
  /** Values are rounded to this step before they leave a driver. */
  readonly resolution: number;
  /** Plausible range; a number outside it becomes the absence `invalid`, never a clamped number. */
  readonly min: number;
  readonly max: number;
  /** Which kind of machine is expected to deliver it. */
  readonly group: "oximeter" | "ventilator" | "capnograph" | "power" | "contact";
}

const info = (
  group: SignalInfo["group"],
  unit: string,
  resolution: number,
  min: number,
  max: number,
): SignalInfo => ({ unit, resolution, min, max, group });

export const SIGNALS = {
  spo2: info("oximeter", "%", 1, 1, 100),
  pulse_rate: info("oximeter", "/min", 1, 20, 300),
  perfusion_index: info("oximeter", "%", 0.1, 0, 40),
  motion: info("oximeter", "1", 1, 0, 255),
  resp_rate: info("ventilator", "/min", 0.1, 0, 150),
  tidal_volume_insp: info("ventilator", "mL", 1, 0, 5000),
  tidal_volume_exp: info("ventilator", "mL", 1, 0, 5000),
  minute_volume: info("ventilator", "L/min", 0.1, 0, 100),
  leak: info("ventilator", "L/min", 1, 0, 300),
  leak_total: info("ventilator", "L/min", 1, 0, 300),
  pressure_peak: info("ventilator", "cm[H2O]", 0.1, -60, 150),
  pressure_mean: info("ventilator", "cm[H2O]", 0.1, -60, 150),
  pressure_insp: info("ventilator", "cm[H2O]", 0.1, -60, 150),
  pressure_exp: info("ventilator", "cm[H2O]", 0.1, -60, 150),
  fio2: info("ventilator", "%", 1, 15, 100),
  insp_time: info("ventilator", "s", 0.01, 0, 30),
  ie_ratio: info("ventilator", "1", 0.01, 0, 50),
  triggered_percent: info("ventilator", "%", 1, 0, 100),
  apnea_duration: info("ventilator", "s", 1, 0, 3600),
  therapy: info("ventilator", "on/off", 1, 0, 1),
  etco2: info("capnograph", "mm[Hg]", 1, 0, 150),
  tcco2: info("capnograph", "mm[Hg]", 0.1, 5, 200),
  battery_percent: info("power", "%", 1, 0, 100),
  battery_minutes: info("power", "min", 1, 0, 10000),
  mains: info("power", "on/off", 1, 0, 1),
  remote_alarm: info("contact", "on/off", 1, 0, 1),
} as const satisfies Record<string, SignalInfo>;

export type SignalId = keyof typeof SIGNALS;

export const isSignalId = (text: string): text is SignalId => Object.hasOwn(SIGNALS, text);

export const SIGNAL_IDS: readonly SignalId[] = Object.keys(SIGNALS).filter(isSignalId);

export interface WaveInfo {
  readonly unit: string;
  /** Integer step in which waveforms are stored and sent. */
  readonly resolution: number;
}

export const WAVES = {
  flow: { unit: "L/min", resolution: 0.01 },
  airway_pressure: { unit: "cm[H2O]", resolution: 0.01 },
  pleth: { unit: "1", resolution: 1 },
  co2: { unit: "mm[Hg]", resolution: 0.1 },
} as const satisfies Record<string, WaveInfo>;

export type WaveId = keyof typeof WAVES;

export const isWaveId = (text: string): text is WaveId => Object.hasOwn(WAVES, text);

/** Machine settings that conditions may need; numbers carry the unit given here. */
export const SETTINGS = {
  ipap: "cm[H2O]",
  epap: "cm[H2O]",
  backup_rate: "/min",
  tidal_volume_target: "mL",
  pressure_support: "cm[H2O]",
  insp_time: "s",
  fio2: "%",
  mode: "text",
  interface: "text",
} as const;

export type SettingId = keyof typeof SETTINGS;

export const isSettingId = (text: string): text is SettingId => Object.hasOwn(SETTINGS, text);

/**
 * Rounds to the signal's resolution, which is whole or a whole part of 1 (0.1, 0.02), without binary dust: dividing by 10
 * keeps one decimal where multiplying by 0.1 does not.
 */
export function roundTo(value: number, resolution: number): number {
  const steps = Math.round(value / resolution);
  // Plus 0: what rounds to nothing from below is 0, not -0.
  return (resolution >= 1 ? steps * resolution : steps / Math.round(1 / resolution)) + 0;
}
