// The breaths of real patients against what ventMAP and ventmode computed for them, and the driver against a plain
// reading of the files.
import path from "node:path";
import { expect } from "vitest";
import { puritanBennett840Waveform } from "../../../devices/puritan-bennett-840-waveform/module.ts";
import {
  type Breath,
  type BreathWave,
  createBreathDetector,
  inspirationSamples,
  measureBreath,
} from "../../../src/domain/breath.ts";
import { mono } from "../../../src/domain/time.ts";
import { decode } from "../../support/decode.ts";
import { breathsOf, csvRows, unzipped } from "../../support/pb840-recordings.ts";
import { recordings } from "../../support/require.ts";

const ventmap = recordings("pb840-ventmap");
const ventmode = recordings("pb840-ventmode");
const LOG_0149 = "0149_2016-02-17-08-38-13_1.csv_test.gz";
const META_0149 = "0149_2016-02-17-08-38-13_1_v5_1_0__breath_meta.csv_test.gz";

/** Columns of a breath_meta file. */
const META = { number: 1, inspTimeS: 5, rateMin: 7, tvi: 8, tve: 9, maxP: 13, maw: 15, peep: 16 } as const;

type Reference = { readonly [name in keyof typeof META]: number };

/** `extraColumns`: how many more stand before the ratio. */
function referenceOf(cells: readonly string[], extraColumns: number): Reference {
  const cell = (column: number): number => Number(cells[column < 4 ? column : column + extraColumns]);
  return Object.fromEntries(Object.entries(META).map(([name, column]) => [name, cell(column)])) as Reference;
}

const when = { start: mono(0), end: mono(0) };

/** Binary dust must not decide at the edge of a tolerance. */
const within = (value: number, reference: number, tolerance: number): boolean =>
  Math.abs(value - reference) <= tolerance + 1e-9;

const volumesAgree = (breath: Breath, { tvi, tve }: Pick<Reference, "tvi" | "tve">): boolean =>
  within(breath.tidalVolumeInspMl, tvi, Math.max(5, 0.02 * Math.abs(tvi))) &&
  within(breath.tidalVolumeExpMl, tve, Math.max(5, 0.02 * Math.abs(tve)));

/** Reading a log takes a while: each file once. */
function lazily<Value>(make: (file: string) => Value): (file: string) => Value {
  const made = new Map<string, Value>();
  return (file) => {
    if (!made.has(file)) made.set(file, make(file));
    return made.get(file)!;
  };
}

const plainBreaths = lazily((file) => breathsOf(unzipped(file)));

/** What the driver says of a log's breaths. */
const breathsByDriver = lazily(async (file): Promise<readonly Breath[]> => {
  const { readings } = await decode(
    puritanBennett840Waveform,
    puritanBennett840Waveform.paced!(unzipped(file)),
  );
  return readings.flatMap(({ body }) => (body.kind === "breath" ? [body.breath] : []));
});

