import { condition } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";
import { isStandby } from "../therapy.ts";

export const ventLeakHigh = condition({
  id: "VENT_LEAK_HIGH",
  rule: "unintentional leak far above what a mask may lose",
  source: "clinical facts 3.3",
  scope: "bed",
  ladder: { name: "leak", rank: 1 },
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 40, min: 24, max: 80, unit: "L/min", help: "violated above this" },
    delay_s: {
      default: 60,
      min: 10,
      max: 300,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 6, min: 0, max: 20, unit: "L/min", help: "ends at limit - hysteresis" },
    clear_s: { default: 15, min: 0, max: 120, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "",
  clears: "at limit - hysteresis for clear_s",
  latch: "V",
  gating: "not judged off watch while the machine is in standby",
  reads: ["leak", "therapy"],
  values: ["leak", "limit", "seconds"],
  judge: (view, settings) =>
    isStandby(view) ?? judgeLimit(view, { signal: "leak", side: "high", ...settings }),
});
