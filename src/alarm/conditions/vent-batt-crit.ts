import { judgeBattery } from "../battery.ts";
import { condition } from "../condition.ts";

export const ventBattCrit = condition({
  id: "VENT_BATT_CRIT",
  rule: "the ventilator's battery lasts a quarter of an hour, and does not charge",
  source: "clinical facts 1.9 and 3.3; the share where a machine tells no minutes is a proposal",
  scope: "ventilator",
  ladder: { name: "battery", rank: 1 },
  // Not among those that a person may accept for half an hour: there is no half hour left.
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: { default: 15, min: 5, max: 30, unit: "min", help: "violated at this and less" },
    percent: {
      default: 10,
      min: 3,
      max: 25,
      unit: "%",
      help: "where it tells no minutes (10 % of a good battery are about 18 min)",
    },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "time charging or above it that ends it" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "it charges, or a tenth more than the limit, for clear_s",
  latch: "A",
  gating: "the ventilator's own battery alone; the box's own is DEV_BATTERY's",
  reads: ["battery_minutes", "battery_percent", "mains"],
  values: ["device", "battery_minutes", "battery_percent", "limit"],
  judge: judgeBattery,
});