ventmap.describe("recording 0149, 319 breaths", () => {
  const log = () => plainBreaths(path.join(ventmap.path, LOG_0149));
  const byDriver = () => breathsByDriver(path.join(ventmap.path, LOG_0149));
  const meta = (): readonly Reference[] =>
    csvRows(path.join(ventmap.path, META_0149)).map((cells) => referenceOf(cells, 0));

  /** Which breaths, counted from 1, do not agree. */
  const exceptions = (
    breaths: readonly Breath[],
    agree: (breath: Breath, reference: Reference) => boolean,
  ): number[] => meta().flatMap((row, index) => (agree(breaths[index]!, row) ? [] : [index + 1]));

  ventmap.test("the driver gives every breath, in order, by the ventilator's own number", async () => {
    const breaths = await byDriver();
    expect(breaths).toHaveLength(319);
    expect(breaths.map(({ number }) => number)).toEqual(meta().map(({ number }) => number));
  });

  ventmap.test("rate agrees within 0.01 /min on all", async () => {
    expect(exceptions(await byDriver(), (breath, row) => within(breath.rateMin, row.rateMin, 0.01))).toEqual(
      [],
    );
  });

  ventmap.test("highest pressure agrees within 0.01 cmH2O on all", async () => {
    const agree = (breath: Breath, row: Reference) => within(breath.pressurePeakCmH2o, row.maxP, 0.01);
    expect(exceptions(await byDriver(), agree)).toEqual([]);
  });

  ventmap.test(
    "PEEP agrees within 0.01 on all but three, where the reference lost the inspiration",
    async () => {
      const agree = (breath: Breath, row: Reference) => within(breath.peepCmH2o, row.peep, 0.01);
      expect(exceptions(await byDriver(), agree)).toEqual([8, 275, 299]);
    },
  );

  ventmap.test("inspiratory mean over the reference's own inspiratory time agrees within 0.02 on all", () => {
    const references = meta();
    const breaths = log().map((wave, index) =>
      measureBreath(wave, when, Math.round(references[index]!.inspTimeS * 50)),
    );
    const agree = (breath: Breath, row: Reference) => within(breath.pressureInspMeanCmH2o!, row.maw, 0.02);
    expect(exceptions(breaths, agree)).toEqual([]);
  });

  ventmap.test("mean pressure is the whole breath's, by a plain sum", async () => {
    const breaths = await byDriver();
    log().forEach(({ pressure }, index) => {
      let sum = 0;
      for (const value of pressure) sum += value;
      expect(breaths[index]!.pressureMeanCmH2o).toBeCloseTo(sum / pressure.length, 2);
    });
  });

  ventmap.test("volumes with our own division agree within 5 mL or 2 % on 315 of 319", async () => {
    const breaths = await byDriver();
    const disagree = exceptions(breaths, (breath, row) => volumesAgree(breath, row));
    // 8, 275 and 299: nothing was breathed in, the reference counts the breath out as a negative volume in.
    // 17: ours expires 281.0 mL, the reference 275.1: it leaves out the step at the turn of the flow.
    expect(disagree).toEqual([8, 17, 275, 299]);
    for (const number of [8, 275, 299]) {
      expect(breaths[number - 1]).toMatchObject({ tidalVolumeInspMl: 0, inspTimeS: 0 });
    }
    expect(1 - disagree.length / 319).toBeGreaterThan(0.95);
  });

  ventmap.test("our division falls on the reference's sample on all but the three that it lost", () => {
    const waves = log();
    const differs = meta().flatMap(({ inspTimeS }, index) =>
      inspirationSamples(waves[index]!) === Math.round(inspTimeS * 50) ? [] : [index + 1],
    );
    expect(differs).toEqual([8, 275, 299]);
  });

  ventmap.test(
    "314 breaths are found in the bare flow, 95 % of them within 0.2 s of the ventilator's BS",
    () => {
      const flow: number[] = [];
      const begins: number[] = [];
      const found: BreathWave[] = [];
      const detector = createBreathDetector(50);
      for (const wave of log()) {
        begins.push(flow.length);
        wave.flow.forEach((value, i) => {
          flow.push(value);
          const breath = detector.push(value, wave.pressure[i]!);
          if (breath !== undefined) found.push(breath);
        });
      }
      expect(found).toHaveLength(314);
      // They follow one another without a gap, so that the place of the first tells all.
      let at = flow.findIndex((_, i) => found[0]!.flow.every((value, k) => flow[i + k] === value));
      let close = 0;
      for (const wave of found) {
        if (begins.some((begin) => Math.abs(begin - at) <= 10)) close += 1;
        at += wave.flow.length;
      }
      expect(close / found.length).toBeGreaterThan(0.95);
    },
  );
});

