import { condition } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";

export const spo2Crit = condition({
  id: "SPO2_CRIT",
  rule: "SpO2 far below the limit",
  source: "clinical facts 3.3",
  scope: "bed",
  ladder: { name: "oxygen", rank: 5 },
  neverMerged: true,
  neverQuiet: true,
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 80, min: 70, max: 88, unit: "%", help: "violated below this" },
    delay_s: { default: 10, min: 0, max: 30, unit: "s", help: "time in the violation band before it occurs" },
    hysteresis: { default: 2, min: 0, max: 5, unit: "%", help: "ends at limit + hysteresis" },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "at limit + hysteresis for clear_s",
  latch: "V",
  gating: "whatever the oximeter thinks of its number, it waits its own delay and no longer",
  reads: ["spo2"],
  values: ["spo2", "limit", "seconds"],
  judge: (view, settings) => judgeLimit(view, { signal: "spo2", side: "low", ...settings }),
});
