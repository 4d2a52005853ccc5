import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { DATA_CHANNEL } from "./codec.ts";
import { createBerryDecoder } from "./decoder.ts";

export const BERRY_OPTIONS = {
  form: {
    kind: "choice",
    values: ["auto", "bci", "berry"],
    default: "auto",
    help: "Form of the frames; auto finds out.",
  },
} as const satisfies OptionSpecs;

/** Reads whichever form the oximeter sends; it needs no command, and older ones know none. */
export async function* observeBerry(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, options, signal, trace } = context;
  const ready: DeviceReading[] = [];
  const decoder = createBerryDecoder(formOf(options["form"]), {
    reading: (body) => ready.push({ body }),
    frame: (bytes, meaning) => trace.frame(bytes, meaning),
    reject: (bytes, reason) => trace.reject(bytes, reason),
  });
  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    if (channel !== DATA_CHANNEL) {
      trace.reject(bytes, `nothing is known of characteristic ${channel}`);
      continue;
    }
    decoder.push(bytes, clock.mono());
    for (const reading of ready) yield reading;
    ready.length = 0;
  }
}

const formOf = (option: unknown): "bci" | "berry" | undefined =>
  option === "bci" || option === "berry" ? option : undefined;
