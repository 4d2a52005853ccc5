import { condition } from "../condition.ts";

export const boxPutOut = condition({
  id: "BOX_PUT_OUT",
  rule: "the hub put this box out: it watches and rings here, and tells the hub nothing",
  source: "law 4",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "low", B: "low", C: "low" },
  rises: "",
  clears: "it is paired again",
  latch: "V",
  gating: "",
  values: ["detail"],
});
