import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ABSENCES, absent, measured, type Sample } from "../../../src/domain/sample.ts";
import { SIGNALS, type SignalId } from "../../../src/domain/signal.ts";
import { wall } from "../../../src/domain/time.ts";
import type { StoredRow } from "../../../src/port/timeseries.ts";
import { CHUNK_MS, decodeChunk, encodeChunk } from "../../../src/store/timeseries/sqlite/chunk.ts";
import {
  between,
  type Columns,
  ColumnsBuilder,
  mergeColumns,
} from "../../../src/store/timeseries/sqlite/columns.ts";
import { keepDevices, packRows, readCells, unpackRows } from "../../../src/store/timeseries/sqlite/packed.ts";
import { encodeRolls, readRolls } from "../../../src/store/timeseries/sqlite/rolls.ts";
import {
  fromInteger,
  SIGNAL_CODES,
  sampleOf,
  uncodedSignals,
} from "../../../src/store/timeseries/sqlite/signals.ts";
import {
  ByteReader,
  ByteWriter,
  readDeltas,
  readRuns,
  writeDeltas,
  writeRuns,
} from "../../../src/store/timeseries/sqlite/varint.ts";
import { decodeWave, encodeWave } from "../../../src/store/timeseries/sqlite/wave.ts";

const T0 = 1_700_000_400_000;

const sample = (id: SignalId) => {
  const { min, max } = SIGNALS[id];
  return fc.oneof(
    { weight: 4, arbitrary: fc.double({ min, max, noNaN: true }).map((value) => measured(id, value)) },
    { weight: 1, arbitrary: fc.constantFrom(...ABSENCES).map(absent) },
  );
};
const samples = fc.record(Object.fromEntries(SIGNAL_CODES.map((id) => [id, sample(id)])), {
  requiredKeys: [],
});
/** Rows of two devices, each ascending in time. */
const rows = fc
  .array(
    fc.record({
      step: fc.oneof(fc.constant(1_000), fc.integer({ min: 1, max: 3_000 })),
      simulated: fc.boolean(),
      device: fc.constantFrom("d1", "d2"),
      samples,
    }),
    { maxLength: 40 },
  )
  .map((list) => {
    let at = T0;
    return list.map(
      ({ step, ...row }, seq): StoredRow => ({ bed: "b1", epoch: "e", seq, at: wall((at += step)), ...row }),
    );
  });

/** As the thread sees them after a commit. */
const columnsOf = (list: readonly StoredRow[]): Columns => {
  const packed = packRows(list);
  if (packed === undefined) return new ColumnsBuilder(0).done();
  const found = unpackRows(packed).rows;
  const builder = new ColumnsBuilder(found.length);
  for (const row of found) readCells(packed, row, builder);
  return builder.done();
};
const samplesIn = ({ times, simulated, signals }: Columns) =>
  Array.from(times, (at, row) => {
    const said: { [id: string]: Sample } = {};
    for (const [code, { states, integers }] of signals) {
      const one = sampleOf(code, states[row] ?? 0, integers[row] ?? 0);
      if (one !== undefined) said[SIGNAL_CODES[code] ?? ""] = one;
    }
    return { at, simulated: simulated[row] === 1, samples: said };
  });
const plain = (list: readonly StoredRow[]) =>
  list.map((row) => ({ at: row.at, simulated: row.simulated, samples: { ...row.samples } }));

