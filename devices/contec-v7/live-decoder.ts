import { bothAbsent, createOximetry, inWords } from "../../src/domain/oximetry.ts";
import { absent, measured, type Sample, type Samples } from "../../src/domain/sample.ts";
import type { DeviceReading, Trace } from "../../src/driver/contract.ts";
import { createFramer, type Framer } from "../../src/wire/framer.ts";
import { DO, FEEDBACK, GOODBYE, hex, LIVE, type LiveValues, REASONS, V7_RULE } from "./codec.ts";

/** Live packets a second. */
export const RATE_HZ = 60;
/**
 * There is no checksum: numbers are believed after so many live packets in a row, and when two of them say the same.
 * The device's own numbers change once a second.
 */
const CONFIRM = 3;
const WAVE_MAX = 2 * RATE_HZ;

export interface LiveDecoder extends Pick<Framer, "push"> {
  /** Live packets so far. */
  readonly packets: number;
}

/** Bytes in, readings out: one of each kind with every sixtieth live packet. */
export function createLiveDecoder(
  onReading: (reading: DeviceReading) => void,
  trace: Pick<Trace, "frame" | "reject">,
): LiveDecoder {
  const samplesOf = createSamples();
  let packets = 0;
  let inRow = 0;
  let untilReading = CONFIRM;
  let wave: number[] = [];
  let before: LiveValues | undefined;

  const takeLive = (values: LiveValues): void => {
    packets += 1;
    inRow += 1;
    const agreed = before?.spo2 === values.spo2 && before?.pulse === values.pulse;
    before = values;
    if (values.probeError || wave.length >= WAVE_MAX) wave = [];
    else wave.push(values.pleth);
    untilReading -= 1;
    if (untilReading > 0 || inRow < CONFIRM || !agreed) return;
    // A bad line must not be made up for by a burst.
    untilReading = Math.max(untilReading, -RATE_HZ / 2) + RATE_HZ;
    if (wave.length >= RATE_HZ / 2) {
      onReading({ body: { kind: "wave", rateHz: RATE_HZ, channels: { pleth: wave } } });
    }
    wave = [];
    onReading({ body: { kind: "samples", samples: samplesOf(values) } });
  };

  const framer = createFramer({
    rule: V7_RULE,
    confirm: 1,
    onFrame(bytes, at, length) {
      const whole = bytes.subarray(at, at + length);
      const type = bytes[at] ?? 0;
      if (LIVE.check(bytes, at) === 0) {
        const values = LIVE.decode(bytes, at);
        trace.frame(whole, () => liveMeaning(values));
        return takeLive(values);
      }
      // Something else between two live packets is no loss, but they are not in a row.
      inRow = 0;
      wave = [];
      if (type === FEEDBACK.spec.constants[0]?.value) {
        const { command, reason } = FEEDBACK.decode(bytes, at);
        trace.frame(whole, () => `command ${hex(command)}: ${REASONS[reason] ?? "done"}`);
        if (command === DO.startLive && reason !== 0)
          status(`start_refused_${REASONS[reason] ?? hex(reason)}`);
      } else if (type === GOODBYE.spec.constants[0]?.value) {
        const { reason } = GOODBYE.decode(bytes, at);
        trace.frame(whole, () => "the oximeter ends the connection");
        status(`disconnected_${REASONS[reason] ?? hex(reason)}`);
      } else trace.frame(whole, () => `answer ${hex(type)}`);
    },
    onNoise(bytes, reason) {
      inRow = 0;
      wave = [];
      trace.reject(bytes, reason);
    },
  });

  let said = "";
  const status = (code: string): void => {
    if (code !== said) onReading({ body: { kind: "status", codes: [code] } });
    said = code;
  };

  return {
    push: (chunk) => framer.push(chunk),
    get packets() {
      return packets;
    },
  };
}

/** The numbers of a packet, gated by its status. */
function createSamples(): (values: LiveValues) => Samples {
  const oximetry = createOximetry();
  let hasPerfusion = false;
  return (values) => {
    const perfusion = values.noPerfusion ? undefined : values.perfusion;
    if (perfusion !== undefined) hasPerfusion = true;
    const samples = gated(values, oximetry);
    const gone = typeof samples.spo2 !== "number" && typeof samples.pulse_rate !== "number";
    const index: Sample | undefined = !hasPerfusion
      ? absent("unsupported")
      : gone
        ? samples.spo2
        : perfusion === undefined
          ? absent("not_measured")
          : measured("perfusion_index", perfusion / 100);
    return { ...samples, perfusion_index: index ?? absent("not_measured") };
  };
}

function gated(values: LiveValues, oximetry: ReturnType<typeof createOximetry>): Samples {
  if (values.probeError) return bothAbsent("sensor_off");
  if (values.searching || values.searchTooLong) return bothAbsent("searching");
  return oximetry(values.spo2, values.pulse, "searching");
}

const liveMeaning = (values: LiveValues): string => {
  const numbers = createOximetry()(values.spo2, values.pulse, "searching");
  const marks = [values.probeError ? ", finger out" : "", values.searching ? ", searching" : ""];
  return `SpO2 ${inWords(numbers.spo2)}, pulse ${inWords(numbers.pulse_rate)}${marks.join("")}`;
};
