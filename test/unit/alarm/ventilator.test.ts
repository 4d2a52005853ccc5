import { describe, expect, test } from "vitest";
import type { Breath } from "../../../src/domain/breath.ts";
import { absent, type Samples } from "../../../src/domain/sample.ts";
import { Bedside, type BedsideOptions, GONE, OXIMETER, treated, VENTILATOR } from "./bedside.ts";

const bedWith = (options: BedsideOptions = {}) => new Bedside({ sources: [VENTILATOR], ...options });

/** The ventilator's numbers once a second. */
const vent = (bed: Bedside, seconds: number, change: Samples = {}) =>
  bed.run(seconds, () => bed.samples("vent", treated(bed.second, change)));

/** A waveform every second, and a complete breath every `every` seconds; 0: none. */
const breathe = (bed: Bedside, seconds: number, every: number) =>
  bed.run(seconds, () => {
    bed.hear("vent", { kind: "wave", rateHz: 1, channels: { flow: [bed.second % 7] } });
    if (every > 0 && bed.second % every === 0) bed.hear("vent", { kind: "breath", breath: breathAt(bed) });
  });

const breathAt = (bed: Bedside): Breath => ({
  start: bed.mono(bed.second - 4),
  end: bed.mono(bed.second),
  inspTimeS: 1.2,
  expTimeS: 2.8,
  tidalVolumeInspMl: 500,
  tidalVolumeExpMl: 480,
  rateMin: 15,
  pressurePeakCmH2o: 18,
  pressureMeanCmH2o: 9,
  peepCmH2o: 5,
});

describe("VENT_APNEA by breaths", () => {
  test("occurs 20 s after the last complete breath while the device goes on measuring", () => {
    const bed = bedWith();
    breathe(bed, 41, 4);
    breathe(bed, 30, 0);
    expect(bed.lines("VENT_APNEA")).toEqual(["60 occurred VENT_APNEA high"]);
    expect(bed.open("VENT_APNEA")?.values).toMatchObject({ apnea_duration: 20, limit: 20 });
  });

  test("one breath does not end it, the second does", () => {
    const bed = bedWith();
    breathe(bed, 41, 4);
    breathe(bed, 31, 0);
    breathe(bed, 4, 4);
    expect(bed.open("VENT_APNEA")).toBeDefined();
    breathe(bed, 5, 4);
    expect(bed.lines("VENT_APNEA").at(-1)).toMatch(/^7[67] ended VENT_APNEA high recovered$/);
  });

  test("a device that falls silent is lost data, not an apnoea", () => {
    const bed = bedWith();
    bed.run(41, () => {
      bed.samples("vent", treated(bed.second));
      if (bed.second % 4 === 0) bed.hear("vent", { kind: "breath", breath: breathAt(bed) });
    });
    bed.run(60);
    expect(bed.lines()).toEqual(["70 occurred DATA_STALE medium"]);
    expect(bed.fold.unknown).toContainEqual({ condition: "VENT_APNEA", why: "gap" });
  });

  test("a cable that was out for minutes does not show an apnoea of minutes when it is back", () => {
    const bed = bedWith();
    breathe(bed, 41, 4);
    bed.run(180);
    breathe(bed, 15, 0);
    expect(bed.lines("VENT_APNEA")).toEqual([]);
    breathe(bed, 20, 4);
    expect(bed.lines("VENT_APNEA")).toEqual([]);
  });

  test("an apnoea that had begun before the cable went out goes on counting after it", () => {
    const bed = bedWith();
    breathe(bed, 41, 4);
    breathe(bed, 12, 0);
    bed.run(180);
    breathe(bed, 10, 0);
    expect(bed.lines("VENT_APNEA")[0]).toMatch(/occurred VENT_APNEA high$/);
  });

  test("a breath that fails to come rings only on watch", () => {
    const noon = bedWith({ from: Date.UTC(2024, 0, 15, 12, 0, 0) });
    breathe(noon, 41, 4);
    breathe(noon, 60, 0);
    expect(noon.lines()).toEqual([]);
  });

  test("the numbers of a breath that go with the breaths are not a second alarm", () => {
    const bed = bedWith();
    bed.run(41, () => {
      bed.hear("vent", { kind: "wave", rateHz: 1, channels: { flow: [bed.second % 7] } });
      if (bed.second % 4 !== 0) return;
      bed.samples("vent", treated(bed.second, { apnea_duration: 0 }));
      bed.hear("vent", { kind: "breath", breath: breathAt(bed) });
    });
    bed.run(120, () => {
      const since = bed.second - 40;
      bed.hear("vent", { kind: "wave", rateHz: 1, channels: { flow: [bed.second % 7] } });
      const gone: Samples = {
        tidal_volume_exp: GONE,
        resp_rate: 0,
        apnea_duration: since,
        minute_volume: 3,
        pressure_peak: 12 + (bed.second % 3),
      };
      bed.samples("vent", treated(bed.second, gone));
    });
    expect(bed.lines()).toEqual(["60 occurred VENT_APNEA high"]);
  });
});

