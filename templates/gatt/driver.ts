import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { FRAME } from "../common/codec.ts";
import { createReader } from "../common/reader.ts";
import { NOTIFY_CHANNEL } from "./uuids.ts";

/** Reads what the device sends by itself: each notification is one frame. */
export async function* observeDevice(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, signal, trace } = context;
  const reader = createReader(context);
  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    const refusal = refusalOf(channel, bytes);
    if (refusal === undefined) yield reader(bytes, 0);
    else trace.reject(bytes, refusal);
  }
}

function refusalOf(channel: string, bytes: Uint8Array): string | undefined {
  if (channel !== NOTIFY_CHANNEL) return `nothing is known of the characteristic ${channel}`;
  if (bytes.length !== FRAME.lengthBytes) return `a frame of ${bytes.length} bytes`;
  const rule = FRAME.check(bytes, 0);
  return rule === 0 ? undefined : FRAME.refusals[rule - 1];
}
