import { condition } from "../condition.ts";

export const patientCall = condition({
  id: "PATIENT_CALL",
  rule: "the patient calls (touch, key, dwell, switch)",
  source: "clinical facts 3.3 and 10.1",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: false,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "a caregiver says that they are with the patient: that call and the earlier ones are answered",
  latch: "A",
  gating: "presses within 300 ms of each other are one call; every other press is a call of its own",
  values: ["how", "kind"],
});
