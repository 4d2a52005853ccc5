import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { type SteadyBed, steadyBed } from "../../support/steady-bed.ts";

const FULL: Samples = {
  therapy: 1,
  pressure_insp: 18,
  pressure_exp: 8.5,
  leak: 12,
  leak_total: 40,
  tidal_volume_exp: 450,
  minute_volume: 7.2,
  resp_rate: 16,
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
  seconds: 130,
  expected,
  kinds: ["samples", "wave", "settings", "identity"],
});

const none = absent("not_measured");

export const loewensteinPrismaProfile: ConformanceProfile = {
  kind: "files",
  scenes: [
    scene("ordinary values", FULL),
    scene("pulse 127", { ...FULL, pulse_rate: 127 }),
    scene("pulse 128, which overflows its byte", { ...FULL, pulse_rate: 128 }),
    scene("pulse 150", { ...FULL, pulse_rate: 150 }),
    scene("SpO2 100 and nothing leaking", { ...FULL, spo2: 100, leak: 0, leak_total: 0 }),
    scene("SpO2 missing alone", { ...FULL, spo2: none }),
    scene("pulse missing alone", { ...FULL, pulse_rate: none }),
    scene("a total leak of 255", { ...FULL, leak_total: 255 }),
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
