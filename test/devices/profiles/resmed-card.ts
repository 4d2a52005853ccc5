import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (
  name: string,
  samples: Samples,
  expected: ConformanceScene["expected"] = samples,
  more: Partial<ConformanceScene> = {},
): ConformanceScene => ({
  name,
  bed: steadyBed({ samples, settings: { ipap: 18, epap: 6 } }),
  seconds: 200,
  expected,
  kinds: ["samples", "settings", "identity"],
  ...more,
});

const none = absent("not_measured");

const FULL: Samples = {
  therapy: 1,
  pressure_mean: 9.6,
  pressure_insp: 18,
  pressure_exp: 6,
  leak: 12,
  resp_rate: 14.2,
  tidal_volume_insp: 460,
  minute_volume: 6.5,
  insp_time: 1.2,
  ie_ratio: 2,
};

/** Breaths of 4 s, the fifth of each five begun by the machine. */
const breathing = steadyBed({
  samples: { ...FULL, triggered_percent: 80 },
  settings: { ipap: 18, epap: 6, backup_rate: 12 },
  waves: {
    flow: (at) => 30 * Math.sin((2 * Math.PI * at) / 4000),
    airway_pressure: (at) => (at % 4000 < 1500 ? 18 : 6),
  },
  breath: (at) => ({
    number: Math.floor(at / 4000),
    phase: at % 4000 < 1500 ? "inspiration" : "expiration",
  }),
});

export const resmedCardProfile: ConformanceProfile = {
  kind: "files",
  scenes: [
    scene("ordinary values", FULL),
    scene(
      "with waves and breaths",
      FULL,
      { ...FULL, triggered_percent: { about: 80, within: 7 } },
      {
        bed: breathing,
        kinds: ["samples", "settings", "identity", "wave"],
      },
    ),
    scene("steps and ends of the scales", {
      ...FULL,
      pressure_insp: 30,
      leak: 120,
      resp_rate: 50,
      tidal_volume_insp: 4000,
      minute_volume: 30,
      ie_ratio: 0.5,
      insp_time: 10,
    }),
    scene(
      "no number at all",
      {},
      {
        therapy: 1,
        pressure_mean: none,
        leak: none,
        resp_rate: none,
        tidal_volume_insp: none,
        minute_volume: none,
        insp_time: none,
        ie_ratio: none,
      },
    ),
    scene(
      "before the first breath",
      { ...FULL, resp_rate: 0, tidal_volume_insp: 0, minute_volume: 0 },
      {
        resp_rate: none,
        tidal_volume_insp: none,
        minute_volume: none,
      },
    ),
    scene(
      "rate zero after breaths",
      FULL,
      { resp_rate: 0, minute_volume: 0, tidal_volume_insp: 460 },
      {
        bed: (clock) => ({
          ...steadyBed({ samples: FULL, settings: { ipap: 18, epap: 6 } }),
          sample: (signal) => {
            const stopped = clock.mono() > 90_000 && (signal === "resp_rate" || signal === "minute_volume");
            return stopped ? 0 : (FULL[signal] ?? none);
          },
        }),
      },
    ),
    ...[
      { spo2: 97, pulse_rate: 72 },
      { spo2: 100, pulse_rate: 127 },
      { spo2: 61, pulse_rate: 128 },
      { spo2: 60, pulse_rate: 255 },
      { spo2: 35, pulse_rate: 300 },
    ].map((samples) =>
      scene(`oximeter, SpO2 ${samples.spo2}, pulse ${samples.pulse_rate}`, { ...FULL, ...samples }, samples, {
        options: { oximeter: true },
      }),
    ),
    scene(
      "no oximeter at the machine",
      FULL,
      { ...FULL, spo2: absent("not_connected"), pulse_rate: absent("not_connected") },
      { options: { oximeter: true } },
    ),
    scene(
      "oximeter, SpO2 missing alone",
      { ...FULL, pulse_rate: 64 },
      { spo2: none, pulse_rate: 64 },
      {
        options: { oximeter: true },
      },
    ),
    scene(
      "oximeter, pulse missing alone",
      { ...FULL, spo2: 91 },
      { spo2: 91, pulse_rate: none },
      {
        options: { oximeter: true },
      },
    ),
    scene(
      "oximeter, SpO2 missing after a low value",
      FULL,
      { spo2: absent("under_range"), pulse_rate: 88 },
      {
        options: { oximeter: true },
        bed: (clock) => ({
          ...steadyBed({ samples: FULL, settings: { ipap: 18, epap: 6 } }),
          sample: (signal) => {
            if (signal === "spo2") return clock.mono() < 80_000 ? 62 : absent("under_range");
            return signal === "pulse_rate" ? 88 : (FULL[signal] ?? none);
          },
        }),
      },
    ),
    scene(
      "mask off after a minute and a half",
      FULL,
      { therapy: 0 },
      {
        seconds: 400,
        bed: (clock) => ({
          ...steadyBed({ samples: FULL, settings: { ipap: 18, epap: 6 } }),
          sample: (signal) =>
            signal === "therapy" ? (clock.mono() < 90_000 ? 1 : 0) : (FULL[signal] ?? none),
        }),
      },
    ),
  ],
  streams: ["with waves and breaths", "oximeter, SpO2 97, pulse 72"],
  // Files are damaged whole, not as a stream: see the tests of the family.
  checksum: () => false,
  timeless: (reading) => reading,
};
