import { showsApnoea } from "../apnoea.ts";
import { condition, type View, WAITING } from "../condition.ts";
import { judgeLimit, type OneLimit } from "../one-limit.ts";
import { isStandby } from "../therapy.ts";

export const ventPressureLow = condition({
  id: "VENT_PRESSURE_LOW",
  rule: "peak pressure below the IPAP setting by more than a margin, or far too low for anybody",
  source: "clinical facts 3.3: below IPAP min - 5 for 10 s; the fallback is a proposal",
  scope: "bed",
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    below_ipap: { default: 5, min: 5, max: 20, unit: "cm[H2O]", help: "violated below IPAP minus this" },
    absolute: {
      default: 8,
      min: 4,
      max: 20,
      unit: "cm[H2O]",
      help: "violated below this where IPAP is not known, and at most 2 below a known EPAP",
    },
    delay_s: { default: 10, min: 0, max: 60, unit: "s", help: "time in the violation band before it occurs" },
    hysteresis: { default: 2, min: 0, max: 10, unit: "cm[H2O]", help: "ends so far above" },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "above the limit by the hysteresis for clear_s",
  latch: "V",
  gating:
    "not judged while no breath comes and at least 4 cmH2O are held (VENT_APNEA), nor off watch while the machine is in " +
    "standby",
  reads: ["pressure_peak", "apnea_duration", "resp_rate", "breath", "therapy"],
  values: ["pressure_peak", "limit", "ipap", "seconds"],
  judge: (view, settings) =>
    isStandby(view) ?? (waitsForBreath(view) ? WAITING : judgeLimit(view, ruleFor(view, settings))),
});

/** A machine that waits for a breath holds EPAP meanwhile: that no breath comes is VENT_APNEA's, not lost pressure. */
function waitsForBreath(view: View): boolean {
  const peak = view.bed.reading("pressure_peak")?.value ?? 0;
  return peak >= EPAP_LEAST && view.isOn("VENT_APNEA") && showsApnoea(view, NO_BREATH_S) === true;
}

/** cmH2O: machines hold no less at the end of a breath, an open mask does. */
const EPAP_LEAST = 4;
/** s */
const NO_BREATH_S = 10;

interface PressureSettings {
  readonly below_ipap: number;
  readonly absolute: number;
  readonly hysteresis: number;
}

function ruleFor({ bed }: View, { below_ipap, absolute, hysteresis }: PressureSettings): OneLimit {
  const rule = { signal: "pressure_peak", side: "low", hysteresis } as const;
  const ipap = bed.setting("ipap")?.value;
  if (typeof ipap === "number") return { ...rule, limit: ipap - below_ipap, values: { ipap } };
  // Without IPAP it may be one pressure all the time: then EPAP is all that there is.
  const epap = bed.setting("epap")?.value;
  return { ...rule, limit: typeof epap === "number" ? Math.min(absolute, epap - EPAP_MARGIN) : absolute };
}

/** cmH2O; no more than the hysteresis can span. */
const EPAP_MARGIN = 2;
