import type { SignalId } from "../domain/signal.ts";

/** What the world calls one of our signals. */
export interface SignalCode {
  /** English, for people who read exported data. */
  readonly display: string;
  readonly loinc?: { readonly code: string; readonly display: string };
  /** ISO/IEEE 11073-10101: number and reference id. */
  readonly mdc?: { readonly code: string; readonly display: string };
}

/**
 * Names of signals in the vocabularies that clinical systems read. Only where the meaning is the same: a signal without a
 * code keeps our own name alone. LOINC and 11073 numbers of ventilation as the intensive-care module of the German
 * Medical Informatics Initiative binds them (KDS ICU, ventilation parameters); those of oximetry as ISO/IEEE 11073-10404.
 */
export const SIGNAL_CODES_OUTSIDE: { readonly [id in SignalId]: SignalCode } = {
  spo2: {
    display: "Oxygen saturation by pulse oximetry",
    loinc: { code: "59408-5", display: "Oxygen saturation in Arterial blood by Pulse oximetry" },
    mdc: { code: "150456", display: "MDC_PULS_OXIM_SAT_O2" },
  },
  pulse_rate: {
    display: "Pulse rate by pulse oximetry",
    loinc: { code: "8889-8", display: "Heart rate by Pulse oximetry" },
    mdc: { code: "149530", display: "MDC_PULS_OXIM_PULS_RATE" },
  },
  perfusion_index: {
    display: "Perfusion index by pulse oximetry",
    loinc: { code: "61006-3", display: "Perfusion index Tissue by Pulse oximetry" },
    mdc: { code: "150488", display: "MDC_BLD_PERF_INDEX" },
  },
  motion: { display: "Motion of the sensor" },
  resp_rate: {
    display: "Respiratory rate",
    loinc: { code: "9279-1", display: "Respiratory rate" },
    mdc: { code: "151562", display: "MDC_RESP_RATE" },
  },
  tidal_volume_insp: { display: "Inspired tidal volume" },
  tidal_volume_exp: { display: "Expired tidal volume" },
  minute_volume: { display: "Minute volume" },
  leak: { display: "Unintentional leak" },
  leak_total: { display: "Total leak" },
  pressure_peak: {
    display: "Peak airway pressure",
    loinc: { code: "76531-3", display: "Pressure.max Respiratory system airway --on ventilator" },
    mdc: { code: "151973", display: "MDC_VENT_PRESS_AWAY_MAX" },
  },
  pressure_mean: {
    display: "Mean airway pressure",
    loinc: { code: "76530-5", display: "Mean pressure Respiratory system airway --on ventilator" },
    mdc: { code: "151975", display: "MDC_VENT_PRESS_AWAY_MEAN" },
  },
  pressure_insp: { display: "Inspiratory pressure (IPAP)" },
  pressure_exp: {
    display: "Expiratory pressure (EPAP, PEEP)",
    loinc: { code: "76248-4", display: "PEEP Respiratory system --on ventilator" },
    mdc: { code: "151976", display: "MDC_VENT_PRESS_AWAY_END_EXP_POS" },
  },
  fio2: {
    display: "Inspired oxygen fraction",
    loinc: { code: "71835-3", display: "Oxygen/Gas total [Pure volume fraction] Inhaled gas" },
  },
  insp_time: { display: "Inspiratory time" },
  ie_ratio: { display: "I:E ratio" },
  triggered_percent: { display: "Share of breaths that the person triggers" },
  apnea_duration: { display: "Time without a breath" },
  therapy: { display: "Therapy running" },
  etco2: {
    display: "End-tidal CO2",
    loinc: {
      code: "19891-1",
      display: "Carbon dioxide [Partial pressure] in Exhaled gas --at end expiration",
    },
    mdc: { code: "151708", display: "MDC_CONC_AWAY_CO2_ET" },
  },
  tcco2: { display: "Transcutaneous CO2" },
  battery_percent: { display: "Battery charge" },
  battery_minutes: { display: "Battery time left" },
  mains: { display: "Mains power" },
  remote_alarm: { display: "Remote alarm contact" },
};