describe("VENT_APNEA by numbers", () => {
  test("apnea_duration of 20 and more, at once; ends after 10 s below", () => {
    const bed = bedWith();
    bed.run(30, () => bed.samples("vent", treated(bed.second, { apnea_duration: bed.second })));
    expect(bed.lines("VENT_APNEA")).toEqual(["20 occurred VENT_APNEA high"]);
    vent(bed, 10, { apnea_duration: 1 });
    expect(bed.lines("VENT_APNEA").at(-1)).toBe("39 ended VENT_APNEA high recovered");
  });

  test("resp_rate 0 for 20 s where there is no apnea_duration", () => {
    const signals = VENTILATOR.signals.filter((id) => id !== "apnea_duration");
    const bed = bedWith({ sources: [{ ...VENTILATOR, signals }] });
    vent(bed, 10);
    vent(bed, 25, { resp_rate: 0 });
    expect(bed.lines("VENT_APNEA")).toEqual(["30 occurred VENT_APNEA high"]);
  });

  test("resp_rate 0 says nothing against an apnea_duration", () => {
    const bed = bedWith();
    vent(bed, 60, { resp_rate: 0, apnea_duration: 3 });
    expect(bed.lines("VENT_APNEA")).toEqual([]);
  });

  test("a number that is present rings off watch too, but not from a machine in standby", () => {
    const noon = { from: Date.UTC(2024, 0, 15, 12, 0, 0) };
    const bed = bedWith(noon);
    vent(bed, 5, { apnea_duration: 25 });
    expect(bed.lines("VENT_APNEA")).toEqual(["0 occurred VENT_APNEA high"]);
    const standby = bedWith(noon);
    vent(standby, 60, { apnea_duration: 25, therapy: 0, pressure_peak: 0, tidal_volume_exp: 0 });
    expect(standby.lines()).toEqual([]);
  });

  test("the limit can be set", () => {
    const bed = bedWith({ limits: { VENT_APNEA: { limit: 10 } } });
    bed.run(15, () => bed.samples("vent", treated(bed.second, { apnea_duration: bed.second })));
    expect(bed.lines("VENT_APNEA")).toEqual(["10 occurred VENT_APNEA high"]);
  });
});

