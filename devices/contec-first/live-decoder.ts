import { bothAbsent, createOximetry, inWords, type Oximetry } from "../../src/domain/oximetry.ts";
import type { Samples } from "../../src/domain/sample.ts";
import type { DeviceReading, Trace } from "../../src/driver/contract.ts";
import { createFramer, type Framer, fixedLengthRule } from "../../src/wire/framer.ts";
import { LIVE, type LiveValues } from "./codec.ts";

/** Live frames a second. */
export const RATE_HZ = 60;
/** Only the pattern of bit 7 tells a frame: chance gives it once in 32 places, so often in a row hardly ever. */
const CONFIRM = 6;
const WAVE_MAX = 2 * RATE_HZ;
const NO_FINGER_STRENGTH = 15;

/**
 * Bytes in, readings out: one of each kind with every sixtieth frame. Without a checksum a flipped bit looks like a
 * number, so numbers leave only when two frames in a row say the same; the device's own change once a second.
 */
export function createLiveDecoder(
  onReading: (reading: DeviceReading) => void,
  trace: Pick<Trace, "frame" | "reject">,
): Framer {
  const oximetry = createOximetry();
  let untilReading = 2;
  let wave: number[] = [];
  let before: LiveValues | undefined;

  const take = (values: LiveValues): void => {
    const agreed = before?.spo2 === values.spo2 && before?.pulse === values.pulse;
    before = values;
    if (values.probeError || wave.length >= WAVE_MAX) wave = [];
    else wave.push(values.pleth);
    untilReading -= 1;
    if (untilReading > 0 || !agreed) return;
    // A bad line must not be made up for by a burst.
    untilReading = Math.max(untilReading, -RATE_HZ / 2) + RATE_HZ;
    if (wave.length >= RATE_HZ / 2) {
      onReading({ body: { kind: "wave", rateHz: RATE_HZ, channels: { pleth: wave } } });
    }
    wave = [];
    onReading({ body: { kind: "samples", samples: samplesOf(values, oximetry) } });
  };

  return createFramer({
    rule: fixedLengthRule(LIVE),
    confirm: CONFIRM,
    onFrame(bytes, at, length) {
      const values = LIVE.decode(bytes, at);
      trace.frame(bytes.subarray(at, at + length), () => meaning(values));
      take(values);
    },
    onNoise(bytes, reason) {
      before = undefined;
      wave = [];
      trace.reject(bytes, reason);
    },
  });
}

/** The numbers of a frame, gated by its status. */
function samplesOf(values: LiveValues, oximetry: Oximetry): Samples {
  if (values.probeError || values.strength === NO_FINGER_STRENGTH) return bothAbsent("sensor_off");
  if (values.searching || values.searchTooLong) return bothAbsent("searching");
  return oximetry(orNone(values.spo2), orNone(values.pulse), "searching");
}

/** Some models say 0 where there is no number. */
const orNone = (value: number | undefined): number | undefined => (value === 0 ? undefined : value);

const meaning = (values: LiveValues): string => {
  const samples = samplesOf(values, createOximetry());
  return `SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}, wave ${values.pleth}`;
};
