import { createOximetry, createPace, inWords } from "../../src/domain/oximetry.ts";
import { absent, measured, type Samples } from "../../src/domain/sample.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { CHANNEL, FILLER, VALUES, WAVE_MARK } from "./codec.ts";

/** Reads the values; frames begin with a notification, after filler, or after one another. */
export async function* observeJumper(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, signal, trace } = context;
  const oximetry = createOximetry();
  const pace = createPace();
  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    if (channel !== CHANNEL) {
      trace.reject(bytes, `nothing is known of characteristic ${channel}`);
      continue;
    }
    let newest: Samples | undefined;
    for (let at = 0; at < bytes.length; ) {
      if (bytes[at] === FILLER) {
        at += 1;
        continue;
      }
      const rest = bytes.subarray(at);
      if (rest[0] === WAVE_MARK) {
        trace.frame(rest, () => "wave");
        break;
      }
      if (rest.length < VALUES.lengthBytes || VALUES.check(rest, 0) !== 0) {
        trace.reject(rest, "neither values, nor a wave, nor filler");
        break;
      }
      const samples = samplesOf(rest, oximetry);
      trace.frame(
        rest.subarray(0, VALUES.lengthBytes),
        () => `SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}`,
      );
      newest = samples;
      at += VALUES.lengthBytes;
    }
    if (newest !== undefined && pace(clock.mono())) yield { body: { kind: "samples", samples: newest } };
  }
}

/** Both missing codes are what the clip sends without a finger. */
function samplesOf(bytes: Uint8Array, oximetry: ReturnType<typeof createOximetry>): Samples {
  const { spo2, pulse, perfusion } = VALUES.decode(bytes, 0);
  const isOff = spo2 === undefined && pulse === undefined;
  const missing = absent(isOff ? "sensor_off" : "not_measured");
  return {
    ...oximetry(spo2, pulse, "sensor_off"),
    perfusion_index: isOff || perfusion === undefined ? missing : measured("perfusion_index", perfusion / 10),
  };
}
