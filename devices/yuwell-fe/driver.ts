import { bothAbsent, createOximetry, createPace, flagsOf, inWords } from "../../src/domain/oximetry.ts";
import { absent, measured, type Samples } from "../../src/domain/sample.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { ANY_FRAME, VALUES, WAVE } from "./codec.ts";

/** What the waves since the last values said. */
interface Remarks {
  /** By the newest wave. */
  sensorOff: boolean;
  /** By any of them. */
  motion: boolean;
  lowPerfusion: boolean;
}

const NO_REMARKS: Remarks = { sensorOff: false, motion: false, lowPerfusion: false };

/** Reads the values, which the waves between them vouch for: those alone tell that the sensor is off. */
export async function* observeYuwell(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, signal, trace } = context;
  const oximetry = createOximetry();
  const pace = createPace();
  const ready: DeviceReading[] = [];
  let remarks = NO_REMARKS;

  const takeValues = (whole: Uint8Array): void => {
    const { spo2, pulse, perfusion } = VALUES.decode(whole, 0);
    const { sensorOff, motion, lowPerfusion } = remarks;
    const numbers = oximetry(sensorOff ? undefined : spo2, sensorOff ? undefined : pulse, "searching");
    const samples: Samples = sensorOff
      ? { ...bothAbsent("sensor_off"), perfusion_index: absent("sensor_off") }
      : { ...numbers, perfusion_index: perfusionOf(perfusion) };
    trace.frame(whole, () => `SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}`);
    if (!pace(clock.mono())) return;
    remarks = { ...NO_REMARKS, sensorOff };
    ready.push({ body: { kind: "samples", samples, ...flagsOf({ low_perfusion: lowPerfusion, motion }) } });
  };

  const framer = createFramer({
    rule: ANY_FRAME,
    confirm: 1,
    onFrame(bytes, at, length) {
      const whole = bytes.subarray(at, at + length);
      if (length === VALUES.lengthBytes && VALUES.check(whole, 0) === 0) takeValues(whole);
      else if (length === WAVE.lengthBytes && WAVE.check(whole, 0) === 0) {
        const { sensorOff, motion, lowPerfusion, pleth } = WAVE.decode(whole, 0);
        remarks = {
          sensorOff,
          motion: remarks.motion || motion,
          lowPerfusion: remarks.lowPerfusion || lowPerfusion,
        };
        trace.frame(whole, () => `wave ${pleth}${sensorOff ? ", sensor off" : ""}`);
      } else trace.frame(whole, () => "a frame of unknown kind");
    },
    onNoise: (bytes, reason) => trace.reject(bytes, reason),
  });

  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    if (channel !== "ffe4") {
      trace.reject(bytes, `nothing is known of characteristic ${channel}`);
      continue;
    }
    framer.push(bytes);
    for (const reading of ready) yield reading;
    ready.length = 0;
  }
}

const perfusionOf = (thousandths: number | undefined) =>
  thousandths === undefined ? absent("not_measured") : measured("perfusion_index", thousandths / 1000);
