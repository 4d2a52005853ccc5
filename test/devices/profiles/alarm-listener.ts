import { absent, type Sample } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const BURSTS = "1/523.3~1569.9~2616.5+440~1320~2200/0.150.100+1.150.100+1.150.600";
const BEEP = "1/2900/0.300.500";

const scene = (
  name: string,
  template: string,
  [alarm, expected]: readonly [Sample, Sample],
  seconds: number,
  kinds: ConformanceScene["kinds"] = ["samples"],
): ConformanceScene => ({
  name,
  options: { template },
  bed: steadyBed({ samples: { remote_alarm: alarm } }),
  seconds,
  expected: { remote_alarm: expected },
  kinds,
});

export const alarmListenerProfile: ConformanceProfile = {
  kind: "binary frames",
  scenes: [
    scene("an alarm of two notes", BURSTS, [1, 1], 8),
    scene("a beep", BEEP, [1, 1], 8),
    scene("either of two alarms", `${BEEP}:${BURSTS}`, [1, 1], 8),
    scene("nothing but noise", BURSTS, [0, 0], 8),
    scene("listened too short for a no", BURSTS, [0, absent("searching")], 2),
    scene("nothing learned", "", [1, absent("not_measured")], 3, ["samples", "status"]),
    scene("muted", BURSTS, [absent("device_off"), absent("device_off")], 8, ["samples", "status"]),
    scene("overdriven", BURSTS, [absent("invalid"), absent("invalid")], 8, ["samples", "status"]),
    scene("a short beep", "1/2900/0.150.150", [1, 1], 6),
  ],
  streams: ["a short beep"],
  checksum: () => false,
  timeless: ({ body }) => body,
};
