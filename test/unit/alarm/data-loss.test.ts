import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { absent } from "../../../src/domain/sample.ts";
import { Bedside, EVENING, GONE, OXIMETER, treated, VENTILATOR } from "./bedside.ts";

describe("a gap", () => {
  test("of ten seconds keeps the timer running", () => {
    const bed = new Bedside().at(85, 20).run(10).at(85, 1);
    expect(bed.notices).toEqual([]);
    expect(bed.lines()).toEqual(["30 occurred SPO2_LOW high"]);
  });

  test("makes the condition unknown in its eleventh second", () => {
    const bed = new Bedside().at(96, 100).run(10);
    expect(bed.notices).toEqual([]);
    bed.run(1);
    const limits = bed.notices.filter(({ condition }) => /_(LOW|CRIT|HIGH)$/.test(condition));
    expect(limits.map(({ kind, condition }) => `${kind} ${condition}`)).toEqual([
      "unknown SPO2_LOW",
      "unknown SPO2_CRIT",
      "unknown PR_LOW",
      "unknown PR_HIGH",
    ]);
    expect(bed.notices[0]?.at).toBe(EVENING + 110_000);
    expect(bed.fold.unknown).toContainEqual({ condition: "SPO2_LOW", why: "gap" });
  });

  test("after a value in range rings DATA_STALE 30 s after the last sample, medium", () => {
    const bed = new Bedside().at(96, 100).run(60);
    expect(bed.lines()).toEqual(["129 occurred DATA_STALE medium"]);
    expect(bed.open("DATA_STALE")?.values).toEqual({
      device: "oxi",
      signals: "spo2 pulse_rate device",
      seconds: 30,
    });
  });

  test("is high at 60 s for class C", () => {
    const bed = new Bedside({ cls: "C" }).at(96, 100).run(70);
    expect(bed.lines()).toEqual(["129 occurred DATA_STALE medium", "159 escalated DATA_STALE high"]);
  });

  test("after a violating value rings DATA_STALE at once with that condition's priority", () => {
    const bed = new Bedside().at(96, 60).at(85, 5).run(40);
    expect(bed.lines()).toEqual(["75 occurred DATA_STALE high"]);
  });

  test("after a violation that is only medium rings medium, and rises with it", () => {
    const bed = new Bedside({ cls: "A" }).at(96, 60).at(85, 5).run(100);
    expect(bed.lines()).toEqual(["75 occurred DATA_STALE medium", "120 escalated DATA_STALE high"]);
  });

  test("with an oximeter that speaks and measures nothing rings OXI_SENSOR_OFF instead", () => {
    const bed = new Bedside().at(96, 60).at(85, 5);
    bed.run(40, () => bed.oxi(GONE, GONE));
    expect(bed.lines()).toEqual(["75 occurred OXI_SENSOR_OFF high"]);
  });

  test("the start of a violation outlives it: the first sample back inside the band rings", () => {
    const bed = new Bedside().at(96, 10).at(85, 5).run(60).at(88, 1);
    expect(bed.lines("SPO2_LOW")).toEqual(["75 occurred SPO2_LOW high"]);
  });

  test("that ends in range forgets the violation", () => {
    const bed = new Bedside().at(85, 5).run(60).at(90, 1).at(88, 100);
    expect(bed.lines("SPO2_LOW")).toEqual([]);
  });

  test("leaves an open alarm open, says since when nobody knows, and says so again when data comes", () => {
    const bed = new Bedside().at(79, 40).run(660);
    const open = bed.open("SPO2_LOW");
    expect(open).toMatchObject({ state: "unknown", unknownSince: EVENING + 50_000, priority: "high" });
    expect(open?.values).toMatchObject({ spo2: 79 });
    bed.at(82, 3);
    expect(bed.open("SPO2_LOW")).toMatchObject({ state: "holds", values: { spo2: 82 } });
    expect(bed.open("SPO2_LOW")).not.toHaveProperty("unknownSince");
    expect(bed.lines("SPO2_LOW").slice(1)).toEqual(["50 unknown SPO2_LOW high", "700 known SPO2_LOW high"]);
    bed.at(95, 5);
    expect(bed.open("SPO2_LOW")).toBeUndefined();
  });

  test("during recovery starts the in-range time again", () => {
    const bed = new Bedside().at(85, 40).at(95, 4).run(15).at(95, 4);
    expect(bed.open("SPO2_LOW")).toBeDefined();
    bed.at(95, 1);
    expect(bed.open("SPO2_LOW")).toBeUndefined();
  });

  test("DATA_STALE ends after five seconds of fresh samples", () => {
    const bed = new Bedside().at(96, 10).run(50).at(96, 5);
    expect(bed.lines()).toEqual(["39 occurred DATA_STALE medium", "64 ended DATA_STALE medium recovered"]);
  });
});

