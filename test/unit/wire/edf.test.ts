import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type EdfHeader,
  edfHeaderBytes,
  edfLayout,
  rawSample,
  readEdfHeader,
  recordsIn,
  setRawSample,
  stepOf,
  toPhysical,
  toRaw,
  writeEdfHeader,
} from "../../../src/wire/edf.ts";
import { readAnnotations, writeAnnotations } from "../../../src/wire/edf-annotations.ts";

const HEADER: EdfHeader = {
  patient: "X X X X",
  recording: "Startdate 02-FEB-2025 X X X",
  start: { year: 2025, month: 2, day: 2, hour: 22, minute: 37, second: 25 },
  reserved: "EDF",
  records: -1,
  recordSeconds: 60,
  signals: [
    {
      label: "Flow",
      dimension: "L/s",
      physicalMin: -2,
      physicalMax: 3,
      digitalMin: -1000,
      digitalMax: 1500,
      samples: 4,
    },
    {
      label: "Temp",
      dimension: "°C",
      physicalMin: 16,
      physicalMax: 30,
      digitalMin: 160,
      digitalMax: 300,
      samples: 1,
      prefilter: "HP:0.1Hz",
      reserved: "x",
    },
  ],
};

/** The header with other characters at a place. */
function altered(at: number, text: string): Uint8Array {
  const bytes = writeEdfHeader(HEADER);
  bytes.set(new TextEncoder().encode(text), at);
  return bytes;
}

describe("an EDF header", () => {
  test("is read as it was written, with a degree sign in Latin-1", () => {
    const bytes = writeEdfHeader(HEADER);
    expect(bytes.length).toBe(256 + 2 * 256);
    expect(readEdfHeader(bytes)).toEqual(HEADER);
    expect([...bytes].filter((byte) => byte === 0xb0)).toHaveLength(1);
  });

  test("stands where the format says", () => {
    const text = new TextDecoder("latin1").decode(writeEdfHeader(HEADER));
    expect(text.slice(0, 8)).toBe("0       ");
    expect(text.slice(168, 184)).toBe("02.02.2522.37.25");
    expect(text.slice(184, 192)).toBe("768     ");
    expect(text.slice(236, 256)).toBe("-1      60      2   ");
    expect(text.slice(256, 288)).toBe("Flow            Temp            ");
    expect(text.slice(256 + 2 * (16 + 80 + 8 + 8 + 8 + 8 + 8 + 80)).slice(0, 16)).toBe("4       1       ");
  });

  test.each([
    ["no zero at the beginning", altered(0, "1"), "not an EDF file"],
    ["a header length of its own", altered(184, "512     "), "a header length that does not fit its signals"],
    ["ten thousand signals", altered(252, "9999"), "an absurd number of signals"],
    ["no signal", altered(252, "0   "), "an absurd number of signals"],
    ["minus two records", altered(236, "-2      "), "an absurd number of records"],
    ["a count that is no number", altered(236, "many    "), "an absurd number of records"],
    ["a record of a year", altered(244, "31536000"), "an absurd duration of a record"],
    ["a negative duration", altered(244, "-1      "), "an absurd duration of a record"],
    ["the 31st of February", altered(168, "31.02.25"), "a start that is no date and time"],
    ["a 25th hour", altered(176, "25.00.00"), "a start that is no date and time"],
    ["a digital range upside down", altered(256 + 2 * 120, "2000    "), "a digital range that is no range"],
    ["a physical range of nothing", altered(256 + 2 * 104, "3       "), "a physical range that is no range"],
    ["an infinite physical range", altered(256 + 2 * 104, "1e999   "), "a physical range that is no range"],
    ["a million samples and more", altered(256 + 2 * 216, "99999999"), "an absurd number of samples"],
  ])("with %s is refused", (_what, bytes, reason) => {
    expect(readEdfHeader(bytes)).toBe(reason);
  });

  test("that is cut off anywhere is refused, never half believed", () => {
    const bytes = writeEdfHeader(HEADER);
    for (let length = 0; length < bytes.length; length += 7) {
      expect(readEdfHeader(bytes.subarray(0, length))).toBeTypeOf("string");
    }
    expect(edfHeaderBytes(bytes.subarray(0, 256))).toBe(768);
  });

  test("whatever its bytes are, reading it does not throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1024 }), fc.nat(767), (noise, at) => {
        const bytes = writeEdfHeader(HEADER);
        bytes.set(noise.subarray(0, bytes.length - at), at);
        readEdfHeader(bytes);
        readEdfHeader(noise);
      }),
    );
  });

  test("of the last century is told by the recording field, else by the two digits", () => {
    const year = (bytes: Uint8Array): unknown => {
      const read = readEdfHeader(bytes);
      return typeof read === "object" ? read.start.year : read;
    };
    expect(year(writeEdfHeader({ ...HEADER, recording: "", start: { ...HEADER.start, year: 1999 } }))).toBe(
      1999,
    );
    expect(year(writeEdfHeader({ ...HEADER, recording: "", start: { ...HEADER.start, year: 2084 } }))).toBe(
      2084,
    );
    expect(year(altered(88 + 17, "2085").fill(0x38, 174, 175))).toBe(2085);
  });

  test("with a number that does not fit its field is not written", () => {
    expect(() => writeEdfHeader({ ...HEADER, recordSeconds: 1 / 3 })).toThrow(RangeError);
  });
});

