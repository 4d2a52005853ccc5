import { condition, GAP_MS, unknown, type Verdict, type View, WAITING } from "../condition.ts";
import { drownsInLeak } from "../leak-gate.ts";
import { inBand } from "../one-limit.ts";
import { isStandby } from "../therapy.ts";
import { type UsualRule, usualLimit } from "../usual.ts";

export const ventMvLow = condition({
  id: "VENT_MV_LOW",
  rule: "the minute volume, as the mean of 60 s, is far below what is usual for this person",
  source: "clinical facts 3.3; volumes that leak are not judged (S49)",
  scope: "bed",
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 60, min: 40, max: 80, unit: "%", help: "violated below this share of the usual value" },
    absolute: {
      default: 0,
      min: 0,
      max: 15,
      unit: "L/min",
      help: "the therapist's own number, 0 for none; with both the higher one counts",
    },
    delay_s: {
      default: 60,
      min: 15,
      max: 300,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 10, min: 0, max: 20, unit: "%", help: "ends so much of the usual value above" },
    clear_s: { default: 30, min: 0, max: 120, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "medium", B: "high", C: "high" },
  rises: "",
  clears: "above the limit by the hysteresis for clear_s",
  latch: "V",
  gating:
    "unknown while more than 40 L/min leak, and without a usual value (median of valid nights) or a therapist's " +
    "number; not judged off watch while the machine is in standby",
  reads: ["minute_volume", "leak", "therapy"],
  values: ["minute_volume", "limit", "usual", "seconds"],
  judge: (view, { limit, absolute, hysteresis }) =>
    isStandby(view) ??
    drownsInLeak(view) ??
    judgeMean(view, { signal: "minute_volume", share: limit, absolute, hysteresis }),
});

function judgeMean(view: View, rule: UsualRule): Verdict {
  const mean = view.bed.minuteVolumeMean();
  if (mean === undefined || mean.ageMs >= GAP_MS) return view.bed.missing(["minute_volume"]);
  const low = usualLimit(view, rule);
  if (low === undefined) return unknown("baseline:minute_volume");
  const isLow = inBand(mean.value, { side: "low", ...low }, view.held);
  if (!isLow && view.isAtRest === true) return WAITING;
  const evidence = {
    at: mean.at,
    values: { minute_volume: Math.round(mean.value * 10) / 10, limit: low.limit, ...low.values },
    devices: [mean.device],
  };
  return isLow ? { kind: "holds", ...evidence } : { kind: "clear", coverMs: mean.coverMs, ...evidence };
}
