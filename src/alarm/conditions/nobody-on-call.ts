import { condition } from "../condition.ts";

export const nobodyOnCall = condition({
  id: "NOBODY_ON_CALL",
  rule: "no person is on call",
  source: "clinical facts 3.3; hazard 32",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "somebody is on call",
  latch: "A",
  gating: "",
  values: ["detail"],
});
