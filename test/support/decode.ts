import { type Mono, mono, wall } from "../../src/domain/time.ts";
import type { BytesModule, DeviceReading, OptionValues } from "../../src/driver/contract.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";

/** Bytes from the device and when they arrive. */
export interface Arrival {
  readonly offsetMs: number;
  readonly bytes: Uint8Array;
}

/** What a driver made of a stream that was played to its end. */
export interface Decoded {
  readonly readings: readonly (DeviceReading & { readonly at: Mono })[];
  readonly frames: number;
  /** Refusals by their reason. */
  readonly rejects: { readonly [reason: string]: number };
  readonly rejectedBytes: number;
}

/** Plays arrivals into a driver that only listens; time stands where the arrivals put it, nothing else moves it. */
export async function decode(
  device: BytesModule,
  arrivals: Iterable<Arrival>,
  options: OptionValues = {},
): Promise<Decoded> {
  const base = createVirtualClock(wall(0));
  let now = 0;
  const clock = { ...base, mono: () => mono(now), wall: () => wall(now) };
  const readings: (DeviceReading & { at: Mono })[] = [];
  const rejects: Record<string, number> = {};
  let frames = 0;
  let rejectedBytes = 0;
  async function* chunks() {
    for (const { offsetMs, bytes } of arrivals) {
      now = offsetMs;
      yield bytes;
    }
  }
  const stream = device.observe({
    link: { chunks: chunks(), write: async () => undefined, close: async () => undefined },
    clock,
    options,
    zone: "UTC",
    signal: new AbortController().signal,
    trace: {
      frame: () => {
        frames += 1;
      },
      reject: (bytes, reason) => {
        rejects[reason] = (rejects[reason] ?? 0) + 1;
        rejectedBytes += bytes.length;
      },
      sent: () => undefined,
    },
  });
  for await (const reading of stream) readings.push({ ...reading, at: mono(now) });
  return { readings, frames, rejects, rejectedBytes };
}
