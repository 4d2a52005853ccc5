import { describe, expect, test } from "vitest";
import { ANNA, type Bedside, OXIMETER, treated, VENTILATOR } from "./bedside.ts";
import { HOUSE, NOON, PLUG, ventilate, ventilatorBed } from "./ventilator-bed.ts";

const occurred = (bed: Bedside, ...ids: string[]): string[] =>
  bed.lines(...ids).filter((line) => line.includes(" occurred "));

/** What a plug says each half minute, and at once when it changes. */
const plug = (bed: Bedside, seconds: number, therapy: 0 | 1, mains: 0 | 1 = 1): Bedside =>
  bed.run(seconds, () => {
    if (bed.second % 30 === 0) bed.samples("plug", { mains, therapy });
  });

describe("VENT_OFF_EXPECTED", () => {
  test.each([
    ["A", 300, "medium"],
    ["B", 120, "medium"],
    ["C", 30, "high"],
  ] as const)(
    "class %s: %i s after the machine was switched off in the night, %s",
    (cls, delayS, priority) => {
      const bed = ventilatorBed({ cls, limits: { VENT_OFF_EXPECTED: { on: true } } });
      ventilate(bed, 200);
      ventilate(bed, delayS, { therapy: 0 });
      expect(bed.lines("VENT_OFF_EXPECTED")).toEqual([]);
      ventilate(bed, 2, { therapy: 0 });
      expect(bed.lines("VENT_OFF_EXPECTED")).toEqual([
        `${200 + delayS} occurred VENT_OFF_EXPECTED ${priority}`,
      ]);
      ventilate(bed, 1);
      expect(bed.open("VENT_OFF_EXPECTED")).toBeUndefined();
    },
  );

  test("is off for class A until somebody asks for it", () => {
    const bed = ventilatorBed({ cls: "A" });
    ventilate(bed, 100);
    ventilate(bed, 600, { therapy: 0 });
    expect(bed.lines("VENT_OFF_EXPECTED")).toEqual([]);
  });

  test("is high with low oxygen", () => {
    const bed = ventilatorBed({ sources: [OXIMETER, VENTILATOR] });
    ventilate(bed, 100);
    bed.run(130, () => {
      bed.oxi(89);
      bed.samples("vent", treated(bed.second, { therapy: 0 }));
    });
    expect(bed.open("VENT_OFF_EXPECTED")?.priority).toBe("high");
  });

  test("a person who goes to bed at half past ten is not reminded at nine, one who forgot the machine is", () => {
    const evening = { from: Date.UTC(2024, 0, 15, 20, 50, 0) };
    const bed = ventilatorBed(evening);
    ventilate(bed, 600 + 5300, { therapy: 0 });
    expect(occurred(bed, "VENT_OFF_EXPECTED")).toEqual([]);
    ventilate(bed, 240, { therapy: 0 });
    // 90 min after 21:00, and two minutes.
    expect(occurred(bed, "VENT_OFF_EXPECTED")).toEqual(["6120 occurred VENT_OFF_EXPECTED medium"]);
  });

  test("five minutes off for the toilet are told in class B, one minute is not", () => {
    const bed = ventilatorBed();
    ventilate(bed, 100);
    ventilate(bed, 60, { therapy: 0 });
    ventilate(bed, 100);
    expect(occurred(bed, "VENT_OFF_EXPECTED")).toEqual([]);
    ventilate(bed, 300, { therapy: 0 });
    expect(occurred(bed, "VENT_OFF_EXPECTED")).toHaveLength(1);
  });

  test("rings on watch only: by day a machine may rest, in class C it may not", () => {
    const bed = ventilatorBed({ from: NOON });
    ventilate(bed, 60);
    ventilate(bed, 900, { therapy: 0 });
    expect(bed.lines()).toEqual([]);
    const dependent = ventilatorBed({ cls: "C", from: NOON });
    ventilate(dependent, 60);
    ventilate(dependent, 32, { therapy: 0 });
    expect(dependent.open("VENT_OFF_EXPECTED")).toBeDefined();
  });

  test("a machine that says off and then is switched off at the wall stays off", () => {
    const bed = ventilatorBed();
    ventilate(bed, 60);
    ventilate(bed, 5, { therapy: 0 });
    bed.run(130);
    expect(occurred(bed, "VENT_OFF_EXPECTED")).toEqual(["180 occurred VENT_OFF_EXPECTED medium"]);
    bed.run(3600);
    expect(bed.open("VENT_OFF_EXPECTED")).toBeDefined();
  });

  test("a machine that falls silent while it treats is lost data, not off", () => {
    const bed = ventilatorBed();
    ventilate(bed, 60);
    bed.run(600);
    expect(occurred(bed, "VENT_OFF_EXPECTED")).toEqual([]);
    expect(bed.open("DATA_STALE")).toBeDefined();
  });

  test("a plug is enough: its word stands between its reports", () => {
    const bed = ventilatorBed({ sources: [OXIMETER, PLUG] });
    const night = (seconds: number, therapy: 0 | 1) =>
      bed.run(seconds, () => {
        bed.oxi(96);
        if (bed.second % 30 === 0) bed.samples("plug", { mains: 1, therapy });
      });
    night(300, 1);
    night(300, 0);
    expect(occurred(bed)).toEqual(["420 occurred VENT_OFF_EXPECTED medium"]);
    night(31, 1);
    expect(bed.open("VENT_OFF_EXPECTED")).toBeUndefined();
  });

  test("a plug whose power levels were set wrongly is overruled by the ventilator and by its breaths", () => {
    const told = ventilatorBed({ sources: [VENTILATOR, PLUG] });
    told.run(600, () => {
      told.samples("vent", treated(told.second));
      told.samples("plug", { mains: 1, therapy: 0 });
    });
    expect(told.lines()).toEqual([]);
    const signals = VENTILATOR.signals.filter((id) => id !== "therapy");
    const breathing = ventilatorBed({ sources: [{ ...VENTILATOR, signals }, PLUG] });
    breathing.run(600, () => {
      const { therapy: _untold, ...rest } = treated(breathing.second);
      breathing.samples("vent", rest);
      breathing.samples("plug", { mains: 1, therapy: 0 });
    });
    expect(breathing.lines()).toEqual([]);
  });

  test("a card that comes a minute late says so all the same, where two minutes are waited anyway", () => {
    const card = { ...VENTILATOR, device: "card", delayed: true as const };
    const bed = ventilatorBed({ sources: [card] });
    const burst = (therapy: 0 | 1) => () => {
      if (bed.second % 60 === 0) bed.samples("card", { therapy }, { timeliness: "delayed" });
    };
    bed.run(300, burst(1));
    expect(occurred(bed, "VENT_OFF_EXPECTED")).toEqual([]);
    // It says that the session is over once, and nothing more.
    bed.samples("card", { therapy: 0 }, { timeliness: "delayed" });
    bed.run(125);
    expect(occurred(bed, "VENT_OFF_EXPECTED")).toEqual(["420 occurred VENT_OFF_EXPECTED medium"]);
  });

  test("a card is too late for class C, who is told after half a minute or not by a card", () => {
    const card = { ...VENTILATOR, device: "card", delayed: true as const };
    const bed = ventilatorBed({ cls: "C", sources: [card] });
    bed.samples("card", { therapy: 1 }, { timeliness: "delayed" });
    bed.run(60);
    bed.samples("card", { therapy: 0 }, { timeliness: "delayed" });
    bed.run(300);
    expect(occurred(bed, "VENT_OFF_EXPECTED")).toEqual([]);
  });

  test("a ventilator that only tells its breaths cannot say that it is off: nobody is watching that", () => {
    const bed = ventilatorBed({ sources: [{ ...VENTILATOR, signals: ["resp_rate"] }] });
    bed.run(60, () => bed.samples("vent", { resp_rate: 14 }));
    expect(bed.fold.unknown).toContainEqual({ condition: "VENT_OFF_EXPECTED", why: "no_source" });
  });

  test("a restart keeps the time that has run", () => {
    const bed = ventilatorBed();
    ventilate(bed, 200);
    ventilate(bed, 80, { therapy: 0 });
    bed.restart({ downS: 10 });
    ventilate(bed, 45, { therapy: 0 });
    expect(occurred(bed, "VENT_OFF_EXPECTED")).toHaveLength(1);
  });
});

