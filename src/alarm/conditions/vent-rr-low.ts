import { condition, GAP_MS, type Verdict, type View, WAITING } from "../condition.ts";
import { drownsInLeak } from "../leak-gate.ts";
import { judgeLimit } from "../one-limit.ts";
import { isStandby } from "../therapy.ts";

export const ventRrLow = condition({
  id: "VENT_RR_LOW",
  rule: "breathing slowly: below the limit, or below the rate that the machine should hold up",
  source: "clinical facts 3.3",
  scope: "bed",
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: { default: 8, min: 4, max: 15, unit: "/min", help: "violated below this" },
    below_backup: {
      default: 2,
      min: 1,
      max: 6,
      unit: "/min",
      help: "or below the set backup rate by more than this",
    },
    delay_s: {
      default: 60,
      min: 20,
      max: 180,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 2, min: 0, max: 10, unit: "/min", help: "ends at limit + hysteresis" },
    clear_s: { default: 10, min: 0, max: 60, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "at limit + hysteresis for clear_s",
  latch: "V",
  gating:
    "a rate of 0 is VENT_APNEA's; unknown while more than 40 L/min leak; not judged off watch while the machine is in " +
    "standby",
  reads: ["resp_rate", "leak", "therapy"],
  values: ["resp_rate", "limit", "backup_rate", "seconds"],
  judge: (view, settings) => isStandby(view) ?? drownsInLeak(view) ?? judgeRate(view, settings),
});

interface RateSettings {
  readonly limit: number;
  readonly below_backup: number;
  readonly hysteresis: number;
}

function judgeRate(view: View, { limit, below_backup, hysteresis }: RateSettings): Verdict {
  const rate = view.bed.reading("resp_rate");
  const isApnoea = rate !== undefined && rate.ageMs < GAP_MS && rate.value === 0;
  if (isApnoea && view.isOn("VENT_APNEA")) return WAITING;
  const backup = view.bed.setting("backup_rate")?.value;
  if (typeof backup !== "number" || backup - below_backup <= limit) {
    return judgeLimit(view, { signal: "resp_rate", side: "low", limit, hysteresis });
  }
  return judgeLimit(view, {
    ...{ signal: "resp_rate", side: "low", limit: backup - below_backup },
    // A machine at its backup rate measures a little less than that.
    hysteresis: Math.min(hysteresis, below_backup / 2),
    values: { backup_rate: backup },
  });
}
