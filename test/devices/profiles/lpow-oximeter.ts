import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples }),
  seconds: 10,
  expected,
  kinds: ["samples"],
});

const both = (reason: Parameters<typeof absent>[0]): Samples => ({
  spo2: absent(reason),
  pulse_rate: absent(reason),
});

const VALUES: readonly Samples[] = [
  { spo2: 97, pulse_rate: 72 },
  { spo2: 100, pulse_rate: 127 },
  { spo2: 61, pulse_rate: 128 },
  { spo2: 60, pulse_rate: 150 },
  { spo2: 1, pulse_rate: 255 },
  { spo2: 90, pulse_rate: 20 },
];

export const lpowOximeterProfile: ConformanceProfile = {
  kind: "packets",
  scenes: [
    ...VALUES.map((samples) =>
      scene(`SpO2 ${String(samples.spo2)}, pulse ${String(samples.pulse_rate)}`, samples),
    ),
    scene("finger out, which the clip cannot tell", both("sensor_off"), both("not_measured")),
    scene(
      "SpO2 missing alone",
      { spo2: absent("under_range"), pulse_rate: 61 },
      { spo2: absent("not_measured"), pulse_rate: 61 },
    ),
    scene(
      "pulse missing alone",
      { spo2: 91, pulse_rate: absent("no_pulse") },
      { spo2: 91, pulse_rate: absent("not_measured") },
    ),
  ],
  streams: ["SpO2 97, pulse 72", "SpO2 60, pulse 150"],
  checksum: () => true,
  timeless: (reading) => reading,
};
