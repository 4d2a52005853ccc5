import { absent } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const DIALECTS = ["zigbee2mqtt", "tasmota", "shelly1", "shelly"] as const;

const scene = (
  dialect: (typeof DIALECTS)[number],
  name: string,
  state: { readonly mains: 0 | 1; readonly therapy: 0 | 1 },
  expected: ConformanceScene["expected"],
): ConformanceScene => ({
  name: `${dialect}, ${name}`,
  options: { dialect, window_s: 20 },
  bed: steadyBed({ samples: state }),
  seconds: 45,
  expected,
  kinds: ["samples"],
});

export const meteringPlugProfile: ConformanceProfile = {
  kind: "packets",
  scenes: DIALECTS.flatMap((dialect) => [
    scene(dialect, "running", { mains: 1, therapy: 1 }, { mains: 1, therapy: 1 }),
    scene(dialect, "standby", { mains: 1, therapy: 0 }, { mains: 1, therapy: 0 }),
    scene(dialect, "no mains", { mains: 0, therapy: 1 }, { mains: 0, therapy: absent("not_measured") }),
  ]),
  streams: ["zigbee2mqtt, running", "tasmota, standby", "shelly, running"],
  checksum: () => false,
  timeless: ({ body }) => body,
};
