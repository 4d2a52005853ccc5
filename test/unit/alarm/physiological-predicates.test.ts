import { describe, expect, test } from "vitest";
import { pulseLost } from "../../../src/alarm/conditions/pulse-lost.ts";
import { spo2HighOnO2 } from "../../../src/alarm/conditions/spo2-high-on-o2.ts";
import { spo2Integral } from "../../../src/alarm/conditions/spo2-integral.ts";
import { spo2Low } from "../../../src/alarm/conditions/spo2-low.ts";
import { spo2LowUncertain } from "../../../src/alarm/conditions/spo2-low-uncertain.ts";
import { spo2Rapid } from "../../../src/alarm/conditions/spo2-rapid.ts";
import { spo2Relative } from "../../../src/alarm/conditions/spo2-relative.ts";
import { spo2Sustained } from "../../../src/alarm/conditions/spo2-sustained.ts";
import { spo2UnderRange } from "../../../src/alarm/conditions/spo2-under-range.ts";
import { tcco2High } from "../../../src/alarm/conditions/tcco2-high.ts";
import { lowLimits } from "../../../src/alarm/oxygen-low.ts";
import { isCorroborated } from "../../../src/alarm/quality.ts";
import { type Hand, judged, viewOf, word } from "./physiological-view.ts";

const at = (spo2: number, more: Hand = {}): Hand => ({ readings: { spo2 }, ...more });
const MINUTE = 60_000;

describe("what bears a low oxygen out", () => {
  test.each(["VENT_OWN", "VENT_REMOTE_ALARM", "SPO2_CRIT", "SPO2_RAPID", "SPO2_UNDER_RANGE"] as const)(
    "an open %s does",
    (id) => {
      expect(isCorroborated(viewOf(at(85, { open: [id] })))).toBe(true);
    },
  );

  test.each(["VENT_MV_LOW", "VENT_VTE_LOW", "VENT_LEAK_HIGH", "VENT_DISCONNECT", "VENT_APNEA"] as const)(
    "a violation of %s does, before its own delay is over",
    (id) => {
      expect(isCorroborated(viewOf(at(85, { violating: [id] })))).toBe(true);
    },
  );

  test("its own doubt, and what goes on for minutes or all night, do not", () => {
    expect(
      isCorroborated(
        viewOf(
          at(85, {
            open: ["SPO2_LOW_UNCERTAIN", "SPO2_RELATIVE", "SPO2_WARN", "SPO2_SUSTAINED", "SPO2_INTEGRAL"],
          }),
        ),
      ),
    ).toBe(false);
  });

  const pulse = (median: number, now: number, validMs = 5 * MINUTE, nowMs = 30_000): Hand =>
    at(85, {
      windows: { "pulse_rate 5": { median, validMs }, "pulse_rate 0.5": { median: now, validMs: nowMs } },
    });

  test.each([
    [60, 72, true],
    [60, 71, false],
    [60, 48, true],
    [60, 49, false],
  ])("a pulse whose median was %i and that has been %i for half a minute: %s", (median, now, expected) => {
    expect(isCorroborated(viewOf(pulse(median, now)))).toBe(expected);
  });

  test("a pulse with less than a minute to compare with, or with half a minute of silence, does not", () => {
    expect(isCorroborated(viewOf(pulse(60, 120, MINUTE - 1)))).toBe(false);
    expect(isCorroborated(viewOf(pulse(60, 120, 5 * MINUTE, 14_999)))).toBe(false);
  });
});