/** Nightscout's alarm core, run in 2026, said "All Clear" eleven minutes after an urgent low whose data had stopped. */
describe("an urgent low followed by silence", () => {
  test("is still open after nine and after eleven minutes, and nothing says that it is over", () => {
    const bed = new Bedside().at(74, 60);
    expect(bed.open("SPO2_CRIT")).toBeDefined();
    for (const minutes of [9, 11, 60]) {
      bed.run(minutes * 60 - bed.second);
      expect(bed.open("SPO2_CRIT")).toMatchObject({ state: "unknown", priority: "high" });
      expect(bed.open("SPO2_LOW")).toMatchObject({ state: "unknown", priority: "high" });
      expect(bed.open("DATA_STALE")).toMatchObject({ priority: "high" });
    }
    expect(bed.events.filter(({ kind }) => kind === "ended")).toEqual([]);
  });

  test("two urgent conditions at once are two alarms", () => {
    const bed = new Bedside();
    bed.run(70, () => bed.oxi(74, 160));
    expect(bed.fold.open.map(({ condition }) => condition).toSorted()).toEqual(["PR_HIGH", "SPO2_CRIT"]);
  });

  test("a sample stamped in the future, or in 1970, delays no alarm about missing data", () => {
    const bed = new Bedside().at(96, 10);
    bed.oxi(96, 60, { deviceAt: EVENING + 3_600_000, at: EVENING + 3_600_000 });
    bed.run(31);
    expect(bed.open("DATA_STALE")).toBeDefined();
    const old = new Bedside().at(96, 10);
    old.oxi(96, 60, { deviceAt: 0, at: 0 });
    old.run(29);
    expect(old.open("DATA_STALE")).toBeUndefined();
    old.run(2);
    expect(old.open("DATA_STALE")).toBeDefined();
  });

  test("a wall clock that jumps by an hour moves no delay", () => {
    const bed = new Bedside().at(85, 15);
    for (let i = 0; i < 16; i++) {
      bed.oxi(85, 60, { at: EVENING - 3_600_000 + i });
      bed.second += 1;
    }
    expect(bed.open("SPO2_LOW")).toBeDefined();
  });
});

describe("one dead signal beside live ones", () => {
  test("is stale by itself", () => {
    const bed = new Bedside().at(96, 10);
    bed.run(60, () => bed.oxi(GONE, 60 + (bed.second % 5)));
    expect(bed.lines()).toEqual(["39 occurred DATA_STALE medium"]);
    expect(bed.open("DATA_STALE")?.values).toMatchObject({ signals: "spo2" });
  });

  test("rings at once and high where the last value was low", () => {
    const bed = new Bedside().at(66, 5);
    bed.run(20, () => bed.oxi(absent("under_range"), 88));
    expect(bed.lines("DATA_STALE")).toEqual(["15 occurred DATA_STALE high"]);
  });

  test("also where the device does not mention it any more", () => {
    const bed = new Bedside().at(96, 10);
    bed.run(60, () => bed.samples("oxi", { pulse_rate: 60 + (bed.second % 5) }));
    expect(bed.open("DATA_STALE")?.values).toMatchObject({ signals: "spo2" });
  });

  test("does not end while only the others are fresh", () => {
    const bed = new Bedside().at(96, 10);
    bed.run(300, () => bed.oxi(GONE, 60 + (bed.second % 5)));
    expect(bed.lines("DATA_STALE")).toEqual(["39 occurred DATA_STALE medium"]);
    bed.at(96, 5);
    expect(bed.open("DATA_STALE")).toBeUndefined();
  });
});

