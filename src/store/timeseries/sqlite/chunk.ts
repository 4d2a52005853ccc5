import { MINUTE_MS } from "../../../domain/time.ts";
import type { Column, Columns } from "./columns.ts";
import { SAID_VALUE, signalOf } from "./signals.ts";
import { ByteReader, ByteWriter, readDeltas, writeDeltas } from "./varint.ts";

/**
 * Ten minutes of one device, by columns:
 *
 *     2 | rows | first time (ms) | usual step (ms) | steps less the usual one (deltas of runs) | simulated (deltas)
 *       | signals, then per signal: code | block: states of all rows (deltas) | integers of the rows with a value
 *
 * States and integers: signals.ts. The first format (1, of files of schema 1) had times as plain deltas and no
 * blocks.
 */
export const CHUNK_MS = 10 * MINUTE_MS;

const VERSION = 2;
const FIRST_VERSION = 1;

export function encodeChunk(columns: Columns): Uint8Array {
  const { times, simulated, signals } = columns;
  const out = new ByteWriter();
  out.unsigned(VERSION);
  out.unsigned(times.length);
  writeTimes(out, times);
  writeDeltas(out, simulated);
  out.unsigned(signals.size);
  const block = new ByteWriter();
  for (const [code, { states, integers }] of signals) {
    block.clear();
    writeDeltas(block, states);
    writeDeltas(
      block,
      integers.filter((_integer, row) => states[row] === SAID_VALUE),
    );
    out.unsigned(code);
    out.block(block.view());
  }
  return out.done();
}

/** Rows come at a steady pace with a jitter of milliseconds: against the usual step both cost one byte or none. */
function writeTimes(out: ByteWriter, times: Float64Array): void {
  const steps = times.subarray(1).map((at, index) => at - (times[index] ?? 0));
  const usual = steps.toSorted()[steps.length >> 1] ?? 0;
  out.unsigned(times[0] ?? 0);
  out.unsigned(usual);
  for (let row = 0; row < steps.length; ) {
    const off = (steps[row] ?? 0) - usual;
    out.signed(off);
    row += 1;
    if (off !== 0) continue;
    let run = 0;
    while (row < steps.length && steps[row] === usual) {
      run += 1;
      row += 1;
    }
    out.unsigned(run);
  }
}

function readTimes(input: ByteReader, rows: number): Float64Array {
  const times = new Float64Array(rows);
  let at = input.unsigned();
  const usual = input.unsigned();
  if (rows > 0) times[0] = at;
  for (let row = 1; row < rows; ) {
    const off = input.signed();
    times[row++] = at += usual + off;
    if (off !== 0) continue;
    for (let run = input.unsigned(); run > 0 && row < rows; run--) times[row++] = at += usual;
  }
  return times;
}

/** Rows that a chunk may say it has: a row for each millisecond. */
const ROWS_MAX = CHUNK_MS;

/** Reads a chunk; only the wanted signal codes when given. Throws RangeError on a damaged one. */
export function decodeChunk(bytes: Uint8Array, wanted?: ReadonlySet<number>): Columns {
  const input = new ByteReader(bytes);
  const version = input.unsigned();
  if (version !== VERSION && version !== FIRST_VERSION) {
    throw new RangeError(`chunk version ${version} is not known here`);
  }
  const rows = input.unsigned();
  if (rows > ROWS_MAX) throw new RangeError(`a stored chunk says that it has ${rows} rows`);
  const times = version === VERSION ? readTimes(input, rows) : readDeltas(input, rows);
  const simulated = Uint8Array.from(readDeltas(input, rows));
  const signals = new Map<number, Column>();
  for (let left = input.unsigned(); left > 0; left--) {
    const code = input.unsigned();
    if (version === FIRST_VERSION) {
      const column = readColumn(input, rows);
      if (wanted?.has(code) !== false) signals.set(code, column);
      continue;
    }
    const block = input.block();
    if (wanted?.has(code) === false) continue;
    signalOf(code);
    signals.set(code, readColumn(new ByteReader(block), rows));
  }
  return { times, simulated, signals };
}

function readColumn(input: ByteReader, rows: number): Column {
  const states = Uint8Array.from(readDeltas(input, rows));
  let count = 0;
  for (const state of states) if (state === SAID_VALUE) count += 1;
  const values = readDeltas(input, count);
  if (count === rows) return { states, integers: values };
  const integers = new Float64Array(rows);
  let next = 0;
  states.forEach((state, row) => {
    if (state === SAID_VALUE) integers[row] = values[next++] ?? 0;
  });
  return { states, integers };
}