describe("the chunk codec", () => {
  test("every signal has a code", () => {
    expect(uncodedSignals()).toEqual([]);
  });

  test("a commit and its chunk give back what was put in, values to their step, reasons to the letter", () => {
    fc.assert(
      fc.property(rows, (list) => {
        const columns = columnsOf(list);
        expect(samplesIn(columns)).toEqual(plain(list));
        expect(samplesIn(decodeChunk(encodeChunk(columns)))).toEqual(plain(list));
      }),
    );
  });

  test("a chunk gives the signals that are asked for, and no others", () => {
    fc.assert(
      fc.property(rows, fc.constantFrom(0, 5, 25), (list, code) => {
        const some = decodeChunk(encodeChunk(columnsOf(list)), new Set([code]));
        const id = SIGNAL_CODES[code] ?? "spo2";
        expect(samplesIn(some).map(({ samples: said }) => said)).toEqual(
          list.map(({ samples: said }) => (said[id] === undefined ? {} : { [id]: said[id] })),
        );
      }),
    );
  });

  test("a commit keeps the rows of those devices that stay, whatever it held", () => {
    fc.assert(
      fc.property(rows, (list) => {
        const packed = packRows(list);
        const kept = packed && keepDevices(packed, ({ device }) => device === "d2");
        const stay = list.filter(({ device }) => device === "d2");
        if (kept === undefined) expect(stay).toEqual([]);
        else {
          const found = unpackRows(kept);
          expect(found.devices).toEqual([{ bed: "b1", device: "d2" }]);
          const builder = new ColumnsBuilder(found.rows.length);
          for (const row of found.rows) readCells(kept, row, builder);
          expect(samplesIn(builder.done())).toEqual(plain(stay));
        }
      }),
    );
  });

  test("rows join by time, the first word for an instant counts; a range cuts them", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 60_000 }), (list, cut) => {
        const first = list.filter((_row, index) => index % 3 !== 0);
        const second = list.filter((_row, index) => index % 3 !== 1).toReversed();
        const denied = second.map((row) => ({ ...row, simulated: !row.simulated }));
        const merged = mergeColumns(columnsOf(first), columnsOf(denied));
        const expected = list.map((row, index) =>
          index % 3 === 0 ? { ...row, simulated: !row.simulated } : row,
        );
        expect(samplesIn(merged)).toEqual(plain(expected));
        expect(samplesIn(between(merged, T0 + cut, T0 + 2 * cut))).toEqual(
          plain(expected.filter(({ at }) => at >= T0 + cut && at < T0 + 2 * cut)),
        );
      }),
    );
  });

  test("roll-ups say the count, least, greatest and sum of each minute", () => {
    fc.assert(
      fc.property(rows, (list) => {
        const found = new Map<number, number[][]>(SIGNAL_CODES.map((_id, code) => [code, []]));
        const adders = new Map(
          [...found].map(([code, into]) => [
            code,
            (at: number, count: number, min: number, max: number, sum: number) =>
              void into.push([
                at,
                count,
                fromInteger(code, min),
                fromInteger(code, max),
                fromInteger(code, sum),
              ]),
          ]),
        );
        readRolls(encodeRolls(columnsOf(list)), adders);
        SIGNAL_CODES.forEach((id, code) => {
          const byMinute = Map.groupBy(
            list.filter(({ samples: said }) => typeof said[id] === "number"),
            ({ at }) => Math.floor(at / 60_000) * 60_000,
          );
          const expected = [...byMinute].map(([minute, inside]) => {
            const values = inside.map(({ samples: said }) => Number(said[id]));
            const sum = values.reduce((a, b) => a + b, 0);
            return [minute, values.length, Math.min(...values), Math.max(...values), expect.closeTo(sum, 6)];
          });
          expect(found.get(code)).toEqual(expected);
        });
      }),
      { numRuns: 40 },
    );
  });

  test("a number that changes costs about a byte, one that stands still and the time nothing", () => {
    const steady = Array.from(
      { length: CHUNK_MS / 1_000 },
      (_, second): StoredRow => ({
        bed: "b1",
        device: "d1",
        epoch: "e",
        seq: second,
        at: wall(T0 + second * 1_000),
        simulated: false,
        samples: { spo2: 96, pulse_rate: 60 + (second % 5), leak: 12 },
      }),
    );
    expect(encodeChunk(columnsOf(steady)).length).toBeLessThan(steady.length * 3);
    const still = steady.map((row) => ({ ...row, samples: { spo2: 96 } }));
    expect(encodeChunk(columnsOf(still)).length).toBeLessThan(40);
  });

  test("a chunk that was cut short is refused, not misread", () => {
    const bytes = encodeChunk(
      columnsOf([
        { bed: "b1", device: "d", epoch: "", seq: 0, at: wall(T0), simulated: false, samples: { spo2: 97 } },
      ]),
    );
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeChunk(bytes.subarray(0, length))).toThrow(RangeError);
    }
  });

  test("no bytes whatever make a chunk endless or too big for memory", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const version of [1, 2]) {
          try {
            const { times } = decodeChunk(Uint8Array.from([version, ...bytes]));
            expect(times.length).toBeLessThanOrEqual(CHUNK_MS);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        }
      }),
    );
  });
});

test("differences of any integers come back", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer(), fc.constant(0), fc.integer({ min: -2e12, max: 2e12 }))),
      (values) => {
        const out = new ByteWriter();
        writeDeltas(out, values);
        expect([...readDeltas(new ByteReader(out.done()), values.length)]).toEqual(values);
        const held = values.flatMap((value, index) => Array<number>(index % 12).fill(value));
        const runs = new ByteWriter();
        writeRuns(runs, held);
        expect([...readRuns(new ByteReader(runs.done()), new Float64Array(held.length))]).toEqual(held);
      },
    ),
  );
});

test("waveforms come back to a hundredth", () => {
  const flow = [0.87, -31.02, 12.5, 12.5, 12.5, 0, -0.01];
  const pleth = [0, 3, 255, 3];
  expect(decodeWave(encodeWave({ flow, pleth }))).toEqual({ flow, pleth });
});
