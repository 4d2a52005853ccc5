import { condition, type Verdict, type View, WAITING } from "../condition.ts";
import { freshSpo2, lowLimits } from "../oxygen-low.ts";
import { withUrgentDoubt } from "../quality.ts";

/** Any later sample is the second one. */
const SECOND_SAMPLE_S = 0.001;

export const spo2Rapid = condition({
  id: "SPO2_RAPID",
  rule: "two successive samples of SpO2 at or below the limit of SPO2_LOW less a margin",
  source: "clinical facts 3.1 and 3.3; Rapid Desat, 10 below the limit by default (S14)",
  scope: "bed",
  ladder: { name: "oxygen", rank: 4 },
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    below: { default: 10, min: 5, max: 10, unit: "%", help: "violated so far below the limit of SPO2_LOW" },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "with SPO2_LOW: at its limit + hysteresis for clear_s",
  latch: "V",
  gating:
    "no delay; a poor sample that nothing bears out is left to SPO2_LOW_UNCERTAIN, or waits 15 s where that is off",
  reads: ["spo2"],
  values: ["spo2", "limit", "seconds"],
  judge: (view, { below }) => judgeFall(view, below),
});

function judgeFall(view: View, below: number): Verdict {
  const reading = freshSpo2(view);
  if (reading === undefined) return view.bed.missing(["spo2"]);
  const { value, at, device, coverMs } = reading;
  const low = lowLimits(view);
  const limit = low.limit - below;
  // Up to the alarm every sample has to be deep; from then on it goes with SPO2_LOW.
  const isDeep = value <= limit || (view.isOpen("SPO2_RAPID") && value < low.limit + low.hysteresis);
  if (!isDeep && view.isAtRest === true) return WAITING;
  const evidence = { at, values: { spo2: value, limit }, devices: [device] };
  if (!isDeep) return { kind: "clear", coverMs, ...evidence };
  const delayMs = SECOND_SAMPLE_S * 1000;
  return withUrgentDoubt(view, { kind: "holds", delayMs, ...evidence });
}
