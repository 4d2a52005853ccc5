import { bothAbsent, createOximetry, inWords, type Oximetry } from "../../src/domain/oximetry.ts";
import type { Samples } from "../../src/domain/sample.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import { FRAME, type FrameValues } from "./codec.ts";

/**
 * Makes readings of frames that passed: a number leaves only where the status vouches for it. Tells the trace of each
 * frame, which is what a technician sees and what keeps the quiet watchdog content. This device sends one frame a
 * second by itself; let createPace() choose where one sends more, since a reading a second of a kind is the most.
 */
export function createReader({
  trace,
}: Pick<DriverContext, "trace">): (bytes: Uint8Array, at: number) => DeviceReading {
  const oximetry = createOximetry();
  return (bytes, at) => {
    const values = FRAME.decode(bytes, at);
    const samples = samplesOf(values, oximetry);
    trace.frame(
      bytes.subarray(at, at + FRAME.lengthBytes),
      () => `SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}`,
    );
    return { body: { kind: "samples", samples } };
  };
}

/** The reason for an absent number is the device's own, as far as it gives one (src/domain/sample.ts lists them). */
function samplesOf({ spo2, pulse, finger, searching }: FrameValues, oximetry: Oximetry): Samples {
  if (finger && !searching) return oximetry(spo2, pulse, "not_measured");
  const reason = finger ? "searching" : "sensor_off";
  oximetry(undefined, undefined, reason);
  return bothAbsent(reason);
}
