import { condition } from "../condition.ts";

export const edgeOffline = condition({
  id: "EDGE_OFFLINE",
  rule: "the hub no longer hears the bedside box",
  source: "clinical facts 3.3; hazard 14",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "the hub hears the box again",
  latch: "A",
  gating: "raised by the hub alone: a box cannot say this of itself",
  values: ["detail"],
});
