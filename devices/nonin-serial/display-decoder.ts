import { bothAbsent, createOximetry, flagsOf, inWords, type Oximetry } from "../../src/domain/oximetry.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { createFramer, fixedLengthRule } from "../../src/wire/framer.ts";
import { FORMAT_8, type Format8Values } from "./codec.ts";
import { createStatus, type Decoder, type Sink } from "./reading.ts";

/** Only the pattern of bit 7 tells a frame: chance gives it once in 16 places, three in a row once in 4096. */
const CONFIRM_FRAMES = 3;

/**
 * Format 8, once a second. Its values are the display ones, which keep the last reading for 10 s after the finger
 * left and ride through artifact: a number beside SNSA is `held`, one beside OOT is `poor_signal`.
 */
export function createDisplayDecoder(sink: Sink): Decoder {
  const status = createStatus(sink);
  const oximetry = createOximetry();
  const framer = createFramer({
    rule: fixedLengthRule(FORMAT_8),
    confirm: CONFIRM_FRAMES,
    onFrame(bytes, at, length) {
      const values = FORMAT_8.decode(bytes, at);
      const samples = samplesOf(values, oximetry);
      sink.frame(
        bytes.subarray(at, at + length),
        () => `SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}`,
      );
      status.lowBattery(values.lowBattery);
      sink.reading({
        body: {
          kind: "samples",
          samples,
          ...flagsOf({
            low_perfusion: values.lowPerfusion,
            marginal_perfusion: values.marginalPerfusion && !values.lowPerfusion,
            artifact: values.artifact,
            out_of_track: values.outOfTrack,
          }),
        },
      });
    },
    onNoise: (bytes, reason) => sink.reject(bytes, reason),
  });
  return { push: (chunk) => framer.push(chunk) };
}

function samplesOf(values: Format8Values, oximetry: Oximetry): Samples {
  if (values.sensorAlarm) {
    oximetry(undefined, undefined, "sensor_off");
    return {
      spo2: absent(values.spo2 === undefined ? "sensor_off" : "held"),
      pulse_rate: absent(values.pulse === undefined ? "sensor_off" : "held"),
    };
  }
  if (values.outOfTrack) return bothAbsent("poor_signal");
  return oximetry(values.spo2, values.pulse, "searching");
}