describe("records", () => {
  const layout = edfLayout(HEADER);

  test("are counted by the length of the file, not by the header", () => {
    expect(layout).toEqual({ headerBytes: 768, recordBytes: 10, offsets: [0, 8] });
    expect([0, 768, 777, 778, 797, 798].map((bytes) => recordsIn(layout, bytes))).toEqual([0, 0, 0, 1, 2, 3]);
  });

  test("hold samples with a sign, the lower byte first", () => {
    const record = new Uint8Array(layout.recordBytes);
    setRawSample(record, layout, { signal: 0, index: 3 }, -2);
    setRawSample(record, layout, { signal: 1, index: 0 }, 258);
    expect([...record]).toEqual([0, 0, 0, 0, 0, 0, 0xfe, 0xff, 2, 1]);
    expect(rawSample(record, layout, 0, 3)).toBe(-2);
    expect(rawSample(record, layout, 1, 0)).toBe(258);
    expect(rawSample(record, layout, 7, 0)).toBe(0);
  });

  test("are scaled along the line between the two ranges, and back within them", () => {
    const [flow] = HEADER.signals;
    if (flow === undefined) throw new Error("no flow");
    expect(stepOf(flow)).toBeCloseTo(0.002, 12);
    expect(toPhysical(flow, -1000)).toBe(-2);
    expect(toPhysical(flow, 1500)).toBeCloseTo(3, 12);
    expect(toPhysical(flow, 0)).toBeCloseTo(0, 12);
    expect(toRaw(flow, 99)).toBe(1500);
    expect(toRaw(flow, -99)).toBe(-1000);
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1500 }), (raw) => {
        expect(toRaw(flow, toPhysical(flow, raw))).toBe(raw);
      }),
    );
  });
});

describe("annotations", () => {
  test("are read with onset, duration and several texts; the record's own time is none", () => {
    const bytes = new TextEncoder().encode(
      "+0\x14\x14\0+12.5\x1510\x14Apnea\x14again\x14\0-3\x14early\x14\0\0\0",
    );
    expect(readAnnotations(bytes)).toEqual([
      { onsetSeconds: 12.5, durationSeconds: 10, text: "Apnea" },
      { onsetSeconds: 12.5, durationSeconds: 10, text: "again" },
      { onsetSeconds: -3, text: "early" },
    ]);
  });

  test.each([
    ["an onset without a sign", "12\x14Apnea\x14\0"],
    ["no end of the text", "+12\x14Apnea\0"],
    ["an onset of a hundred digits", `+${"9".repeat(100)}\x14Apnea\x14\0`],
    ["nothing at all", "\0\0\0"],
  ])("with %s are passed over", (_what, text) => {
    const bytes = new TextEncoder().encode(`${text}+7\x14kept\x14\0`);
    expect(readAnnotations(bytes)).toEqual([{ onsetSeconds: 7, text: "kept" }]);
  });

  test("with a duration that is no number keep the rest", () => {
    const bytes = new TextEncoder().encode("+12\x15ten\x14Apnea\x14\0");
    expect(readAnnotations(bytes)).toEqual([{ onsetSeconds: 12, text: "Apnea" }]);
  });

  test("are read as they were written, and not written where they do not fit", () => {
    const annotations = [
      { onsetSeconds: 25_118, durationSeconds: 13, text: "Central Apnea" },
      { onsetSeconds: -2, text: "early" },
    ];
    expect(readAnnotations(writeAnnotations(0, annotations, 64))).toEqual(annotations);
    expect(() => writeAnnotations(0, annotations, 30)).toThrow(RangeError);
  });

  test("whatever the bytes are, reading them does not throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => void readAnnotations(noise)));
  });
});
