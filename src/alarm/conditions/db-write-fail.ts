import { condition } from "../condition.ts";

export const dbWriteFail = condition({
  id: "DB_WRITE_FAIL",
  rule: "the box cannot write: journal, spool or store",
  source: "clinical facts 3.3; law 4",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "the box's self-monitor says that it writes again",
  latch: "A",
  gating: "",
  values: ["detail"],
});
