import { condition } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";

const HIGH_BELOW = 40;

export const prLow = condition({
  id: "PR_LOW",
  rule: "pulse rate below the limit",
  source: "clinical facts 3.3; common adult default (S47)",
  scope: "bed",
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 50, min: 30, max: 80, unit: "/min", help: "violated below this" },
    delay_s: {
      default: 30,
      min: 0,
      max: 180,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 3, min: 0, max: 20, unit: "/min", help: "ends at limit + hysteresis" },
    clear_s: { default: 10, min: 0, max: 60, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "high below 40/min",
  clears: "at limit + hysteresis for clear_s",
  latch: "V",
  gating: "quality flags never block",
  reads: ["pulse_rate"],
  values: ["pulse_rate", "limit", "seconds"],
  judge: (view, settings) => judgeLimit(view, { signal: "pulse_rate", side: "low", ...settings }),
  tier: (view) => ((view.bed.reading("pulse_rate")?.value ?? HIGH_BELOW) < HIGH_BELOW ? "high" : undefined),
});
