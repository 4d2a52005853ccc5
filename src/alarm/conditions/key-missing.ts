import { condition } from "../condition.ts";

export const keyMissing = condition({
  id: "KEY_MISSING",
  rule: "the key of the box is missing: it watches and rings here, and can call no phone",
  source: "law 4",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "the key is back",
  latch: "A",
  gating: "",
  values: ["detail"],
});
