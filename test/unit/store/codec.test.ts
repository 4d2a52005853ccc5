import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ABSENCES, absent, measured } from "../../../src/domain/sample.ts";
import { SIGNALS } from "../../../src/domain/signal.ts";
import {
  chunkRows,
  decodeChunk,
  decodeRolls,
  encodeChunk,
  encodeRolls,
  fromInteger,
  SIGNAL_CODES,
  uncodedSignals,
} from "../../../src/store/timeseries/sqlite/chunk.ts";
import {
  ByteReader,
  ByteWriter,
  readDeltas,
  writeDeltas,
} from "../../../src/store/timeseries/sqlite/varint.ts";
import { decodeWave, encodeWave } from "../../../src/store/timeseries/sqlite/wave.ts";

const cellOf = (code: number) => {
  const id = SIGNAL_CODES[code] ?? "spo2";
  const { min, max } = SIGNALS[id];
  return fc.oneof(
    { weight: 4, arbitrary: fc.double({ min, max, noNaN: true }).map((value) => measured(id, value)) },
    { weight: 1, arbitrary: fc.constantFrom(...ABSENCES).map(absent) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
};
const rows = fc
  .array(
    fc.record({
      step: fc.integer({ min: 1, max: 3_000 }),
      simulated: fc.boolean(),
      cells: fc.tuple(...SIGNAL_CODES.map((_id, code) => cellOf(code))),
    }),
    { maxLength: 40 },
  )
  .map((list) => {
    let at = 1_700_000_000_000;
    return list.map(({ step, simulated, cells }) => ({
      at: (at += step),
      simulated,
      cells,
    }));
  });

describe("the chunk codec", () => {
  test("every signal has a code", () => {
    expect(uncodedSignals()).toEqual([]);
  });

  test("gives back what was put in, values to their resolution, reasons to the letter", () => {
    fc.assert(
      fc.property(rows, (list) => {
        expect(chunkRows(decodeChunk(encodeChunk(list)))).toEqual(list);
      }),
    );
  });

  test("roll-ups say the count, least, greatest and sum of each minute", () => {
    fc.assert(
      fc.property(rows, (list) => {
        const rolls = decodeRolls(encodeRolls(list));
        SIGNAL_CODES.forEach((_id, code) => {
          const byMinute = Map.groupBy(
            list.filter((row) => typeof row.cells[code] === "number"),
            (row) => Math.floor(row.at / 60_000),
          );
          const expected = [...byMinute].map(([minute, inside]) => {
            const values = inside.map((row) => Number(row.cells[code]));
            return [minute, values.length, Math.min(...values), Math.max(...values)];
          });
          const found = (rolls.get(code) ?? []).map((roll) => [
            roll.minute,
            roll.count,
            fromInteger(code, roll.min),
            fromInteger(code, roll.max),
          ]);
          expect(found).toEqual(expected);
        });
      }),
      { numRuns: 40 },
    );
  });

  test("a chunk that was cut short is refused, not misread", () => {
    const bytes = encodeChunk([{ at: 1_700_000_000_000, simulated: false, cells: [97, 60] }]);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeChunk(bytes.subarray(0, length))).toThrow(RangeError);
    }
  });
});

test("differences of any integers come back", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer(), fc.constant(0), fc.integer({ min: -9e12, max: 9e12 }))),
      (values) => {
        const out = new ByteWriter();
        writeDeltas(out, values);
        expect(readDeltas(new ByteReader(out.done()), values.length)).toEqual(values);
      },
    ),
  );
});

test("waveforms come back to a hundredth", () => {
  const flow = [0.87, -31.02, 12.5, 12.5, 12.5, 0, -0.01];
  const pleth = [0, 3, 255, 3];
  expect(decodeWave(encodeWave({ flow, pleth }))).toEqual({ flow, pleth });
});