describe("SPO2_LOW and its doubt", () => {
  test.each([
    ["good", {}, "holds", "holds, and waits"],
    ["poor", { poor: true }, "holds, and waits", "holds after 45 s"],
    [
      "poor and borne out",
      { poor: true, violating: ["VENT_MV_LOW"] },
      "holds after 10 s",
      "holds, and waits",
    ],
    ["poor in an oxygen alarm", { poor: true, open: ["SPO2_CRIT"] }, "holds", "holds, and waits"],
    ["good in an oxygen alarm", { open: ["SPO2_CRIT"] }, "holds", "holds, and waits"],
    ["good and explained", { violating: ["VENT_MV_LOW"] }, "holds after 10 s", "holds, and waits"],
  ] as const)("a %s sample", (_, hand, low, uncertain) => {
    expect(word(spo2Low, at(86, hand))).toBe(low);
    expect(word(spo2LowUncertain, at(86, hand))).toBe(uncertain);
  });

  test("being explained never lengthens a delay", () => {
    const borne = at(86, { violating: ["VENT_MV_LOW"] });
    expect(word(spo2Low, borne, { delay_s: 5 })).toBe("holds after 5 s");
  });

  test("is told by itself, 15 s later, where the doubtful tier is switched off: nothing blocks it", () => {
    expect(word(spo2Low, at(86, { poor: true, off: ["SPO2_LOW_UNCERTAIN"] }))).toBe("holds after 45 s");
  });

  test("the doubt goes with SPO2_LOW when that is switched off", () => {
    expect(word(spo2LowUncertain, at(86, { poor: true, off: ["SPO2_LOW"] }))).toBe("clear");
  });

  test("no sample is no judgement, however poor the last one was", () => {
    expect(word(spo2Low, at(86, { poor: true, ageMs: 11_000 }))).toBe("unknown gap");
    expect(word(spo2LowUncertain, at(86, { poor: true, ageMs: 11_000 }))).toBe("unknown gap");
  });

  test("a catalogue without the limits of SPO2_LOW is an error, not a silent night", () => {
    expect(() => lowLimits({ ...viewOf(at(86)), limitOf: () => undefined })).toThrow(RangeError);
  });
});

describe("SPO2_RAPID", () => {
  test("is at the limit of SPO2_LOW less its margin", () => {
    expect(word(spo2Rapid, at(78))).toBe("holds after 0.001 s");
    expect(word(spo2Rapid, at(79))).toBe("clear");
    expect(word(spo2Rapid, at(83), { below: 5 })).toBe("holds after 0.001 s");
  });

  test("goes on with SPO2_LOW once it is an alarm, and not before", () => {
    expect(word(spo2Rapid, at(88, { held: true }))).toBe("clear");
    expect(word(spo2Rapid, at(88, { held: true, open: ["SPO2_RAPID"] }))).toBe("holds after 0.001 s");
    expect(word(spo2Rapid, at(89, { held: true, open: ["SPO2_RAPID"] }))).toBe("clear");
  });

  test("leaves a poor sample to the doubtful tier, or waits 15 s where that does not judge it", () => {
    expect(word(spo2Rapid, at(70, { poor: true, violating: ["SPO2_LOW_UNCERTAIN"] }))).toBe(
      "holds, and waits",
    );
    expect(word(spo2Rapid, at(70, { poor: true }))).toBe("holds after 15 s");
    expect(word(spo2Rapid, at(70, { poor: true, violating: ["VENT_APNEA"] }))).toBe("holds after 0.001 s");
  });
});

describe("SPO2_INTEGRAL", () => {
  test.each([
    ["the depth and time are reached", { integral: 100 }, 87, "holds"],
    ["they are not", { integral: 99, crossings: 2 }, 87, "clear"],
    ["it is the third dip in a minute", { integral: 3, crossings: 3 }, 87, "holds"],
    ["they are reached, but the dip is over", { integral: 500, crossings: 5 }, 88, "clear"],
  ])("while %s", (_, dips, spo2, expected) => {
    expect(word(spo2Integral, at(spo2, { dips }))).toBe(expected);
  });

  test("once open, ends with the dip and not with what the dips add up to", () => {
    const open = { held: true, open: ["SPO2_INTEGRAL"] } as const;
    expect(word(spo2Integral, at(88, { ...open, dips: { integral: 0 } }))).toBe("holds");
    expect(word(spo2Integral, at(89, { ...open, dips: { integral: 500 } }))).toBe("clear");
  });

  test("waits on a poor sample that nothing bears out", () => {
    expect(word(spo2Integral, at(85, { dips: { crossings: 3 }, poor: true }))).toBe("holds after 15 s");
  });
});

describe("SPO2_SUSTAINED", () => {
  const window = (median: number, validMs: number) => ({ windows: { "spo2 5": { median, validMs } } });

  test.each([
    ["low throughout", 86, window(86, 5 * MINUTE), "holds after 0 s"],
    ["low on the whole, at this sample not", 88, window(86, 5 * MINUTE), "clear"],
    ["low at this sample, on the whole not", 86, window(88, 5 * MINUTE), "clear"],
    ["low, in 80 % of the time", 86, window(86, 4 * MINUTE), "holds after 0 s"],
    ["low, with less than that", 86, window(86, 4 * MINUTE - 1), "waiting"],
  ])("%s", (_, spo2, hand, expected) => {
    expect(word(spo2Sustained, at(spo2, hand))).toBe(expected);
  });

  test("once it violates, the samples decide and not the median, which lags minutes behind", () => {
    expect(word(spo2Sustained, at(97, { held: true, ...window(80, 5 * MINUTE) }))).toBe("clear");
    expect(word(spo2Sustained, at(88, { held: true, ...window(80, MINUTE) }))).toBe("holds after 0 s");
  });
});

