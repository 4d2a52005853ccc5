import { condition } from "../condition.ts";

export const testOverdue = condition({
  id: "TEST_OVERDUE",
  rule: "the alarm has not been tested for too long",
  source: "clinical facts 3.3",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "low", B: "low", C: "low" },
  rises: "",
  clears: "a test",
  latch: "V",
  gating: "",
  values: ["detail"],
});
