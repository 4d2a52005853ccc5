import { condition } from "../condition.ts";

export const stateDamaged = condition({
  id: "STATE_DAMAGED",
  rule: "the file of people and settings is damaged, or was at the start: a copy, or what lies in memory, is in use, and phones may be missing",
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
