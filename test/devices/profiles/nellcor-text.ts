import { type Absence, absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (
  name: string,
  samples: Samples,
  expected: Samples = samples,
  start = false,
): ConformanceScene => ({
  name,
  ...(start && { options: { start } }),
  bed: steadyBed({ samples }),
  seconds: 12,
  expected,
  kinds: ["samples", "ownAlarm", "status", "identity"],
});

const worn = (spo2: number, pulse_rate: number): ConformanceScene =>
  scene(`SpO2 ${spo2}, pulse ${pulse_rate}`, { spo2, pulse_rate });

const both = (reason: Absence): Samples => ({ spo2: absent(reason), pulse_rate: absent(reason) });

export const nellcorTextProfile: ConformanceProfile = {
  kind: "text lines",
  scenes: [
    worn(97, 72),
    worn(100, 127),
    worn(61, 128),
    worn(60, 150),
    worn(35, 255),
    worn(1, 300),
    worn(90, 20),
    scene("sensor disconnected", both("not_connected")),
    scene("sensor off", both("sensor_off")),
    scene("searching", both("searching")),
    scene("pulse lost with motion", both("poor_signal")),
    scene("pulse lost", both("no_pulse")),
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
    scene("a model that must be started", { spo2: 93, pulse_rate: 64 }, undefined, true),
  ],
  streams: ["SpO2 97, pulse 72", "sensor off"],
  checksum: () => false,
  timeless: (reading) => reading,
};
