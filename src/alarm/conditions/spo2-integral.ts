import { condition, type Verdict, type View } from "../condition.ts";
import { freshSpo2, lowLimits } from "../oxygen-low.ts";
import { withDoubt } from "../quality.ts";

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
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "at limit + hysteresis of SPO2_LOW for clear_s",
  latch: "V",
  gating: "no delay; on a poor sample that nothing bears out, 15 s",
  reads: ["spo2"],
  values: ["spo2", "integral", "crossings", "limit", "seconds"],
  judge: judgeDips,
});

function judgeDips(view: View, settings: { readonly limit: number; readonly crossings: number }): Verdict {
  const reading = freshSpo2(view);
  if (reading === undefined) return view.bed.missing(["spo2"]);
  const { value, at, device, coverMs } = reading;
  const low = lowLimits(view);
  const { integral, crossings } = view.bed.dips();
  const evidence = {
    at,
    values: {
      spo2: value,
      integral: Math.round(integral),
      crossings: crossings.length,
      limit: settings.limit,
    },
    devices: [device],
  };
  const isFull = integral >= settings.limit || crossings.length >= settings.crossings;
  // What the dips add up to stays for a while after them: it is an alarm only while the oxygen is low.
  const isLow = value < low.limit + (view.held ? low.hysteresis : 0);
  const holds = isLow && (isFull || view.isOpen("SPO2_INTEGRAL"));
  if (!holds) return { kind: "clear", coverMs, ...evidence };
  return withDoubt(view, { kind: "holds", ...evidence }, 0);
}
