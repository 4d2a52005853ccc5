import type { Samples } from "../../src/domain/sample.ts";
import type { DeviceModule } from "../../src/driver/contract.ts";
import { fromHex } from "../../src/wire/transcript.ts";
import { feedStream, type Heard } from "./conformance.ts";

/** The driver of a packet family, fed with these packets of one channel, a second apart unless said otherwise. */
export const hearPackets = (
  module: DeviceModule,
  channel: string,
  packets: readonly (string | Uint8Array)[],
  apartMs = 1000,
): Promise<Heard> =>
  feedStream(
    module,
    undefined,
    packets.map((bytes, i) => ({
      offsetMs: i * apartMs,
      channel,
      bytes: typeof bytes === "string" ? hexBytes(bytes) : bytes,
    })),
  );

/** All samples bodies, in order. */
export const samplesIn = ({ readings }: Heard): Samples[] =>
  readings.flatMap(({ reading }) => (reading.body.kind === "samples" ? [reading.body.samples] : []));

/** Throws Error where the text is not hexadecimal. */
export function hexBytes(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`not hex: ${text}`);
  return bytes;
}
