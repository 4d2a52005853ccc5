// A week of ordinary nights, each pressed into a quarter of an hour: everything that happens, without the hours between.
// The whole nights: `breathwatch nights --seeds 1..7 --scenario ordinary-night`.
import { expect, test } from "vitest";
import { wakingsOf } from "../../src/cli/night-verdict.ts";
import { rehearse } from "../../src/cli/nights.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { type Happening, readScenario } from "../../src/rehearsal/scenario.ts";

/** What happens of one kind of trouble, s after it began. */
type Trouble = readonly Happening[];

const TROUBLES: readonly Trouble[] = [
  // Another finger.
  [
    { at: 0, event: "probe_off" },
    { at: 22, event: "probe_on" },
  ],
  // The router dials again.
  [
    { at: 0, event: "internet_down" },
    { at: 0, event: "broker_down" },
    { at: 90, event: "internet_up" },
    { at: 90, event: "broker_up" },
  ],
  // A cable that is caught.
  [
    { at: 0, event: "unplug", device: "oximeter" },
    { at: 7, event: "plug_in", device: "oximeter" },
    { at: 12, event: "unplug", device: "oximeter" },
    { at: 20, event: "plug_in", device: "oximeter" },
  ],
  [
    { at: 0, event: "unplug", device: "ventilator" },
    { at: 10, event: "plug_in", device: "ventilator" },
  ],
  // A dry mask leaks until it has settled again.
  [
    { at: 0, event: "leak_large" },
    { at: 50, event: "leak_mended" },
  ],
  // Turned, with the hand under the blanket.
  [
    { at: 0, event: "care", act: "turn" },
    { at: 5, event: "motion" },
    { at: 60, event: "motion_end" },
  ],
  // Suction.
  [
    { at: 0, event: "care", act: "suction" },
    { at: 10, event: "mask_off" },
    { at: 40, event: "mask_on" },
  ],
  // The commode beside the bed.
  [
    { at: 0, event: "care", act: "mask" },
    { at: 10, event: "mask_off" },
    { at: 10, event: "motion" },
    { at: 65, event: "mask_on" },
    { at: 80, event: "motion_end" },
  ],
];

const EACH_S = 100;

/** A night in which each trouble comes once, in an order of its own. */
function nightOf(seed: number) {
  const random = createSeededRandom(seed);
  const order = TROUBLES.map((trouble) => ({ trouble, key: random.uniform() })).toSorted(
    (a, b) => a.key - b.key,
  );
  const events = order.flatMap(({ trouble }, index) => {
    const from = 45 + index * EACH_S + Math.floor(random.uniform() * 10);
    return trouble.map((one) => ({ ...one, at: from + one.at }));
  });
  return readScenario(
    {
      name: `night ${seed}`,
      seed,
      seconds: 60 + EACH_S * TROUBLES.length,
      class: "B",
      devices: {
        oximeter: { family: "nonin-serial", options: { format: "8" } },
        ventilator: { family: "puritan-bennett-840-parameters" },
      },
      events,
      calm: true,
      expect: [],
      never: ["SPO2_LOW", "SPO2_CRIT", "VENT_APNEA", "NET_DOWN", "RULE_ERROR", "DB_WRITE_FAIL"],
    },
    "week",
  );
}

test("a week of ordinary nights wakes somebody for a device at most once", { timeout: 600_000 }, async () => {
  let wakings = 0;
  for (let night = 1; night <= 7; night += 1) {
    const found = await rehearse(nightOf(night));
    expect(found.problems).toEqual([]);
    wakings += wakingsOf(found);
  }
  expect(wakings).toBeLessThanOrEqual(1);
});