describe("SPO2_RELATIVE", () => {
  const usual = (median: number, validMs = 30 * MINUTE) => ({ windows: { "spo2 30": { median, validMs } } });

  test.each([
    ["6 below", 84, usual(90), "holds"],
    ["5 below", 85, usual(90), "clear"],
    ["6 below after 15 min of values", 84, usual(90, 15 * MINUTE), "holds"],
    ["6 below with too little to compare with", 84, usual(90, 15 * MINUTE - 1), "waiting"],
  ])("%s", (_, spo2, hand, expected) => {
    expect(word(spo2Relative, at(spo2, hand))).toBe(expected);
  });

  test("ends within 3", () => {
    expect(word(spo2Relative, at(86, { held: true, ...usual(90) }))).toBe("holds");
    expect(word(spo2Relative, at(87, { held: true, ...usual(90) }))).toBe("clear");
  });

  test("follows the person once somebody has answered, or keeps the old usual where there is no new one", () => {
    const later = { held: true, told: { usual: 90 }, answered: true } as const;
    expect(word(spo2Relative, at(83, { ...later, ...usual(83) }))).toBe("clear");
    expect(word(spo2Relative, at(83, later))).toBe("holds");
  });

  test("does not get used to a lower oxygen: the usual is that of its beginning", () => {
    const later = { held: true, told: { usual: 90 }, ...usual(83) };
    expect(word(spo2Relative, at(83, later))).toBe("holds");
    expect(judged(spo2Relative, at(83, later))).toMatchObject({ values: { usual: 90 } });
  });
});

describe("SPO2_UNDER_RANGE", () => {
  test.each([
    ["no SpO2 after 63, with a pulse", { spo2: "not_measured", pulse_rate: 90 }, { spo2: 63 }, "holds"],
    ["the same after 70", { spo2: "poor_signal", pulse_rate: 90 }, { spo2: 70 }, "holds"],
    ["the same after 71", { spo2: "not_measured", pulse_rate: 90 }, { spo2: 71 }, "waiting"],
    ["no SpO2 before at all", { spo2: "searching", pulse_rate: 90 }, {}, "waiting"],
    ["said in as many words", { spo2: "under_range", pulse_rate: 90 }, { spo2: 95 }, "holds"],
    ["said, and no pulse either", { spo2: "under_range", pulse_rate: "not_measured" }, {}, "holds"],
    ["both gone", { spo2: "not_measured", pulse_rate: "not_measured" }, { spo2: 63 }, "waiting"],
    ["the sensor is off", { spo2: "sensor_off", pulse_rate: 90 }, { spo2: 63 }, "waiting"],
    ["too high to measure", { spo2: "over_range", pulse_rate: 90 }, { spo2: 63 }, "waiting"],
    ["measured", { spo2: 62, pulse_rate: 90 }, { spo2: 62 }, "clear"],
  ] as const)("%s", (_, said, last, expected) => {
    expect(word(spo2UnderRange, { said, last })).toBe(expected);
  });

  test("a last value of more than ten minutes ago was of another time", () => {
    const said = { spo2: "searching", pulse_rate: 90 } as const;
    const open = ["SPO2_UNDER_RANGE"] as const;
    expect(word(spo2UnderRange, { said, last: { spo2: 63, agoMs: 10 * MINUTE } })).toBe("holds");
    expect(word(spo2UnderRange, { said, last: { spo2: 63, agoMs: 10 * MINUTE + 1 } })).toBe("waiting");
    expect(word(spo2UnderRange, { said, last: { spo2: 63, agoMs: 20 * MINUTE }, open })).toBe("holds");
  });

  test("losing the pulse as well ends nothing", () => {
    const said = { spo2: "not_measured", pulse_rate: "not_measured" } as const;
    const last = { spo2: 63, pulse_rate: 90 };
    expect(word(spo2UnderRange, { said, last, held: true })).toBe("waiting");
    expect(word(spo2UnderRange, { said, last: { ...last, agoMs: 11_000 }, held: true })).toBe("unknown gap");
  });

  test("another oximeter that measures answers the question", () => {
    const said = { spo2: "under_range", pulse_rate: 90 } as const;
    expect(word(spo2UnderRange, { said, last: { spo2: 63 }, other: { spo2: 95, pulse_rate: 90 } })).toBe(
      "clear",
    );
  });
});

