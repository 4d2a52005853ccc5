import { condition, WAITING } from "../condition.ts";
import { judgeOwnAlarm } from "../own-alarm.ts";

/** Codes by which a machine says what it is doing, among its alarms: VENT_OFF_EXPECTED judges standby. */
const STATES: ReadonlySet<string> = new Set(["standby"]);

export const ventOwn = condition({
  id: "VENT_OWN",
  rule: "the ventilator says that one of its own alarms is active",
  source: "clinical facts 1.9 and 3.3: passed on unchanged, never downgraded",
  scope: "ventilator_own",
  neverMerged: true,
  technical: false,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "to the priority that the ventilator gives it",
  clears: "the ventilator says that it is over; a lost link never ends it",
  latch: "A",
  gating: "none: each of its alarms is an alarm of its own, day and night",
  reads: [],
  values: ["device", "code", "text"],
  judge: (view) => (view.own !== undefined && STATES.has(view.own.code) ? WAITING : judgeOwnAlarm(view)),
  tier: (view) => view.own?.priority,
});
