import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createLineFramer } from "../../src/wire/line.ts";
import { decodeLine, LONGEST_LINE_BYTES, lineMeaning } from "./codec.ts";
import { createCollector } from "./collect.ts";

/** Nothing for so long in a stream of 50 lines a second, and nobody knows how many lines are missing. */
const GAP_MS = 2_000;

const NO_BYTES = new Uint8Array(0);

/** Reads the waveform port; README.md says what each number means. */
export async function* observeWaveform(context: DriverContext): AsyncGenerator<DeviceReading> {
  const { link, clock, trace, signal } = context;
  const collector = createCollector((loss) => trace.reject(NO_BYTES, `breath not counted: ${loss}`));
  let arrived = clock.mono();
  let first = true;
  const framer = createLineFramer({
    end: "lf",
    maxBytes: LONGEST_LINE_BYTES,
    onLine(bytes, whole) {
      const line = decodeLine(bytes, whole);
      if (typeof line === "string") {
        trace.reject(bytes, line);
        // A blank line is no damaged sample: it takes no time.
        if (line !== "blank line") collector.lost();
        return;
      }
      trace.frame(bytes, () => lineMeaning(line));
      collector.take(line, arrived);
    },
    onNoise(bytes, reason) {
      trace.reject(bytes, reason);
      collector.gap(0);
    },
  });
  for await (const chunk of chunksUntil(link.chunks, signal)) {
    const silentMs = clock.mono() - arrived;
    arrived = clock.mono();
    if (!first && silentMs > GAP_MS) collector.gap(silentMs);
    first = false;
    framer.push(chunk);
    yield* collector.drain();
  }
  framer.flush();
}
