import { condition } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";

const HIGH_ABOVE = 150;

export const prHigh = condition({
  id: "PR_HIGH",
  rule: "pulse rate above the limit",
  source: "clinical facts 3.3; common adult default (S47)",
  scope: "bed",
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 120, min: 80, max: 200, unit: "/min", help: "violated above this" },
    delay_s: {
      default: 60,
      min: 0,
      max: 300,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 3, min: 0, max: 20, unit: "/min", help: "ends at limit - hysteresis" },
    clear_s: { default: 10, min: 0, max: 60, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "high above 150/min",
  clears: "at limit - hysteresis for clear_s",
  latch: "V",
  gating: "quality flags never block",
  reads: ["pulse_rate"],
  values: ["pulse_rate", "limit", "seconds"],
  judge: (view, settings) => judgeLimit(view, { signal: "pulse_rate", side: "high", ...settings }),
  tier: (view) => ((view.bed.reading("pulse_rate")?.value ?? HIGH_ABOVE) > HIGH_ABOVE ? "high" : undefined),
});
