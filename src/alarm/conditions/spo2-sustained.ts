import { SECOND_MS } from "../../domain/time.ts";
import { condition, type Verdict, type View, WAITING } from "../condition.ts";
import { inBand } from "../one-limit.ts";
import { freshSpo2 } from "../oxygen-low.ts";
import { withDoubt } from "../quality.ts";

/** Of the window, to say anything about it. */
const NEEDED_SHARE = 0.8;

export const spo2Sustained = condition({
  id: "SPO2_SUSTAINED",
  rule: "SpO2 below the limit, and so is its median of the last 5 min, with a value in at least 80 % of the time",
  source: "clinical facts 3.3 and 0.6: events miss hypoventilation, plateaus show it",
  scope: "bed",
  ladder: { name: "oxygen", rank: 3 },
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 88, min: 85, max: 92, unit: "%", help: "violated below this" },
    delay_s: { default: 300, min: 120, max: 300, unit: "s", help: "length of the median, built in" },
    hysteresis: { default: 1, min: 0, max: 5, unit: "%", help: "ends at limit + hysteresis" },
    clear_s: { default: 120, min: 30, max: 600, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "samples at limit + hysteresis for clear_s",
  latch: "V",
  gating: "on a poor sample that nothing bears out, 15 s more",
  reads: ["spo2"],
  values: ["spo2", "median", "limit", "seconds"],
  judge: judgePlateau,
});

function judgePlateau(
  view: View,
  settings: { readonly limit: number; readonly hysteresis: number; readonly delay_s: number },
): Verdict {
  const reading = freshSpo2(view);
  if (reading === undefined) return view.bed.missing(["spo2"]);
  const { value, at, device, coverMs } = reading;
  const { limit, delay_s } = settings;
  // The samples decide when it is over: the median would sound for minutes after help has come.
  if (!inBand(value, { side: "low", limit, hysteresis: settings.hysteresis }, view.held)) {
    if (view.isAtRest === true) return WAITING;
    return { kind: "clear", coverMs, at, values: { spo2: value, limit }, devices: [device] };
  }
  const { median, validMs, devices } = view.bed.window("spo2", delay_s / 60);
  const evidence = {
    at,
    values: { spo2: value, ...(median !== undefined && { median }), limit },
    devices: [...new Set([device, ...devices])],
  };
  if (!view.held) {
    if (median === undefined || validMs < NEEDED_SHARE * delay_s * SECOND_MS) return WAITING;
    if (median >= limit) return { kind: "clear", coverMs, ...evidence };
  }
  // Minutes of it are no artefact: weak perfusion all night must not keep this at a warning.
  return withDoubt(view, { kind: "holds", delayMs: 0, ...evidence }, 0);
}
