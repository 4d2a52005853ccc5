import { absent } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (
  wiring: "nc" | "no" | "both",
  name: string,
  alarm: 0 | 1 | "unplugged",
  expected: ConformanceScene["expected"]["remote_alarm"],
): ConformanceScene => ({
  name: `${wiring}, ${name}`,
  options: { wiring },
  bed: steadyBed({ samples: { remote_alarm: alarm === "unplugged" ? absent("not_connected") : alarm } }),
  seconds: 20,
  expected: expected === undefined ? {} : { remote_alarm: expected },
  kinds: ["samples"],
});

export const remoteAlarmContactProfile: ConformanceProfile = {
  kind: "packets",
  scenes: [
    scene("nc", "well", 0, 0),
    scene("nc", "alarm", 1, 1),
    scene("nc", "cable out: as bad as an alarm", "unplugged", 1),
    scene("no", "well", 0, 0),
    scene("no", "alarm", 1, 1),
    scene("both", "well", 0, 0),
    scene("both", "alarm", 1, 1),
    scene("both", "cable out", "unplugged", absent("not_connected")),
  ],
  // A recorded stream cannot answer the self-test: in these states there is nothing to test.
  streams: ["no, well", "nc, alarm"],
  checksum: () => false,
  timeless: ({ body }) => body,
};