describe("VENT_MAINS_LOST", () => {
  const withMains: typeof VENTILATOR = { ...VENTILATOR, signals: [...VENTILATOR.signals, "mains"] };

  test("10 s after the ventilator lost it, medium; ends 10 s after it is back", () => {
    for (const cls of ["A", "B", "C"] as const) {
      const bed = ventilatorBed({ cls, sources: [withMains] });
      ventilate(bed, 30, { mains: 1 });
      ventilate(bed, 10, { mains: 0 });
      expect(bed.lines()).toEqual([]);
      ventilate(bed, 2, { mains: 0 });
      expect(bed.lines()).toEqual(["40 occurred VENT_MAINS_LOST medium"]);
      ventilate(bed, 9, { mains: 1 });
      expect(bed.open("VENT_MAINS_LOST")).toBeDefined();
      ventilate(bed, 2, { mains: 1 });
      expect(bed.open("VENT_MAINS_LOST")).toBeUndefined();
    }
  });

  test("a light that flickers is none", () => {
    const bed = ventilatorBed({ sources: [withMains] });
    for (let i = 0; i < 20; i++) {
      ventilate(bed, 3, { mains: 0 });
      ventilate(bed, 30, { mains: 1 });
    }
    expect(bed.lines()).toEqual([]);
  });

  test("the house's own power counts, and several that lost it are one alarm until all have it back", () => {
    const bed = ventilatorBed({ sources: [HOUSE, PLUG] });
    const house = (seconds: number, mains: 0 | 1) =>
      bed.run(seconds, () => bed.samples("house", { mains, battery_percent: 90 }));
    bed.samples("plug", { mains: 1, therapy: 1 });
    house(30, 1);
    bed.samples("plug", { mains: 0 });
    house(12, 0);
    expect(occurred(bed)).toEqual(["40 occurred VENT_MAINS_LOST medium"]);
    house(60, 1);
    // The plug has not said that it is back.
    expect(bed.open("VENT_MAINS_LOST")).toBeDefined();
    bed.run(60, () => {
      bed.samples("house", { mains: 1, battery_percent: 90 });
      if (bed.second % 10 === 0) bed.samples("plug", { mains: 1, therapy: 1 });
    });
    expect(bed.open("VENT_MAINS_LOST")).toBeUndefined();
  });

  test("a plug that is gone with the power says it once: its word stands", () => {
    const bed = ventilatorBed({ sources: [OXIMETER, PLUG] });
    plug(bed, 60, 1);
    bed.samples("plug", { mains: 0 });
    bed.at(96, 125);
    expect(occurred(bed, "VENT_MAINS_LOST")).toEqual(["180 occurred VENT_MAINS_LOST medium"]);
    bed.at(96, 3600);
    expect(bed.open("VENT_MAINS_LOST")).toBeDefined();
  });

  test("a router that begins anew at night takes the plug away for 90 s: nobody is woken", () => {
    const bed = ventilatorBed({ sources: [OXIMETER, PLUG] });
    plug(bed, 60, 1).run(1);
    bed.samples("plug", { mains: 0 });
    bed.at(96, 90);
    bed.run(300, () => {
      bed.oxi(96);
      if (bed.second % 30 === 0) bed.samples("plug", { mains: 1, therapy: 1 });
    });
    expect(occurred(bed, "VENT_MAINS_LOST")).toEqual([]);
  });

  test("a relay that was switched off is told by a plug that is there to say so", () => {
    const bed = ventilatorBed({ sources: [PLUG] });
    bed.run(60, () => bed.samples("plug", { mains: 1, therapy: 1 }));
    bed.run(15, () => bed.samples("plug", { mains: 0 }));
    expect(occurred(bed, "VENT_MAINS_LOST")).toEqual(["70 occurred VENT_MAINS_LOST medium"]);
  });

  test("may be accepted for half an hour: a power cut is nothing that a family can mend", () => {
    const bed = ventilatorBed({ sources: [withMains] });
    ventilate(bed, 30, { mains: 0 });
    const occurrence = bed.open("VENT_MAINS_LOST")?.id ?? "";
    const result = bed.command({ kind: "acknowledge", occurrence, by: ANNA, place: "watching" });
    expect(result.refused).toBeUndefined();
    ventilate(bed, 1200, { mains: 0 });
    expect(bed.open("VENT_MAINS_LOST")?.acknowledgement).toBeDefined();
  });
});

