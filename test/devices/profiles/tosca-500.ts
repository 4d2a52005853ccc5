import { type Absence, absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples }),
  seconds: 12,
  expected,
  kinds: ["samples", "ownAlarm", "status"],
});

const values = (tcco2: number, spo2: number, pulse_rate: number): ConformanceScene =>
  scene(`tcCO2 ${tcco2}, SpO2 ${spo2}, pulse ${pulse_rate}`, { tcco2, spo2, pulse_rate });

const both = (reason: Absence): Samples => ({ spo2: absent(reason), pulse_rate: absent(reason) });

export const tosca500Profile: ConformanceProfile = {
  kind: "binary frames",
  scenes: [
    values(48, 94, 78),
    values(5, 100, 127),
    values(127, 61, 128),
    values(200, 60, 150),
    values(62, 1, 300),
    values(40, 88, 20),
    scene("nothing measured", { tcco2: absent("not_measured"), ...both("not_measured") }),
    scene("CO2 calibrating", { tcco2: absent("searching"), spo2: 95, pulse_rate: 70 }),
    scene("CO2 failed", { tcco2: absent("invalid"), spo2: 95, pulse_rate: 70 }),
    scene("sensor off", { tcco2: 45, ...both("sensor_off") }, { tcco2: 45, ...both("invalid") }),
    scene("searching", { tcco2: 45, ...both("searching") }),
    scene(
      "SpO2 missing alone",
      { tcco2: 45, spo2: absent("under_range"), pulse_rate: 61 },
      { tcco2: 45, spo2: absent("not_measured"), pulse_rate: 61 },
    ),
  ],
  streams: ["tcCO2 48, SpO2 94, pulse 78", "CO2 calibrating"],
  checksum: () => false,
  timeless: (reading) => reading,
};
