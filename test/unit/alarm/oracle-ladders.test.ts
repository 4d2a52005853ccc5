import fc from "fast-check";
import { describe, test } from "vitest";
import { agree } from "../../support/oracle-agreement.ts";
import { fallingOxygen, manyDips, nights, shortDelays } from "../../support/oracle-generators.ts";

describe("engine and oracle agree", () => {
  test("on 1,300 nights of falling oxygen: tiers that share an occurrence, samples that are doubted and borne out", () => {
    const tally = agree(
      nights({
        conditions: [
          "SPO2_LOW",
          "SPO2_LOW_UNCERTAIN",
          "SPO2_CRIT",
          "SPO2_RAPID",
          "SPO2_INTEGRAL",
          "SPO2_UNDER_RANGE",
          "SPO2_WARN",
          "VENT_LEAK_HIGH",
          "VENT_REMOTE_ALARM",
        ],
        limits: shortDelays,
        stretches: fallingOxygen(4),
      }),
      1300,
    );
    tally.expectAtLeast(100, "occurred", "escalated", "ended", "joined", "again");
    tally.expectAtLeast(20, "SPO2_LOW", "SPO2_CRIT", "SPO2_RAPID", "SPO2_INTEGRAL");
    tally.expectAtLeast(
      15,
      "SPO2_LOW_UNCERTAIN",
      "SPO2_UNDER_RANGE",
      "SPO2_WARN",
      "VENT_LEAK_HIGH",
      "VENT_REMOTE_ALARM",
    );
  }, 600_000);

  test("on 12 nights of so many dips that they are told as one", () => {
    const tally = agree(
      nights({
        conditions: ["SPO2_LOW", "SPO2_CRIT", "PR_LOW"],
        limits: fc.constantFrom(
          { SPO2_LOW: { delay_s: 0, clear_s: 0 }, PR_LOW: { delay_s: 0, clear_s: 2 } },
          { SPO2_LOW: { delay_s: 0 }, SPO2_CRIT: { delay_s: 0 }, PR_LOW: { delay_s: 0, clear_s: 0 } },
        ),
        stretches: manyDips(25),
        tail: 950,
      }),
      12,
    );
    tally.expectAtLeast(10, "occurred", "escalated", "ended", "again", "SPO2_CRIT");
  }, 600_000);
});
