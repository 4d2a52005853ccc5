import { freshBreaths, trailing } from "../breaths.ts";
import { condition, type Verdict, type View } from "../condition.ts";
import { inBand, judgeLimit, type OneLimit } from "../one-limit.ts";
import { isStandby } from "../therapy.ts";

/** Breaths in a row that count, where each is told (clinical facts, 3.3): a cough is shorter. */
const BREATHS = 3;

export const ventPressureHigh = condition({
  id: "VENT_PRESSURE_HIGH",
  rule: "peak pressure above the IPAP setting by more than a margin",
  source: "clinical facts 3.3: above IPAP max + 10 for 3 breaths or 10 s",
  scope: "bed",
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    above_ipap: { default: 10, min: 5, max: 20, unit: "cm[H2O]", help: "violated above IPAP plus this" },
    absolute: {
      default: 40,
      min: 20,
      max: 80,
      unit: "cm[H2O]",
      help: "violated above this where the IPAP setting is not known",
    },
    delay_s: { default: 10, min: 0, max: 60, unit: "s", help: "time in the violation band before it occurs" },
    hysteresis: { default: 2, min: 0, max: 10, unit: "cm[H2O]", help: "ends so far below" },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "below the limit by the hysteresis for clear_s",
  latch: "V",
  gating: "not judged off watch while the machine is in standby",
  reads: ["pressure_peak", "breath", "therapy"],
  values: ["pressure_peak", "limit", "ipap", "seconds"],
  judge(view, { above_ipap, absolute, hysteresis }) {
    const ipap = view.bed.setting("ipap")?.value;
    const rule: OneLimit = {
      ...{ signal: "pressure_peak", side: "high", hysteresis },
      ...(typeof ipap === "number" ? { limit: ipap + above_ipap, values: { ipap } } : { limit: absolute }),
    };
    return isStandby(view) ?? sooner(view, rule, judgeLimit(view, rule));
  },
});

/** Three breaths in a row are enough, however short. */
function sooner(view: View, rule: OneLimit, verdict: Verdict): Verdict {
  if (verdict.kind !== "holds") return verdict;
  const breaths = freshBreaths(view);
  const last = breaths.at(-1);
  if (
    last === undefined ||
    trailing(breaths, ({ peakCmH2o }) => inBand(peakCmH2o, rule, view.held)) < BREATHS
  ) {
    return verdict;
  }
  return { ...verdict, at: last.at > verdict.at ? last.at : verdict.at, delayMs: 0 };
}
