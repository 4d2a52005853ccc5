import { condition } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";
import { withDoubt } from "../quality.ts";

export const spo2Warn = condition({
  id: "SPO2_WARN",
  rule: "SpO2 below the limit for minutes",
  source: "clinical facts 3.3: for the list in the morning",
  scope: "bed",
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 90, min: 88, max: 94, unit: "%", help: "violated below this" },
    delay_s: {
      default: 120,
      min: 60,
      max: 600,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 1, min: 0, max: 5, unit: "%", help: "ends at limit + hysteresis" },
    clear_s: { default: 30, min: 0, max: 120, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "low", B: "low", C: "low" },
  rises: "",
  clears: "at limit + hysteresis for clear_s",
  latch: "V",
  gating: "on a poor sample that nothing bears out, 15 s more",
  reads: ["spo2"],
  values: ["spo2", "limit", "seconds"],
  judge: (view, { limit, hysteresis, delay_s }) =>
    withDoubt(view, judgeLimit(view, { signal: "spo2", side: "low", limit, hysteresis }), delay_s),
});
