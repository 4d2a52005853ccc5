import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (
  name: string,
  samples: Samples,
  expected: ConformanceScene["expected"] = samples,
): ConformanceScene => ({
  name,
  bed: steadyBed({ samples }),
  seconds: 30,
  expected,
  kinds: ["samples", "identity"],
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
  { spo2: 1, pulse_rate: 254 },
];

const scenes: readonly ConformanceScene[] = [
  ...VALUES.map((samples) =>
    scene(`SpO2 ${String(samples.spo2)}, pulse ${String(samples.pulse_rate)}`, samples),
  ),
  scene("finger out", both("sensor_off")),
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
  scene(
    "a pulse that a byte cannot hold",
    { spo2: 91, pulse_rate: 255 },
    { spo2: 91, pulse_rate: absent("not_measured") },
  ),
];

export const viatomOxyiiProfile: ConformanceProfile = {
  kind: "packets",
  cuttable: true,
  scenes: [
    ...scenes,
    scene("searching", both("searching")),
    scene("battery", { spo2: 95, pulse_rate: 60, battery_percent: 41 }),
  ],
  streams: ["SpO2 97, pulse 72"],
  checksum: () => true,
  // The reading of this moment carries its time.
  timeless: ({ body }) => body,
};

export const viatomOxyiiFileProfile: ConformanceProfile = {
  kind: "files",
  scenes: scenes.map((one) => ({ ...one, seconds: 200, kinds: ["samples"] })),
  streams: ["SpO2 97, pulse 72"],
  checksum: () => false,
  timeless: (reading) => reading,
};
