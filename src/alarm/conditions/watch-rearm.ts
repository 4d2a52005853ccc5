import { condition } from "../condition.ts";

export const watchRearm = condition({
  id: "WATCH_REARM",
  rule: "the bed was left for hospital or a visit, and valid values have been coming again for 60 s",
  source: "hazard 23; leaving the watch is designed",
  scope: "command",
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "",
  clears: "a person starts the watch, or the date until which the bed was left is over",
  latch: "V",
  gating: "raised by the watch itself; once for each absence. After an end for good only the page asks",
  values: [],
});
