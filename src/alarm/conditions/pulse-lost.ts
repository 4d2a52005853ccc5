import { isPresent } from "../../domain/sample.ts";
import { condition, GAP_MS, unknown, type Verdict, type View, WAITING } from "../condition.ts";
import { isPulseless } from "../oximeter.ts";

/** Another oximeter speaks for the person with a value of the last seconds. */
const OTHER_MS = 5_000;

export const pulseLost = condition({
  id: "PULSE_LOST",
  rule: "the sensor is on and finds no pulse: SpO2 without a pulse rate, or the oximeter says that there is no pulse",
  source: "clinical facts 3.3",
  scope: "oximeter",
  neverMerged: true,
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    delay_s: { default: 15, min: 5, max: 60, unit: "s", help: "time without a pulse before it occurs" },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "time with a pulse that ends it" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "a pulse rate of any oximeter for clear_s",
  latch: "V",
  gating:
    "on watch only. Both numbers gone for another reason than no pulse is OXI_SENSOR_OFF; a pulse rate that never came " +
    "is DATA_NEVER",
  reads: ["spo2", "pulse_rate"],
  values: ["device", "reason", "spo2", "seconds"],
  judge: judgePulse,
});

function judgePulse(view: View): Verdict {
  const { device } = view;
  const record = device?.record;
  const pulse = record?.signals.pulse_rate;
  if (device === undefined || record?.spokeAt === undefined || pulse === undefined) return WAITING;
  if (record.timeliness !== "live") return WAITING;
  const id = device.source.device;
  const spo2 = record.signals.spo2?.sample;
  const measured = view.bed
    .every("pulse_rate")
    .find((one) => (one.device === id ? isPresent(pulse.sample) : one.ageMs <= OTHER_MS));
  if (measured !== undefined) {
    if (view.isAtRest === true) return WAITING;
    const { at, coverMs, value } = measured;
    return {
      kind: "clear",
      at,
      coverMs,
      values: { device: id, pulse_rate: value },
      devices: [measured.device],
    };
  }
  if (view.now - record.spokeAt >= GAP_MS) return unknown("gap");
  if (isPulseless(record)) {
    const values = {
      device: id,
      ...(!isPresent(pulse.sample) && { reason: pulse.sample.absent }),
      ...(isPresent(spo2) && { spo2 }),
    };
    return { kind: "holds", at: record.spokeAt, onlyOnWatch: true, values, devices: [id] };
  }
  // The sensor has come off as well: OXI_SENSOR_OFF says so, and what is open stays open (law 1).
  const lastPulse = pulse.valid?.at;
  const isLost = view.held && (lastPulse === undefined || view.now - lastPulse >= GAP_MS);
  return isLost ? unknown("gap") : WAITING;
}
