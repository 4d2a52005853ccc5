import { describe, expect, test } from "vitest";
import { absent, type Sample } from "../../../src/domain/sample.ts";
import { Bedside, GONE, OXIMETER } from "./bedside.ts";
import { calls, openNow, personal, told } from "./physiological-bed.ts";

const pulse = (bed: Bedside, rate: Sample, seconds: number, spo2: Sample = 96): Bedside =>
  bed.run(seconds, () => bed.oxi(spo2, rate));

describe("a pulse out of its limits", () => {
  test.each([
    ["PR_LOW", 49, 30, "medium"],
    ["PR_LOW", 40, 30, "medium"],
    ["PR_LOW", 39, 30, "high"],
    ["PR_HIGH", 121, 60, "medium"],
    ["PR_HIGH", 150, 60, "medium"],
    ["PR_HIGH", 151, 60, "high"],
  ] as const)("%s at %d/min for %d s is %s", (id, rate, seconds, priority) => {
    for (const cls of ["A", "B", "C"] as const) {
      const bed = pulse(personal({ cls }), rate, seconds + 5);
      expect(told(bed, id)).toEqual([`${seconds} occurred ${priority}`]);
    }
  });

  test.each([
    ["PR_LOW", 50],
    ["PR_HIGH", 120],
  ] as const)("%s does not occur at %d/min", (id, rate) => {
    expect(told(pulse(personal(), rate, 200), id)).toEqual([]);
  });

  test("grows high when the pulse gets worse, and sounds again", () => {
    const bed = pulse(pulse(personal(), 48, 40), 39, 1);
    expect(calls(bed)).toEqual(["30 PR_LOW medium", "40 PR_LOW high"]);
  });

  test("ends 3/min inside the limit for 10 s", () => {
    const bed = pulse(pulse(pulse(personal(), 48, 40), 52, 30), 53, 9);
    expect(openNow(bed)).toHaveLength(1);
    pulse(bed, 53, 1);
    expect(told(bed, "PR_LOW").at(-1)).toBe("79 ended medium recovered");
  });

  test("a pulse that goes away is not a slow one, and ends nothing", () => {
    const bed = pulse(pulse(personal(), 45, 40), GONE, 60, GONE);
    expect(openNow(bed)).toMatchObject([{ condition: "PR_LOW", state: "unknown" }]);
  });
});

describe("a pulse that is lost", () => {
  test("is told after 15 s, in every class, while the sensor goes on measuring oxygen", () => {
    for (const cls of ["A", "B", "C"] as const) {
      const bed = pulse(pulse(new Bedside({ cls }), 70, 20), GONE, 16);
      expect(told(bed, "PULSE_LOST")).toEqual(["35 occurred high"]);
      expect(told(bed, "OXI_SENSOR_OFF")).toEqual([]);
    }
  });

  test("is told when the oximeter says that there is none, and OXI_SENSOR_OFF keeps silent", () => {
    const bed = pulse(pulse(new Bedside(), 70, 20), absent("no_pulse"), 120, absent("no_pulse"));
    expect(told(bed, "PULSE_LOST")).toEqual(["35 occurred high"]);
    expect(told(bed, "OXI_SENSOR_OFF")).toEqual([]);
  });

  test("is not told when both are gone without that word: the sensor is off", () => {
    const bed = pulse(pulse(new Bedside(), 70, 20), GONE, 60, GONE);
    expect(told(bed, "PULSE_LOST")).toEqual([]);
    expect(told(bed, "OXI_SENSOR_OFF")).toEqual(["50 occurred medium"]);
  });

  test("is not told for 14 s without one, which a cuff or a cold hand does", () => {
    const bed = personal();
    for (let i = 0; i < 10; i++) pulse(pulse(bed, 70, 10), absent("searching"), 14);
    expect(calls(bed)).toEqual([]);
  });

  test("ends with 5 s of a pulse, not with the sensor coming off", () => {
    const bed = pulse(pulse(personal(), 70, 20), absent("no_pulse"), 20, absent("no_pulse"));
    pulse(bed, absent("sensor_off"), 60, absent("sensor_off"));
    expect(openNow(bed)).toMatchObject([{ condition: "PULSE_LOST", state: "unknown" }]);
    pulse(bed, 70, 4);
    expect(openNow(bed)).toHaveLength(1);
    pulse(bed, 70, 1);
    expect(openNow(bed)).toEqual([]);
  });

  test("is nothing off watch: a sensor in the drawer may say that it finds no pulse", () => {
    const bed = personal({ schedule: { fromMinute: 0, toMinute: 60 } });
    pulse(pulse(bed, 70, 20), absent("no_pulse"), 120, absent("no_pulse"));
    expect(calls(bed)).toEqual([]);
  });

  test("is not told of an oximeter whose pulse never came", () => {
    expect(calls(pulse(personal(), GONE, 120))).toEqual([]);
  });

  test("is not told of one of two sensors while the other one has it", () => {
    const bed = personal({ sources: [OXIMETER, { ...OXIMETER, device: "second" }] });
    bed.run(60, () => {
      bed.oxi(absent("no_pulse"), absent("no_pulse"));
      bed.samples("second", { spo2: 96, pulse_rate: 60 + (bed.second % 5) });
    });
    expect(calls(bed)).toEqual([]);
  });
});

describe("CO2 through the skin", () => {
  const skin = (bed: Bedside, tcco2: Sample, seconds: number) =>
    bed.run(seconds, () => bed.samples("skin", { tcco2 }));

  test("is told after 10 min above 55 mmHg, and ends after 5 min at 53", () => {
    const bed = skin(skin(skin(personal(), 48, 60), 56, 620), 54, 400);
    expect(told(bed, "TCCO2_HIGH")).toEqual(["660 occurred medium"]);
    skin(bed, 53, 300);
    expect(told(bed, "TCCO2_HIGH").at(-1)).toBe("1379 ended medium recovered");
  });

  test("is told above 50 in a person with 38 awake, where that is known", () => {
    const rise = (awake: number) =>
      told(skin(personal({ limits: { TCCO2_HIGH: { awake } } }), 51, 700), "TCCO2_HIGH");
    expect(rise(38)).toEqual(["600 occurred medium"]);
    expect(rise(0)).toEqual([]);
  });

  test("a sensor taken off for cleaning neither ends it nor starts it again", () => {
    const bed = skin(skin(personal(), 57, 620), absent("searching"), 900);
    expect(openNow(bed)).toHaveLength(1);
    skin(bed, 57, 60);
    expect(told(bed, "TCCO2_HIGH").filter((line) => line.includes("occurred"))).toHaveLength(1);
  });
});
