import { condition } from "../condition.ts";

export const certificateExpired = condition({
  id: "CERTIFICATE_EXPIRED",
  rule: "the certificate of the pages has ended: phones can no longer open them to answer",
  source: "law 4; phones refuse pages without a certificate that counts",
  scope: "command",
  neverMerged: true,
  neverQuiet: true,
  technical: true,
  liveOnly: true,
  canBeOff: false,
  settings: {},
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "there is a new certificate; while people sleep it stands as CERTIFICATE_ENDING",
  latch: "A",
  gating: "raised while people are awake alone",
  values: ["detail"],
});
