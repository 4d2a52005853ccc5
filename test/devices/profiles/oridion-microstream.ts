import { type Absence, absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({
    samples,
    breath: (at) => ({
      number: Math.floor(at / 4000),
      phase: at % 4000 < 1500 ? "inspiration" : "expiration",
    }),
  }),
  seconds: 12,
  expected,
  kinds: ["samples", "wave", "ownAlarm", "status", "identity"],
});

const OXIMETER = { spo2: 96, pulse_rate: 70 };

const values = (etco2: number, resp_rate: number, spo2: number, pulse_rate: number): ConformanceScene =>
  scene(`EtCO2 ${etco2}, rate ${resp_rate}, SpO2 ${spo2}, pulse ${pulse_rate}`, {
    etco2,
    resp_rate,
    spo2,
    pulse_rate,
  });

/** The CO2 part without a value for one reason, the oximeter as before. */
const lineAway = (reason: Absence): ConformanceScene => ({
  ...scene(`CO2 ${reason}`, { ...OXIMETER, etco2: absent(reason), resp_rate: absent(reason) }),
  kinds: ["samples", "ownAlarm", "status", "identity"],
});

const fingerAway = (reason: Absence, expected: Absence = reason): ConformanceScene => {
  const co2 = { etco2: 40, resp_rate: 16 };
  return scene(
    `oximeter ${reason}`,
    { ...co2, spo2: absent(reason), pulse_rate: absent(reason) },
    { ...co2, spo2: absent(expected), pulse_rate: absent(expected) },
  );
};

export const oridionMicrostreamProfile: ConformanceProfile = {
  kind: "binary frames",
  scenes: [
    values(41, 16, 94, 78),
    values(0, 0, 100, 127),
    values(127, 127, 61, 128),
    // 133 is 85 and 128 is 80 in hex: both are escaped.
    values(133, 128, 60, 133),
    values(150, 150, 88, 254),
    values(38, 60, 1, 20),
    scene("no value at all", {
      etco2: absent("not_measured"),
      resp_rate: absent("not_measured"),
      spo2: absent("not_measured"),
      pulse_rate: absent("not_measured"),
    }),
    lineAway("searching"),
    lineAway("not_connected"),
    lineAway("poor_signal"),
    lineAway("invalid"),
    fingerAway("sensor_off"),
    fingerAway("not_connected"),
    fingerAway("searching", "no_pulse"),
    scene(
      "SpO2 missing alone",
      { etco2: 40, resp_rate: 16, spo2: absent("under_range"), pulse_rate: 61 },
      { etco2: 40, resp_rate: 16, spo2: absent("not_measured"), pulse_rate: 61 },
    ),
    {
      ...scene("MicroPod", { etco2: 52, resp_rate: 24, ...OXIMETER }, { etco2: 52, resp_rate: 24 }),
      options: { model: "micropod" },
    },
  ],
  streams: ["EtCO2 41, rate 16, SpO2 94, pulse 78", "EtCO2 133, rate 128, SpO2 60, pulse 133", "MicroPod"],
  checksum: () => true,
  timeless: (reading) => reading,
};