describe("VENT_BATT_LOW and VENT_BATT_CRIT", () => {
  const signals = [...VENTILATOR.signals, "mains", "battery_minutes", "battery_percent"] as const;
  const bedWith = () => ventilatorBed({ sources: [{ ...VENTILATOR, signals }] });

  test("at 60 and at 15 min: one alarm that becomes the worse, and ends when it charges", () => {
    const bed = bedWith();
    ventilate(bed, 10, { battery_minutes: 61 });
    expect(bed.lines()).toEqual([]);
    ventilate(bed, 10, { battery_minutes: 60 });
    expect(bed.lines()).toEqual(["10 occurred VENT_BATT_LOW medium"]);
    ventilate(bed, 10, { battery_minutes: 15 });
    expect(bed.fold.open).toHaveLength(1);
    expect(bed.fold.open[0]).toMatchObject({ condition: "VENT_BATT_CRIT", priority: "high" });
    ventilate(bed, 7, { battery_minutes: 15, mains: 1 });
    expect(bed.fold.open).toEqual([]);
  });

  test("by its share where no minutes are told; minutes count where both are", () => {
    const bed = bedWith();
    ventilate(bed, 10, { battery_percent: 31 });
    expect(bed.lines()).toEqual([]);
    ventilate(bed, 5, { battery_percent: 30 });
    expect(bed.open("VENT_BATT_LOW")).toBeDefined();
    ventilate(bed, 5, { battery_percent: 10 });
    expect(bed.open("VENT_BATT_CRIT")).toBeDefined();
    const both = bedWith();
    ventilate(both, 20, { battery_percent: 20, battery_minutes: 180 });
    expect(both.lines()).toEqual([]);
  });

  test("a value that wavers at the limit is one alarm", () => {
    const bed = bedWith();
    bed.run(600, () =>
      bed.samples("vent", treated(bed.second, { battery_minutes: bed.second % 4 === 0 ? 60 : 62 })),
    );
    expect(occurred(bed)).toHaveLength(1);
  });

  test("the battery of the box and of the oximeter are not the ventilator's", () => {
    const ring = { ...OXIMETER, signals: [...OXIMETER.signals, "battery_percent"] as const };
    const bed = ventilatorBed({ sources: [ring, HOUSE, VENTILATOR] });
    ventilate(bed, 30);
    bed.run(60, () => {
      bed.samples("oxi", { spo2: 96, pulse_rate: 60 + (bed.second % 5), battery_percent: 5 });
      bed.samples("house", { mains: 1, battery_percent: 5, battery_minutes: 3 });
      bed.samples("vent", treated(bed.second));
    });
    expect(occurred(bed, "VENT_BATT_LOW", "VENT_BATT_CRIT")).toEqual([]);
  });

  test("silence does not end it", () => {
    const bed = bedWith();
    ventilate(bed, 10, { battery_minutes: 12 });
    bed.run(600);
    expect(bed.open("VENT_BATT_CRIT")).toMatchObject({ state: "unknown" });
  });
});

