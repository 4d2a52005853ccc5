import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createOximetry, createPace, flagsOf, inWords, lookAtFinger } from "../../../src/domain/oximetry.ts";
import { absent } from "../../../src/domain/sample.ts";
import { steadyBed } from "../../support/steady-bed.ts";

describe("numbers that an oximeter vouches for", () => {
  test("are rounded, and what no finger has is invalid", () => {
    const oximetry = createOximetry();
    expect(oximetry(96.6, 71.4, "searching")).toEqual({ spo2: 97, pulse_rate: 71 });
    expect(oximetry(101, 301, "searching")).toEqual({
      spo2: absent("invalid"),
      pulse_rate: absent("invalid"),
    });
    expect(oximetry(0, 19, "searching")).toEqual({ spo2: absent("invalid"), pulse_rate: absent("invalid") });
  });

  test("both missing have the device's reason", () => {
    expect(createOximetry()(undefined, undefined, "no_pulse")).toEqual({
      spo2: absent("no_pulse"),
      pulse_rate: absent("no_pulse"),
    });
  });

  test.each([
    [70, "under_range"],
    [71, "not_measured"],
    [1, "under_range"],
  ] as const)(
    "SpO2 missing beside a pulse after %i %% is %s, for as long as that lasts",
    (before, reason) => {
      const oximetry = createOximetry();
      oximetry(before, 80, "searching");
      for (let i = 0; i < 5; i++) {
        expect(oximetry(undefined, 80, "searching")).toEqual({ spo2: absent(reason), pulse_rate: 80 });
      }
    },
  );

  test("a finger that was out is remembered: what was low before it says nothing", () => {
    const oximetry = createOximetry();
    oximetry(65, 80, "searching");
    oximetry(undefined, undefined, "sensor_off");
    expect(oximetry(undefined, 80, "searching").spo2).toEqual(absent("not_measured"));
  });

  test("a higher value ends it too", () => {
    const oximetry = createOximetry();
    oximetry(65, 80, "searching");
    oximetry(90, 80, "searching");
    expect(oximetry(undefined, 80, "searching").spo2).toEqual(absent("not_measured"));
  });
});

describe("the pace of one a second", () => {
  test("is never exceeded on average, however often it is asked", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2500 }), { maxLength: 200 }), (gaps) => {
        const pace = createPace();
        let now = 0;
        let passed = 0;
        for (const gap of gaps) {
          now += gap;
          if (pace(now)) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(now / 1000 + 2);
      }),
    );
  });

  test("lets everything through that comes a second apart, give or take 150 ms", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -150, max: 150 }), { maxLength: 100 }), (jitter) => {
        const pace = createPace();
        for (const [i, ms] of jitter.entries()) expect(pace(1000 * (i + 1) + ms)).toBe(true);
      }),
    );
  });

  test("lets the first through after any silence", () => {
    const pace = createPace();
    expect([pace(0), pace(100), pace(60_000), pace(60_100)]).toEqual([true, false, true, false]);
  });
});

test("flags are told in one order, and not at all where none is set", () => {
  expect(flagsOf({ motion: true, low_perfusion: true, artifact: false })).toEqual({
    flags: ["low_perfusion", "motion"],
  });
  expect(flagsOf({ motion: false })).toEqual({});
});

test("samples in words", () => {
  expect([inWords(97), inWords(absent("sensor_off")), inWords(undefined)]).toEqual([
    "97",
    "sensor off",
    "none",
  ]);
});

describe("a finger, as a simulated oximeter sees it", () => {
  const look = (samples: Parameters<typeof steadyBed>[0]["samples"]) =>
    lookAtFinger(steadyBed({ samples }), 255);

  test("has the numbers that the device can say", () => {
    expect(look({ spo2: 96.7, pulse_rate: 300 })).toMatchObject({ spo2: 97, pulse: undefined, off: false });
  });

  test("is off when the bed says so of either number, and then has none", () => {
    expect(look({ spo2: absent("sensor_off"), pulse_rate: 70 })).toMatchObject({
      off: true,
      pulse: undefined,
    });
    expect(look({ spo2: absent("not_connected"), pulse_rate: 70 })).toMatchObject({
      off: true,
      unplugged: true,
    });
  });

  test("is silent when the device is off", () => {
    expect(look({ spo2: absent("device_off"), pulse_rate: absent("device_off") })).toMatchObject({
      silent: true,
      off: false,
    });
  });
});
