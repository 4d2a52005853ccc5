import { type Wall, wall } from "../../src/domain/time.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { decodeFormat13, FORMAT_13_RULE, type Format13Values } from "./codec.ts";
import { bothAbsent, createStatus, type Decoder, inWords, oximetry, type Sink } from "./reading.ts";

/**
 * Format 13: one packet for one finished measurement. Packets from the device's memory are shown to the technician
 * and go no further: their age is unknown, and an old low value must not ring.
 */
export function createSpotDecoder(sink: Sink): Decoder {
  const status = createStatus(sink);
  const framer = createFramer({
    rule: FORMAT_13_RULE,
    confirm: 1,
    onFrame(bytes, at, length) {
      const values = decodeFormat13(bytes, at);
      const samples = values.noMeasurement
        ? bothAbsent("not_measured")
        : oximetry(values.spo2, values.pulse, "not_measured");
      const origin = values.fromMemory ? "from memory" : "measured now";
      sink.frame(
        bytes.subarray(at, at + length),
        () => `spot check ${origin}: SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}`,
      );
      status.lowBattery(values.lowBattery);
      if (values.fromMemory) return;
      const deviceAt = dateOf(values);
      sink.reading({
        body: { kind: "samples", samples },
        ...(deviceAt === undefined ? {} : { deviceAt }),
      });
    },
    onNoise: (bytes, reason) => sink.reject(bytes, reason),
  });
  return { push: (chunk) => framer.push(chunk) };
}

/** The device's clock has no zone: read as if it were UTC. Undefined when it is no date. */
function dateOf(values: Format13Values): Wall | undefined {
  const { century, year, month, day, hour, minute, second } = values;
  if (century === undefined || year === undefined || month === undefined || day === undefined)
    return undefined;
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
    return undefined;
  const ms = Date.UTC(century * 100 + year, month - 1, day, hour, minute, second);
  return new Date(ms).getUTCDate() === day ? wall(ms) : undefined;
}
