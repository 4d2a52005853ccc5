import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { SignalId } from "../../../src/domain/signal.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const FULL = {
  resp_rate: 16,
  tidal_volume_insp: 480,
  tidal_volume_exp: 450,
  minute_volume: 7.2,
  pressure_peak: 18.4,
  pressure_mean: 9.1,
  pressure_exp: 6,
  fio2: 28,
  insp_time: 1.35,
} as const satisfies Samples;

const settings = { epap: 6, pressure_support: 12, fio2: 28, mode: "NIV" } as const;

const NONE: Samples = Object.fromEntries(
  Object.keys(FULL).map((id) => [id as SignalId, absent("not_measured")]),
);

const scene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples, settings }),
  seconds: 15,
  expected,
  kinds: ["samples", "ownAlarm", "settings", "identity"],
});

export const hamiltonPollingProfile: ConformanceProfile = {
  kind: "binary frames",
  scenes: [
    scene("ordinary values", FULL),
    scene("nothing measured", {}, NONE),
    scene("the least", {
      ...FULL,
      resp_rate: 0,
      tidal_volume_insp: 0,
      tidal_volume_exp: 0,
      minute_volume: 0,
    }),
    scene("the most", {
      ...FULL,
      resp_rate: 150,
      tidal_volume_insp: 5000,
      tidal_volume_exp: 5000,
      minute_volume: 100,
      pressure_peak: 120,
      fio2: 100,
      insp_time: 9.99,
    }),
    scene("a negative pressure", { ...FULL, pressure_exp: -3.4 }),
    scene(
      "one value missing alone",
      { ...FULL, tidal_volume_exp: absent("not_measured") },
      { ...FULL, tidal_volume_exp: absent("not_measured") },
    ),
  ],
  streams: ["ordinary values", "nothing measured"],
  checksum: () => false,
  timeless: (reading) => reading,
};
