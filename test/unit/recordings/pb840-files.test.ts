// Every Puritan Bennett 840 file, the malformed ones too: what is good is used, what is bad is counted.
import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { puritanBennett840Waveform } from "../../../devices/puritan-bennett-840-waveform/module.ts";
import { lineText } from "../../../src/wire/line.ts";
import { type Arrival, type Decoded, decode } from "../../support/decode.ts";
import { unzipped } from "../../support/pb840-recordings.ts";
import { recordings } from "../../support/require.ts";

const ventmap = recordings("pb840-ventmap");
const ventmode = recordings("pb840-ventmode");

interface Expected {
  /** Lines understood: samples, BS and BE. */
  readonly lines: number;
  readonly samples: number;
  /** Breath readings; complete breaths where it differs, since at most one a second is sent. */
  readonly breaths: number;
  readonly rejects: { readonly [reason: string]: number };
}

const FILES: { readonly [file: string]: Expected } = {
  "0149_2016-02-17-08-38-13_1.csv_test.gz": { lines: 47_656, samples: 47_018, breaths: 319, rejects: {} },
  "ards-alone.csv.test.gz": { lines: 1_017, samples: 999, breaths: 9, rejects: {} },
  "ards-with-copd-and-neg-flows.csv.test.gz": { lines: 1_086, samples: 1_076, breaths: 5, rejects: {} },
  "breath_meta_test1.csv.test.gz": { lines: 467, samples: 463, breaths: 2, rejects: {} },
  // Joined in the middle of a breath, cut off in the middle of one. Its 12 breaths last half a second each, so that
  // 6 of them have been sent when it ends.
  "file_without_be_at_end.csv.test.gz": {
    lines: 510,
    samples: 484,
    breaths: 6,
    rejects: {
      "front of the line missing": 1,
      "breath not counted: begins nowhere": 1,
      "breath not counted: its end is missing": 1,
    },
  },
  "jimmy-example-data.csv.test.gz": { lines: 4_701, samples: 4_669, breaths: 16, rejects: {} },
  // Five damaged lines in two breaths of some 300: both are used.
  "speedup-bad-row-error-case.csv.test.gz": {
    lines: 4_696,
    samples: 4_664,
    breaths: 16,
    rejects: { "not a waveform line": 3, "one value instead of two": 2 },
  },
  // A tail without its BS, a breath of two damaged lines, and two good ones.
  "speedup-multi-bad-first-lines-error-case.csv.test.gz": {
    lines: 600,
    samples: 593,
    breaths: 2,
    rejects: {
      "front of the line missing": 1,
      "one value instead of two": 14,
      "breath not counted: begins nowhere": 1,
      "breath not counted: too few samples": 1,
    },
  },
  "speedup-null-breath-data-error-case.csv.test.gz": {
    lines: 612,
    samples: 605,
    breaths: 2,
    rejects: {
      "front of the line missing": 1,
      "one value instead of two": 2,
      "breath not counted: begins nowhere": 1,
      "breath not counted: too few samples": 1,
    },
  },
  "vent-file-with-timestamp.csv.test.gz": { lines: 408, samples: 400, breaths: 4, rejects: {} },
};

const PATIENTS: { readonly [file: string]: Expected } = {
  "c8aed3b6a6264a478ef69d43e574bd39-rpi11-2205-01-13-07-15-42.801574.csv.gz": {
    lines: 172_025,
    samples: 169_705,
    breaths: 1_160,
    rejects: {},
  },
  "dbd6facac8b1488a89d51c17b12fbc1a-rpi22-2194-10-01-11-18-13.983066.csv.gz": {
    lines: 164_404,
    samples: 161_692,
    breaths: 1_356,
    rejects: {},
  },
  // Begins with 906 NUL bytes; ends in the middle of a breath, which is not told from one under way.
  "e9c6f89cd8924595b7f4954d7bb1289c-rpi5-2158-10-19-09-37-53.667942.csv.gz": {
    lines: 30_526,
    samples: 30_075,
    breaths: 225,
    rejects: { "idle line": 1 },
  },
};

const device = puritanBennett840Waveform;

const play = (bytes: Uint8Array): Promise<Decoded> => decode(device, device.paced!(bytes));

const bodies = (decoded: Decoded) => decoded.readings.map(({ body }) => body);

