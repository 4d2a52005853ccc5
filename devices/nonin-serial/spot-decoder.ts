import { fromLocalClock } from "../../src/domain/local-clock.ts";
import { bothAbsent, createOximetry, inWords } from "../../src/domain/oximetry.ts";
import type { Wall } from "../../src/domain/time.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { decodeFormat13, FORMAT_13_RULE, type Format13Values } from "./codec.ts";
import { createStatus, type Decoder, type Sink } from "./reading.ts";

/**
 * Format 13: one packet for one finished measurement, with the device's clock, which shows the time of `zone`. Packets from the device's memory are shown to the technician
 * and go no further: their age is unknown, and an old low value must not ring.
 */
export function createSpotDecoder(zone: string, sink: Sink): Decoder {
  const status = createStatus(sink);
  const framer = createFramer({
    rule: FORMAT_13_RULE,
    confirm: 1,
    onFrame(bytes, at, length) {
      const values = decodeFormat13(bytes, at);
      const samples = values.noMeasurement
        ? bothAbsent("not_measured")
        : createOximetry()(values.spo2, values.pulse, "not_measured");
      const origin = values.fromMemory ? "from memory" : "measured now";
      sink.frame(
        bytes.subarray(at, at + length),
        () => `spot check ${origin}: SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}`,
      );
      status.lowBattery(values.lowBattery);
      if (values.fromMemory) return;
      const deviceAt = dateOf(values, zone);
      sink.reading({
        body: { kind: "samples", samples },
        ...(deviceAt === undefined ? {} : { deviceAt }),
      });
    },
    onNoise: (bytes, reason) => sink.reject(bytes, reason),
  });
  return { push: (chunk) => framer.push(chunk) };
}

/** The device's clock is the bed's local time; undefined when it is no date. */
function dateOf(values: Format13Values, zone: string): Wall | undefined {
  const { century, year, month, day, hour, minute, second } = values;
  if (century === undefined || year === undefined || month === undefined || day === undefined)
    return undefined;
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  return fromLocalClock({ year: century * 100 + year, month, day, hour, minute, second }, zone);
}
