import { condition } from "../condition.ts";

export const ruleError = condition({
  id: "RULE_ERROR",
  rule: "an alarm rule failed inside, or the self-monitor reports such a fault; the other rules go on",
  source: "clinical facts 3.3; hazard 21",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {
    clear_s: { default: 60, min: 10, max: 600, unit: "s", help: "time without a failure that ends it" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "the rule judges again for clear_s, or the self-monitor says so",
  latch: "A",
  gating: "",
  values: ["rule", "detail"],
});
