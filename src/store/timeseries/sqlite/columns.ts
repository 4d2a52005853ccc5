import { SAID_NOTHING } from "./signals.ts";

/** Rows of one device by columns of one length, ascending in time, times unique. */
export interface Columns {
  /** Wall milliseconds. */
  readonly times: Float64Array;
  /** 0 or 1. */
  readonly simulated: Uint8Array;
  /** By signal code; only signals that some row speaks of, or that were asked for. */
  readonly signals: ReadonlyMap<number, Column>;
}

export interface Column {
  /** See `stateOf`. */
  readonly states: Uint8Array;
  /** Integers of the signal's resolution; 0 where there is no value. */
  readonly integers: Float64Array;
}

/** Fills columns row by row; rows may come in any order of time. */
export class ColumnsBuilder {
  readonly #times: Float64Array;
  readonly #simulated: Uint8Array;
  readonly #signals = new Map<number, { states: Uint8Array; integers: Float64Array }>();
  #rows = 0;

  constructor(rows: number) {
    this.#times = new Float64Array(rows);
    this.#simulated = new Uint8Array(rows);
  }

  /** Begins a row; cells that follow belong to it. */
  row(at: number, simulated: boolean): void {
    this.#times[this.#rows] = at;
    this.#simulated[this.#rows] = Number(simulated);
    this.#rows += 1;
  }

  cell(code: number, state: number, integer: number): void {
    let column = this.#signals.get(code);
    if (column === undefined) {
      const { length } = this.#times;
      column = { states: new Uint8Array(length), integers: new Float64Array(length) };
      this.#signals.set(code, column);
    }
    column.states[this.#rows - 1] = state;
    column.integers[this.#rows - 1] = integer;
  }

  /** Sorted by time; of rows of the same instant the first that came counts. */
  done(): Columns {
    const order = Array.from({ length: this.#rows }, (_, row) => row);
    const times = this.#times;
    let sorted = this.#rows === times.length;
    for (let row = 1; row < this.#rows && sorted; row++) sorted = (times[row - 1] ?? 0) < (times[row] ?? 0);
    const built = { times, simulated: this.#simulated, signals: this.#signals };
    if (sorted) return built;
    order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
    return pick(
      built,
      order.filter((row, index) => index === 0 || times[row] !== times[order[index - 1] ?? 0]),
    );
  }
}

/** Two sets of rows as one; where both have an instant the first counts. */
export function mergeColumns(first: Columns, second: Columns): Columns {
  if (second.times.length === 0) return first;
  if (first.times.length === 0) return second;
  const builder = new ColumnsBuilder(first.times.length + second.times.length);
  for (const columns of [first, second]) {
    const signals = [...columns.signals];
    for (let row = 0; row < columns.times.length; row++) {
      builder.row(columns.times[row] ?? 0, columns.simulated[row] === 1);
      for (const [code, { states, integers }] of signals) {
        const state = states[row] ?? SAID_NOTHING;
        if (state !== SAID_NOTHING) builder.cell(code, state, integers[row] ?? 0);
      }
    }
  }
  return builder.done();
}

/** The rows of `from` <= time < `to`; the same object when that is all of them. */
export function between(columns: Columns, from: number, to: number): Columns {
  const { times } = columns;
  const [first = Infinity, last = -Infinity] = [times[0], times.at(-1)];
  if (first >= from && last < to) return columns;
  const rows: number[] = [];
  times.forEach((at, row) => {
    if (at >= from && at < to) rows.push(row);
  });
  return pick(columns, rows);
}

function pick(columns: Columns, rows: readonly number[]): Columns {
  const signals = new Map<number, Column>();
  for (const [code, { states, integers }] of columns.signals) {
    signals.set(code, {
      states: Uint8Array.from(rows, (row) => states[row] ?? 0),
      integers: Float64Array.from(rows, (row) => integers[row] ?? 0),
    });
  }
  return {
    times: Float64Array.from(rows, (row) => columns.times[row] ?? 0),
    simulated: Uint8Array.from(rows, (row) => columns.simulated[row] ?? 0),
    signals,
  };
}
