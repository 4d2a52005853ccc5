import { absent, type Samples } from "../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../test/support/conformance.ts";
import { steadyBed } from "../../test/support/steady-bed.ts";

const scene = (name: string, samples: Samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples }),
  // A card is looked at once a minute.
  seconds: 130,
  expected: samples,
  kinds: ["samples"],
});

/** Ordinary values, the ends of the range, and every missing code of the family: one scene each. */
export const newDeviceProfile: ConformanceProfile = {
  kind: "files",
  scenes: [
    scene("ordinary", { spo2: 97, pulse_rate: 72 }),
    scene("highest", { spo2: 100, pulse_rate: 254 }),
    scene("finger out", { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") }),
  ],
  // Those whose files are also cut and damaged.
  streams: ["ordinary"],
  checksum: () => false,
  timeless: (reading) => reading,
};
