import { type Absence, absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({
    samples,
    breath: (at) => ({
      number: Math.floor(at / 4000),
      phase: at % 4000 < 1500 ? "inspiration" : "expiration",
    }),
  }),
  seconds: 12,
  expected,
  kinds: ["samples", "wave", "status", "identity"],
});

const values = (etco2: number, resp_rate: number): ConformanceScene =>
  scene(`EtCO2 ${etco2}, rate ${resp_rate}`, { etco2, resp_rate });

const gone = (reason: Absence): ConformanceScene => {
  const both = { etco2: absent(reason), resp_rate: absent(reason) };
  return { ...scene(reason, both), kinds: ["samples", "status", "identity"] };
};

export const respironicsCapnostatProfile: ConformanceProfile = {
  kind: "binary frames",
  scenes: [
    values(41, 16),
    values(1, 1),
    values(127, 127),
    values(128, 128),
    values(150, 150),
    values(38, 60),
    scene("no breath", { etco2: absent("not_measured"), resp_rate: absent("not_measured") }),
    scene("rate missing alone", { etco2: 40, resp_rate: absent("not_measured") }),
    gone("searching"),
    gone("not_connected"),
    gone("poor_signal"),
    gone("invalid"),
    { ...values(44, 20), name: "other settings", options: { barometric: 700, oxygen: 40 } },
  ],
  streams: ["EtCO2 41, rate 16", "not_connected"],
  checksum: () => true,
  timeless: (reading) => reading,
};
