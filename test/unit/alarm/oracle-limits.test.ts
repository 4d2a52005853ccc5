import { describe, test } from "vitest";
import { agree } from "../../support/oracle-agreement.ts";
import { aroundTheLimits, lostData, nights, shortDelays } from "../../support/oracle-generators.ts";

describe("engine and oracle agree, written from the same words by different hands,", () => {
  test("on 6,000 nights of limits with single values missing and silence", () => {
    const tally = agree(
      nights({
        conditions: ["SPO2_LOW", "PR_LOW", "PR_HIGH", "VENT_LEAK_HIGH"],
        limits: shortDelays,
        stretches: aroundTheLimits(4),
      }),
      6000,
    );
    tally.expectAtLeast(30, "occurred", "escalated", "unknown", "known", "ended", "again");
    tally.expectAtLeast(200, "SPO2_LOW", "PR_LOW", "PR_HIGH", "VENT_LEAK_HIGH");
  }, 600_000);

  test("on 1,500 nights of sensors off, cables out and single numbers gone, after good values and after low ones", () => {
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
        stretches: lostData(7),
      }),
      1500,
    );
    tally.expectAtLeast(50, "occurred", "escalated", "unknown", "known", "ended", "again", "inherited");
    tally.expectAtLeast(50, "DATA_STALE/oxi", "DATA_STALE/vent", "OXI_SENSOR_OFF/oxi", "SPO2_CRIT");
  }, 600_000);
});
