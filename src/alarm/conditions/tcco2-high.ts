import { condition } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";

/** A rise counts from here on, however low the person's own level is (AASM: more than 10 above awake, to above 50). */
const RISE = 10;
const RISE_TO = 50;

export const tcco2High = condition({
  id: "TCCO2_HIGH",
  rule: `transcutaneous CO2 above the limit, or above ${RISE_TO} and more than ${RISE} above the person's level awake`,
  source: "clinical facts 3.3 and 6.3: adult sleep hypoventilation (AASM)",
  scope: "bed",
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 55, min: 45, max: 80, unit: "mm[Hg]", help: "violated above this" },
    awake: {
      default: 0,
      min: 0,
      max: 70,
      unit: "mm[Hg]",
      help: "this person's level awake, as the therapist measured it; 0: not known, only the limit counts",
    },
    delay_s: {
      default: 600,
      min: 120,
      max: 1800,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 2, min: 0, max: 5, unit: "mm[Hg]", help: "ends at limit - hysteresis" },
    clear_s: { default: 300, min: 30, max: 900, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "",
  clears: "at limit - hysteresis for clear_s",
  latch: "V",
  gating: "a sensor that calibrates or warms up gives no value",
  reads: ["tcco2"],
  values: ["tcco2", "limit", "seconds"],
  judge(view, { limit, awake, hysteresis }) {
    const rise = awake > 0 ? Math.max(RISE_TO, awake + RISE) : limit;
    return judgeLimit(view, { signal: "tcco2", side: "high", limit: Math.min(limit, rise), hysteresis });
  },
});
