import { condition, type Verdict, type View, WAITING } from "../condition.ts";
import { freshSpo2, lowLimits } from "../oxygen-low.ts";
import { withUrgentDoubt } from "../quality.ts";

const HIGH_AFTER_MS = 60_000;

export const spo2Integral = condition({
  id: "SPO2_INTEGRAL",
  rule:
    "SpO2 below the limit of SPO2_LOW, and depth x time below it has reached the limit, or it is one of several dips " +
    "within 60 s",
  source: "clinical facts 2 and 3.3: SatSeconds, three violations in 60 s (S44)",
  scope: "bed",
  ladder: { name: "oxygen", rank: 3 },
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: {
      default: 100,
      min: 25,
      max: 300,
      unit: "%.s",
      help: "depth below the limit of SPO2_LOW times its duration; back to 0 after 10 s in range",
    },
    crossings: { default: 3, min: 2, max: 10, unit: "dips", help: "beginnings of a dip within 60 s" },
    clear_s: { default: 10, min: 5, max: 60, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "medium", B: "high", C: "high" },
  rises: "class A: high once it is 60 s old, as SPO2_LOW",
  clears: "at limit + hysteresis of SPO2_LOW for clear_s",
  latch: "V",
  gating:
    "no delay; a poor sample that nothing bears out is left to SPO2_LOW_UNCERTAIN, or waits 15 s where that is off",
  reads: ["spo2"],
  values: ["spo2", "integral", "crossings", "limit", "seconds"],
  judge: judgeDips,
  // Else it would take from class A, at 85 %, what SPO2_LOW gives it: to be woken softly first.
  tier: (view) => (view.heldMs >= HIGH_AFTER_MS ? "high" : undefined),
});

function judgeDips(view: View, settings: { readonly limit: number; readonly crossings: number }): Verdict {
  const reading = freshSpo2(view);
  if (reading === undefined) return view.bed.missing(["spo2"]);
  const { value, at, device, coverMs } = reading;
  const { limit } = settings;
  const low = lowLimits(view);
  // What the dips add up to stays for a while after them: it is an alarm only while the oxygen is low.
  const isLow = value < low.limit + (view.held ? low.hysteresis : 0);
  if (!isLow && view.isAtRest === true) return WAITING;
  const clear: Verdict = { kind: "clear", at, coverMs, values: { spo2: value, limit }, devices: [device] };
  if (!isLow) return clear;
  const dips = view.bed.dips();
  const integral = Math.round(dips.integral);
  const crossings = dips.crossings.length;
  const isFull = dips.integral >= limit || crossings >= settings.crossings;
  if (!isFull && !view.isOpen("SPO2_INTEGRAL")) return clear;
  const values = { spo2: value, integral, crossings, limit };
  return withUrgentDoubt(view, { kind: "holds", at, values, devices: [device] });
}
