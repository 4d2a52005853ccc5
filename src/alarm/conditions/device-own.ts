import { condition } from "../condition.ts";
import { judgeOwnAlarm } from "../own-alarm.ts";

export const deviceOwn = condition({
  id: "DEVICE_OWN",
  rule: "an oximeter, capnograph or other device says that one of its own alarms is active",
  source:
    "clinical facts 1.9; the delay is a proposal: an oximeter's limits ring without one, and the oxygen alarms here " +
    "judge the same numbers",
  scope: "device_own",
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    delay_s: { default: 30, min: 0, max: 120, unit: "s", help: "time active before it occurs" },
  },
  priority: { A: "low", B: "low", C: "low" },
  rises: "to the priority that the device gives it",
  clears: "the device says that it is over; a lost link never ends it",
  latch: "V",
  gating: "on watch only: in the daytime sensors lie on the table",
  reads: [],
  values: ["device", "code", "text", "seconds"],
  judge(view) {
    const verdict = judgeOwnAlarm(view);
    return verdict.kind === "holds" ? { ...verdict, onlyOnWatch: true } : verdict;
  },
  tier: (view) => view.own?.priority,
});