/** Readings without the times at which bytes arrived. */
const timeless = (decoded: Decoded): unknown[] =>
  bodies(decoded).map((body) =>
    body.kind === "breath" ? { ...body, breath: { ...body.breath, start: 0, end: 0 } } : body,
  );

async function check(file: string, expected: Expected): Promise<void> {
  const decoded = await play(unzipped(file));
  expect(decoded.frames).toBe(expected.lines);
  expect(decoded.rejects).toEqual(expected.rejects);
  expect(bodies(decoded).filter(({ kind }) => kind === "breath")).toHaveLength(expected.breaths);
  // One second at a time; less than a second waits at the end, and what lies beside a damaged line is left out.
  const waves = bodies(decoded).flatMap((body) => (body.kind === "wave" ? [body.channels.flow!.length] : []));
  const sampled = waves.reduce((sum, count) => sum + count, 0);
  if (Object.keys(expected.rejects).some((reason) => /line|value/.test(reason))) {
    expect(sampled).toBeLessThanOrEqual(expected.samples);
    expect(sampled).toBeGreaterThan(0.8 * expected.samples);
  } else expect(sampled).toBe(expected.samples - (expected.samples % 50));
}

ventmap.test.each(Object.entries(FILES))("%s is read to its end", async (file, expected) => {
  await check(path.join(ventmap.path, file), expected);
});

ventmode.test.each(Object.entries(PATIENTS))("%s is read to its end", async (file, expected) => {
  await check(path.join(ventmode.path, file), expected);
});

ventmap.test("no file of the two folders is left out", () => {
  const logs = [...readdirSync(ventmap.path), ...readdirSync(ventmode.path)].filter(
    (name) => !/breath_meta\.csv_test|breath_meta\.csv\.test|ventmode-output|ps-cpap/.test(name),
  );
  expect(logs.toSorted()).toEqual([...Object.keys(FILES), ...Object.keys(PATIENTS)].toSorted());
});

ventmap.test("at most one reading a second of each kind, in every file", async () => {
  for (const file of Object.keys(FILES)) {
    const last = new Map<string, number>();
    for (const { body, at } of (await play(unzipped(path.join(ventmap.path, file)))).readings) {
      expect(at - (last.get(body.kind) ?? -1_000)).toBeGreaterThanOrEqual(1_000);
      last.set(body.kind, at);
    }
  }
});

ventmap.test("a log cut at every byte gives the same readings as line by line and as one piece", async () => {
  const bytes = unzipped(path.join(ventmap.path, "speedup-bad-row-error-case.csv.test.gz"));
  const port = Buffer.concat([...device.paced!(bytes)].map((chunk) => chunk.bytes));
  const whole = await decode(device, [{ offsetMs: 0, bytes: port }]);
  const byByte = await decode(
    device,
    [...port].map((byte): Arrival => ({ offsetMs: 0, bytes: Uint8Array.of(byte) })),
  );
  expect(timeless(byByte)).toEqual(timeless(whole));
  expect(byByte.rejects).toEqual(whole.rejects);
  expect(timeless(await play(bytes))).toEqual(timeless(whole));
});

ventmap.test("the time stamps of a logger are taken off and nothing else is", () => {
  const chunks = [
    ...device.paced!(unzipped(path.join(ventmap.path, "vent-file-with-timestamp.csv.test.gz"))),
  ];
  const text = lineText(Buffer.concat(chunks.map(({ bytes }) => bytes)));
  expect(text.startsWith("BS, S:14066,\n-13.81, 13.44\n-7.12, 13.51\n")).toBe(true);
  expect(text).not.toMatch(/2015/);
  expect(chunks.map(({ offsetMs }) => offsetMs)).toEqual(chunks.map((_, index) => index * 20));
});

test("a log's lines come 50 a second; BS goes with the sample after it, BE with the one before", () => {
  const log =
    "2016-05-05-13-25-36.944930\nBS, S:1,\n1.00, 5.00\n2.00, 6.00\nBE\nBS, S:2,\nrubbish\n-1.00, 4.00\nBE\n";
  const chunks = [...device.paced!(Buffer.from(log))].map(({ offsetMs, bytes }) => [
    offsetMs,
    lineText(bytes),
  ]);
  expect(chunks).toEqual([
    [0, "BS, S:1,\n1.00, 5.00\n"],
    [20, "2.00, 6.00\nBE\n"],
    [40, "BS, S:2,\nrubbish\n"],
    [60, "-1.00, 4.00\nBE\n"],
  ]);
});
