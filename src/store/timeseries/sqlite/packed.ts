import type { Sample } from "../../../domain/sample.ts";
import type { StoredRow } from "../../../port/timeseries.ts";
import type { ColumnsBuilder } from "./columns.ts";
import { codeOf, SAID_VALUE, stateOf, toInteger } from "./signals.ts";
import { ByteReader, ByteWriter } from "./varint.ts";

/**
 * The rows of one commit as one block: what crosses to the thread and what stands in the log until it is compacted.
 *
 *     1 | devices, then per device: bed | device | rows, then per row:
 *     device's position | time since the row before (ms, signed) | simulated | block of cells
 *
 * A cell is 2 x signal code + 1 for an absence, then the integer (signed) or the state.
 */
const VERSION = 1;

/** Undefined without rows. Signals that have no code are left out. */
export function packRows(rows: readonly StoredRow[]): Uint8Array | undefined {
  if (rows.length === 0) return undefined;
  const { devices, indexes } = devicesOf(rows);
  const out = new ByteWriter();
  out.unsigned(VERSION);
  out.unsigned(devices.length);
  for (const { bed, device } of devices) {
    out.text(bed);
    out.text(device);
  }
  out.unsigned(rows.length);
  const cells = new ByteWriter();
  let previous = 0;
  rows.forEach((row, index) => {
    out.unsigned(indexes[index] ?? 0);
    out.signed(row.at - previous);
    previous = row.at;
    out.unsigned(Number(row.simulated));
    cells.clear();
    const samples: { readonly [signal: string]: Sample | undefined } = row.samples;
    for (const signal in samples) {
      const code = codeOf(signal);
      if (code === undefined) continue;
      const sample = samples[signal];
      if (typeof sample === "number") {
        cells.unsigned(2 * code);
        cells.signed(toInteger(code, sample));
      } else {
        cells.unsigned(2 * code + 1);
        cells.unsigned(stateOf(sample));
      }
    }
    out.block(cells.view());
  });
  return out.done();
}

/** Every device once, and of each row which it is. */
function devicesOf(rows: readonly StoredRow[]): {
  readonly devices: readonly PackedDevice[];
  readonly indexes: Uint32Array;
} {
  const devices: PackedDevice[] = [];
  const known = new Map<string, number>();
  const indexes = Uint32Array.from(rows, ({ bed, device }) => {
    const name = `${bed}\n${device}`;
    let index = known.get(name);
    if (index === undefined) {
      index = devices.push({ bed, device }) - 1;
      known.set(name, index);
    }
    return index;
  });
  return { devices, indexes };
}

export interface PackedDevice {
  readonly bed: string;
  readonly device: string;
}

/** Where one row stands in its block. */
export interface PackedRow {
  /** Position in the block's devices. */
  readonly device: number;
  readonly at: number;
  /** Where its simulated flag is; `readCells` reads on from there. */
  readonly offset: number;
}

/** Throws RangeError on a damaged block. */
export function unpackRows(bytes: Uint8Array): {
  readonly devices: readonly PackedDevice[];
  readonly rows: readonly PackedRow[];
} {
  const input = new ByteReader(bytes);
  const version = input.unsigned();
  if (version !== VERSION) throw new RangeError(`a block of rows of version ${version} is not known here`);
  const devices: PackedDevice[] = [];
  for (let left = input.unsigned(); left > 0; left--) {
    devices.push({ bed: input.text(), device: input.text() });
  }
  const rows: PackedRow[] = [];
  let at = 0;
  for (let left = input.unsigned(); left > 0; left--) {
    const device = input.unsigned();
    at += input.signed();
    rows.push({ device, at, offset: input.at });
    input.unsigned();
    input.skip(input.unsigned());
  }
  return { devices, rows };
}

/** Adds the row at an offset to columns: only the wanted signal codes when given. */
export function readCells(
  bytes: Uint8Array,
  { at, offset }: Pick<PackedRow, "at" | "offset">,
  into: ColumnsBuilder,
  wanted?: ReadonlySet<number>,
): void {
  const input = new ByteReader(bytes, offset);
  into.row(at, input.unsigned() === 1);
  const length = input.unsigned();
  const end = input.at + length;
  while (input.at < end) {
    const head = input.unsigned();
    const code = head >> 1;
    const value = head % 2 === 0;
    const number = value ? input.signed() : input.unsigned();
    if (wanted?.has(code) === false) continue;
    into.cell(code, value ? SAID_VALUE : number, value ? number : 0);
  }
}

/** The same block with only the rows of those devices that are kept; undefined when none is. */
export function keepDevices(
  bytes: Uint8Array,
  keeps: (device: PackedDevice) => boolean,
): Uint8Array | undefined {
  const { devices, rows } = unpackRows(bytes);
  const kept = new Map<number, number>();
  devices.forEach((device, index) => {
    if (keeps(device)) kept.set(index, kept.size);
  });
  const left = rows.filter(({ device }) => kept.has(device));
  if (left.length === 0) return undefined;
  const out = new ByteWriter();
  out.unsigned(VERSION);
  out.unsigned(kept.size);
  for (const index of kept.keys()) {
    const { bed = "", device = "" } = devices[index] ?? {};
    out.text(bed);
    out.text(device);
  }
  out.unsigned(left.length);
  let previous = 0;
  for (const { device, at, offset } of left) {
    out.unsigned(kept.get(device) ?? 0);
    out.signed(at - previous);
    previous = at;
    const input = new ByteReader(bytes, offset);
    out.unsigned(input.unsigned());
    out.block(input.block());
  }
  return out.done();
}