describe("OXI_SENSOR_OFF", () => {
  test.each([
    ["A", "40 occurred OXI_SENSOR_OFF medium"],
    ["B", "40 occurred OXI_SENSOR_OFF medium"],
    ["C", "25 occurred OXI_SENSOR_OFF high"],
  ] as const)("class %s: %s", (cls, line) => {
    const bed = new Bedside({ cls }).at(96, 10);
    bed.run(60, () => bed.oxi(absent("sensor_off"), absent("sensor_off")));
    expect(bed.lines()).toEqual([line]);
  });

  test("ends after ten seconds of valid SpO2, and never by silence", () => {
    const bed = new Bedside().at(96, 10);
    bed.run(40, () => bed.oxi(GONE, GONE));
    bed.run(120);
    expect(bed.open("OXI_SENSOR_OFF")).toMatchObject({ state: "unknown" });
    bed.at(97, 9);
    expect(bed.open("OXI_SENSOR_OFF")).toBeDefined();
    bed.at(97, 1);
    expect(bed.open("OXI_SENSOR_OFF")).toBeUndefined();
  });

  test("pulse alone does not end it", () => {
    const bed = new Bedside().at(96, 10);
    bed.run(40, () => bed.oxi(GONE, GONE));
    bed.run(60, () => bed.oxi(GONE, 60));
    expect(bed.open("OXI_SENSOR_OFF")).toBeDefined();
  });
});

describe("DATA_NEVER", () => {
  test.each([
    ["A", "medium"],
    ["B", "high"],
    ["C", "high"],
  ] as const)("an oximeter that never speaks rings after 60 s on watch: class %s %s", (cls, priority) => {
    const bed = new Bedside({ cls }).run(61);
    expect(bed.lines()).toEqual([`60 occurred DATA_NEVER ${priority}`]);
    bed.at(96, 5);
    expect(bed.lines().at(-1)).toBe(`65 ended DATA_NEVER ${priority} recovered`);
  });

  test("so does one that speaks and never measures", () => {
    const bed = new Bedside().run(61, (bed) => bed.oxi(GONE, GONE));
    expect(bed.lines("DATA_NEVER")).toEqual(["60 occurred DATA_NEVER high"]);
  });

  test("and one whose pulse never came, beside SpO2", () => {
    const bed = new Bedside().run(61, (bed) => bed.oxi(96, GONE));
    expect(bed.lines("DATA_NEVER")).toEqual(["60 occurred DATA_NEVER high"]);
    expect(bed.open("DATA_NEVER")?.values).toMatchObject({ signals: "pulse_rate" });
  });

  test("each silent device rings for itself", () => {
    const bed = new Bedside({ sources: [OXIMETER, VENTILATOR] });
    bed.run(70, () => bed.oxi(96));
    expect(bed.fold.open.map(({ condition, subject }) => [condition, subject])).toEqual([
      ["DATA_NEVER", "vent"],
    ]);
  });

  test("a card that is a minute or two behind by its nature is waited for longer, not for ever", () => {
    const bed = new Bedside({ sources: [{ ...VENTILATOR, delayed: true }] });
    bed.run(299);
    expect(bed.lines("DATA_NEVER")).toEqual([]);
    bed.run(2);
    expect(bed.lines("DATA_NEVER")).toEqual(["300 occurred DATA_NEVER high"]);
  });

  test("a number that the device calls unsupported is not waited for", () => {
    const bed = new Bedside({ sources: [VENTILATOR] });
    bed.run(90, () => bed.samples("vent", treated(bed.second, { leak: absent("unsupported") })));
    expect(bed.lines("DATA_NEVER", "DATA_STALE")).toEqual([]);
    const other = new Bedside({ sources: [VENTILATOR] });
    other.run(90, () => other.samples("vent", treated(other.second, { leak: GONE })));
    expect(other.lines("DATA_NEVER")).toEqual(["60 occurred DATA_NEVER high"]);
  });

  test("counts from the start of the watch, not from the start of the box", () => {
    const bed = new Bedside({ from: Date.UTC(2024, 0, 15, 20, 50, 0) }).run(661);
    expect(bed.lines()).toEqual(["660 occurred DATA_NEVER high"]);
  });
});

