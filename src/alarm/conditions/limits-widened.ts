import { condition, type Verdict, type View, WAITING } from "../condition.ts";

export const limitsWidened = condition({
  id: "LIMITS_WIDENED",
  rule: "limits are wider than before, for a time",
  source: "clinical facts 3.3; hazard 23",
  scope: "bed",
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "low", B: "low", C: "low" },
  rises: "",
  clears: "the limits before count again, or other ones that widen nothing",
  latch: "V",
  reads: [],
  gating: "",
  values: ["until"],
  judge: judgeWidening,
});

function judgeWidening(view: View): Verdict {
  const { widenedUntil } = view.limitsState;
  if ((widenedUntil !== undefined) === view.held) return WAITING;
  const evidence = { at: view.now, devices: [] };
  return widenedUntil === undefined
    ? { kind: "clear", values: {}, ...evidence }
    : { kind: "holds", values: { until: widenedUntil }, ...evidence };
}
