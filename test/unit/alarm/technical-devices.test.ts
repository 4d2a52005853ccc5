import { describe, expect, test } from "vitest";
import type { ExpectedSource } from "../../../src/domain/bed.ts";
import type { Sample } from "../../../src/domain/sample.ts";
import { Bedside, OXIMETER, treated, VENTILATOR } from "./bedside.ts";

const RING: ExpectedSource = { ...OXIMETER, signals: [...OXIMETER.signals, "battery_percent"] };

describe("battery", () => {
  const charged = (bed: Bedside, battery_percent: Sample, seconds: number) =>
    bed.run(seconds, (one) =>
      one.samples("oxi", { spo2: 96, pulse_rate: 60 + (one.second % 5), battery_percent }),
    );

  test("low at 30 %, medium at 10 %, over once it is charged", () => {
    const bed = new Bedside({ sources: [RING] });
    charged(bed, 31, 5);
    charged(bed, 30, 5);
    charged(bed, 11, 5);
    charged(bed, 10, 5);
    charged(bed, 34, 5);
    charged(bed, 36, 5);
    expect(bed.lines("DEV_BATTERY")).toEqual([
      "5 occurred DEV_BATTERY low",
      "15 escalated DEV_BATTERY medium",
      "25 ended DEV_BATTERY medium recovered",
    ]);
  });

  test("it is over as soon as the device is on its charger", () => {
    const bed = new Bedside({ sources: [RING] });
    charged(bed, 20, 5);
    bed.hear("oxi", { kind: "status", codes: ["charging"] });
    bed.tick();
    expect(bed.open("DEV_BATTERY")).toBeUndefined();
  });

  test("a device that only knows low from not low is medium when it says so", () => {
    const bed = new Bedside();
    bed.at(96, 5);
    bed.hear("oxi", { kind: "status", codes: ["battery_low"] });
    bed.at(96, 5);
    bed.hear("oxi", { kind: "status", codes: [] });
    bed.at(96, 2);
    expect(bed.lines("DEV_BATTERY")).toEqual([
      "5 occurred DEV_BATTERY medium",
      "10 ended DEV_BATTERY medium recovered",
    ]);
  });

  test("the ventilator's battery is another alarm's", () => {
    const bed = new Bedside({ sources: [OXIMETER, VENTILATOR] });
    bed.run(30, (one) => {
      one.oxi(96);
      one.samples("vent", treated(one.second, { battery_percent: 5 }));
    });
    expect(bed.lines("DEV_BATTERY")).toEqual([]);
  });

  test("an empty battery that falls silent is not a full one", () => {
    const bed = new Bedside({ sources: [RING] });
    charged(bed, 8, 5);
    bed.run(900);
    expect(bed.open("DEV_BATTERY")?.priority).toBe("medium");
  });
});

describe("serial numbers", () => {
  const BOUND: ExpectedSource = { ...OXIMETER, serial: "A-100" };
  const tells = (bed: Bedside, serial: string): void => {
    bed.hear("oxi", { kind: "identity", serial });
    bed.at(96, 3);
  };

  test("another device of the same make at this bed is an alarm until the right one is back", () => {
    const bed = new Bedside({ sources: [BOUND] });
    tells(bed, " a-100");
    expect(bed.open("DEVICE_SWAPPED")).toBeUndefined();
    tells(bed, "A-101");
    expect(bed.open("DEVICE_SWAPPED")).toMatchObject({
      priority: "high",
      subject: "oxi",
      values: { serial: "A-101", expected: "A-100" },
    });
    bed.run(120);
    expect(bed.open("DEVICE_SWAPPED")).toBeDefined();
    tells(bed, "A-100");
    expect(bed.open("DEVICE_SWAPPED")).toBeUndefined();
  });

  test("it ends when a person binds the new device to this bed", () => {
    const bed = new Bedside({ sources: [BOUND] });
    tells(bed, "A-101");
    const profile = { ...bed.setup.profile, sources: [{ ...BOUND, serial: "A-101" }] };
    Object.assign(bed, { setup: { ...bed.setup, profile } });
    bed.at(96, 2);
    expect(bed.lines("DEVICE_SWAPPED")).toEqual([
      "0 occurred DEVICE_SWAPPED high",
      "3 ended DEVICE_SWAPPED high recovered",
    ]);
  });

  test("a device that nobody has bound, or that does not tell its number, is none", () => {
    const bed = new Bedside({ sources: [OXIMETER] });
    tells(bed, "A-101");
    const silent = new Bedside({ sources: [BOUND] });
    silent.at(96, 30);
    expect([...bed.lines("DEVICE_SWAPPED"), ...silent.lines("DEVICE_SWAPPED")]).toEqual([]);
  });
});