describe("VENT_SETTINGS_CHANGED", () => {
  const set = (bed: Bedside, ipap: number) =>
    bed.hear("vent", { kind: "settings", settings: { ipap, epap: 6, mode: "ST" } });

  test("low by night, medium by day; what was set when it was first seen is no change", () => {
    for (const [from, priority] of [
      [undefined, "low"],
      [NOON, "medium"],
    ] as const) {
      const bed = ventilatorBed(from === undefined ? {} : { from });
      set(bed, 18);
      ventilate(bed, 30);
      set(bed, 18);
      expect(bed.lines()).toEqual([]);
      set(bed, 20);
      ventilate(bed, 2);
      expect(bed.lines()).toEqual([`30 occurred VENT_SETTINGS_CHANGED ${priority}`]);
      expect(bed.open("VENT_SETTINGS_CHANGED")?.values).toMatchObject({ device: "vent", names: "ipap" });
    }
  });

  test("ends when the settings are as before", () => {
    const bed = ventilatorBed();
    set(bed, 18);
    ventilate(bed, 10);
    set(bed, 20);
    ventilate(bed, 600);
    expect(bed.open("VENT_SETTINGS_CHANGED")).toBeDefined();
    set(bed, 18);
    ventilate(bed, 2);
    expect(bed.open("VENT_SETTINGS_CHANGED")).toBeUndefined();
  });

  test("what nobody took note of in the night is told louder in the morning", () => {
    const bed = ventilatorBed({ from: Date.UTC(2024, 0, 16, 8, 50, 0) });
    set(bed, 18);
    ventilate(bed, 10);
    set(bed, 20);
    ventilate(bed, 700);
    expect(bed.lines("VENT_SETTINGS_CHANGED")).toEqual([
      "10 occurred VENT_SETTINGS_CHANGED low",
      "600 escalated VENT_SETTINGS_CHANGED medium",
    ]);
  });

  test("silence of the machine does not end it", () => {
    const bed = ventilatorBed();
    set(bed, 18);
    ventilate(bed, 10);
    set(bed, 20);
    bed.run(900);
    expect(bed.open("VENT_SETTINGS_CHANGED")).toBeDefined();
  });
});
