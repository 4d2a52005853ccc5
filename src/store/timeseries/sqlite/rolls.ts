import { MINUTE_MS } from "../../../domain/time.ts";
import type { Columns } from "./columns.ts";
import { SAID_VALUE } from "./signals.ts";
import { ByteReader, ByteWriter } from "./varint.ts";

/** Above any count of signals, which is what the first format began with. */
const MARK = 0x40;

/**
 * With fewer rows than this, a row every five seconds, a chunk has no roll-ups: reading its rows costs no more, and of a
 * device that speaks every ten seconds they were two fifths of the file. The column is empty then.
 */
const ROWS_FOR_ROLLS = 120;

export const hasRolls = ({ times }: Columns): boolean => times.length >= ROWS_FOR_ROLLS;

/** Takes one stretch of one signal: integers of its resolution. */
export type AddRoll = (at: number, count: number, min: number, max: number, sum: number) => void;

/**
 * The minutes of some rows that have values, per signal:
 *
 *     0x40 | first minute | signals, then per signal: code | block: minutes, then per minute:
 *     minutes since the one before | count, least: difference to the one before | range | sum above count x least
 */
export function encodeRolls(columns: Columns): Uint8Array {
  const base = Math.floor((columns.times[0] ?? 0) / MINUTE_MS);
  const minutes = columns.times.map((at) => Math.floor(at / MINUTE_MS) - base);
  const out = new ByteWriter();
  const used = [...columns.signals].filter(([, { states }]) => states.includes(SAID_VALUE));
  out.unsigned(MARK);
  out.unsigned(base);
  out.unsigned(used.length);
  const block = new ByteWriter();
  for (const [code, { states, integers }] of used) {
    block.clear();
    let before = { minute: 0, count: 0, min: 0 };
    rollUp(minutes, states, integers, (minute, count, min, max, sum) => {
      block.unsigned(minute - before.minute);
      block.signed(count - before.count);
      block.signed(min - before.min);
      block.unsigned(max - min);
      block.unsigned(sum - count * min);
      before = { minute, count, min };
    });
    out.unsigned(code);
    out.block(block.view());
  }
  return out.done();
}

/** Groups rows by a key that ascends with them; groups without a value are left out. */
function rollUp(keys: Float64Array, states: Uint8Array, integers: Float64Array, add: AddRoll): void {
  let key = -1;
  let [count, min, max, sum] = [0, 0, 0, 0];
  for (let row = 0; row < keys.length; row++) {
    if (states[row] !== SAID_VALUE) continue;
    const value = integers[row] ?? 0;
    if (keys[row] !== key) {
      if (count > 0) add(key, count, min, max, sum);
      key = keys[row] ?? 0;
      [count, min, max, sum] = [0, value, value, 0];
    }
    count += 1;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count > 0) add(key, count, min, max, sum);
}

/** Gives the minutes of the wanted signals, each with the time it begins. Throws RangeError on a damaged block. */
export function readRolls(bytes: Uint8Array, wanted: ReadonlyMap<number, AddRoll>): void {
  const input = new ByteReader(bytes);
  const first = input.unsigned();
  if (first !== MARK) {
    readFirstRolls(input, first, wanted);
    return;
  }
  const base = input.unsigned();
  for (let signals = input.unsigned(); signals > 0; signals--) {
    const add = wanted.get(input.unsigned());
    const block = input.block();
    if (add === undefined) continue;
    const reader = new ByteReader(block);
    let [minute, count, min] = [base, 0, 0];
    while (reader.at < block.length) {
      minute += reader.unsigned();
      count += reader.signed();
      min += reader.signed();
      const max = min + reader.unsigned();
      add(minute * MINUTE_MS, count, min, max, reader.unsigned() + count * min);
    }
  }
}

/** The format of files of schema 1. */
function readFirstRolls(input: ByteReader, signals: number, wanted: ReadonlyMap<number, AddRoll>): void {
  for (let left = signals; left > 0; left--) {
    const add = wanted.get(input.unsigned());
    for (let minutes = input.unsigned(); minutes > 0; minutes--) {
      const at = input.unsigned() * MINUTE_MS;
      const count = input.unsigned();
      const min = input.signed();
      const max = min + input.unsigned();
      const sum = input.signed();
      add?.(at, count, min, max, sum);
    }
  }
}
