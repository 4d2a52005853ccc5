import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createLiveDecoder } from "./live-decoder.ts";

export const FIRST_OPTIONS = {
  line: {
    kind: "choice",
    values: ["cable", "board"],
    default: "cable",
    help: "cable: Contec's own, 19200 baud with odd parity; board: boards of other makers with the same frames, 4800 baud.",
  },
  undated: {
    kind: "choice",
    values: ["skip", "ended_now"],
    default: "skip",
    help: "A record of a model without a clock: left out, or taken to have ended when it is fetched.",
  },
} as const satisfies OptionSpecs;

/** Reads the live stream, which comes by itself. */
export async function* observeFirst({ link, trace, signal }: DriverContext): AsyncGenerator<DeviceReading> {
  const ready: DeviceReading[] = [];
  const decoder = createLiveDecoder((reading) => ready.push(reading), trace);
  for await (const chunk of chunksUntil(link.chunks, signal)) {
    decoder.push(chunk);
    yield* ready.splice(0);
  }
}
