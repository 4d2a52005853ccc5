import { condition } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";
import { isStandby } from "../therapy.ts";

export const ventLeakWarn = condition({
  id: "VENT_LEAK_WARN",
  rule: "unintentional leak above the red line of home ventilators",
  source: "clinical facts 3.3 (S48)",
  scope: "bed",
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 24, min: 15, max: 40, unit: "L/min", help: "violated above this" },
    delay_s: {
      default: 600,
      min: 120,
      max: 3600,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 4, min: 0, max: 10, unit: "L/min", help: "ends at limit - hysteresis" },
    clear_s: { default: 60, min: 0, max: 300, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "low", B: "low", C: "low" },
  rises: "",
  clears: "at limit - hysteresis for clear_s",
  latch: "V",
  gating: "not judged off watch while the machine is in standby",
  reads: ["leak", "therapy"],
  values: ["leak", "limit", "seconds"],
  judge: (view, settings) =>
    isStandby(view) ?? judgeLimit(view, { signal: "leak", side: "high", ...settings }),
});
