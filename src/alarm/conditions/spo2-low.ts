import { condition } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";

/** Class A sleeps without support elsewhere in the day: woken softly first. */
const HIGH_AFTER_MS = 60_000;

export const spo2Low = condition({
  id: "SPO2_LOW",
  rule: "SpO2 below the limit",
  source: "clinical facts 3.3; limit 88 % as in Masimo's default (S14)",
  scope: "bed",
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 88, min: 75, max: 95, unit: "%", help: "violated below this" },
    delay_s: { default: 30, min: 0, max: 60, unit: "s", help: "time in the violation band before it occurs" },
    hysteresis: { default: 1, min: 0, max: 5, unit: "%", help: "ends at limit + hysteresis" },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "medium", B: "high", C: "high" },
  rises: "class A: high once the violation is 60 s old",
  clears: "at limit + hysteresis for clear_s",
  latch: "V",
  gating: "quality flags never block",
  values: ["spo2", "limit", "seconds"],
  judge: (view, settings) => judgeLimit(view, { signal: "spo2", side: "low", ...settings }),
  tier: (view) => (view.heldMs >= HIGH_AFTER_MS ? "high" : undefined),
});
