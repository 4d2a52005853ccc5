import { describe, expect, test } from "vitest";
import type { Samples } from "../../../src/domain/sample.ts";
import { type Bedside, OXIMETER, treated, VENTILATOR } from "./bedside.ts";
import { breathe, CONTACT, know, PLUG, say, ventilate, ventilatorBed } from "./ventilator-bed.ts";

const USUAL = { minute_volume: 7.2, tidal_volume_exp: 480, resp_rate: 15 };

const rung = (bed: Bedside): string[] =>
  bed.lines().filter((line) => line.includes(" occurred ") && !line.endsWith(" low"));

/** Numbers from 0 to 1 that are the same every time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("ordinary nights wake nobody", () => {
  test("two hours with coughs, turning, a mask that is put right, a mask that is lifted, an arousal, REM", () => {
    const bed = ventilatorBed({ sources: [OXIMETER, VENTILATOR] });
    bed.hear("vent", {
      kind: "settings",
      settings: { ipap: 18, epap: 6, backup_rate: 12, mode: "ST" },
    });
    know(bed, USUAL);
    const roll = dice(7);
    const night = (seconds: number, change: () => Samples = () => ({})) =>
      bed.run(seconds, () => {
        bed.oxi(95 + Math.round(roll() * 3));
        const breath = 480 * (0.8 + 0.4 * roll());
        bed.samples(
          "vent",
          treated(bed.second, {
            tidal_volume_exp: Math.round(breath),
            minute_volume: Math.round(breath * 1.5) / 100,
            resp_rate: 12 + Math.round(roll() * 6),
            leak: 5 + Math.round(roll() * 15),
            pressure_peak: 17 + roll() * 2,
            ...change(),
          }),
        );
      });
    for (let hour = 0; hour < 2; hour++) {
      night(500);
      night(6, () => ({ pressure_peak: 34, tidal_volume_exp: 60, resp_rate: 30 }));
      night(300);
      night(45, () => ({ leak: 55, tidal_volume_exp: 300 }));
      night(400);
      night(8, () => ({ leak: 110, pressure_peak: 3, tidal_volume_exp: 40, minute_volume: 5 }));
      night(500);
      night(150, () => ({ resp_rate: 34, tidal_volume_exp: 380 }));
      night(400);
      // REM: a fifth less, for a quarter of an hour.
      night(900, () => ({ tidal_volume_exp: 350 + Math.round(roll() * 60), minute_volume: 5.4 }));
      night(300, () => ({ leak: 22 + Math.round(roll() * 10) }));
    }
    expect(bed.lines()).toEqual([]);
  }, 60_000);

  test("the machine begins: zeros until the first breaths, then it builds up", () => {
    const bed = ventilatorBed();
    know(bed, USUAL);
    ventilate(bed, 600, { therapy: 0, leak: 0, pressure_peak: 6.5, resp_rate: 15 });
    const after = bed.second;
    ventilate(bed, 12, { resp_rate: 0, tidal_volume_exp: 0, minute_volume: 0, pressure_peak: 9 });
    ventilate(bed, 12, { tidal_volume_exp: 300, minute_volume: 3, pressure_peak: 15 });
    ventilate(bed, 300);
    const since = bed.seen().filter(({ at, kind }) => at >= after && kind === "occurred");
    expect(since).toEqual([]);
  });

  test("a leak that comes and goes in every dream is one alarm, not twenty", () => {
    const bed = ventilatorBed();
    for (let i = 0; i < 20; i++) {
      ventilate(bed, 90, { leak: 46 });
      ventilate(bed, 120, { leak: 20 });
    }
    const told = new Set(bed.events.map(({ occurrence }) => occurrence.id));
    expect(told.size).toBe(1);
  });

  test("a link that drops for 9 s again and again, while it leaks a little, rings for nothing", () => {
    const bed = ventilatorBed();
    know(bed, USUAL);
    for (let i = 0; i < 40; i++) {
      ventilate(bed, 51, { leak: 23 });
      bed.run(9);
    }
    expect(bed.lines()).toEqual([]);
  });

  test("a red line that is passed for hours makes a short loss of data no sooner an alarm", () => {
    const bed = ventilatorBed();
    ventilate(bed, 300, { leak: 26 });
    bed.run(20);
    ventilate(bed, 60, { leak: 26 });
    expect(rung(bed)).toEqual([]);
  });

  test("one quick breath before a short loss of data is no hurry: three minutes of them would be asked for", () => {
    const bed = ventilatorBed();
    ventilate(bed, 60);
    ventilate(bed, 1, { resp_rate: 34 });
    bed.run(25);
    ventilate(bed, 60);
    expect(bed.lines()).toEqual([]);
  });
});

describe("nights that must not be missed", () => {
  test("the mask slides off while the blower goes on: disconnection, and no claim of a closed airway", () => {
    const bed = ventilatorBed();
    bed.hear("vent", { kind: "settings", settings: { ipap: 18, epap: 6 } });
    know(bed, USUAL);
    ventilate(bed, 120);
    ventilate(bed, 60, { leak: 110, pressure_peak: 7.5, tidal_volume_exp: 30, minute_volume: 0.4 });
    expect(rung(bed)).toContain("135 occurred VENT_DISCONNECT high");
    expect(rung(bed).join()).not.toContain("OBSTRUCTION");
  });

  test("half of the pressure is a sign where IPAP is known, although it is more than six", () => {
    const bed = ventilatorBed();
    bed.hear("vent", { kind: "settings", settings: { ipap: 18, epap: 6 } });
    ventilate(bed, 60);
    ventilate(bed, 16, { pressure_peak: 8.5, tidal_volume_exp: 100 });
    expect(bed.open("VENT_DISCONNECT")?.values["signs"]).toBe("pressure_low volume_low");
    const narrow = ventilatorBed();
    // Little more than one steady pressure: being reached, it is no sign.
    narrow.hear("vent", { kind: "settings", settings: { ipap: 9, epap: 8 } });
    ventilate(narrow, 120, { pressure_peak: 9, leak: 45 });
    expect(narrow.open("VENT_DISCONNECT")).toBeUndefined();
  });

  test("a plug of mucus: closed airway and no breath, and no claim that the tube is off", () => {
    const bed = ventilatorBed();
    bed.hear("vent", { kind: "settings", settings: { ipap: 18, epap: 6 } });
    know(bed, USUAL);
    ventilate(bed, 120);
    bed.run(120, () => {
      const since = bed.second - 120;
      bed.samples(
        "vent",
        treated(bed.second, {
          ...{ tidal_volume_exp: 12, minute_volume: 0.2, leak: 3 },
          ...(since > 5 && { apnea_duration: since }),
        }),
      );
    });
    expect(rung(bed).join()).not.toContain("DISCONNECT");
    expect(bed.open("VENT_OBSTRUCTION")).toBeDefined();
    expect(bed.open("VENT_APNEA")).toBeDefined();
  });

  test("breaths that shrink through the night are told although no single sign is dramatic", () => {
    const bed = ventilatorBed();
    know(bed, USUAL);
    let share = 1;
    bed.run(3000, () => {
      share -= 0.00015;
      const volume = Math.round(480 * share);
      bed.samples(
        "vent",
        treated(bed.second, { tidal_volume_exp: volume, minute_volume: Math.round(72 * share) / 10 }),
      );
    });
    expect(rung(bed).map((line) => line.split(" ")[2])).toContain("VENT_VTE_LOW");
  });

  test("volumes are a guess in a leak, so the leak itself is what rings", () => {
    const bed = ventilatorBed();
    know(bed, USUAL);
    ventilate(bed, 300, { leak: 55, tidal_volume_exp: 260, minute_volume: 3.5 });
    expect(rung(bed)).toEqual(["60 occurred VENT_LEAK_HIGH medium"]);
  });

  test("a bed that has but a contact and a plug still hears the ventilator and the power", () => {
    const bed = ventilatorBed({ sources: [CONTACT, PLUG] });
    const night = (seconds: number, alarm: 0 | 1) =>
      bed.run(seconds, () => {
        bed.samples("contact", { remote_alarm: alarm });
        if (bed.second % 10 === 0) bed.samples("plug", { mains: 1, therapy: 1 });
      });
    night(600, 0);
    night(2, 1);
    expect(bed.open("VENT_REMOTE_ALARM")?.priority).toBe("high");
  });

  test("an apnoea that follows small breaths is told in its time, and the small breaths do not end meanwhile", () => {
    const bed = ventilatorBed();
    know(bed, USUAL);
    breathe(bed, 60);
    breathe(bed, 44, { volumeMl: 150 });
    breathe(bed, 60, { everyS: 1_000_000 });
    const ids = rung(bed).map((line) => line.split(" ")[2] ?? "");
    expect(ids.filter((id) => id.startsWith("VENT_"))).toEqual(["VENT_VTE_LOW", "VENT_APNEA"]);
    expect(bed.open("VENT_VTE_LOW")).toBeDefined();
  });

  test("the cable is pulled in the middle of the alarm, and the box restarts: all of it is still there", () => {
    const bed = ventilatorBed();
    know(bed, USUAL);
    ventilate(bed, 60);
    say(bed, "pressure_low", true);
    ventilate(bed, 70, { tidal_volume_exp: 200, minute_volume: 3, leak: 5 });
    const before = bed.fold.open.map(({ condition }) => condition).toSorted();
    expect(before).toEqual(expect.arrayContaining(["VENT_OWN", "VENT_VTE_LOW"]));
    bed.run(60).restart({ downS: 45 }).run(120);
    const after = bed.fold.open.map(({ condition }) => condition);
    expect(after).toEqual(expect.arrayContaining(before));
    expect(bed.fold.open.filter(({ condition }) => condition === "VENT_OWN")[0]?.state).toBe("unknown");
  });
});
