import { type Absence, isPresent } from "../domain/sample.ts";
import type { DeviceRecord } from "./state.ts";

/** Whether an oximeter's last word is that it measures nothing: sensor off the finger, or both numbers absent. */
export function saysNothing(record: DeviceRecord): boolean {
  const spo2 = record.signals.spo2?.sample;
  const pulse = record.signals.pulse_rate?.sample;
  if (spo2 === undefined && pulse === undefined) return false;
  if (typeof spo2 === "object" && (spo2.absent === "sensor_off" || spo2.absent === "not_connected"))
    return true;
  return !isPresent(spo2) && !isPresent(pulse);
}

/**
 * Whether a sensor that is on finds no pulse: SpO2 without a pulse, or an oximeter that says so in as many words. Both
 * numbers gone for any other reason is a sensor that is off, and a pulse that never came is not lost.
 */
export function isPulseless(record: DeviceRecord): boolean {
  const pulse = record.signals.pulse_rate;
  const spo2 = record.signals.spo2?.sample;
  if (pulse === undefined || typeof pulse.sample === "number") return false;
  const reasons = [pulse.sample.absent, ...(typeof spo2 === "object" ? [spo2.absent] : [])];
  if (reasons.some((reason) => NOT_ON.has(reason))) return false;
  if (reasons.includes("no_pulse")) return true;
  return isPresent(spo2) && pulse.valid !== undefined && pulse.sample.absent !== "unsupported";
}

/** Reasons that say that there is no finger to measure. */
const NOT_ON: ReadonlySet<Absence> = new Set(["sensor_off", "not_connected", "device_off"]);
