import { condition, type Verdict, type View } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";
import { lowLimits } from "../oxygen-low.ts";
import { isDoubtful } from "../quality.ts";

export const spo2LowUncertain = condition({
  id: "SPO2_LOW_UNCERTAIN",
  rule: "SpO2 below the limit of SPO2_LOW, doubted by the oximeter and borne out by nothing",
  source: "clinical facts 3.1 (gating downgrades, never blocks) and 3.3; hazard 5",
  scope: "bed",
  ladder: { name: "oxygen", rank: 1 },
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    further_s: { default: 15, min: 0, max: 30, unit: "s", help: "time beyond the delay of SPO2_LOW" },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "",
  clears: "at limit + hysteresis of SPO2_LOW for clear_s",
  latch: "V",
  gating:
    "poor: the oximeter flags low perfusion, artefact, motion or loss of track, or a perfusion below 0.3 %. A good or " +
    "borne-out sample makes it SPO2_LOW. Off together with SPO2_LOW",
  reads: ["spo2"],
  values: ["spo2", "limit", "seconds"],
  judge: (view, { further_s }) => judgeDoubt(view, further_s),
});

function judgeDoubt(view: View, furtherS: number): Verdict {
  const { limit, hysteresis, delayS } = lowLimits(view);
  const verdict = judgeLimit(view, { signal: "spo2", side: "low", limit, hysteresis });
  if (verdict.kind !== "holds") return verdict;
  // Whoever switched SPO2_LOW off does not want to hear of the same limit through poor samples.
  if (!view.isOn("SPO2_LOW")) return { ...verdict, kind: "clear" };
  return { ...verdict, delayMs: isDoubtful(view) ? (delayS + furtherS) * 1000 : Number.POSITIVE_INFINITY };
}
