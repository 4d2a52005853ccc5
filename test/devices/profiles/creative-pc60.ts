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
  bed: steadyBed({ samples }),
  seconds: 12,
  expected,
  kinds: ["samples", "status"],
  ...more,
});

const both = (reason: Parameters<typeof absent>[0]): Samples => ({
  spo2: absent(reason),
  pulse_rate: absent(reason),
  perfusion_index: absent(reason),
});

const VALUES: readonly Samples[] = [
  { spo2: 97, pulse_rate: 72, perfusion_index: 4.5 },
  { spo2: 100, pulse_rate: 127, perfusion_index: 25.5 },
  { spo2: 61, pulse_rate: 128, perfusion_index: 0.1 },
  { spo2: 60, pulse_rate: 150, perfusion_index: 1 },
  { spo2: 1, pulse_rate: 255, perfusion_index: 1 },
  { spo2: 88, pulse_rate: 256, perfusion_index: 1 },
  { spo2: 90, pulse_rate: 300, perfusion_index: 1 },
];

const scenes: readonly ConformanceScene[] = [
  ...VALUES.map((samples) =>
    scene(`SpO2 ${String(samples.spo2)}, pulse ${String(samples.pulse_rate)}`, samples, samples, {
      kinds: ["samples", "status", "wave"],
    }),
  ),
  scene("finger out", both("sensor_off")),
  scene("probe unplugged", both("not_connected")),
  scene("searching", both("searching")),
  scene("check probe", both("poor_signal")),
  scene("no perfusion index", { spo2: 95, pulse_rate: 60, perfusion_index: absent("not_measured") }),
  scene(
    "SpO2 missing alone",
    { spo2: absent("not_measured"), pulse_rate: 61 },
    { spo2: absent("not_measured"), pulse_rate: 61 },
  ),
  scene(
    "pulse missing alone",
    { spo2: 91, pulse_rate: absent("no_pulse") },
    { spo2: 91, pulse_rate: absent("not_measured") },
  ),
  scene("pulse beyond what is plausible", { spo2: 91, pulse_rate: 301 }, { pulse_rate: absent("invalid") }),
  {
    name: "the finger leaves, the numbers go on",
    bed: (clock) => {
      const there = steadyBed({ samples: { spo2: 96, pulse_rate: 64 } });
      const left = steadyBed({ samples: both("sensor_off") });
      return { ...there, sample: (signal) => (clock.mono() < 5_000 ? there : left).sample(signal) };
    },
    seconds: 12,
    expected: both("sensor_off"),
    kinds: ["samples"],
  },
];

const streams = ["SpO2 97, pulse 72", "finger out"];

export const creativePc60BleProfile: ConformanceProfile = {
  kind: "packets",
  cuttable: true,
  scenes: scenes.map((one) => ({ ...one, kinds: [...one.kinds, "identity"] })),
  streams,
  checksum: () => true,
  timeless: (reading) => reading,
};

export const creativePc60SerialProfile: ConformanceProfile = {
  kind: "binary frames",
  scenes: [...scenes, { ...scenes[0], name: "told to send", options: { enable: true } } as ConformanceScene],
  streams,
  checksum: () => true,
  timeless: (reading) => reading,
};
