import { ABSENCES, absent, type Sample } from "../../../domain/sample.ts";
import { SIGNAL_IDS, SIGNALS, type SignalId } from "../../../domain/signal.ts";
import { MINUTE_MS } from "../../../domain/time.ts";
import { ByteReader, ByteWriter, readDeltas, writeDeltas } from "./varint.ts";

/**
 * Ten minutes of one device, by columns:
 *
 *     version | rows | times (ms, deltas) | simulated (deltas of 0/1) | signals, then per signal:
 *     signal code | states of all rows (deltas) | values of the rows in state "value" (deltas)
 *
 * A state is 0 not spoken of, 1 a value, 2 + code an absence. Values are integers of the signal's resolution. Signal
 * codes are positions in SIGNAL_CODES, which may only grow.
 */
export const CHUNK_MS = 10 * MINUTE_MS;

const VERSION = 1;

/** One device at one instant as it is stored. */
export interface StoreRow {
  readonly at: number;
  readonly simulated: boolean;
  /** By position in SIGNAL_CODES; undefined: not spoken of. */
  readonly cells: readonly (Sample | undefined)[];
}

/** Order is the file format: append new signals at the end, never move one. */
export const SIGNAL_CODES: readonly SignalId[] = [
  "spo2",
  "pulse_rate",
  "perfusion_index",
  "motion",
  "resp_rate",
  "tidal_volume_insp",
  "tidal_volume_exp",
  "minute_volume",
  "leak",
  "leak_total",
  "pressure_peak",
  "pressure_mean",
  "pressure_insp",
  "pressure_exp",
  "fio2",
  "insp_time",
  "ie_ratio",
  "triggered_percent",
  "apnea_duration",
  "therapy",
  "etco2",
  "tcco2",
  "battery_percent",
  "battery_minutes",
  "mains",
  "remote_alarm",
];

/** Signals that no code exists for; a test keeps this empty. */
export const uncodedSignals = (): readonly SignalId[] =>
  SIGNAL_IDS.filter((id) => !SIGNAL_CODES.includes(id));

const stateOf = (cell: Sample | undefined): number => {
  if (cell === undefined) return 0;
  return typeof cell === "number" ? 1 : 2 + ABSENCES.indexOf(cell.absent);
};

const scaleOf = (code: number): number => {
  const id = SIGNAL_CODES[code];
  if (id === undefined) throw new RangeError(`a stored chunk names the unknown signal ${code}`);
  return 1 / SIGNALS[id].resolution;
};

export const toInteger = (code: number, value: number): number => Math.round(value * scaleOf(code));

/** Divides by an integer scale, so that 9.3 comes back as 9.3. */
export const fromInteger = (code: number, integer: number): number => integer / Math.round(scaleOf(code));

/** Rows in time order, times unique. */
export function encodeChunk(rows: readonly StoreRow[]): Uint8Array {
  const out = new ByteWriter();
  out.unsigned(VERSION);
  out.unsigned(rows.length);
  writeDeltas(
    out,
    rows.map((row) => row.at),
  );
  writeDeltas(
    out,
    rows.map((row) => (row.simulated ? 1 : 0)),
  );
  const used = SIGNAL_CODES.flatMap((_id, code) =>
    rows.some((row) => row.cells[code] !== undefined) ? [code] : [],
  );
  out.unsigned(used.length);
  for (const code of used) {
    out.unsigned(code);
    const cells = rows.map((row) => row.cells[code]);
    writeDeltas(out, cells.map(stateOf));
    writeDeltas(
      out,
      cells.flatMap((cell) => (typeof cell === "number" ? [toInteger(code, cell)] : [])),
    );
  }
  return out.done();
}

export interface ChunkColumns {
  readonly times: readonly number[];
  readonly simulated: readonly number[];
  /** Cells by signal code. */
  readonly columns: ReadonlyMap<number, readonly (Sample | undefined)[]>;
}

/** Reads a chunk; only the wanted signal codes when given. Throws RangeError on a damaged one. */
export function decodeChunk(bytes: Uint8Array, wanted?: ReadonlySet<number>): ChunkColumns {
  const input = new ByteReader(bytes);
  const version = input.unsigned();
  if (version !== VERSION) throw new RangeError(`chunk version ${version} is not known here`);
  const count = input.unsigned();
  const times = readDeltas(input, count);
  const simulated = readDeltas(input, count);
  const columns = new Map<number, (Sample | undefined)[]>();
  for (let left = input.unsigned(); left > 0; left--) {
    const code = input.unsigned();
    const states = readDeltas(input, count);
    const values = readDeltas(
      input,
      states.reduce((n, state) => n + (state === 1 ? 1 : 0), 0),
    );
    if (wanted !== undefined && !wanted.has(code)) continue;
    let next = 0;
    columns.set(
      code,
      states.map((state) => {
        if (state === 0) return undefined;
        if (state === 1) return fromInteger(code, values[next++] ?? 0);
        const reason = ABSENCES[state - 2];
        if (reason === undefined) throw new RangeError(`a stored chunk has the unknown state ${state}`);
        return absent(reason);
      }),
    );
  }
  return { times, simulated, columns };
}

export function chunkRows(chunk: ChunkColumns): StoreRow[] {
  return chunk.times.map((at, row) => ({
    at,
    simulated: chunk.simulated[row] === 1,
    cells: SIGNAL_CODES.map((_id, code) => chunk.columns.get(code)?.[row]),
  }));
}

/** One minute of one signal: integers of the signal's resolution. */
export interface MinuteRoll {
  readonly minute: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/** The minutes of a chunk that have values, per signal code, as one blob. */
export function encodeRolls(rows: readonly StoreRow[]): Uint8Array {
  type Roll = { count: number; min: number; max: number; sum: number };
  const bySignal = new Map<number, Map<number, Roll>>();
  for (const row of rows) {
    const minute = Math.floor(row.at / MINUTE_MS);
    row.cells.forEach((cell, code) => {
      if (typeof cell !== "number") return;
      const value = toInteger(code, cell);
      const minutes = bySignal.get(code) ?? new Map<number, Roll>();
      bySignal.set(code, minutes);
      const roll = minutes.get(minute);
      if (roll === undefined) minutes.set(minute, { count: 1, min: value, max: value, sum: value });
      else {
        roll.count += 1;
        roll.min = Math.min(roll.min, value);
        roll.max = Math.max(roll.max, value);
        roll.sum += value;
      }
    });
  }
  const out = new ByteWriter();
  out.unsigned(bySignal.size);
  for (const [code, minutes] of bySignal) {
    out.unsigned(code);
    out.unsigned(minutes.size);
    for (const [minute, roll] of minutes) {
      out.unsigned(minute);
      out.unsigned(roll.count);
      out.signed(roll.min);
      out.unsigned(roll.max - roll.min);
      out.signed(roll.sum);
    }
  }
  return out.done();
}

export function decodeRolls(bytes: Uint8Array): ReadonlyMap<number, readonly MinuteRoll[]> {
  const input = new ByteReader(bytes);
  const rolls = new Map<number, MinuteRoll[]>();
  for (let signals = input.unsigned(); signals > 0; signals--) {
    const code = input.unsigned();
    const minutes: MinuteRoll[] = [];
    for (let left = input.unsigned(); left > 0; left--) {
      const minute = input.unsigned();
      const count = input.unsigned();
      const min = input.signed();
      const max = min + input.unsigned();
      minutes.push({ minute, count, min, max, sum: input.signed() });
    }
    rolls.set(code, minutes);
  }
  return rolls;
}
