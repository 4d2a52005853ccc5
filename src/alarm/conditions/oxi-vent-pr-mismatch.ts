import { condition, unknown, type Verdict, type View, WAITING } from "../condition.ts";

export const oxiVentPrMismatch = condition({
  id: "OXI_VENT_PR_MISMATCH",
  rule: "two devices measure the pulse rate and differ by more than the limit",
  source: "clinical facts 3.3; two sources of one signal (design, section 5)",
  scope: "bed",
  technical: true,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: { default: 15, min: 5, max: 40, unit: "/min", help: "violated above this difference" },
    delay_s: {
      default: 60,
      min: 10,
      max: 300,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 3, min: 0, max: 10, unit: "/min", help: "ends at limit - hysteresis" },
    clear_s: { default: 30, min: 0, max: 120, unit: "s", help: "time in agreement that ends it" },
  },
  priority: { A: "low", B: "low", C: "low" },
  rises: "",
  clears: "within the limit by the hysteresis for clear_s",
  latch: "none",
  gating: "needs two devices with a fresh pulse rate",
  reads: ["pulse_rate"],
  values: ["pulse_rate", "other", "device", "seconds"],
  judge: (view, { limit, hysteresis }) => judgePulses(view, limit, hysteresis),
});

function judgePulses(view: View, limit: number, hysteresis: number): Verdict {
  const pulses = view.bed.every("pulse_rate");
  const [first, ...others] = pulses;
  if (first === undefined || others.length === 0) return view.held ? unknown("gap") : WAITING;
  const farthest = others.reduce((far, one) =>
    Math.abs(one.value - first.value) > Math.abs(far.value - first.value) ? one : far,
  );
  const apart = Math.abs(farthest.value - first.value);
  const evidence = {
    // Both have to be new: the first of two that come together is compared with a value of the second before.
    at: first.at < farthest.at ? first.at : farthest.at,
    values: { pulse_rate: first.value, other: farthest.value, device: farthest.device },
    devices: [first.device, farthest.device],
  };
  if (apart > (view.held ? limit - hysteresis : limit)) return { kind: "holds", ...evidence };
  return { kind: "clear", coverMs: Math.min(first.coverMs, farthest.coverMs), ...evidence };
}
