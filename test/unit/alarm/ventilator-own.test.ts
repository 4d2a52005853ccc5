import { describe, expect, test } from "vitest";
import { ANNA, Bedside, OXIMETER, treated, VENTILATOR } from "./bedside.ts";
import { CONTACT, MICROPHONE, NOON, PLUG, say, ventilate, ventilatorBed } from "./ventilator-bed.ts";

describe("VENT_OWN", () => {
  test("occurs with the word of the ventilator, at its priority, and ends with its word", () => {
    const bed = ventilatorBed();
    ventilate(bed, 5);
    say(bed, "pressure_low", true, "high");
    ventilate(bed, 20);
    expect(bed.lines("VENT_OWN")).toEqual(["5 occurred VENT_OWN high"]);
    expect(bed.open("VENT_OWN")?.values).toMatchObject({
      device: "vent",
      code: "pressure_low",
      text: "pressure_low of the machine",
    });
    say(bed, "pressure_low", false, "high");
    ventilate(bed, 1);
    expect(bed.lines("VENT_OWN").at(-1)).toBe("25 ended VENT_OWN high recovered");
  });

  test.each([
    ["low", "medium"],
    ["medium", "medium"],
    ["high", "high"],
  ] as const)("one that is %s to the ventilator is %s here, in every class", (given, here) => {
    for (const cls of ["A", "B", "C"] as const) {
      const bed = ventilatorBed({ cls });
      say(bed, "leak_high", true, given);
      ventilate(bed, 3);
      expect(bed.open("VENT_OWN")?.priority).toBe(here);
    }
  });

  test("each of its alarms is one of its own", () => {
    const bed = ventilatorBed();
    say(bed, "pressure_low", true);
    say(bed, "minute_volume_low", true);
    ventilate(bed, 3);
    say(bed, "pressure_low", false);
    ventilate(bed, 3);
    expect(bed.fold.open.map(({ values }) => values["code"])).toEqual(["minute_volume_low"]);
  });

  test("stays through a pulled cable and says that nobody knows, until the ventilator itself says that it is over", () => {
    const bed = ventilatorBed();
    ventilate(bed, 5);
    say(bed, "disconnect", true);
    ventilate(bed, 5);
    bed.run(1800);
    expect(bed.open("VENT_OWN")).toMatchObject({ state: "unknown", priority: "high" });
    ventilate(bed, 60);
    expect(bed.open("VENT_OWN")).toMatchObject({ state: "holds" });
    say(bed, "disconnect", false);
    ventilate(bed, 2);
    expect(bed.open("VENT_OWN")).toBeUndefined();
  });

  test.each([true, false])("stays through a restart of the box (stopped in order: %s)", (clean) => {
    const bed = ventilatorBed();
    ventilate(bed, 5);
    say(bed, "disconnect", true);
    ventilate(bed, 5);
    bed.restart({ downS: 40, clean });
    ventilate(bed, 30);
    expect(bed.open("VENT_OWN")).toMatchObject({ priority: "high", state: "holds" });
    expect(bed.lines("VENT_OWN").filter((line) => line.includes("occurred"))).toHaveLength(1);
    say(bed, "disconnect", false);
    ventilate(bed, 2);
    expect(bed.open("VENT_OWN")).toBeUndefined();
  });

  test("ends although the ventilator lists forty others beside it that are silent", () => {
    const bed = ventilatorBed();
    const list = (active: readonly string[]) =>
      bed.hear("vent", {
        kind: "ownAlarm",
        alarms: Array.from({ length: 40 }, (_, index) => `alarm_${index}`).map((code) => ({
          ...{ code, text: code, priority: "high" as const },
          active: active.includes(code),
        })),
      });
    const listing = (seconds: number, ...active: string[]) =>
      bed.run(seconds, () => {
        list(active);
        bed.samples("vent", treated(bed.second));
      });
    listing(10);
    expect(bed.lines()).toEqual([]);
    listing(10, "alarm_3");
    listing(5, "alarm_20", "alarm_21");
    listing(5);
    expect(bed.fold.open).toEqual([]);
    expect(bed.lines("VENT_OWN").filter((line) => line.includes("occurred"))).toHaveLength(3);
  });

  test("its priority rises with the ventilator's and never falls", () => {
    const bed = ventilatorBed();
    say(bed, "battery_low", true, "medium");
    ventilate(bed, 3);
    say(bed, "battery_low", true, "high");
    ventilate(bed, 3);
    say(bed, "battery_low", true, "low");
    ventilate(bed, 3);
    expect(bed.lines("VENT_OWN")).toEqual(["0 occurred VENT_OWN medium", "3 escalated VENT_OWN high"]);
  });

  test("rings by day, and cannot be switched off", () => {
    const bed = ventilatorBed({ from: NOON });
    say(bed, "apnea", true);
    ventilate(bed, 2);
    expect(bed.open("VENT_OWN")).toBeDefined();
    expect(() => ventilatorBed({ limits: { VENT_OWN: { on: false } } })).toThrow(/VENT_OWN was switched off/);
  });

  test("that it stands by is a state and no alarm", () => {
    const bed = ventilatorBed({ from: NOON });
    say(bed, "standby", true, "low");
    ventilate(bed, 60, { therapy: 0 });
    expect(bed.lines()).toEqual([]);
  });

  test("one told ten times an hour is told ten times", () => {
    const bed = ventilatorBed();
    for (let i = 0; i < 9; i++) {
      say(bed, "pressure_high", true);
      ventilate(bed, 5);
      say(bed, "pressure_high", false);
      ventilate(bed, 300);
    }
    expect(bed.lines("VENT_OWN").filter((line) => line.includes("occurred"))).toHaveLength(9);
    expect(bed.fold.open.some(({ recurrent }) => recurrent !== undefined)).toBe(false);
  });

  test("acknowledged, it rings again after its time while the ventilator has not cleared it", () => {
    const bed = ventilatorBed();
    say(bed, "disconnect", true);
    ventilate(bed, 2);
    const occurrence = bed.open("VENT_OWN")?.id ?? "";
    bed.command({ kind: "acknowledge", occurrence, by: ANNA, place: "going" });
    ventilate(bed, 200);
    expect(bed.lines("VENT_OWN").some((line) => line.includes("lapsed"))).toBe(true);
  });
});

