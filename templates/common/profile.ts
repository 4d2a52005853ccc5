import { absent, type Samples } from "../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../test/support/conformance.ts";
import { steadyBed } from "../../test/support/steady-bed.ts";

const scene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples }),
  seconds: 20,
  expected,
  kinds: ["samples"],
});

/** Ordinary values, the ends of the range, and every missing code of the family: one scene each. */
export const newDeviceProfile: ConformanceProfile = {
  kind: "binary frames",
  scenes: [
    scene("ordinary", { spo2: 97, pulse_rate: 72 }),
    scene("highest", { spo2: 100, pulse_rate: 254 }),
    scene("lowest", { spo2: 1, pulse_rate: 20 }),
    scene("finger out", { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") }),
    scene("searching", { spo2: absent("searching"), pulse_rate: absent("searching") }),
    scene(
      "SpO2 missing alone",
      { spo2: absent("under_range"), pulse_rate: 61 },
      { spo2: absent("not_measured"), pulse_rate: 61 },
    ),
  ],
  // Those whose stream is also cut, damaged and mixed with noise: one of each format.
  streams: ["ordinary"],
  checksum: () => true,
  timeless: (reading) => reading,
};
