import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (
  name: string,
  samples: Samples,
  expected: ConformanceScene["expected"],
  kinds: ConformanceScene["kinds"] = ["samples"],
): ConformanceScene => ({ name, bed: steadyBed({ samples }), seconds: 12, expected, kinds });

const NOT = absent("not_measured");

export const edgePowerLinuxProfile: ConformanceProfile = {
  kind: "packets",
  scenes: [
    scene(
      "fed, charging",
      { mains: 1, battery_percent: 83 },
      { mains: 1, battery_percent: 83, battery_minutes: NOT },
    ),
    scene(
      "on its battery",
      { mains: 0, battery_percent: 40, battery_minutes: 72 },
      { mains: 0, battery_percent: 40, battery_minutes: 72 },
    ),
    scene("no battery", { mains: 1 }, { mains: 1, battery_percent: NOT, battery_minutes: NOT }),
  ],
  streams: ["on its battery"],
  checksum: () => false,
  timeless: ({ body }) => body,
};

export const edgePowerNutProfile: ConformanceProfile = {
  kind: "text lines",
  scenes: [
    scene(
      "fed",
      { mains: 1, battery_percent: 100, battery_minutes: 55 },
      { mains: 1, battery_percent: 100, battery_minutes: 55 },
    ),
    scene(
      "on battery, nearly empty",
      { mains: 0, battery_percent: 12, battery_minutes: 4 },
      { mains: 0, battery_percent: 12, battery_minutes: 4 },
      ["samples", "status"],
    ),
    scene("says no charge", { mains: 0 }, { mains: 0, battery_percent: NOT, battery_minutes: NOT }),
    scene(
      "its UPS lost",
      {},
      {
        mains: absent("not_connected"),
        battery_percent: absent("not_connected"),
        battery_minutes: absent("not_connected"),
      },
      ["samples", "status"],
    ),
  ],
  streams: ["fed"],
  checksum: () => false,
  timeless: ({ body }) => body,
};
