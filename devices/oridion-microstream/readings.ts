import type { Priority } from "../../src/domain/alarm.ts";
import type { OwnAlarmBody, StatusBody } from "../../src/domain/observation.ts";
import type { Oximetry } from "../../src/domain/oximetry.ts";
import { type Absence, absent, measured, type Sample, type Samples } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { type Numerics, UNIT_MMHG, type Wave } from "./codec.ts";

/** The flags of the numerics message that are alarms; priorities are our judgement. */
export const ALARMS = [
  { field: "noBreath", code: "no_breath", text: "no breath", priority: "high" },
  { field: "etco2High", code: "etco2_high", text: "end-tidal CO2 high", priority: "medium" },
  { field: "etco2Low", code: "etco2_low", text: "end-tidal CO2 low", priority: "medium" },
  { field: "respRateHigh", code: "rate_high", text: "rate high", priority: "medium" },
  { field: "respRateLow", code: "rate_low", text: "rate low", priority: "high" },
  { field: "fico2High", code: "inspired_co2_high", text: "inspired CO2 high", priority: "medium" },
  { field: "noPulse", code: "no_pulse", text: "no pulse", priority: "high" },
  { field: "spo2High", code: "spo2_high", text: "SpO2 high", priority: "low" },
  { field: "spo2Low", code: "spo2_low", text: "SpO2 low", priority: "high" },
  { field: "pulseHigh", code: "pulse_high", text: "pulse high", priority: "medium" },
  { field: "pulseLow", code: "pulse_low", text: "pulse low", priority: "high" },
  { field: "sensorOff", code: "sensor_off", text: "sensor off the patient", priority: "low" },
  { field: "sensorDisconnected", code: "sensor_disconnected", text: "sensor disconnected", priority: "low" },
  { field: "batteryLow", code: "battery_low", text: "battery low", priority: "medium" },
] as const satisfies readonly { field: keyof Numerics; code: string; text: string; priority: Priority }[];

/** Those that say nothing of the person while the oximeter's sensor is off or away. */
const ON_SENSOR = new Set(["no_pulse", "spo2_high", "spo2_low", "pulse_high", "pulse_low"]);

/** Fast status bits beside which no CO2 number is a measurement; the first that is set gives the reason. */
const GATES = [
  { field: "lineOff", code: "line_off", gates: "not_connected" },
  { field: "fault", code: "co2_fault", gates: "not_measured" },
  { field: "starting", code: "starting", gates: "searching" },
  { field: "occluded", code: "line_blocked", gates: "poor_signal" },
  { field: "purging", code: "purging", gates: "poor_signal" },
  { field: "selfTest", code: "self_test", gates: "searching" },
  { field: "invalid", code: "co2_invalid", gates: "invalid" },
] as const satisfies readonly { field: keyof Wave; code: string; gates: Absence }[];

/** The MicroPod's second code for "none"; beyond what either can measure. */
const NONE = 151;

/** Why no CO2 number is a measurement while this is the newest wave; undefined where its status vouches for them. */
export const gateOf = (wave: Wave): Absence | undefined => GATES.find(({ field }) => wave[field])?.gates;

/** End-tidal CO2 and rate, gated by the wave's status; `wave` is undefined where none came lately. */
export function capnographSamples(numerics: Numerics, wave: Wave | undefined): Samples {
  const gate = wave === undefined ? "stale" : gateOf(wave);
  const sample = (signal: SignalId, value: number | undefined): Sample => {
    if (gate !== undefined) return absent(gate);
    return value === undefined || value === NONE ? absent("not_measured") : measured(signal, value);
  };
  const mmHg = numerics.unit === UNIT_MMHG;
  return {
    etco2: mmHg || gate !== undefined ? sample("etco2", numerics.etco2) : absent("unsupported"),
    resp_rate: sample("resp_rate", numerics.respRate),
  };
}

/** SpO2 and pulse, gated by the sensor alarms. */
export function oximeterSamples(numerics: Numerics, oximetry: Oximetry): Samples {
  if (numerics.sensorDisconnected) return oximetry(undefined, undefined, "not_connected");
  if (numerics.sensorOff) return oximetry(undefined, undefined, "sensor_off");
  if (numerics.noPulse) return oximetry(undefined, undefined, "no_pulse");
  return oximetry(numerics.spo2, numerics.pulse, "not_measured");
}

export function ownAlarmBody(numerics: Numerics): OwnAlarmBody {
  const unworn = numerics.sensorOff || numerics.sensorDisconnected;
  return {
    kind: "ownAlarm",
    alarms: ALARMS.map(({ field, code, text, priority }) => ({
      code,
      text,
      priority,
      active: numerics[field] && !(unworn && ON_SENSOR.has(code)),
    })),
  };
}

export function statusBody(numerics: Numerics, wave: Wave | undefined): StatusBody {
  const codes: string[] = GATES.flatMap(({ field, code }) => (wave?.[field] === true ? [code] : []));
  if (wave === undefined) codes.push("no_wave");
  if (numerics.tempSilence || numerics.allSilenced) codes.push("alarm_silenced");
  if (numerics.unit !== UNIT_MMHG) codes.push("unit_not_mmhg");
  return { kind: "status", codes };
}

/**
 * Tells numerics whose fields stand one place too far: the rate before appears as SpO2. A person may have the same
 * number for both by chance, so of such messages in a row only so many are taken for shifted.
 */
export function createShiftFilter(): (numerics: Numerics) => boolean {
  let rate: number | undefined;
  let refused = 0;
  return ({ respRate, spo2 }) => {
    const shifted = rate !== undefined && spo2 === rate && refused < MOST_SHIFTED;
    refused = shifted ? refused + 1 : 0;
    if (!shifted) rate = respRate;
    return shifted;
  };
}

const MOST_SHIFTED = 3;