describe("PULSE_LOST", () => {
  test.each([
    ["SpO2 without a pulse", { spo2: 95, pulse_rate: "not_measured" }, { pulse_rate: 70 }, "holds"],
    ["SpO2, searching for the pulse", { spo2: 95, pulse_rate: "searching" }, { pulse_rate: 70 }, "holds"],
    ["SpO2 from a device that never gave a pulse", { spo2: 95, pulse_rate: "not_measured" }, {}, "waiting"],
    [
      "SpO2 in a mode without a pulse",
      { spo2: 95, pulse_rate: "unsupported" },
      { pulse_rate: 70 },
      "waiting",
    ],
    ["no pulse, said so", { spo2: "not_measured", pulse_rate: "no_pulse" }, {}, "holds"],
    ["no pulse, said of SpO2", { spo2: "no_pulse", pulse_rate: "not_measured" }, {}, "holds"],
    ["both gone", { spo2: "not_measured", pulse_rate: "not_measured" }, { pulse_rate: 70 }, "waiting"],
    ["both searching", { spo2: "searching", pulse_rate: "searching" }, { pulse_rate: 70 }, "waiting"],
    ["sensor off", { spo2: "sensor_off", pulse_rate: "no_pulse" }, { pulse_rate: 70 }, "waiting"],
    ["cable out", { spo2: "no_pulse", pulse_rate: "not_connected" }, { pulse_rate: 70 }, "waiting"],
    ["a pulse", { spo2: "not_measured", pulse_rate: 70 }, {}, "clear"],
  ] as const)("%s", (_, said, last, expected) => {
    expect(word(pulseLost, { said, last })).toBe(expected);
  });

  test("counts only on watch: it is something missing", () => {
    const said = { spo2: "no_pulse", pulse_rate: "no_pulse" } as const;
    expect(judged(pulseLost, { said })).toMatchObject({ kind: "holds", onlyOnWatch: true });
  });

  test("a pulse from another oximeter answers the question", () => {
    const said = { spo2: "no_pulse", pulse_rate: "no_pulse" } as const;
    expect(word(pulseLost, { said, other: { spo2: 95, pulse_rate: 66 } })).toBe("clear");
  });
});

describe("SPO2_HIGH_ON_O2", () => {
  test.each([
    [
      "nothing at the bed could say whether oxygen is given",
      { readings: { spo2: 99 }, unexpected: ["fio2"] },
      "unknown no_source",
    ],
    ["a ventilator that should say so has not", { readings: { spo2: 99 } }, "unknown setting:fio2"],
    ["the ventilator is set to room air", { readings: { spo2: 99 }, fio2: 21 }, "clear"],
    ["the ventilator is set to 30 %", { readings: { spo2: 99 }, fio2: 30 }, "holds"],
    ["28 % is measured", { readings: { spo2: 99, fio2: 28 } }, "holds"],
    ["what is measured goes before what is set", { readings: { spo2: 99, fio2: 21 }, fio2: 30 }, "clear"],
    ["98 %", { readings: { spo2: 98 }, fio2: 30 }, "clear"],
  ] as const)("%s", (_, hand, expected) => {
    expect(word(spo2HighOnO2, hand)).toBe(expected);
  });

  test("a person can say that oxygen is given where no machine knows of it", () => {
    expect(word(spo2HighOnO2, at(99), { oxygen: 1 })).toBe("holds");
  });
});

describe("TCCO2_HIGH", () => {
  const co2 = (tcco2: number): Hand => ({ readings: { tcco2 } });
  test.each([
    [55, 0, "clear"],
    [55.1, 0, "holds"],
    [51, 38, "holds"],
    [50, 38, "clear"],
    [51, 44, "clear"],
    [54.1, 44, "holds"],
    [55.1, 60, "holds"],
  ])("%d mmHg in a person with %d awake (0: not known)", (tcco2, awake, expected) => {
    expect(word(tcco2High, co2(tcco2), { awake })).toBe(expected);
  });
});
