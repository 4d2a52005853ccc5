import { judgeBattery } from "../battery.ts";
import { condition } from "../condition.ts";

export const ventBattLow = condition({
  id: "VENT_BATT_LOW",
  rule: "the ventilator's battery lasts an hour, and does not charge",
  source:
    "clinical facts 3.3; the share where a machine tells no minutes is a proposal: a third of three hours",
  scope: "ventilator",
  ladder: { name: "battery", rank: 0 },
  technical: true,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: { default: 60, min: 30, max: 120, unit: "min", help: "violated at this and less" },
    percent: {
      default: 30,
      min: 10,
      max: 60,
      unit: "%",
      help: "where it tells no minutes (30 % of a good battery are about 55 min)",
    },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "time charging or above it that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "",
  clears: "it charges, or a tenth more than the limit, for clear_s",
  latch: "A",
  gating: "the ventilator's own battery alone; the box's own is DEV_BATTERY's",
  reads: ["battery_minutes", "battery_percent", "mains"],
  values: ["device", "battery_minutes", "battery_percent", "limit"],
  judge: judgeBattery,
});
