import { HOUR_MS } from "../../domain/time.ts";
import { condition } from "../condition.ts";

/** People are still awake, and tonight can be prepared. */
const EVENING_MS = 2 * HOUR_MS;

export const phoneUnreachable = condition({
  id: "PHONE_UNREACHABLE",
  rule: "a phone that is on call will not ring: silent for too long, muted, without leave or nearly empty",
  source: "clinical facts 3.3; hazards 29, 30",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "low", B: "low", C: "low" },
  rises:
    "medium outside the watch schedule and in the first two hours of a watch, while people are awake and can mend it; later the next on duty is called instead",
  clears: "the phone proves itself again",
  latch: "V",
  gating: "",
  values: ["detail"],
  tier: (view) => (!view.isNight || view.now - view.watchFrom < EVENING_MS ? "medium" : undefined),
});
