import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { type SteadyBed, steadyBed } from "../../support/steady-bed.ts";

const FULL: Samples = {
  pressure_insp: 18,
  pressure_exp: 8.5,
  leak: 12,
  tidal_volume_exp: 450,
  minute_volume: 7.2,
  resp_rate: 16,
  insp_time: 1.23,
  spo2: 94,
  pulse_rate: 72,
};

const scene = (
  name: string,
  samples: Samples,
  expected: Samples = samples,
  more: Partial<SteadyBed> = {},
): ConformanceScene => ({
  name,
  bed: steadyBed({ samples, settings: { ipap: 18, epap: 8.5 }, ...more }),
  // A session of two minutes, and two looks until it is seen to stay as it is.
  seconds: 250,
  expected: { ...expected, therapy: 0 },
  kinds: ["samples", "wave", "settings", "identity"],
});

const none = absent("not_measured");

export const resventCardProfile: ConformanceProfile = {
  kind: "files",
  scenes: [
    scene("ordinary values", FULL),
    scene("the least", { ...FULL, leak: 0, tidal_volume_exp: 0, minute_volume: 0, resp_rate: 0 }),
    scene("SpO2 100, pulse 254", { ...FULL, spo2: 100, pulse_rate: 254 }),
    scene("SpO2 missing alone", { ...FULL, spo2: none }),
    scene("pulse missing alone", { ...FULL, pulse_rate: none }),
    scene("waves", FULL, FULL, {
      waves: {
        flow: (at) => (at % 3000 < 1000 ? 30 : -15),
        airway_pressure: (at) => (at % 3000 < 1000 ? 18 : 8),
      },
    }),
  ],
  streams: ["ordinary values", "waves"],
  checksum: () => false,
  timeless: (reading) => reading,
};
