import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compactJournal } from "../../../src/alarm/fold.ts";
import { absent, type Sample } from "../../../src/domain/sample.ts";
import { ANNA, BEN, Bedside, GONE, OXIMETER, treated, VENTILATOR } from "./bedside.ts";

/** One thing that happens at a bed; a second ends with "tick". */
type Act = (bed: Bedside) => void;

const oxi =
  (spo2: Sample, pulse?: Sample): Act =>
  (bed) => {
    bed.oxi(spo2, pulse);
  };
const vent =
  (change = {}): Act =>
  (bed) => {
    bed.samples("vent", treated(bed.second, change));
  };
const tick: Act = (bed) => {
  bed.run(1);
};
const acknowledge =
  (condition: string): Act =>
  (bed) => {
    const occurrence = bed.open(condition)?.id ?? "none";
    bed.command({ kind: "acknowledge", occurrence, by: ANNA, place: "going" });
  };
const call: Act = (bed) => {
  bed.command({ kind: "call", call: { how: "switch", kind: "come" } });
};
const answer: Act = (bed) => {
  bed.command({ kind: "with_patient", occurrence: bed.open("PATIENT_CALL")?.id ?? "none", by: BEN });
};
const endWatch: Act = (bed) => {
  bed.command({ kind: "end_watch", by: ANNA });
};
const startWatch: Act = (bed) => {
  bed.command({ kind: "start_watch", by: BEN });
};

const seconds = (count: number, ...acts: Act[]): Act[] =>
  Array.from({ length: count }, () => [...acts, tick]).flat();

const newBed = (cls: "A" | "B" | "C" = "B") => new Bedside({ cls, sources: [OXIMETER, VENTILATOR] });

interface Happened {
  readonly at: number;
  readonly what: string;
}

/** A bed at every point of a scenario, and what happened from there on, by what it happened to. */
function pointsOf(acts: readonly Act[], cls: "A" | "B" | "C") {
  const bed = newBed(cls);
  const points = [bed.copy()];
  for (const act of acts) {
    act(bed);
    points.push(bed.copy());
  }
  return points.map((point) => ({ bed: point, rest: summary(bed, point.events.length) }));
}

function goOn(bed: Bedside, acts: readonly Act[]) {
  const before = bed.events.length;
  for (const act of acts) act(bed);
  return summary(bed, before);
}

function summary(bed: Bedside, from: number) {
  const happened = new Map<string, Happened[]>();
  for (const { at, kind, occurrence, reason, by } of bed.events.slice(from)) {
    const subject = `${occurrence.condition} ${occurrence.subject ?? ""}`;
    const what = [kind, occurrence.priority, reason, by?.name, occurrence.simulated, occurrence.drill].join(
      " ",
    );
    happened.set(subject, [...(happened.get(subject) ?? []), { at, what }]);
  }
  const open = bed.fold.open.map((one) => `${one.condition} ${one.subject ?? ""} ${one.state}`);
  return { happened: Object.fromEntries(happened), open, watch: bed.fold.watch };
}

const whats = (happened: { [subject: string]: Happened[] }) =>
  Object.fromEntries(
    Object.entries(happened).map(([subject, list]) => [subject, list.map(({ what }) => what)]),
  );

/** A night in three minutes: everything that has a timer. */
const NIGHT: readonly Act[] = [
  ...seconds(5, oxi(97), vent()),
  ...seconds(34, oxi(85), vent()),
  acknowledge("SPO2_LOW"),
  ...seconds(12, oxi(84), vent({ leak: 60, pressure_peak: 3 })),
  ...seconds(17, vent({ leak: 60, pressure_peak: 3 })),
  ...seconds(4, oxi(95), vent()),
  ...seconds(2, oxi(86), vent()),
  call,
  ...seconds(12, oxi(96), vent()),
  answer,
  ...seconds(33, oxi(GONE, GONE), vent()),
  ...seconds(12, oxi(96), vent()),
  endWatch,
  ...seconds(5),
  startWatch,
  ...seconds(63, vent()),
  ...seconds(8, oxi(96), vent()),
];

