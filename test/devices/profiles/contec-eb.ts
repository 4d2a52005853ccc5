import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples }),
  seconds: 6,
  expected,
  kinds: ["samples", "identity"],
});

const all = (reason: Parameters<typeof absent>[0], index = reason): Samples => ({
  spo2: absent(reason),
  pulse_rate: absent(reason),
  perfusion_index: absent(index),
});

const unsupported = { perfusion_index: absent("unsupported") };

const scenes: readonly ConformanceScene[] = [
  ...(
    [
      { spo2: 97, pulse_rate: 72, perfusion_index: 3.5 },
      { spo2: 100, pulse_rate: 127, perfusion_index: 0 },
      { spo2: 61, pulse_rate: 128, perfusion_index: 1.2 },
      { spo2: 60, pulse_rate: 150, perfusion_index: 22 },
      { spo2: 35, pulse_rate: 254, perfusion_index: 40 },
      { spo2: 1, pulse_rate: 20, perfusion_index: 0.1 },
    ] satisfies Samples[]
  ).map((samples) => scene(`SpO2 ${samples.spo2}, pulse ${samples.pulse_rate}`, samples)),
  scene(
    "a model without perfusion index",
    { spo2: 96, pulse_rate: 64 },
    { spo2: 96, pulse_rate: 64, ...unsupported },
  ),
  scene("finger out", all("sensor_off"), all("sensor_off", "unsupported")),
  scene("both missing with a finger in", all("searching"), all("sensor_off", "unsupported")),
  scene("no valid signal", all("poor_signal"), all("poor_signal", "unsupported")),
  scene(
    "SpO2 missing alone",
    { spo2: absent("under_range"), pulse_rate: 61 },
    { spo2: absent("not_measured"), pulse_rate: 61, ...unsupported },
  ),
  scene(
    "pulse missing alone",
    { spo2: 91, pulse_rate: absent("no_pulse") },
    { spo2: 91, pulse_rate: absent("not_measured"), ...unsupported },
  ),
];

/** The same over reports and notifications: frames may go on in the next of either. */
export const contecEbProfile: ConformanceProfile = {
  kind: "packets",
  cuttable: true,
  scenes,
  streams: ["SpO2 97, pulse 72", "SpO2 60, pulse 150", "finger out"],
  checksum: () => true,
  timeless: (reading) => reading,
};

const fileScene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples }),
  seconds: 100,
  expected,
  kinds: ["samples"],
});

const gone: Samples = { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") };

export const contecEbFileProfile: ConformanceProfile = {
  kind: "files",
  scenes: [
    ...[
      { spo2: 97, pulse_rate: 72 },
      { spo2: 100, pulse_rate: 127 },
      { spo2: 61, pulse_rate: 128 },
      { spo2: 60, pulse_rate: 150 },
      { spo2: 1, pulse_rate: 254 },
    ].map((samples) => fileScene(`SpO2 ${samples.spo2}, pulse ${samples.pulse_rate}`, samples)),
    fileScene("finger out", gone),
    fileScene(
      "SpO2 missing alone",
      { spo2: absent("searching"), pulse_rate: 61 },
      { spo2: absent("sensor_off"), pulse_rate: 61 },
    ),
  ],
  streams: ["SpO2 97, pulse 72"],
  checksum: () => false,
  timeless: (reading) => reading,
};
