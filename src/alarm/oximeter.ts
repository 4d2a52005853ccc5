import { isPresent } from "../domain/sample.ts";
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
