import type { WaveBody } from "../../src/domain/observation.ts";
import { createOximetry } from "../../src/domain/oximetry.ts";
import type { Samples } from "../../src/domain/sample.ts";
import { roundTo, WAVES } from "../../src/domain/signal.ts";
import type { Chunk } from "./codec.ts";

/** A stretch of waveform and when it ended, in s from the beginning of the session. */
export interface Stretch {
  readonly at: number;
  readonly body: WaveBody;
}

/** A stretch is at most so long. */
const STRETCH_S = 30;
/** Faster is no signal of such a machine. */
const FASTEST_HZ = 200;

/**
 * Flow (signed bytes, L/min) and pressure of a chunk, from `from` s on (what comes before was in the chunk before), or
 * why there are none. `begins`: when the chunk begins, in s from the beginning of the session.
 */
export function wavesOf(
  chunk: Chunk,
  { begins, from }: { readonly begins: number; readonly from: number },
): readonly Stretch[] | string {
  const bytes = channelsOf(chunk);
  if (typeof bytes === "string") return bytes;
  const [flow, pressure] = bytes.channels;
  if (flow === undefined) return "waves without a signal";
  const rateHz = flow.length / bytes.seconds;
  if (rateHz > FASTEST_HZ) return `a wave of ${rateHz} samples a second`;
  // Version 6 tells pressures in eighths, so that 30 cmH2O fit.
  const step = chunk.version === 6 ? 0.125 : 0.1;
  const both = pressure?.length === flow.length ? pressure : undefined;
  const skip = Math.min(flow.length, Math.max(0, Math.ceil((from - begins) * rateHz)));
  const size = Math.max(1, Math.floor(STRETCH_S * rateHz));
  const stretches: Stretch[] = [];
  for (let at = skip; at < flow.length; at += size) {
    const end = Math.min(flow.length, at + size);
    stretches.push({
      at: begins + end / rateHz,
      body: {
        kind: "wave",
        rateHz,
        channels: {
          flow: Array.from(flow.subarray(at, end), (byte) => (byte > 127 ? byte - 256 : byte)),
          ...(both !== undefined && {
            airway_pressure: Array.from(both.subarray(at, end), (byte) =>
              roundTo(byte * step, WAVES.airway_pressure.resolution),
            ),
          }),
        },
      },
    });
  }
  return stretches;
}

/** 254 and 255 are no value. */
const NO_VALUE = 254;

/** Pulse and SpO2 of an oximetry chunk, once a second, or why there are none. */
export function oximetryOf(
  chunk: Chunk,
): readonly { readonly at: number; readonly samples: Samples }[] | string {
  const bytes = channelsOf(chunk);
  if (typeof bytes === "string") return bytes;
  const [pulses, saturations] = bytes.channels;
  if (pulses === undefined || saturations === undefined) return "oximetry without its two signals";
  if (pulses.length !== bytes.seconds || saturations.length !== bytes.seconds)
    return "oximetry that is not once a second";
  const oximetry = createOximetry();
  const number = (byte: number | undefined): number | undefined =>
    byte === undefined || byte >= NO_VALUE || byte === 0 ? undefined : byte;
  return Array.from(pulses, (pulse, i) => ({
    at: i + 1,
    samples: oximetry(number(saturations[i]), number(pulse), "not_measured"),
  }));
}

interface Channels {
  readonly seconds: number;
  readonly channels: readonly Uint8Array[];
}

/** Each signal's bytes in a row; the intervals have them in turn. */
function channelsOf({ data, layout }: Chunk): Channels | string {
  if (layout.kind !== "intervals") return "signals that are not laid out as known";
  const interval = layout.channels.reduce((sum, { samples }) => sum + samples, 0);
  const seconds = layout.count * layout.seconds;
  if (interval === 0 || seconds === 0 || data.length !== layout.count * interval) {
    return `${data.length} bytes of signals for ${layout.count} intervals of ${interval}`;
  }
  let offset = 0;
  const channels = layout.channels.map(({ samples }) => {
    const bytes = new Uint8Array(layout.count * samples);
    for (let i = 0; i < layout.count; i++) {
      const at = i * interval + offset;
      bytes.set(data.subarray(at, at + samples), i * samples);
    }
    offset += samples;
    return bytes;
  });
  return { seconds, channels };
}