describe("DEVICE_OWN", () => {
  const bedWith = (from?: number) =>
    new Bedside({ sources: [OXIMETER], ...(from !== undefined && { from }) });

  test("occurs once it has lasted, at the device's own priority", () => {
    const bed = bedWith();
    bed.at(96, 5);
    say(bed, "spo2_low", true, "medium", "oxi");
    bed.at(96, 60);
    expect(bed.lines("DEVICE_OWN")).toEqual(["35 occurred DEVICE_OWN medium"]);
    say(bed, "spo2_low", false, "medium", "oxi");
    bed.at(96, 2);
    expect(bed.open("DEVICE_OWN")).toBeUndefined();
  });

  test("a ring that shakes for every short dip wakes nobody by that", () => {
    const bed = bedWith();
    for (let i = 0; i < 20; i++) {
      say(bed, "spo2", true, "medium", "oxi");
      bed.at(89, 12);
      say(bed, "spo2", false, "medium", "oxi");
      bed.at(95, 120);
    }
    expect(bed.lines("DEVICE_OWN")).toEqual([]);
  });

  test("a monitor that misses its finger by day is no alarm", () => {
    const bed = bedWith(NOON);
    say(bed, "sensor_off", true, "medium", "oxi");
    bed.at(96, 300);
    expect(bed.lines("DEVICE_OWN")).toEqual([]);
  });
});

