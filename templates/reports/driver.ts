import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { FRAME } from "../common/codec.ts";
import { createReader } from "../common/reader.ts";

/** Reads what the device sends by itself: each chunk is one report, filled up with zeros to the report's length. */
export async function* observeDevice(context: DriverContext): AsyncGenerator<DeviceReading> {
  const { link, signal, trace } = context;
  const reader = createReader(context);
  for await (const report of chunksUntil(link.chunks, signal)) {
    const rule = report.length < FRAME.lengthBytes ? undefined : FRAME.check(report, 0);
    if (rule === 0) yield reader(report, 0);
    else
      trace.reject(
        report,
        rule === undefined ? "a report too short" : (FRAME.refusals[rule - 1] ?? "unknown"),
      );
  }
}
