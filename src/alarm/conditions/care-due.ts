import type { ConditionId } from "../../domain/alarm.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { condition, type Verdict, type View, WAITING } from "../condition.ts";

/** While one of these is open nobody is reminded of anything. */
const URGENT = [
  "PATIENT_CALL",
  "SPO2_LOW",
  "SPO2_CRIT",
  "SPO2_RAPID",
  "SPO2_INTEGRAL",
  "SPO2_SUSTAINED",
  "SPO2_UNDER_RANGE",
  "PULSE_LOST",
  "LEAK_DESAT",
  "VENT_OWN",
  "VENT_REMOTE_ALARM",
  "VENT_DISCONNECT",
  "VENT_APNEA",
  "VENT_OBSTRUCTION",
  "VENT_PRESSURE_LOW",
  "VENT_PRESSURE_HIGH",
  "VENT_MV_LOW",
  "VENT_VTE_LOW",
  "VENT_RR_LOW",
  "VENT_OFF_EXPECTED",
  "VENT_BATT_CRIT",
] as const satisfies readonly ConditionId[];

export const careDue = condition({
  id: "CARE_DUE",
  rule: "an act of the care plan has not been done for as long as the plan says",
  source: "clinical facts 3.3 and 10.2",
  scope: "care",
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    quiet_min: {
      default: 90,
      min: 0,
      max: 240,
      unit: "min",
      help: "no reminder so soon after any care, or the plan's own interval where that is shorter",
    },
    late_min: {
      default: 60,
      min: 0,
      max: 240,
      unit: "min",
      help: "so long overdue, it reminds all the same",
    },
  },
  priority: { A: "low", B: "low", C: "low" },
  rises: "",
  clears: "the act is logged, or the plan no longer asks for it",
  latch: "none",
  gating:
    "not while an alarm about the person or the ventilator is open, nor in the quiet window after any care",
  values: ["act", "minutes"],
  judge: (view, settings) => judgePlan(view, settings),
});

function judgePlan(
  view: View,
  { quiet_min, late_min }: { readonly quiet_min: number; readonly late_min: number },
): Verdict {
  const { care } = view;
  if (care === undefined) return WAITING;
  const sinceMs = view.now - care.lastAt;
  const minutes = Math.floor(sinceMs / MINUTE_MS);
  const evidence = { at: view.now, values: { act: care.act, minutes }, devices: [] };
  if (sinceMs < care.everyMs) return view.held ? { kind: "clear", ...evidence } : WAITING;
  if (view.held || URGENT.some((id) => view.isOpen(id))) return WAITING;
  // Suction every hour must not put off the turning all night.
  const isLate = sinceMs - care.everyMs >= late_min * MINUTE_MS;
  const quietMs = Math.min(quiet_min * MINUTE_MS, care.everyMs);
  const isQuiet = view.now - (care.anyAt ?? care.lastAt) < quietMs;
  return isQuiet && !isLate ? WAITING : { kind: "holds", ...evidence };
}