ventmap.describe("other files with reference numbers", () => {
  ventmap.test.each([
    ["breath_meta_test1.csv.test.gz", "breath_meta_test1.csv_v5_1_0__breath_meta.csv_test.gz", 0, []],
    // One more column, BE, before the ratio. Breaths 2 to 4: between 13 and -48 L/min in one step, which the
    // reference leaves out of the volume breathed out.
    [
      "vent-file-with-timestamp.csv.test.gz",
      "vent-file-with-timestamp_v5_1_0__breath_meta.csv.test.gz",
      1,
      [14067, 14068, 14069],
    ],
  ])("%s: rate and pressures agree on all, volumes on most", async (log, reference, extraColumns, apart) => {
    const breaths = await breathsByDriver(path.join(ventmap.path, log));
    const rows = csvRows(path.join(ventmap.path, reference)).map((cells) => referenceOf(cells, extraColumns));
    expect(breaths.map(({ number }) => number)).toEqual(rows.map(({ number }) => number));
    const disagree: (number | undefined)[] = [];
    rows.forEach((row, index) => {
      const breath = breaths[index]!;
      expect(within(breath.rateMin, row.rateMin, 0.01)).toBe(true);
      expect(within(breath.pressurePeakCmH2o, row.maxP, 0.01)).toBe(true);
      expect(within(breath.peepCmH2o, row.peep, 0.01)).toBe(true);
      expect(within(breath.tidalVolumeInspMl, row.tvi, 5)).toBe(true);
      expect(within(breath.tidalVolumeExpMl, row.tve, 9)).toBe(true);
      if (!volumesAgree(breath, row)) disagree.push(breath.number);
    });
    expect(disagree).toEqual(apart);
  });
});

ventmode.describe("three patients of ventmode", () => {
  const patients = [
    {
      mode: "pressure control and support",
      log: "c8aed3b6a6264a478ef69d43e574bd39-rpi11-2205-01-13-07-15-42.801574",
      labels: "_1-ventmode-output.csv.gz",
      breaths: 1160,
      apart: [],
      found: 1083,
    },
    {
      mode: "pressure support and CPAP",
      log: "dbd6facac8b1488a89d51c17b12fbc1a-rpi22-2194-10-01-11-18-13.983066",
      labels: "_1_1to1356-ps-cpap.csv.gz",
      breaths: 1356,
      // 425 and 394 mL breathed out against 417 and 385: the step at the turn again.
      apart: [14478, 14488],
      found: 1353,
    },
    {
      mode: "volume control, breaths stacked",
      log: "e9c6f89cd8924595b7f4954d7bb1289c-rpi5-2158-10-19-09-37-53.667942",
      labels: "_1-ventmode-output.csv.gz",
      breaths: 225,
      apart: [],
      found: 148,
    },
  ];

  ventmode.test.each(patients)("$mode: volumes agree with ventmode's within 5 mL or 2 %", async (patient) => {
    const breaths = await breathsByDriver(path.join(ventmode.path, `${patient.log}.csv.gz`));
    expect(breaths).toHaveLength(patient.breaths);
    const rows = new Map(
      csvRows(path.join(ventmode.path, patient.log + patient.labels)).map((cells) => [
        Number(cells[1]),
        cells,
      ]),
    );
    const disagree = breaths.filter((breath) => {
      const cells = rows.get(breath.number!)!;
      return !volumesAgree(breath, { tvi: Number(cells[4]), tve: Number(cells[7]) });
    });
    expect(disagree.map(({ number }) => number)).toEqual(patient.apart);
  });

  // Missing from the ventilator's own count: the first and the last, triggers that moved less than 25 mL, and in the
  // third the 75 breaths stacked on another without a breath out between them.
  ventmode.test.each(patients)("$mode: $found breaths are found in the bare flow of $breaths", (patient) => {
    const detector = createBreathDetector(50);
    let found = 0;
    for (const { flow, pressure } of plainBreaths(path.join(ventmode.path, `${patient.log}.csv.gz`))) {
      for (let i = 0; i < flow.length; i++) {
        if (detector.push(flow[i]!, pressure[i]!) !== undefined) found += 1;
      }
    }
    expect(found).toBe(patient.found);
  });
});