describe("DATA_FROZEN", () => {
  const frozen = (bed: Bedside, seconds: number) => bed.run(seconds, () => bed.oxi(96, 60));

  test("two numbers that stand still for 120 s while the device goes on sending", () => {
    const bed = new Bedside();
    frozen(bed, 125);
    expect(bed.lines()).toEqual(["120 occurred DATA_FROZEN medium"]);
    bed.oxi(96, 61);
    expect(bed.open("DATA_FROZEN")).toBeUndefined();
  });

  test("a steady SpO2 with a pulse that moves is a person asleep", () => {
    const bed = new Bedside().at(98, 600);
    expect(bed.lines()).toEqual([]);
  });

  test("SpO2 alone is never frozen", () => {
    const bed = new Bedside({ sources: [{ ...OXIMETER, signals: ["spo2"] }] });
    bed.run(600, () => bed.samples("oxi", { spo2: 97 }));
    expect(bed.lines()).toEqual([]);
  });

  test("a waveform that moves shows that the device measures", () => {
    const bed = new Bedside();
    bed.run(300, () => {
      bed.hear("oxi", { kind: "wave", rateHz: 2, channels: { pleth: [bed.second, 3] } });
      bed.oxi(96, 60);
    });
    expect(bed.lines()).toEqual([]);
    bed.run(130, () => {
      bed.hear("oxi", { kind: "wave", rateHz: 2, channels: { pleth: [5, 5] } });
      bed.oxi(96, 60);
    });
    expect(bed.open("DATA_FROZEN")).toBeDefined();
  });

  test("a counter that stands still is frozen, whatever the numbers do", () => {
    const bed = new Bedside();
    bed.run(125, () =>
      bed.hear("oxi", {
        kind: "samples",
        samples: { spo2: 96, pulse_rate: 60 + (bed.second % 9) },
        counter: 4711,
      }),
    );
    expect(bed.lines()).toEqual(["120 occurred DATA_FROZEN medium"]);
    expect(bed.open("DATA_FROZEN")?.values).toMatchObject({ signals: "counter" });
  });

  test("silence neither makes nor mends it", () => {
    const bed = new Bedside();
    frozen(bed, 100);
    bed.run(20);
    frozen(bed, 100);
    expect(bed.lines("DATA_FROZEN")).toEqual([]);
    frozen(bed, 30);
    expect(bed.open("DATA_FROZEN")).toBeDefined();
    bed.run(20);
    frozen(bed, 60);
    expect(bed.open("DATA_FROZEN")).toBeDefined();
    bed.run(20, () => bed.oxi(GONE, GONE));
    frozen(bed, 60);
    expect(bed.open("DATA_FROZEN")).toBeDefined();
  });
});