describe("VENT_DISCONNECT", () => {
  const OFF: { readonly [name: string]: Samples } = {
    leak: { leak: 60 },
    "pressure low": { pressure_peak: 4 },
    "volume low": { tidal_volume_exp: 90 },
    "minute volume low": { minute_volume: 0.5 },
    apnoea: { apnea_duration: 25 },
  };
  const names = Object.keys(OFF);
  const allPairs = names.flatMap((one, i) => names.slice(i + 1).map((two) => [one, two] as const));
  /** Of the circuit: leak and pressure. The others show as well what a closed airway or no effort does. */
  const ofCircuit = (name: string) => name === "leak" || name === "pressure low";
  const pairs = allPairs.filter(([one, two]) => ofCircuit(one) || ofCircuit(two));

  test.each(names)("one sign alone is none: %s", (name) => {
    const bed = bedWith();
    vent(bed, 60);
    vent(bed, 120, OFF[name]);
    expect(bed.lines("VENT_DISCONNECT")).toEqual([]);
  });

  test.each(pairs)("%s and %s for 15 s", (one, two) => {
    const bed = bedWith();
    // Low from the start where the mean of a minute is a sign, so that both signs begin together.
    vent(bed, 20, { ...OFF[one], ...OFF[two] });
    expect(bed.lines("VENT_DISCONNECT")).toEqual(["15 occurred VENT_DISCONNECT high"]);
  });

  test.each(allPairs.filter((pair) => !pairs.includes(pair)))(
    "%s and %s are none while the pressure is reached, and are where nobody can see the pressure",
    (one, two) => {
      const bed = bedWith();
      vent(bed, 120, { ...OFF[one], ...OFF[two] });
      expect(bed.lines("VENT_DISCONNECT")).toEqual([]);
      const signals = VENTILATOR.signals.filter((id) => id !== "pressure_peak");
      const blind = bedWith({ sources: [{ ...VENTILATOR, signals }] });
      blind.run(20, () => {
        const { pressure_peak: _unseen, ...rest } = treated(blind.second, { ...OFF[one], ...OFF[two] });
        blind.samples("vent", rest);
      });
      expect(blind.lines("VENT_DISCONNECT")).toEqual(["15 occurred VENT_DISCONNECT high"]);
    },
  );

  test("the minute volume counts as the mean of a minute", () => {
    const bed = bedWith();
    vent(bed, 60);
    vent(bed, 44, { minute_volume: 0, leak: 60 });
    expect(bed.lines("VENT_DISCONNECT")).toEqual([]);
    vent(bed, 20, { minute_volume: 0, leak: 60 });
    // 7.2 falls to 2 when 44 of 60 seconds are 0; then 15 s.
    expect(bed.lines("VENT_DISCONNECT")).toHaveLength(1);
  });

  test("names its signs", () => {
    const bed = bedWith();
    vent(bed, 20, { leak: 60, pressure_peak: 4 });
    expect(bed.open("VENT_DISCONNECT")?.values).toEqual({
      signs: "leak pressure_low",
      leak: 60,
      pressure_peak: 4,
      seconds: 15,
    });
  });

  test("class A is medium, and high with low oxygen", () => {
    const bed = bedWith({ cls: "A", sources: [OXIMETER, VENTILATOR] });
    bed.run(40, () => {
      bed.oxi(bed.second < 30 ? 95 : 89);
      bed.samples("vent", treated(bed.second, { leak: 60, pressure_peak: 4 }));
    });
    expect(bed.lines("VENT_DISCONNECT")).toEqual([
      "15 occurred VENT_DISCONNECT medium",
      "30 escalated VENT_DISCONNECT high",
    ]);
  });

  test("ends after three breaths with fewer than two signs", () => {
    const bed = bedWith();
    const second = (change: Samples, breath: boolean) => {
      bed.samples("vent", treated(bed.second, change));
      if (breath) bed.hear("vent", { kind: "breath", breath: breathAt(bed) });
    };
    bed.run(20, () => second({ leak: 60, pressure_peak: 4 }, bed.second % 4 === 0));
    expect(bed.open("VENT_DISCONNECT")).toBeDefined();
    bed.run(8, () => second({}, bed.second % 4 === 0));
    expect(bed.open("VENT_DISCONNECT")).toBeDefined();
    bed.run(4, () => second({}, bed.second % 4 === 0));
    expect(bed.open("VENT_DISCONNECT")).toBeUndefined();
  });

  test("a sign that cannot be read any more does not end it", () => {
    const bed = bedWith();
    vent(bed, 20, { leak: 60, pressure_peak: 4 });
    vent(bed, 60, { leak: 60, pressure_peak: GONE });
    expect(bed.open("VENT_DISCONNECT")).toMatchObject({ state: "unknown" });
    vent(bed, 12, { leak: 60, pressure_peak: 18 });
    expect(bed.open("VENT_DISCONNECT")).toBeUndefined();
  });

  test("is not fed by delayed data", () => {
    const bed = bedWith();
    bed.run(60, () =>
      bed.samples("vent", treated(bed.second, { leak: 60, pressure_peak: 4 }), { timeliness: "delayed" }),
    );
    expect(bed.lines("VENT_DISCONNECT")).toEqual([]);
  });

  test("needs two signs that the bed can show at all", () => {
    const bed = bedWith({ sources: [{ ...VENTILATOR, signals: ["leak"] }] });
    bed.run(60, () => bed.samples("vent", { leak: 90 + (bed.second % 3) }));
    expect(bed.fold.unknown).toContainEqual({ condition: "VENT_DISCONNECT", why: "two_signs" });
  });
});

