import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createFramer, fixedLengthRule } from "../../src/wire/framer.ts";
import { FRAME } from "../common/codec.ts";
import { createReader } from "../common/reader.ts";

/** Reads what the device sends by itself. Where it wants to be asked, src/driver/exchange.ts asks. */
export async function* observeDevice(context: DriverContext): AsyncGenerator<DeviceReading> {
  const { link, signal, trace } = context;
  const reader = createReader(context);
  const ready: DeviceReading[] = [];
  const framer = createFramer({
    rule: fixedLengthRule(FRAME),
    // Where only a bit pattern tells a frame, ask for several in a row.
    confirm: 1,
    onFrame: (bytes, at) => ready.push(reader(bytes, at)),
    onNoise: (bytes, reason) => trace.reject(bytes, reason),
  });
  for await (const chunk of chunksUntil(link.chunks, signal)) {
    framer.push(chunk);
    yield* ready.splice(0);
  }
}
