import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { SettingId } from "../../../src/domain/signal.ts";
import type { Mono } from "../../../src/domain/time.ts";
import type { OptionValues } from "../../../src/driver/contract.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const SETTINGS: { readonly [id in SettingId]?: number | string } = {
  ipap: 18,
  epap: 8,
  backup_rate: 14,
  insp_time: 1.2,
  fio2: 30,
  interface: "NIV",
};

const ORDINARY: Samples = {
  resp_rate: 16,
  tidal_volume_insp: 470,
  tidal_volume_exp: 452,
  minute_volume: 7.2,
  leak: 9,
  pressure_peak: 18.2,
  pressure_mean: 11.3,
  pressure_insp: 17.8,
  pressure_exp: 8.1,
  fio2: 30,
  insp_time: 1.23,
  ie_ratio: 2.1,
  apnea_duration: 0,
  battery_percent: 87,
};

/** An oximeter and a CO2 sensor are extras. */
const EXTRAS: Samples = { spo2: 94, pulse_rate: 72, etco2: 41 };

/** Everything that a ventilator without extras tells, blank. */
const BLANK: Samples = Object.fromEntries(
  Object.keys(ORDINARY).map((signal) => [signal, absent("not_measured")]),
);

const KINDS = ["samples", "settings", "ownAlarm", "identity", "status"] as const;
const QUIET = { waves: false } as const;
const ALL = { waves: false, spo2: true, co2: true } as const;

const scene = (
  name: string,
  options: OptionValues,
  samples: Samples,
  expected: ConformanceScene["expected"] = { ...samples, therapy: 1 },
): ConformanceScene => ({
  name,
  options,
  bed: steadyBed({ samples, settings: SETTINGS }),
  seconds: 20,
  expected,
  kinds: KINDS,
});

const PERIOD_MS = 3_000;
const inspiring = (at: Mono): boolean => at % PERIOD_MS < 1_000;

/** 30 L/min for one second in, 15 L/min for two seconds out, over 15 and 5 cmH2O. */
const breathing = (samples: Samples) =>
  steadyBed({
    samples,
    settings: SETTINGS,
    waves: {
      flow: (at) => (inspiring(at) ? 30 : -15),
      airway_pressure: (at) => (inspiring(at) ? 15 : 5),
      co2: (at) => (inspiring(at) ? 0 : 40),
    },
    breath: (at) => ({
      number: Math.floor(at / PERIOD_MS),
      phase: inspiring(at) ? "inspiration" : "expiration",
    }),
  });

export const draegerMedibusProfile: ConformanceProfile = {
  kind: "binary frames",
  scenes: [
    scene("ordinary values", QUIET, ORDINARY),
    scene("ordinary values with oximeter and CO2", ALL, { ...ORDINARY, ...EXTRAS }),
    scene("older MEDIBUS: page 1 only", { ...ALL, codes: "medibus" }, { ...ORDINARY, ...EXTRAS }),
    scene(
      "older MEDIBUS: a leak that four characters of mL cannot hold is blank",
      { ...QUIET, codes: "medibus" },
      { ...ORDINARY, leak: 40 },
      { ...ORDINARY, leak: absent("not_measured"), therapy: 1 },
    ),
    // It counts the time without a breath since it was switched on.
    scene("nothing measured", QUIET, {}, { ...BLANK, apnea_duration: { about: 19, within: 1 }, therapy: 1 }),
    scene("the least", QUIET, {
      ...ORDINARY,
      resp_rate: 0,
      tidal_volume_insp: 0,
      tidal_volume_exp: 0,
      minute_volume: 0,
      leak: 0,
      battery_percent: 0,
    }),
    scene("the most", QUIET, {
      ...ORDINARY,
      resp_rate: 150,
      tidal_volume_insp: 5_000,
      tidal_volume_exp: 5_000,
      minute_volume: 100,
      leak: 300,
      pressure_peak: 120,
      apnea_duration: 3_600,
      battery_percent: 100,
    }),
    scene("a negative pressure", QUIET, { ...ORDINARY, pressure_exp: -3.4 }),
    scene("one value missing alone", QUIET, { ...ORDINARY, tidal_volume_exp: absent("not_measured") }),
    scene(
      "standby: what it measures is nothing",
      ALL,
      { ...ORDINARY, ...EXTRAS, therapy: 0 },
      {
        ...Object.fromEntries(Object.keys(ORDINARY).map((signal) => [signal, absent("device_off")])),
        therapy: 0,
        battery_percent: absent("not_measured"),
        spo2: absent("not_measured"),
      },
    ),
    ...(["sensor_off", "no_pulse", "invalid"] as const).map((reason) =>
      scene(`oximeter: ${reason}`, ALL, {
        ...ORDINARY,
        spo2: absent(reason),
        pulse_rate: absent(reason),
      }),
    ),
    {
      name: "streams",
      bed: breathing(ORDINARY),
      seconds: 20,
      expected: { ...ORDINARY, therapy: 1 },
      kinds: [...KINDS, "wave", "breath"],
    },
    {
      name: "streams at half the speed, with CO2",
      options: { baud: "9600", co2: true },
      bed: breathing({ ...ORDINARY, etco2: 41 }),
      seconds: 20,
      expected: { ...ORDINARY, etco2: 41, therapy: 1 },
      kinds: [...KINDS, "wave", "breath"],
    },
    {
      name: "measured on the bed's waves",
      options: { waves: false },
      bed: breathing({}),
      seconds: 20,
      expected: {
        resp_rate: 20,
        tidal_volume_exp: { about: 496, within: 4 },
        minute_volume: { about: 9.9, within: 0.1 },
        pressure_peak: 15,
        pressure_exp: 5,
        ie_ratio: 2,
      },
      kinds: KINDS,
    },
  ],
  streams: ["ordinary values", "older MEDIBUS: page 1 only", "streams"],
  // Realtime bytes have none: with streams on, one damaged byte may also change a sample.
  checksum: (options) => options["waves"] === false,
  timeless: ({ body }) =>
    body.kind === "breath" ? { ...body, breath: { ...body.breath, start: 0, end: 0 } } : body,
};
