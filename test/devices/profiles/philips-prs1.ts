import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { type SteadyBed, steadyBed } from "../../support/steady-bed.ts";

const FULL: Samples = {
  pressure_insp: 18,
  pressure_exp: 8.5,
  leak: 12,
  leak_total: 40,
  resp_rate: 16,
  triggered_percent: 80,
  minute_volume: 7,
  tidal_volume_exp: 450,
  spo2: 94,
  pulse_rate: 72,
};

const SETTINGS = { ipap: 18, epap: 8.5, backup_rate: 14, insp_time: 1.2 };

const scene = (
  name: string,
  samples: Samples,
  expected: Samples,
  more: Partial<SteadyBed> = {},
): ConformanceScene => ({
  name,
  bed: steadyBed({ samples, settings: SETTINGS, ...more }),
  // A session of two minutes, and two looks until it is seen to stay as it is.
  seconds: 250,
  expected: { ...expected, therapy: 0 },
  kinds: ["samples", "settings", "identity"],
});

const none = absent("not_measured");

export const philipsPrs1Profile: ConformanceProfile = {
  kind: "files",
  scenes: [
    scene("ordinary values", FULL, FULL),
    scene(
      "the least",
      { ...FULL, leak: 0, leak_total: 0, resp_rate: 0, triggered_percent: 0 },
      {
        ...FULL,
        leak: 0,
        leak_total: 0,
        resp_rate: 0,
        triggered_percent: 0,
      },
    ),
    scene(
      "SpO2 100, pulse 253",
      { ...FULL, spo2: 100, pulse_rate: 253 },
      { ...FULL, spo2: 100, pulse_rate: 253 },
    ),
    scene("SpO2 missing alone", { ...FULL, spo2: none }, { ...FULL, spo2: none }),
    scene("pulse missing alone", { ...FULL, pulse_rate: none }, { ...FULL, pulse_rate: none }),
    {
      ...scene("its own alarms", FULL, FULL, { ownAlarms: ["apnea", "minute_volume_low"] }),
      kinds: ["samples", "settings", "identity", "ownAlarm"],
    },
    {
      ...scene("waves", FULL, FULL, {
        waves: {
          flow: (at) => (at % 3000 < 1000 ? 30 : -15),
          airway_pressure: (at) => (at % 3000 < 1000 ? 18 : 8),
        },
      }),
      kinds: ["samples", "settings", "identity", "wave"],
    },
  ],
  streams: ["ordinary values", "waves"],
  checksum: () => false,
  timeless: (reading) => reading,
};
