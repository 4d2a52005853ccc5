import { describe, test } from "vitest";
import { agree } from "../../support/oracle-agreement.ts";
import { aroundTheLimits, lostData, nights, shortDelays } from "../../support/oracle-generators.ts";

describe("engine and oracle agree, written from the same words by different hands,", () => {
  test("on 7,000 nights of limits with single values missing and silence", () => {
    const tally = agree(
      nights({
        conditions: ["SPO2_LOW", "PR_LOW", "PR_HIGH", "VENT_LEAK_HIGH"],
        limits: shortDelays,
        stretches: aroundTheLimits(3),
      }),
      7000,
    );
    tally.expectAtLeast(20, "occurred", "escalated", "unknown", "known", "ended", "again");
    tally.expectAtLeast(100, "SPO2_LOW", "PR_LOW", "PR_HIGH", "VENT_LEAK_HIGH");
  }, 600_000);

  test("on 1,400 nights of sensors off, cables out and single numbers gone, after good values and after low ones", () => {
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
        stretches: lostData(5),
      }),
      1400,
    );
    tally.expectAtLeast(20, "occurred", "escalated", "unknown", "known", "ended", "again", "inherited");
    tally.expectAtLeast(20, "DATA_STALE/oxi", "DATA_STALE/vent", "OXI_SENSOR_OFF/oxi", "SPO2_CRIT");
  }, 600_000);
});
