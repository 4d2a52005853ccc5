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
  seconds: 20,
  expected,
  kinds: ["samples", "identity", "status", "ownAlarm"],
  ...more,
});

const both = (reason: Parameters<typeof absent>[0]): Samples => ({
  spo2: absent(reason),
  pulse_rate: absent(reason),
});

const VALUES: readonly Samples[] = [
  { spo2: 97, pulse_rate: 72, perfusion_index: 3.5, battery_percent: 80 },
  { spo2: 100, pulse_rate: 127, perfusion_index: 0.1, battery_percent: 100 },
  { spo2: 61, pulse_rate: 128, perfusion_index: 20, battery_percent: 0 },
  { spo2: 60, pulse_rate: 150 },
  { spo2: 1, pulse_rate: 255 },
  { spo2: 88, pulse_rate: 256 },
  { spo2: 90, pulse_rate: 300 },
];

export const viatomRingProfile: ConformanceProfile = {
  kind: "packets",
  cuttable: true,
  scenes: [
    ...VALUES.map((samples) =>
      scene(`SpO2 ${String(samples.spo2)}, pulse ${String(samples.pulse_rate)}`, samples),
    ),
    scene("finger out", both("sensor_off")),
    scene("calibrating", both("searching")),
    scene("no valid signal", both("poor_signal")),
    scene("no perfusion index", { spo2: 95, pulse_rate: 60, perfusion_index: absent("not_measured") }),
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
    scene("pulse beyond what is plausible", { spo2: 91, pulse_rate: 301 }, { pulse_rate: absent("invalid") }),
    {
      name: "SpO2 missing after a low value",
      bed: (clock) => {
        const low = steadyBed({ samples: { spo2: 64, pulse_rate: 110 } });
        const lower = steadyBed({ samples: { spo2: absent("under_range"), pulse_rate: 112 } });
        return { ...low, sample: (signal) => (clock.mono() < 10_000 ? low : lower).sample(signal) };
      },
      seconds: 20,
      expected: { spo2: absent("under_range"), pulse_rate: 112 },
      kinds: ["samples"],
    },
  ],
  streams: ["SpO2 97, pulse 72"],
  checksum: () => true,
  timeless: (reading) => reading,
};

export const viatomRingFileProfile: ConformanceProfile = {
  kind: "files",
  scenes: [
    ...VALUES.filter(({ pulse_rate }) => Number(pulse_rate) < 255).map((samples) =>
      scene(
        `SpO2 ${String(samples.spo2)}, pulse ${String(samples.pulse_rate)}`,
        samples,
        { spo2: samples.spo2, pulse_rate: samples.pulse_rate } as Samples,
        { seconds: 200, kinds: ["samples"] },
      ),
    ),
    scene("finger out", both("sensor_off"), both("sensor_off"), { seconds: 200, kinds: ["samples"] }),
    scene("calibrating", both("searching"), both("searching"), { seconds: 200, kinds: ["samples"] }),
    scene(
      "SpO2 missing alone",
      { spo2: absent("under_range"), pulse_rate: 61 },
      { spo2: absent("not_measured"), pulse_rate: 61 },
      { seconds: 200, kinds: ["samples"] },
    ),
  ],
  streams: ["SpO2 97, pulse 72"],
  checksum: () => false,
  timeless: (reading) => reading,
};
