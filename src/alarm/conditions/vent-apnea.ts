import { judgeApnoea } from "../apnoea.ts";
import { condition } from "../condition.ts";
import { isStandby } from "../therapy.ts";

export const ventApnea = condition({
  id: "VENT_APNEA",
  rule: "no complete breath",
  source: "clinical facts 3.3; 20 s is the common maximum (S35), two breaths end it (S33)",
  scope: "bed",
  neverMerged: true,
  neverQuiet: true,
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: { default: 20, min: 10, max: 60, unit: "s", help: "time without a breath, built in" },
    clear_breaths: { default: 2, min: 1, max: 10, unit: "breaths", help: "complete breaths that end it" },
    clear_s: { default: 10, min: 0, max: 60, unit: "s", help: "where single breaths are not reported" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "clear_breaths complete breaths; where breaths are not reported one by one, clear_s in range",
  latch: "A",
  gating:
    "breaths that fail to come count on watch; an apnea_duration or a resp_rate of 0 counts always, unless the " +
    "machine is in standby off watch",
  values: ["apnea_duration", "resp_rate", "limit", "seconds"],
  judge: (view, { limit }) => isStandby(view) ?? judgeApnoea(view, limit),
});
