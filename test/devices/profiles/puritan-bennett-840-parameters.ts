import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { SettingId } from "../../../src/domain/signal.ts";
import type { Mono } from "../../../src/domain/time.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const KINDS = ["samples", "settings", "ownAlarm", "identity"] as const;

const SETTINGS: { readonly [id in SettingId]?: number | string } = {
  ipap: 18,
  epap: 8,
  backup_rate: 14,
  insp_time: 1.2,
  fio2: 30,
};

/** What MISCA tells; MISCF tells this and more. */
const SHORT: Samples = {
  resp_rate: 16,
  tidal_volume_exp: 452,
  minute_volume: 7.2,
  pressure_peak: 18.2,
  pressure_mean: 11.3,
  pressure_insp: 17.8,
  ie_ratio: 2.1,
};

const FULL: Samples = {
  ...SHORT,
  fio2: 30,
  tidal_volume_insp: 470,
  pressure_exp: 8.1,
  insp_time: 1.23,
  leak: 9,
};

const blank = (samples: Samples): Samples =>
  Object.fromEntries(Object.keys(samples).map((signal) => [signal, absent("not_measured")]));

const scene = (
  report: "SNDF" | "SNDA",
  name: string,
  samples: Samples,
  expected: Samples = samples,
): ConformanceScene => ({
  name: `${report}, ${name}`,
  options: { report },
  bed: steadyBed({ samples, settings: SETTINGS }),
  seconds: 12,
  expected,
  kinds: KINDS,
});

/** 30 L/min for one second in, 15 L/min for two seconds out. */
const inspiring = (at: Mono): boolean => at % 3_000 < 1_000;

export const puritanBennett840ParametersProfile: ConformanceProfile = {
  kind: "text lines",
  scenes: [
    scene("SNDF", "ordinary values", FULL),
    scene("SNDA", "ordinary values", SHORT),
    scene("SNDF", "nothing measured", {}, blank(FULL)),
    scene("SNDA", "nothing measured", {}, blank(SHORT)),
    scene("SNDF", "the least", { ...FULL, resp_rate: 0, tidal_volume_exp: 0, minute_volume: 0, leak: 0 }),
    scene("SNDF", "the most", {
      ...FULL,
      resp_rate: 150,
      tidal_volume_exp: 5_000,
      minute_volume: 100,
      pressure_peak: 120,
      leak: 200,
    }),
    scene("SNDF", "a negative pressure", { ...FULL, pressure_exp: -3.4 }),
    scene("SNDF", "one value missing alone", { ...FULL, tidal_volume_exp: absent("not_measured") }),
    {
      name: "SNDF, measured on the bed's waves",
      bed: steadyBed({
        samples: {},
        waves: {
          flow: (at) => (inspiring(at) ? 30 : -15),
          airway_pressure: (at) => (inspiring(at) ? 15 : 5),
        },
        breath: (at) => ({
          number: Math.floor(at / 3_000),
          phase: inspiring(at) ? "inspiration" : "expiration",
        }),
      }),
      seconds: 20,
      expected: {
        resp_rate: 20,
        tidal_volume_exp: { about: 496, within: 4 },
        minute_volume: { about: 9.9, within: 0.1 },
        pressure_peak: 15,
        pressure_mean: 8.3,
        pressure_exp: 5,
        ie_ratio: 2,
      },
      kinds: KINDS,
    },
  ],
  streams: ["SNDF, ordinary values", "SNDA, ordinary values"],
  checksum: () => false,
  timeless: (reading) => reading,
};
