import { condition, GAP_MS, unknown, type Verdict, type View, WAITING } from "../condition.ts";
import { isPulseless, saysNothing } from "../oximeter.ts";

export const oxiSensorOff = condition({
  id: "OXI_SENSOR_OFF",
  rule: "the oximeter speaks, and both SpO2 and pulse rate are absent, or it says that the sensor is off",
  source: "clinical facts 3.3",
  scope: "oximeter",
  technical: true,
  liveOnly: false,
  canBeOff: true,
  settings: {
    delay_s: {
      default: { A: 30, B: 30, C: 15 },
      min: 5,
      max: 120,
      unit: "s",
      help: "time absent before it occurs",
    },
    clear_s: { default: 10, min: 0, max: 60, unit: "s", help: "time with valid SpO2 that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "high" },
  rises:
    "the priority of a condition that violated when the values went, and then at once once they have been gone for " +
    "more than 10 s",
  clears: "valid SpO2 for clear_s",
  latch: "V",
  gating: "on watch only; PULSE_LOST speaks where the oximeter says that it finds no pulse",
  values: ["device", "seconds"],
  judge: judgeSensor,
  tier: (view) => view.inherited,
});

function judgeSensor(view: View): Verdict {
  const { device } = view;
  if (device?.record?.spokeAt === undefined) return WAITING;
  const { record, source } = device;
  if (view.now - (record.spokeAt ?? view.now) >= GAP_MS) return unknown("gap");
  const evidence = { values: { device: source.device }, devices: [source.device] };
  if (saysNothing(record)) {
    if (view.inherited === undefined && isPulseless(record) && view.isOn("PULSE_LOST")) return WAITING;
    return {
      kind: "holds",
      at: record.spokeAt ?? view.now,
      onlyOnWatch: true,
      ...(view.inherited !== undefined && { delayMs: 0 }),
      ...evidence,
    };
  }
  const valid = record.signals.spo2?.valid;
  // Pulse alone does not show that the sensor is well on: DATA_STALE judges the missing SpO2.
  if (valid === undefined) return WAITING;
  return { kind: "clear", at: valid.at, coverMs: valid.coverMs, ...evidence };
}
