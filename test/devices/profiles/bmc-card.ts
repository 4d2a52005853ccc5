import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const FULL: Samples = {
  pressure_insp: 18,
  pressure_exp: 8.5,
  leak: 12,
  tidal_volume_exp: 450,
  minute_volume: 7.2,
  resp_rate: 16,
  spo2: 94,
  pulse_rate: 72,
};

const scene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples, settings: { ipap: 18, epap: 8.5, mode: "S/T", backup_rate: 14 } }),
  seconds: 130,
  expected: { therapy: 1, ...expected },
  kinds: ["samples", "settings", "identity"],
});

const none = absent("not_measured");

export const bmcCardProfile: ConformanceProfile = {
  kind: "files",
  scenes: [
    scene("ordinary values", FULL),
    scene("the least", { ...FULL, leak: 0, tidal_volume_exp: 0, minute_volume: 0, resp_rate: 0 }),
    scene("the most", { ...FULL, leak: 200, tidal_volume_exp: 5000, minute_volume: 100, resp_rate: 150 }),
    scene("SpO2 100, pulse 255", { ...FULL, spo2: 100, pulse_rate: 255 }),
    scene(
      "SpO2 below what its place in the packet is trusted with",
      { ...FULL, spo2: 49 },
      {
        ...FULL,
        spo2: absent("invalid"),
      },
    ),
    scene(
      "nothing measured",
      {},
      {
        pressure_insp: none,
        pressure_exp: none,
        leak: none,
        tidal_volume_exp: none,
        minute_volume: none,
        resp_rate: none,
      },
    ),
    scene("pulse missing alone", { ...FULL, pulse_rate: none }),
    {
      name: "waves",
      bed: steadyBed({
        samples: FULL,
        waves: {
          flow: (at) => (at % 3000 < 1000 ? 30 : -15),
          airway_pressure: (at) => (at % 3000 < 1000 ? 18 : 8),
        },
      }),
      seconds: 130,
      expected: FULL,
      kinds: ["samples", "wave", "settings", "identity"],
    },
  ],
  streams: ["ordinary values", "waves"],
  checksum: () => false,
  timeless: (reading) => reading,
};
