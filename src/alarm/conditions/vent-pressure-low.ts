import { condition, unknown } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";
import { isStandby } from "../therapy.ts";

export const ventPressureLow = condition({
  id: "VENT_PRESSURE_LOW",
  rule: "peak pressure below the IPAP setting by more than a margin",
  source: "clinical facts 3.3: below IPAP min - 5 for 10 s",
  scope: "bed",
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    below_ipap: { default: 5, min: 5, max: 20, unit: "cm[H2O]", help: "violated below IPAP minus this" },
    delay_s: { default: 10, min: 0, max: 60, unit: "s", help: "time in the violation band before it occurs" },
    hysteresis: { default: 2, min: 0, max: 10, unit: "cm[H2O]", help: "ends so far above" },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "above the limit by the hysteresis for clear_s",
  latch: "V",
  gating: "unknown without the setting ipap; not judged off watch while the machine is in standby",
  values: ["pressure_peak", "limit", "ipap", "seconds"],
  judge(view, { below_ipap, hysteresis }) {
    const ipap = view.bed.setting("ipap");
    if (typeof ipap?.value !== "number") {
      const source = view.bed.expects(["pressure_peak"]) || view.bed.reading("pressure_peak") !== undefined;
      return unknown(source ? "setting:ipap" : "no_source");
    }
    const limit = ipap.value - below_ipap;
    return (
      isStandby(view) ??
      judgeLimit(view, {
        signal: "pressure_peak",
        side: "low",
        limit,
        hysteresis,
        values: { ipap: ipap.value },
      })
    );
  },
});
