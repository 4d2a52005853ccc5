import { condition, type Verdict, type View, WAITING } from "../condition.ts";
import { startsOn } from "../presets.ts";

export const alarmOffReminder = condition({
  id: "ALARM_OFF_REMINDER",
  rule: "the limits in force switch an alarm off",
  source: "clinical facts 1.4 and 3.3; hazard 23",
  scope: "bed",
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "low", B: "low", C: "low" },
  rises: "",
  clears: "everything is switched on again",
  latch: "V",
  reads: [],
  gating: "what the class starts without is not switched off by anybody",
  values: ["conditions"],
  judge: judgeOff,
});

function judgeOff(view: View): Verdict {
  const off = view.limitsState.off.filter((id) => startsOn(id, view.dependencyClass));
  if (off.length > 0 === view.held) return WAITING;
  const evidence = { at: view.now, devices: [] };
  return off.length > 0
    ? { kind: "holds", values: { conditions: off.join(" ") }, ...evidence }
    : { kind: "clear", values: {}, ...evidence };
}