describe("laws", () => {
  /** What the oximeter does for some seconds. */
  const stretch = fc.record({
    seconds: fc.integer({ min: 1, max: 45 }),
    kind: fc.constantFrom("low", "deep", "good", "silent", "off", "spo2 gone", "pulse gone"),
  });

  const play = (bed: Bedside, { seconds, kind }: { seconds: number; kind: string }) =>
    bed.run(seconds, () => {
      switch (kind) {
        case "low":
          return bed.oxi(85);
        case "deep":
          return bed.oxi(72, 155);
        case "good":
          return bed.oxi(97);
        case "off":
          return bed.oxi(GONE, GONE);
        case "spo2 gone":
          return bed.oxi(GONE);
        case "pulse gone":
          return bed.oxi(96, GONE);
        default:
          return undefined;
      }
    });

  const cls = fc.constantFrom("A" as const, "B" as const, "C" as const);

  test("data loss never ends, lowers or closes anything: only in-range samples do", () => {
    fc.assert(
      fc.property(cls, fc.array(stretch, { minLength: 1, maxLength: 8 }), (cls, stretches) => {
        const bed = new Bedside({ cls });
        const priorities = new Map<string, number>();
        for (const one of stretches) {
          const before = bed.events.length;
          play(bed, one);
          for (const { kind, occurrence, reason, over } of bed.events.slice(before)) {
            const rank = ["low", "medium", "high"].indexOf(occurrence.priority);
            expect(rank).toBeGreaterThanOrEqual(priorities.get(occurrence.id) ?? 0);
            // Over, and back within ten minutes, it is as urgent as what comes back.
            if (over === true) priorities.delete(occurrence.id);
            else priorities.set(occurrence.id, rank);
            if (kind === "ended") {
              expect(reason).toBe("recovered");
              expect(["silent", "off"]).not.toContain(one.kind);
            }
          }
        }
        const after = bed.fold.open.map(({ id }) => id);
        bed.run(400);
        const still = bed.fold.open.map(({ id }) => id);
        expect(still).toEqual(expect.arrayContaining(after));
      }),
      { numRuns: 30 },
    );
  }, 120_000);

  test("an oximeter that has never measured anything and speaks again has brought nothing back", () => {
    const bed = new Bedside({ cls: "A" });
    bed.run(1, () => bed.oxi(GONE, GONE));
    bed.run(30);
    expect(bed.open("DATA_STALE")).toBeDefined();
    bed.run(20, () => bed.oxi(GONE, GONE));
    expect(bed.open("DATA_STALE")).toBeDefined();
    expect(bed.open("OXI_SENSOR_OFF")).toBeDefined();
    bed.run(5, () => bed.oxi(97));
    expect(bed.open("DATA_STALE")).toBeUndefined();
  });

  test("for every age of the last sample, limits are judged, or a loss is pending, or its alarm is open", () => {
    fc.assert(
      fc.property(
        cls,
        fc.array(stretch, { maxLength: 5 }),
        fc.integer({ min: 0, max: 200 }),
        (cls, stretches, age) => {
          const bed = new Bedside({ cls });
          for (const one of stretches) play(bed, one);
          // Long enough for every earlier loss to be over.
          bed.at(97, 15);
          const lasting = ["DATA_NEVER", "OXI_POOR_SIGNAL", "SPO2_WARN", "SPO2_SUSTAINED"];
          expect(bed.fold.open.filter(({ condition }) => !lasting.includes(condition))).toEqual([]);
          bed.run(age);
          const { open, unknown } = bed.fold;
          const isJudged = !unknown.some(({ condition }) => condition === "SPO2_LOW");
          const isLost = open.some(({ condition }) => condition === "DATA_STALE");
          const isPending = !isJudged && !isLost;
          expect([isJudged, isPending, isLost].filter(Boolean)).toHaveLength(1);
          const lastAge = age === 0 ? 0 : age;
          expect(isJudged).toBe(lastAge <= 10);
          expect(isLost).toBe(lastAge >= 30);
        },
      ),
      { numRuns: 30 },
    );
  }, 120_000);

  test("a link that is cut in any state never takes the bed off watch", () => {
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 6 }), (stretches) => {
        const bed = new Bedside();
        for (const one of stretches) {
          play(bed, one);
          expect(bed.fold.watch.on).toBe(true);
        }
        bed.run(3600);
        expect(bed.fold.watch.on).toBe(true);
      }),
      { numRuns: 10 },
    );
  }, 120_000);
});