describe("VENT_REMOTE_ALARM", () => {
  const bedWith = (options: ConstructorParameters<typeof Bedside>[0] = {}) =>
    new Bedside({ sources: [CONTACT], ...options });
  const contact = (bed: Bedside, seconds: number, value: 0 | 1, device = "contact") =>
    bed.run(seconds, () => bed.samples(device, { remote_alarm: value }));

  test("is high at once and ends when the contact opens", () => {
    for (const cls of ["A", "B", "C"] as const) {
      const bed = bedWith({ cls });
      contact(bed, 60, 0);
      contact(bed, 5, 1);
      contact(bed, 1, 0);
      expect(bed.lines("VENT_REMOTE_ALARM")).toEqual([
        "60 occurred VENT_REMOTE_ALARM high",
        "65 ended VENT_REMOTE_ALARM high recovered",
      ]);
    }
  });

  test("a contact that falls silent while it sounds has not opened", () => {
    const bed = bedWith();
    contact(bed, 60, 0);
    contact(bed, 5, 1);
    bed.run(600);
    expect(bed.open("VENT_REMOTE_ALARM")).toMatchObject({ state: "unknown" });
    bed.run(60, () => bed.samples("contact", { remote_alarm: { absent: "not_connected" } as never }));
    expect(bed.open("VENT_REMOTE_ALARM")).toBeDefined();
    contact(bed, 1, 0);
    expect(bed.open("VENT_REMOTE_ALARM")).toBeUndefined();
  });

  test("either of two ears is enough, and the quiet one does not speak for the one that is gone", () => {
    const bed = bedWith({ sources: [CONTACT, MICROPHONE] });
    const both = (seconds: number, one: 0 | 1, two: 0 | 1 | undefined) =>
      bed.run(seconds, () => {
        bed.samples("contact", { remote_alarm: one });
        if (two !== undefined) bed.samples("microphone", { remote_alarm: two });
      });
    both(30, 0, 0);
    both(5, 0, 1);
    expect(bed.open("VENT_REMOTE_ALARM")?.values).toEqual({ device: "microphone", seconds: 0 });
    both(120, 0, undefined);
    expect(bed.open("VENT_REMOTE_ALARM")).toBeDefined();
    both(2, 0, 0);
    expect(bed.open("VENT_REMOTE_ALARM")).toBeUndefined();
  });

  test("a machine that is switched off all day, with a contact that opens then, rings neither by day nor at dusk", () => {
    const bed = bedWith({ from: Date.UTC(2024, 0, 15, 20, 0, 0) });
    contact(bed, 3600 + 3000, 1);
    expect(bed.lines()).toEqual([]);
    // Switched on at bedtime, and from then on the contact counts.
    contact(bed, 120, 0);
    contact(bed, 1, 1);
    expect(bed.lines("VENT_REMOTE_ALARM")).toEqual(["6720 occurred VENT_REMOTE_ALARM high"]);
  });

  test("one that stands in alarm rings at the latest when everybody should be in bed; class C at once", () => {
    const bed = bedWith({ from: Date.UTC(2024, 0, 15, 20, 0, 0) });
    contact(bed, 3600 + 5401, 1);
    expect(bed.lines("VENT_REMOTE_ALARM")).toEqual(["9000 occurred VENT_REMOTE_ALARM high"]);
    const dependent = bedWith({ cls: "C", from: NOON });
    contact(dependent, 3, 1);
    expect(dependent.open("VENT_REMOTE_ALARM")).toBeDefined();
  });

  test("one that began shortly before the watch counts with the watch", () => {
    const bed = bedWith({ from: Date.UTC(2024, 0, 15, 20, 0, 0) });
    contact(bed, 3500, 0);
    contact(bed, 110, 1);
    expect(bed.lines("VENT_REMOTE_ALARM")).toEqual(["3600 occurred VENT_REMOTE_ALARM high"]);
  });

  test("by day it rings where the machine is known to treat, and not where it stands by", () => {
    const bed = bedWith({ from: NOON, sources: [CONTACT, PLUG] });
    const second = (therapy: 0 | 1) => () => {
      bed.samples("plug", { mains: 1, therapy });
      bed.samples("contact", { remote_alarm: 1 });
    };
    bed.run(30, second(0));
    expect(bed.lines()).toEqual([]);
    bed.run(2, second(1));
    expect(bed.open("VENT_REMOTE_ALARM")?.priority).toBe("high");
  });
});

describe("VENT_DISCONNECT by the ventilator's own word", () => {
  const word = (bed: Bedside, seconds: number) =>
    bed.run(seconds, () => bed.samples("vent", treated(bed.second)));

  test("counts for itself, after the time that everything else waits", () => {
    const bed = ventilatorBed();
    word(bed, 5);
    say(bed, "disconnect", true);
    word(bed, 30);
    expect(bed.lines("VENT_DISCONNECT")).toEqual(["20 occurred VENT_DISCONNECT high"]);
    expect(bed.open("VENT_DISCONNECT")?.values).toMatchObject({ signs: "own" });
    say(bed, "disconnect", false);
    word(bed, 10);
    expect(bed.open("VENT_DISCONNECT")).toBeUndefined();
  });

  test("a mask that is lifted for eight seconds is none", () => {
    const bed = ventilatorBed();
    word(bed, 5);
    say(bed, "disconnect", true);
    word(bed, 8);
    say(bed, "disconnect", false);
    word(bed, 30);
    expect(bed.lines("VENT_DISCONNECT")).toEqual([]);
  });

  test("good numbers do not end it while the machine says so, nor does its silence", () => {
    const bed = ventilatorBed();
    say(bed, "system_disconnected", true);
    word(bed, 300);
    expect(bed.open("VENT_DISCONNECT")).toBeDefined();
    bed.run(300);
    expect(bed.open("VENT_DISCONNECT")).toMatchObject({ state: "unknown" });
  });

  test("one that means blocked or disconnected says neither", () => {
    const bed = ventilatorBed();
    say(bed, "occlusion_or_disconnect", true);
    word(bed, 60);
    expect(bed.lines("VENT_DISCONNECT")).toEqual([]);
    expect(bed.open("VENT_OWN")).toBeDefined();
  });

  test("a machine that tells nothing else is judged by its word", () => {
    const bed = ventilatorBed({ sources: [{ ...VENTILATOR, signals: ["fio2"] }] });
    const quiet = (seconds: number) => bed.run(seconds, () => bed.samples("vent", { fio2: 21 }));
    say(bed, "disconnect", true);
    quiet(20);
    expect(bed.open("VENT_DISCONNECT")).toBeDefined();
    say(bed, "disconnect", false);
    quiet(10);
    expect(bed.open("VENT_DISCONNECT")).toBeUndefined();
  });
});
