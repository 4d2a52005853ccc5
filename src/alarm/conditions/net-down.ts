import { condition } from "../condition.ts";

export const netDown = condition({
  id: "NET_DOWN",
  rule: "the box reaches neither its hub nor a push service: phones cannot be called",
  source: "clinical facts 3.3; humane technical alarms",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {
    delay_s: { default: 120, min: 30, max: 300, unit: "s", help: "time before it occurs" },
    high_s: { default: 300, min: 120, max: 1800, unit: "s", help: "high at this age" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "high once it is `high_s` old",
  clears: "the box reaches them again",
  latch: "A",
  gating:
    "a router that redials for a minute and a half wakes nobody: the box goes on watching and sounds in the house",
  values: ["detail"],
  tier: (view, { high_s }) => (view.heldMs >= high_s * 1000 ? "high" : undefined),
});
