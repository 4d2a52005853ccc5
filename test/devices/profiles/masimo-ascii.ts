import type { BedView } from "../../../src/domain/bed.ts";
import { type Absence, absent, type Samples } from "../../../src/domain/sample.ts";
import type { Clock } from "../../../src/port/clock.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (name: string, samples: Samples, expected: Samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples }),
  seconds: 12,
  expected,
  kinds: ["samples", "ownAlarm", "status", "identity"],
});

const worn = (spo2: number, pulse_rate: number, perfusion_index: number): ConformanceScene => {
  const samples = { spo2, pulse_rate, perfusion_index };
  return scene(`SpO2 ${spo2}, pulse ${pulse_rate}, PI ${perfusion_index}`, samples, samples);
};

const gone = (reason: Absence): ConformanceScene => {
  const both = { spo2: absent(reason), pulse_rate: absent(reason) };
  return scene(reason, both, { ...both, perfusion_index: absent(reason) });
};

/** The first ten seconds one way, then another. */
const changing =
  (first: Samples, then: Samples) =>
  (clock: Clock): BedView => {
    const beds = [steadyBed({ samples: first }), steadyBed({ samples: then })] as const;
    return { ...beds[0], sample: (signal) => beds[clock.mono() < 10_000 ? 0 : 1].sample(signal) };
  };

export const masimoAsciiProfile: ConformanceProfile = {
  kind: "text lines",
  scenes: [
    worn(97, 72, 3.6),
    worn(100, 127, 0.1),
    worn(61, 128, 20),
    worn(60, 150, 0.5),
    worn(35, 255, 1),
    worn(1, 300, 0.2),
    worn(90, 20, 5),
    gone("not_connected"),
    gone("sensor_off"),
    gone("searching"),
    gone("poor_signal"),
    scene(
      "perfusion missing alone",
      { spo2: 97, pulse_rate: 72 },
      { spo2: 97, pulse_rate: 72, perfusion_index: absent("not_measured") },
    ),
    scene(
      "pulse missing alone",
      { spo2: 91, pulse_rate: absent("no_pulse"), perfusion_index: 1 },
      { spo2: 91, pulse_rate: absent("not_measured"), perfusion_index: 1 },
    ),
    {
      ...worn(97, 72, 2),
      name: "the sensor slips off while the numbers stay on the screen",
      bed: changing(
        { spo2: 97, pulse_rate: 72 },
        { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") },
      ),
      seconds: 14,
      expected: {
        spo2: absent("sensor_off"),
        pulse_rate: absent("sensor_off"),
        perfusion_index: absent("sensor_off"),
      },
    },
    {
      ...worn(97, 72, 2),
      name: "SpO2 falls below what is shown, the pulse stays",
      bed: changing({ spo2: 64, pulse_rate: 130 }, { spo2: absent("under_range"), pulse_rate: 130 }),
      seconds: 14,
      expected: { spo2: absent("under_range"), pulse_rate: 130 },
    },
  ],
  streams: ["SpO2 97, pulse 72, PI 3.6", "the sensor slips off while the numbers stay on the screen"],
  checksum: () => false,
  timeless: (reading) => reading,
};
