import { condition } from "../condition.ts";

export const certificateEnding = condition({
  id: "CERTIFICATE_ENDING",
  rule: "the certificate of the pages ends within 30, 14 or 3 days, has ended in the night, or does not count yet",
  source: "law 4; phones refuse pages without a certificate that counts",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "low", B: "low", C: "low" },
  rises: "",
  clears: "there is a new certificate, or the next of these stages begins",
  latch: "V",
  gating: "",
  values: ["detail"],
});
