import { condition } from "../condition.ts";
import { drownsInLeak } from "../leak-gate.ts";
import { judgeLimit } from "../one-limit.ts";
import { isStandby } from "../therapy.ts";

export const ventRrHigh = condition({
  id: "VENT_RR_HIGH",
  rule: "breathing fast: above the limit, and above the usual rate by a margin",
  source: "clinical facts 3.3",
  scope: "bed",
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 30, min: 20, max: 50, unit: "/min", help: "violated above this" },
    above_usual: {
      default: 10,
      min: 5,
      max: 20,
      unit: "/min",
      help: "and above the usual rate (median of valid nights) by this, where it is known",
    },
    delay_s: {
      default: 180,
      min: 60,
      max: 600,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 2, min: 0, max: 10, unit: "/min", help: "ends at limit - hysteresis" },
    clear_s: { default: 30, min: 0, max: 120, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "",
  clears: "at limit - hysteresis for clear_s",
  latch: "V",
  gating:
    "unknown while more than 40 L/min leak: a machine that triggers itself counts those too; not judged off watch " +
    "while the machine is in standby",
  reads: ["resp_rate", "leak", "therapy"],
  values: ["resp_rate", "limit", "seconds"],
  judge(view, { limit, above_usual, hysteresis }) {
    const usual = view.bed.baseline("resp_rate");
    const high = Math.max(limit, usual === undefined ? 0 : Math.round(usual + above_usual));
    return (
      isStandby(view) ??
      drownsInLeak(view) ??
      judgeLimit(view, { signal: "resp_rate", side: "high", limit: high, hysteresis })
    );
  },
});
