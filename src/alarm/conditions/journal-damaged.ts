import { condition } from "../condition.ts";

export const journalDamaged = condition({
  id: "JOURNAL_DAMAGED",
  rule: "the record of alarms was damaged: what was readable is kept, an open alarm or a setting may be missing",
  source: "law 4; nothing starts silently fresh",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "a person has looked and says so",
  latch: "A",
  gating: "",
  values: ["detail"],
});
