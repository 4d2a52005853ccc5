import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (
  measurement: "continuous" | "spot",
  name: string,
  samples: Samples,
  expected: Samples = samples,
): ConformanceScene => ({
  name: `${measurement}, ${name}`,
  options: { measurement },
  bed: steadyBed({ samples }),
  seconds: 20,
  expected,
  kinds: ["samples", "identity"],
});

const both = (reason: Parameters<typeof absent>[0]): Samples => ({
  spo2: absent(reason),
  pulse_rate: absent(reason),
});

const VALUES: readonly Samples[] = [
  { spo2: 97, pulse_rate: 72, perfusion_index: 3.5, battery_percent: 80 },
  { spo2: 100, pulse_rate: 127, perfusion_index: 0.1 },
  { spo2: 61, pulse_rate: 128 },
  { spo2: 60, pulse_rate: 150 },
  { spo2: 1, pulse_rate: 255 },
  { spo2: 88, pulse_rate: 300, perfusion_index: 40 },
  { spo2: 90, pulse_rate: 20 },
];

export const sigPlxProfile: ConformanceProfile = {
  kind: "packets",
  scenes: [
    ...(["continuous", "spot"] as const).flatMap((measurement) =>
      VALUES.map((samples) =>
        scene(measurement, `SpO2 ${String(samples.spo2)}, pulse ${String(samples.pulse_rate)}`, samples),
      ),
    ),
    scene("continuous", "finger out", both("sensor_off")),
    scene("continuous", "sensor not connected", both("not_connected")),
    scene("continuous", "searching, with zeros", both("searching")),
    scene("continuous", "inadequate signal", both("poor_signal")),
    scene("continuous", "no measurement", both("not_measured")),
    scene(
      "continuous",
      "SpO2 missing alone",
      { spo2: absent("under_range"), pulse_rate: 61 },
      { spo2: absent("not_measured"), pulse_rate: 61 },
    ),
    scene(
      "continuous",
      "pulse missing alone",
      { spo2: 91, pulse_rate: absent("no_pulse") },
      { spo2: 91, pulse_rate: absent("not_measured") },
    ),
  ],
  streams: ["continuous, SpO2 97, pulse 72", "spot, SpO2 60, pulse 150"],
  checksum: () => false,
  timeless: (reading) => reading,
};
