import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { SignalId } from "../../../src/domain/signal.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const FULL = {
  resp_rate: 18,
  tidal_volume_exp: 430,
  minute_volume: 7.7,
  pressure_peak: 16.2,
  pressure_mean: 8.4,
  pressure_insp: 15.8,
  ie_ratio: 2.1,
} as const satisfies Samples;

const NONE: Samples = Object.fromEntries(
  Object.keys(FULL).map((id) => [id as SignalId, absent("not_measured")]),
);

const scene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples, settings: { epap: 6, fio2: 30, mode: "S/T" } }),
  seconds: 12,
  expected,
  kinds: ["samples", "ownAlarm", "settings", "identity"],
});

export const philipsV60Profile: ConformanceProfile = {
  kind: "text lines",
  scenes: [
    scene("ordinary values", FULL),
    scene("nothing measured", {}, NONE),
    scene("the least", { ...FULL, resp_rate: 0, tidal_volume_exp: 0, minute_volume: 0 }),
    scene("the most", {
      ...FULL,
      resp_rate: 150,
      tidal_volume_exp: 5000,
      minute_volume: 100,
      pressure_peak: 120,
    }),
    scene("a negative pressure", { ...FULL, pressure_mean: -3.4 }),
    scene("one value missing alone", { ...FULL, tidal_volume_exp: absent("not_measured") }),
  ],
  streams: ["ordinary values", "nothing measured"],
  checksum: () => false,
  timeless: (reading) => reading,
};
