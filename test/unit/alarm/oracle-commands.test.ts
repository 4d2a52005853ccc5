import { describe, test } from "vitest";
import { agree } from "../../support/oracle-agreement.ts";
import {
  aroundTheLimits,
  doings,
  longAlarms,
  lostData,
  nights,
  shortDelays,
} from "../../support/oracle-generators.ts";

describe("engine and oracle agree on what people do at any second:", () => {
  test("20 nights of alarms that outlast acknowledgements and pauses", () => {
    const tally = agree(
      nights({
        conditions: ["SPO2_LOW", "SPO2_CRIT", "PR_LOW", "DATA_STALE"],
        limits: shortDelays,
        stretches: longAlarms(8),
        commands: doings(12),
      }),
      20,
    );
    tally.expectAtLeast(2, "acknowledged", "lapsed", "paused", "resumed", "escalated", "again");
  }, 600_000);

  test("300 nights of limits with acknowledging, pauses, care acts, the watch and new limits", () => {
    const tally = agree(
      nights({
        conditions: ["SPO2_LOW", "SPO2_CRIT", "PR_LOW", "PR_HIGH", "VENT_LEAK_HIGH"],
        limits: shortDelays,
        stretches: aroundTheLimits(16),
        commands: doings(12),
      }),
      300,
    );
    tally.expectAtLeast(50, "occurred", "escalated", "unknown", "known", "acknowledged", "paused");
    tally.expectAtLeast(10, "ended", "again", "resumed");
  }, 600_000);

  test("300 nights of lost data with the same", () => {
    const tally = agree(
      nights({
        conditions: [
          "SPO2_LOW",
          "SPO2_CRIT",
          "PR_LOW",
          "PR_HIGH",
          "VENT_LEAK_HIGH",
          "OXI_SENSOR_OFF",
          "DATA_STALE",
        ],
        limits: shortDelays,
        stretches: lostData(16),
        commands: doings(12),
      }),
      300,
    );
    tally.expectAtLeast(20, "occurred", "escalated", "unknown", "known", "acknowledged", "paused");
    tally.expectAtLeast(20, "inherited", "DATA_STALE/oxi", "DATA_STALE/vent", "OXI_SENSOR_OFF/oxi");
  }, 600_000);
});
