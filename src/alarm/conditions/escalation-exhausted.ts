import { condition } from "../condition.ts";

export const escalationExhausted = condition({
  id: "ESCALATION_EXHAUSTED",
  rule: "everybody was called and nobody has answered",
  source: "clinical facts 3.3",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "somebody answers",
  latch: "A",
  gating: "",
  values: ["detail"],
});
