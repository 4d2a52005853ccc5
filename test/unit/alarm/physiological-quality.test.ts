import { describe, expect, test } from "vitest";
import type { QualityFlag } from "../../../src/domain/observation.ts";
import { Bedside, OXIMETER, treated, VENTILATOR } from "./bedside.ts";
import { calls, openNow, personal, told } from "./physiological-bed.ts";

const POOR: readonly QualityFlag[] = ["low_perfusion"];

/** The oximeter for some seconds at one value, with its doubts. */
const doubted = (
  bed: Bedside,
  spo2: number,
  seconds: number,
  flags: readonly QualityFlag[] = POOR,
): Bedside =>
  bed.run(seconds, () =>
    bed.hear("oxi", {
      kind: "samples",
      samples: { spo2, pulse_rate: 60 + (bed.second % 5) },
      ...(flags.length > 0 && { flags }),
    }),
  );

describe("a low oxygen that the oximeter doubts", () => {
  test.each(["low_perfusion", "artifact", "motion", "out_of_track"] as const)(
    "is still told, 15 s later and medium, with the flag %s (hazard 5)",
    (flag) => {
      const bed = doubted(new Bedside().at(96, 10), 85, 60, [flag]);
      expect(told(bed, "SPO2_LOW")).toEqual([]);
      expect(told(bed, "SPO2_LOW_UNCERTAIN")).toEqual(["55 occurred medium"]);
    },
  );

  test("with every flag at once as well", () => {
    const bed = doubted(new Bedside(), 85, 60, ["low_perfusion", "artifact", "motion", "out_of_track"]);
    expect(told(bed, "SPO2_LOW_UNCERTAIN")).toEqual(["45 occurred medium"]);
  });

  test("marginal perfusion is no doubt", () => {
    const bed = doubted(new Bedside(), 85, 40, ["marginal_perfusion"]);
    expect(told(bed, "SPO2_LOW")).toEqual(["30 occurred high"]);
  });

  test("a perfusion below 0.3 % is one without any flag", () => {
    const weak = (perfusion: number) =>
      new Bedside().run(50, (bed) =>
        bed.samples("oxi", { spo2: 85, pulse_rate: 60 + (bed.second % 5), perfusion_index: perfusion }),
      );
    expect(told(weak(0.2), "SPO2_LOW_UNCERTAIN")).toEqual(["45 occurred medium"]);
    expect(told(weak(0.3), "SPO2_LOW")).toEqual(["30 occurred high"]);
  });

  test("is the full alarm with the first good sample: the time ran on", () => {
    const bed = doubted(new Bedside(), 85, 40).at(85, 1);
    expect(told(bed, "SPO2_LOW")).toEqual(["40 occurred high"]);
    expect(told(bed, "SPO2_LOW_UNCERTAIN")).toEqual([]);
  });

  test("rises and sounds again when a good sample follows the doubtful alarm, answered or not", () => {
    const bed = doubted(new Bedside(), 85, 50);
    const open = bed.fold.open.find(({ condition }) => condition === "SPO2_LOW_UNCERTAIN");
    bed.command({
      kind: "acknowledge",
      occurrence: open?.id ?? "",
      by: { id: "anna", name: "Anna" },
      place: "going",
    });
    bed.at(85, 1);
    expect(told(bed, "SPO2_LOW")).toContain("50 escalated high");
    expect(openNow(bed)).toMatchObject([{ id: open?.id, condition: "SPO2_LOW", priority: "high" }]);
    expect(openNow(bed)[0]?.acknowledgement).toBeUndefined();
  });

  test("does not confirm itself: its own alarm is no corroboration", () => {
    const bed = doubted(personal(), 85, 200);
    expect(calls(bed)).toEqual(["45 SPO2_LOW_UNCERTAIN medium", "135 SPO2_WARN low"]);
    expect(told(bed, "SPO2_LOW")).toEqual([]);
  });

  test("is high after minutes of it, and only once: cold hands do not make a low night a warning", () => {
    const bed = doubted(doubted(personal(), 96, 300), 85, 900);
    expect(calls(bed)).toEqual([
      "345 SPO2_LOW_UNCERTAIN medium",
      "435 SPO2_WARN low",
      "465 SPO2_SUSTAINED high",
    ]);
  });

  test("ends when the oxygen is back, doubted or not", () => {
    const bed = doubted(doubted(new Bedside(), 85, 50), 95, 5);
    expect(told(bed, "SPO2_LOW_UNCERTAIN").at(-1)).toMatch(/^54 ended/);
  });

  test("SPO2_CRIT waits for no quality", () => {
    const bed = doubted(new Bedside(), 75, 12);
    expect(told(bed, "SPO2_CRIT")).toEqual(["10 occurred high"]);
  });

  test("a burst of movement that ends in good values wakes nobody", () => {
    const bed = personal().at(96, 60);
    for (let i = 0; i < 20; i++) {
      doubted(bed, 72, 4, ["motion"]);
      bed.at(95, 12);
    }
    expect(calls(bed)).toEqual([]);
  });
});

describe("a low oxygen that something else bears out", () => {
  const racing = (flags: readonly QualityFlag[], seconds: number) =>
    personal({ limits: { SPO2_INTEGRAL: { on: false } } })
      .at(96, 300)
      .run(seconds, (bed) =>
        bed.hear("oxi", {
          kind: "samples",
          samples: { spo2: 86, pulse_rate: 76 + (bed.second % 3) },
          ...(flags.length > 0 && { flags }),
        }),
      );

  test("is told with its own delay, doubted or not, when the pulse has been up by a fifth for a while", () => {
    expect(told(racing([], 35), "SPO2_LOW")).toEqual(["330 occurred high"]);
    expect(told(racing(POOR, 35), "SPO2_LOW")).toEqual(["330 occurred high"]);
  });

  test("is not told sooner for an arousal: the pulse jumps at the end of every ordinary dip", () => {
    const bed = personal({ limits: { SPO2_INTEGRAL: { on: false } } }).at(96, 300);
    for (let i = 0; i < 10; i++) {
      bed
        .at(86, 12)
        .run(12, (one) => one.oxi(86, 80))
        .at(94, 120);
    }
    expect(calls(bed)).toEqual([]);
  });

  /** A ventilator whose mask comes off at second 72; the oxygen has been at 86 % since second 60. */
  const leaking = (cls: "A" | "B", seconds: number): Bedside => {
    const bed = new Bedside({
      cls,
      sources: [OXIMETER, VENTILATOR],
      limits: { SPO2_INTEGRAL: { on: false }, LEAK_DESAT: { on: false } },
    });
    const both = (leak: number, spo2: number) => (): void => {
      bed.samples("vent", treated(bed.second, { leak: leak + (bed.second % 3) }));
      bed.hear("oxi", {
        kind: "samples",
        samples: { spo2, pulse_rate: 60 + (bed.second % 5) },
        flags: POOR,
      });
    };
    return bed.run(60, both(8, 96)).run(12, both(8, 86)).run(seconds, both(60, 86));
  };

  test("is told after 10 s, doubted or not, as soon as a large leak shows why", () => {
    expect(told(leaking("B", 4), "SPO2_LOW")).toEqual(["72 occurred high"]);
  });

  test("class A: the shorter delay does not make it high", () => {
    expect(told(leaking("A", 60), "SPO2_LOW")).toEqual(["72 occurred medium", "120 escalated high"]);
  });
});