describe("VENT_PRESSURE_LOW", () => {
  test("without the IPAP setting a pressure that is too low for anybody rings, one below the usual does not", () => {
    const bed = bedWith();
    vent(bed, 60, { pressure_peak: 8 });
    expect(bed.lines()).toEqual([]);
    vent(bed, 11, { pressure_peak: 7.9 });
    expect(bed.lines()).toEqual(["70 occurred VENT_PRESSURE_LOW high"]);
    expect(bed.open("VENT_PRESSURE_LOW")?.values).toEqual({ pressure_peak: 7.9, limit: 8, seconds: 10 });
  });

  test("one steady pressure that is set below the fallback is none, its loss is", () => {
    const bed = bedWith();
    bed.hear("vent", { kind: "settings", settings: { epap: 5, mode: "CPAP" } });
    vent(bed, 60, { pressure_peak: 5 });
    expect(bed.lines("VENT_PRESSURE_LOW")).toEqual([]);
    vent(bed, 12, { pressure_peak: 1 });
    expect(bed.lines("VENT_PRESSURE_LOW")).toEqual(["70 occurred VENT_PRESSURE_LOW high"]);
    vent(bed, 5, { pressure_peak: 5 });
    expect(bed.open("VENT_PRESSURE_LOW")).toBeUndefined();
  });

  test("occurs 10 s below IPAP - 5 and ends 2 above", () => {
    const bed = bedWith();
    bed.hear("vent", { kind: "settings", settings: { ipap: 18, mode: "ST" } });
    vent(bed, 20, { pressure_peak: 13 });
    expect(bed.lines()).toEqual([]);
    vent(bed, 11, { pressure_peak: 12.9 });
    expect(bed.lines()).toEqual(["30 occurred VENT_PRESSURE_LOW high"]);
    expect(bed.open("VENT_PRESSURE_LOW")?.values).toEqual({
      pressure_peak: 12.9,
      limit: 13,
      ipap: 18,
      seconds: 10,
    });
    vent(bed, 20, { pressure_peak: 14.9 });
    expect(bed.open("VENT_PRESSURE_LOW")).toBeDefined();
    vent(bed, 5, { pressure_peak: 15 });
    expect(bed.open("VENT_PRESSURE_LOW")).toBeUndefined();
  });

  test("a machine that holds EPAP while no breath comes has not lost its pressure; one that holds nothing has", () => {
    for (const [peak, rings] of [
      [6, false],
      [2, true],
    ] as const) {
      const bed = bedWith();
      bed.hear("vent", { kind: "settings", settings: { ipap: 18, epap: 6 } });
      vent(bed, 30);
      bed.run(60, () => {
        const apnea_duration = bed.second - 20;
        bed.samples("vent", treated(bed.second, { pressure_peak: peak, apnea_duration, resp_rate: 0 }));
      });
      expect(bed.open("VENT_APNEA")).toBeDefined();
      expect(bed.open("VENT_PRESSURE_LOW") !== undefined).toBe(rings);
    }
  });

  test("rings DATA_STALE at once and high when it loses its data", () => {
    const bed = bedWith();
    bed.hear("vent", { kind: "settings", settings: { ipap: 18 } });
    vent(bed, 10);
    vent(bed, 3, { pressure_peak: 9 });
    bed.run(20);
    expect(bed.lines()).toEqual(["23 occurred DATA_STALE high"]);
  });
});

describe("a bed without a ventilator", () => {
  test("says that nothing watches the breathing", () => {
    const bed = new Bedside().at(96, 5);
    const { unknown } = bed.fold;
    const blind = unknown.filter(({ why }) => why === "no_source").map(({ condition }) => condition);
    expect(blind).toEqual(
      expect.arrayContaining([
        ...["VENT_REMOTE_ALARM", "VENT_APNEA", "VENT_DISCONNECT", "VENT_OBSTRUCTION", "VENT_PRESSURE_LOW"],
        ...[
          "VENT_PRESSURE_HIGH",
          "VENT_LEAK_HIGH",
          "VENT_LEAK_WARN",
          "LEAK_DESAT",
          "VENT_MV_LOW",
          "VENT_VTE_LOW",
        ],
        ...["VENT_RR_LOW", "VENT_RR_HIGH", "VENT_OFF_EXPECTED"],
      ]),
    );
  });

  test("a signal that is unsupported is no apnoea", () => {
    const bed = bedWith();
    vent(bed, 100, { apnea_duration: absent("unsupported"), resp_rate: 14 });
    expect(bed.lines()).toEqual([]);
  });
});

describe("two devices for one signal", () => {
  const second = { ...OXIMETER, device: "oxi2" };

  test("the first in rank counts while it is fresh", () => {
    const bed = new Bedside({ sources: [OXIMETER, second] });
    bed.run(60, () => {
      bed.oxi(97);
      bed.samples("oxi2", { spo2: 70, pulse_rate: 60 + (bed.second % 5) });
    });
    expect(bed.lines("SPO2_LOW", "SPO2_CRIT")).toEqual([]);
  });

  test("the next takes over without a gap when it falls silent or measures nothing", () => {
    for (const first of [() => undefined, (bed: Bedside) => bed.oxi(GONE, GONE)]) {
      const bed = new Bedside({ sources: [OXIMETER, second] });
      bed.run(30, () => {
        bed.oxi(97);
        bed.samples("oxi2", { spo2: 85, pulse_rate: 60 + (bed.second % 5) });
      });
      bed.run(50, () => {
        first(bed);
        bed.samples("oxi2", { spo2: 85, pulse_rate: 60 + (bed.second % 5) });
      });
      expect(bed.notices.filter(({ condition }) => condition === "SPO2_LOW")).toEqual([]);
      expect(bed.open("SPO2_LOW")).toBeDefined();
      expect(bed.fold.open.some(({ subject }) => subject === "oxi")).toBe(true);
    }
  });
});
