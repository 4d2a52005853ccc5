import { condition, type Verdict, type View } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";
import { isDoubtful, isExplained, withDoubt } from "../quality.ts";

/** Class A sleeps without support elsewhere in the day: woken softly first. */
const HIGH_AFTER_MS = 60_000;
/** Enough when the ventilator shows why (clinical facts, 3.1). */
const EXPLAINED_S = 10;

export const spo2Low = condition({
  id: "SPO2_LOW",
  rule: "SpO2 below the limit",
  source: "clinical facts 3.3; limit 88 % as in Masimo's default (S14)",
  scope: "bed",
  ladder: { name: "oxygen", rank: 3 },
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
  gating:
    "poor samples keep its time running, and it occurs on the first one that is good or borne out; SPO2_LOW_UNCERTAIN " +
    `speaks for the others. It occurs after ${EXPLAINED_S} s at the latest while the ventilator shows why`,
  reads: ["spo2"],
  values: ["spo2", "limit", "seconds"],
  judge: (view, { limit, hysteresis, delay_s }) =>
    delayed(view, judgeLimit(view, { signal: "spo2", side: "low", limit, hysteresis }), delay_s),
  tier: (view) => (view.heldMs >= HIGH_AFTER_MS ? "high" : undefined),
});

function delayed(view: View, verdict: Verdict, delayS: number): Verdict {
  if (verdict.kind !== "holds") return verdict;
  if (isExplained(view)) return { ...verdict, delayMs: Math.min(delayS, EXPLAINED_S) * 1000 };
  if (!isDoubtful(view)) return verdict;
  const isLeft = view.isOn("SPO2_LOW_UNCERTAIN");
  return isLeft ? { ...verdict, delayMs: Number.POSITIVE_INFINITY } : withDoubt(view, verdict, delayS);
}
