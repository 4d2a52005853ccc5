import { absent } from "../../../src/domain/sample.ts";
import type { Mono } from "../../../src/domain/time.ts";
import type { ConformanceProfile } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const PERIOD_MS = 3_000;
const INSPIRATION_MS = 1_000;

const inspiring = (at: Mono): boolean => at % PERIOD_MS < INSPIRATION_MS;

const breathAt = (at: Mono) => ({
  number: 65_530 + Math.floor(at / PERIOD_MS),
  phase: inspiring(at) ? ("inspiration" as const) : ("expiration" as const),
});

/** 30 L/min for one second in, 15 L/min for two seconds out: half a litre, 20 a minute, 15 over 5 cmH2O. */
const squareWaves = {
  flow: (at: Mono) => (inspiring(at) ? 30 : -15),
  airway_pressure: (at: Mono) => (inspiring(at) ? 15 : 5),
};

/** The steps at the two ends of a breath are not part of its volume. */
const halfLitre = { about: 495, within: 6 };

const NO_BREATH = {
  tidal_volume_insp: absent("not_measured"),
  tidal_volume_exp: absent("not_measured"),
  ie_ratio: absent("not_measured"),
  insp_time: absent("not_measured"),
  pressure_insp: absent("not_measured"),
  pressure_exp: absent("not_measured"),
};

export const puritanBennett840WaveformProfile: ConformanceProfile = {
  kind: "text lines",
  scenes: [
    {
      name: "square breaths",
      bed: steadyBed({ samples: {}, waves: squareWaves, breath: breathAt }),
      seconds: 31,
      expected: {
        resp_rate: 20,
        tidal_volume_insp: halfLitre,
        tidal_volume_exp: halfLitre,
        minute_volume: { about: 9.9, within: 0.2 },
        ie_ratio: 2,
        insp_time: 1,
        pressure_peak: 15,
        pressure_mean: 8.3,
        pressure_insp: 15,
        pressure_exp: 5,
        apnea_duration: 0,
      },
      kinds: ["samples", "wave", "breath"],
    },
    {
      name: "mask off: everything goes out, nothing comes back",
      bed: steadyBed({
        samples: {},
        waves: { flow: () => 150, airway_pressure: () => 3.2 },
        breath: breathAt,
      }),
      seconds: 20,
      expected: {
        resp_rate: 20,
        tidal_volume_insp: absent("invalid"),
        tidal_volume_exp: 0,
        minute_volume: 0,
        ie_ratio: absent("not_measured"),
        // Its end was not seen: no 3 s.
        insp_time: absent("not_measured"),
        pressure_peak: 3.2,
        pressure_mean: 3.2,
        pressure_exp: 3.2,
        apnea_duration: 0,
      },
      kinds: ["samples", "wave", "breath"],
    },
    {
      name: "only breathing out",
      bed: steadyBed({
        samples: {},
        waves: { flow: () => -10, airway_pressure: () => 6 },
        breath: breathAt,
      }),
      seconds: 20,
      expected: {
        tidal_volume_insp: 0,
        tidal_volume_exp: { about: 497, within: 4 },
        ie_ratio: absent("not_measured"),
        insp_time: absent("not_measured"),
        pressure_insp: absent("not_measured"),
      },
      kinds: ["samples", "wave", "breath"],
    },
    {
      name: "one empty breath, then none for a minute, lines all the same",
      bed: steadyBed({
        samples: {},
        waves: { flow: () => 0, airway_pressure: () => 4 },
        breath: (at) => (at < 1_000 ? breathAt(at) : undefined),
      }),
      seconds: 65,
      expected: {
        ...NO_BREATH,
        resp_rate: 0,
        minute_volume: 0,
        pressure_peak: 4,
        pressure_mean: 4,
        apnea_duration: { about: 64, within: 1 },
      },
      kinds: ["samples", "wave", "breath"],
    },
    {
      name: "breathing stops",
      bed: steadyBed({
        samples: {},
        waves: {
          flow: (at) => (at < 15_000 ? squareWaves.flow(at) : 0),
          airway_pressure: (at) => (at < 15_000 ? squareWaves.airway_pressure(at) : 2),
        },
        breath: (at) => (at < 15_000 ? breathAt(at) : undefined),
      }),
      seconds: 38,
      expected: {
        ...NO_BREATH,
        resp_rate: 0,
        // Five breaths of 496 mL in 15 s, and 20 s more than the next should have taken.
        minute_volume: { about: 4.25, within: 0.2 },
        pressure_peak: 2,
        pressure_mean: 2,
        apnea_duration: { about: 23, within: 1 },
      },
      kinds: ["samples", "wave", "breath"],
    },
  ],
  streams: ["square breaths", "breathing stops"],
  checksum: () => false,
  timeless: ({ body }) =>
    body.kind === "breath" ? { ...body, breath: { ...body.breath, start: 0, end: 0 } } : body,
};