describe("a restart", () => {
  test("after a clean stop, at every third point of a night, gives the same later events to the second", () => {
    for (const [cut, { bed, rest }] of pointsOf(NIGHT, "A").entries()) {
      if (cut % 3 !== 0) continue;
      expect(goOn(bed.restart({ clean: true }), NIGHT.slice(cut)), `cut ${cut}`).toEqual(rest);
    }
  }, 120_000);

  test("after a crash, at every third point of a night, gives the same later events", () => {
    for (const [cut, { bed, rest }] of pointsOf(NIGHT, "B").entries()) {
      if (cut % 3 !== 1) continue;
      const restarted = goOn(bed.restart(), NIGHT.slice(cut));
      expect(whats(restarted.happened), `cut ${cut}`).toEqual(whats(rest.happened));
      expect(restarted.open, `cut ${cut}`).toEqual(rest.open);
      for (const [subject, list] of Object.entries(restarted.happened)) {
        for (const [index, { at, what }] of list.entries()) {
          const laterMs = at - (rest.happened[subject]?.[index]?.at ?? 0);
          // Silence that was younger than 8 s was not yet in the journal; everything else was.
          const isOfSilence = /^(DATA|OXI)/.test(subject) || what.startsWith("unknown");
          expect(laterMs, `cut ${cut}: ${subject}`).toBeGreaterThanOrEqual(0);
          expect(laterMs, `cut ${cut}: ${subject}`).toBeLessThanOrEqual(isOfSilence ? 8_000 : 0);
        }
      }
    }
  }, 120_000);

  const stretch = fc
    .record({
      count: fc.integer({ min: 1, max: 40 }),
      spo2: fc.constantFrom<Sample | undefined>(97, 87, 85, 72, GONE, undefined),
      vent: fc.constantFrom<"well" | "off" | "silent" | "apnoea">("well", "off", "silent", "apnoea"),
      after: fc.constantFrom<Act[]>(
        [],
        [],
        [acknowledge("SPO2_LOW")],
        [call],
        [answer],
        [endWatch],
        [startWatch],
      ),
    })
    .map(({ count, spo2, vent: machine, after }) => {
      const change =
        machine === "off"
          ? { leak: 70, pressure_peak: 2 }
          : machine === "apnoea"
            ? { apnea_duration: 30 }
            : {};
      return [
        ...seconds(
          count,
          ...(spo2 === undefined ? [] : [oxi(spo2, spo2 === GONE ? GONE : undefined)]),
          ...(machine === "silent" ? [] : [vent(change)]),
        ),
        ...after,
      ];
    });

  test("cut anywhere in any night, after a clean stop, changes nothing", () => {
    fc.assert(
      fc.property(
        fc.array(stretch, { minLength: 1, maxLength: 7 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom("A" as const, "B" as const, "C" as const),
        (stretches, where, cls) => {
          const acts = stretches.flat();
          const cut = Math.floor(where * acts.length);
          const bed = newBed(cls);
          for (const act of acts.slice(0, cut)) act(bed);
          const then = goOn(bed.copy(), acts.slice(cut));
          bed.restart({ clean: true }).restart({ clean: true });
          expect(goOn(bed, acts.slice(cut))).toEqual(then);
        },
      ),
      { numRuns: 60 },
    );
  });
});

test("a sensor that fell off beside a low value is told when the watch starts, though it says nothing more", () => {
  const lines = (restart: boolean) => {
    const bed = newBed("A");
    goOn(bed, seconds(1, oxi(97), vent()));
    endWatch(bed);
    goOn(bed, [...seconds(1, oxi(87), vent()), ...seconds(10, oxi(GONE, GONE), vent())]);
    if (restart) bed.restart({ clean: true });
    startWatch(bed);
    return bed.lines();
  };
  expect(lines(false)).toEqual(["12 occurred OXI_SENSOR_OFF medium"]);
  expect(lines(true)).toEqual(lines(false));
});

describe("downtime", () => {
  test("is a gap: what violated before is unknown, and rings as lost data at once", () => {
    const bed = new Bedside().at(96, 30).at(85, 10).restart({ downS: 120 }).run(1);
    expect(bed.lines()).toEqual(["160 occurred DATA_STALE high"]);
    bed.at(85, 1);
    expect(bed.lines("SPO2_LOW")).toEqual(["161 occurred SPO2_LOW high"]);
  });

  test("leaves devices ten seconds to answer", () => {
    const back = new Bedside().at(96, 60).restart({ downS: 300 }).run(9).at(96, 60);
    expect(back.lines()).toEqual([]);
    const lost = new Bedside().at(96, 60).restart({ downS: 300 }).run(20);
    expect(lost.lines()).toEqual(["369 occurred DATA_STALE medium"]);
  });

  test("ends nothing", () => {
    const bed = new Bedside().at(75, 40).restart({ downS: 20_000 }).run(1);
    expect(bed.fold.open.map(({ condition, state }) => `${condition} ${state}`).toSorted()).toEqual([
      "DATA_STALE holds",
      "SPO2_CRIT unknown",
    ]);
  });

  test("counts for an acknowledgement by a trusted clock", () => {
    const acknowledged = () => {
      const bed = new Bedside().at(85, 40);
      acknowledge("SPO2_LOW")(bed);
      return bed;
    };
    const still = acknowledged().restart({ downS: 60 }).at(85, 1);
    expect(still.open("SPO2_LOW")?.acknowledgement?.by).toEqual(ANNA);
    still.at(85, 119);
    expect(still.open("SPO2_LOW")?.acknowledgement).toBeDefined();
    still.at(85, 1);
    expect(still.lines("SPO2_LOW").at(-1)).toBe("220 lapsed SPO2_LOW high");
    const over = acknowledged().restart({ downS: 200 }).at(85, 1);
    expect(over.lines("SPO2_LOW")).toContain("240 lapsed SPO2_LOW high");
  });

  test("by a clock that is not trusted has ended every acknowledgement and drill", () => {
    const bed = new Bedside();
    bed.run(40, () => bed.oxi(85, 60 + (bed.second % 5), { simulated: true }));
    acknowledge("SPO2_LOW")(bed);
    bed.command({ kind: "drill", forMs: 600_000, by: ANNA });
    expect(bed.open("SPO2_LOW")).toMatchObject({ drill: true });
    bed.restart({ downS: 1, trusted: false }).run(1);
    expect(bed.open("SPO2_LOW")).toMatchObject({ drill: false, simulated: true });
    expect(bed.open("SPO2_LOW")?.acknowledgement).toBeUndefined();
    expect(bed.fold.drillUntil).toBeUndefined();
  });

  test("keeps a drill of which time is left", () => {
    const bed = new Bedside();
    bed.command({ kind: "drill", forMs: 600_000, by: ANNA });
    bed.restart({ downS: 60 }).run(1);
    expect(bed.fold.drillUntil).toBe(Number(bed.wall(600)));
    bed.run(540);
    expect(bed.fold.drillUntil).toBeUndefined();
  });

  test("keeps the end of a watch by a person, and forgets it once the schedule has begun again", () => {
    const bed = new Bedside();
    endWatch(bed);
    bed.restart({ downS: 600 }).run(1);
    expect(bed.fold.watch).toMatchObject({ on: false, reason: "ended", by: ANNA });
    bed.restart({ downS: 24 * 3600 }).run(1);
    expect(bed.fold.watch).toMatchObject({ on: true, reason: "schedule" });
  });
});

describe("the journal", () => {
  test("is small in a quiet night: a few short entries a minute", () => {
    const bed = newBed();
    bed.run(3600, () => {
      bed.oxi(96 + (bed.second % 3));
      bed.samples("vent", treated(bed.second));
    });
    expect(bed.entries.length).toBeLessThanOrEqual(4 * 60 + 5);
    const bytes = bed.entries.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0);
    expect(bytes / bed.entries.length).toBeLessThan(2600);
  });

  test("stays bounded in a bad one", () => {
    const bed = newBed("C");
    for (let i = 0; i < 40; i++) call(bed);
    bed.run(1200, () => {
      const spo2: Sample = [85, GONE, 97, absent("searching"), 71][bed.second % 5]!;
      if (bed.second % 17 !== 0) bed.oxi(spo2, bed.second % 3 === 0 ? 155 : 38);
      bed.samples("vent", treated(bed.second, { leak: bed.second % 2 === 0 ? 70 : 3, pressure_peak: 2 }));
      call(bed);
    });
    const largest = Math.max(...bed.entries.map((entry) => JSON.stringify(entry).length));
    expect(largest).toBeLessThan(16_000);
    expect(JSON.stringify(bed.state).length).toBeLessThan(40_000);
  });

  test("compacted restores the same, and knows repeated commands", () => {
    const bed = new Bedside().at(85, 40);
    const occurrence = bed.open("SPO2_LOW")?.id ?? "";
    bed.command({ kind: "acknowledge", id: "once", occurrence, by: ANNA, place: "going" });
    bed.at(85, 20);
    const whole = bed.entries.slice();
    const compact = compactJournal(whole);
    expect(compact).toHaveLength(1);
    const restored = (entries: readonly (typeof whole)[number][]) => {
      const other = new Bedside();
      other.second = bed.second;
      other.entries.length = 0;
      other.entries.push(...entries);
      return other.restart();
    };
    expect(restored(compact).state).toEqual(restored(whole).state);
    const again = restored(compact).command({
      kind: "acknowledge",
      id: "once",
      occurrence,
      by: ANNA,
      place: "going",
    });
    expect(again.refused).toBe("repeated");
    expect(compactJournal([])).toEqual([]);
  });

  test("never uses an occurrence id or a revision again, though the last entries were lost", () => {
    const bed = new Bedside().at(74, 60);
    const ids = bed.events.map(({ occurrence }) => occurrence.id);
    const { revision } = bed.fold;
    bed.entries.length = 1;
    bed.restart({ downS: 1 });
    call(bed);
    expect(ids).not.toContain(bed.open("PATIENT_CALL")?.id);
    expect(bed.fold.revision).toBeGreaterThan(revision);
  });

  test("without entries begins afresh", () => {
    const bed = new Bedside();
    bed.entries.length = 0;
    bed.restart().run(61);
    expect(bed.lines()).toEqual(["60 occurred DATA_NEVER high"]);
  });
});
