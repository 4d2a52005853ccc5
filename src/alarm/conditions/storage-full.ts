import { condition } from "../condition.ts";

export const storageFull = condition({
  id: "STORAGE_FULL",
  rule: "the box has no room left to record: waveforms go first, alarms go on",
  source: "clinical facts 3.3; BR-28",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "there is room again",
  latch: "A",
  gating: "",
  values: ["detail"],
});
