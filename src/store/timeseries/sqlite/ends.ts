import { CHUNK_MS } from "./chunk.ts";
import type { Device } from "./devices.ts";
import type { Rows } from "./rows.ts";

const NO_SIGNAL: ReadonlySet<number> = new Set();

/** Time of the device's last row before an instant; -Infinity without any. */
export function lastBefore(rows: Rows, device: Device, before: number): number {
  let last = -Infinity;
  for (const { start, times } of device.windows.values()) {
    if (start < before) for (const at of times) if (at < before && at > last) last = at;
  }
  last = Math.max(last, rows.legacy.lastBefore(device.id, before) ?? -Infinity);
  for (const start of rows.chunksBefore(device, before)) {
    if (start + CHUNK_MS <= last) break;
    const times = rows.stored(device, start, NO_SIGNAL)?.times.filter((at) => at < before);
    const at = times?.at(-1);
    if (at !== undefined) return Math.max(last, at);
  }
  return last;
}

/** Time of the device's first row; Infinity without any. */
export function firstOf(rows: Rows, device: Device): number {
  let first = rows.legacy.first(device.id) ?? Infinity;
  for (const { times } of device.windows.values()) for (const at of times) if (at < first) first = at;
  if (device.oldestChunk < first) {
    first = Math.min(first, rows.stored(device, device.oldestChunk, NO_SIGNAL)?.times[0] ?? Infinity);
  }
  return first;
}

/** No row is earlier; the first may be up to ten minutes later. Infinity without any. Cheap. */
export const earliestOf = (rows: Rows, device: Device): number =>
  Math.min(device.oldestChunk, rows.legacy.first(device.id) ?? Infinity, ...device.windows.keys());