describe("call device", () => {
  const SWITCH: ExpectedSource = { device: "switch", role: "call", signals: [], simulated: false };
  const alive = (bed: Bedside) => bed.hear("switch", { kind: "status", codes: ["ready"] });

  test("a minute without a word is an alarm, and a word ends it", () => {
    const bed = new Bedside({ sources: [OXIMETER, SWITCH] });
    bed.run(100, (one) => {
      one.oxi(96);
      if (one.second % 20 === 0) alive(one);
    });
    bed.at(96, 45);
    alive(bed);
    bed.at(96, 3);
    expect(bed.lines("CALL_DEVICE_OFFLINE")).toEqual([
      "140 occurred CALL_DEVICE_OFFLINE medium",
      "145 ended CALL_DEVICE_OFFLINE medium recovered",
    ]);
  });

  test("one that never said a word is an alarm a minute after the watch began", () => {
    const bed = new Bedside({ sources: [OXIMETER, SWITCH] });
    bed.at(96, 70);
    expect(bed.lines("CALL_DEVICE_OFFLINE")).toEqual(["60 occurred CALL_DEVICE_OFFLINE medium"]);
  });

  test("off watch nobody is told", () => {
    const bed = new Bedside({ sources: [OXIMETER, SWITCH], schedule: { fromMinute: 60, toMinute: 61 } });
    bed.at(96, 300);
    expect(bed.lines("CALL_DEVICE_OFFLINE")).toEqual([]);
  });
});

describe("clocks", () => {
  const DAY = { schedule: { fromMinute: 60, toMinute: 61 } };
  /** The oximeter with its own clock `aheadS` seconds before the box's. */
  const told = (bed: Bedside, aheadS: number, seconds = 1) =>
    bed.run(seconds, (one) =>
      one.oxi(96, 60 + (one.second % 5), { deviceAt: one.wall(one.second) + aheadS * 1000 }),
    );

  test("a clock that runs away is a remark at 5 s, and medium beyond a minute, by day", () => {
    const bed = new Bedside(DAY);
    for (let ahead = 0; ahead <= 70; ahead++) told(bed, ahead);
    expect(bed.lines("CLOCK_DRIFT")).toEqual([
      "6 occurred CLOCK_DRIFT low",
      "61 escalated CLOCK_DRIFT medium",
    ]);
  });

  test("a step is medium at once, by day", () => {
    const bed = new Bedside(DAY);
    told(bed, 0, 10);
    told(bed, 12, 3);
    expect(bed.lines("CLOCK_DRIFT")).toEqual(["10 occurred CLOCK_DRIFT medium"]);
  });

  test("at night nobody gets up for a clock", () => {
    const bed = new Bedside();
    told(bed, 0, 10);
    told(bed, 3600, 60);
    expect(bed.lines("CLOCK_DRIFT")).toEqual(["10 occurred CLOCK_DRIFT low"]);
  });

  test("a clock that was wrong from the beginning has not drifted; set right, neither", () => {
    const bed = new Bedside(DAY);
    told(bed, 5000, 10);
    told(bed, 0, 10);
    expect(bed.lines("CLOCK_DRIFT")).toEqual([]);
  });

  test("back to where it was, it is over", () => {
    const bed = new Bedside(DAY);
    told(bed, -100, 5);
    told(bed, -108, 5);
    told(bed, -101, 2);
    expect(bed.lines("CLOCK_DRIFT")).toEqual([
      "5 occurred CLOCK_DRIFT low",
      "10 ended CLOCK_DRIFT low recovered",
    ]);
  });
});
