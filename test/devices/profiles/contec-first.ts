import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples }),
  seconds: 8,
  expected,
  kinds: ["samples"],
});

const both = (reason: Parameters<typeof absent>[0]): Samples => ({
  spo2: absent(reason),
  pulse_rate: absent(reason),
});

export const contecFirstProfile: ConformanceProfile = {
  kind: "binary frames",
  scenes: [
    ...(
      [
        { spo2: 97, pulse_rate: 72 },
        { spo2: 100, pulse_rate: 127 },
        { spo2: 61, pulse_rate: 128 },
        { spo2: 60, pulse_rate: 150 },
        { spo2: 35, pulse_rate: 254 },
        { spo2: 1, pulse_rate: 20 },
      ] satisfies Samples[]
    ).map((samples) => scene(`SpO2 ${samples.spo2}, pulse ${samples.pulse_rate}`, samples)),
    scene("finger out", both("sensor_off")),
    scene("searching", both("searching")),
    scene("both missing without a remark", both("not_measured"), both("searching")),
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
  streams: ["SpO2 97, pulse 72", "SpO2 60, pulse 150", "finger out"],
  checksum: () => false,
  timeless: (reading) => reading,
};
