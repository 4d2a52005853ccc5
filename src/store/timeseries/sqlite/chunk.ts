import { MINUTE_MS } from "../../../domain/time.ts";
import type { Column, Columns } from "./columns.ts";
import { SAID_VALUE, signalOf } from "./signals.ts";
import { ByteReader, ByteWriter, readDeltas, readHeld, readRuns, writeRuns } from "./varint.ts";

/**
 * Ten minutes of one device, by columns:
 *
 *     2 | rows | first time (ms) | usual step (ms) | steps less the usual one | simulated (runs)
 *       | signals, then per signal: code | block: states of all rows (runs) | integers of the rows with a value (runs)
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
  writeRuns(out, simulated);
  out.unsigned(signals.size);
  const block = new ByteWriter();
  for (const [code, { states, integers }] of signals) {
    block.clear();
    writeRuns(block, states);
    writeRuns(
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
  const simulated = new Uint8Array(rows);
  if (version === VERSION) readHeld(input, simulated, 1);
  else simulated.set(readDeltas(input, rows));
  const signals = new Map<number, Column>();
  for (let left = input.unsigned(); left > 0; left--) {
    const code = input.unsigned();
    if (version === FIRST_VERSION) {
      const column = readFirstColumn(input, rows);
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
  const states = new Uint8Array(rows);
  const values = readHeld(input, states, SAID_VALUE);
  return { states, integers: spread(states, readRuns(input, new Float64Array(values))) };
}

function readFirstColumn(input: ByteReader, rows: number): Column {
  const states = Uint8Array.from(readDeltas(input, rows));
  return { states, integers: spread(states, readDeltas(input, valuesIn(states))) };
}

function valuesIn(states: Uint8Array): number {
  let count = 0;
  for (const state of states) if (state === SAID_VALUE) count += 1;
  return count;
}

/** Values to the rows that have one. */
function spread(states: Uint8Array, values: Float64Array): Float64Array {
  if (values.length === states.length) return values;
  const integers = new Float64Array(states.length);
  let next = 0;
  for (let row = 0; row < states.length; row++) {
    if (states[row] === SAID_VALUE) integers[row] = values[next++] ?? 0;
  }
  return integers;
}
