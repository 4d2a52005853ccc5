import { absent, type Sample } from "../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../test/support/conformance.ts";
import { steadyBed } from "../../test/support/steady-bed.ts";

const scene = (name: string, alarm: Sample, expected: 0 | 1): ConformanceScene => ({
  name,
  bed: steadyBed({ samples: { remote_alarm: alarm } }),
  seconds: 20,
  expected: { remote_alarm: expected },
  kinds: ["samples"],
});

/** Every state of the contact: one scene each. */
export const newDeviceProfile: ConformanceProfile = {
  kind: "packets",
  scenes: [scene("well", 0, 0), scene("alarm", 1, 1), scene("cable out", absent("not_connected"), 1)],
  // Those whose stream is also mixed with noise.
  streams: ["well"],
  checksum: () => false,
  timeless: (reading) => reading,
};
