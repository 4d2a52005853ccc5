import {
  bothAbsent,
  createOximetry,
  createPace,
  flagsOf,
  inWords,
  type Oximetry,
} from "../../src/domain/oximetry.ts";
import { absent, measured, type Samples } from "../../src/domain/sample.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { RECORD, RECORD_CHANNEL, type RecordValues } from "./codec.ts";

/** Reads the record that the oximeter sends once a second. */
export async function* observeNoninBle(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, signal, trace } = context;
  const oximetry = createOximetry();
  const pace = createPace();
  let lowBattery = false;
  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    const refusal = refuse(channel, bytes);
    if (refusal !== undefined) {
      trace.reject(bytes, refusal);
      continue;
    }
    const values = RECORD.decode(bytes, 0);
    const samples = samplesOf(values, oximetry);
    trace.frame(
      bytes,
      () =>
        `record ${values.counter}: SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}, ` +
        `battery ${values.battery / 10} V`,
    );
    if (!pace(clock.mono())) continue;
    if (values.lowBattery !== lowBattery) {
      lowBattery = values.lowBattery;
      yield { body: { kind: "status", codes: lowBattery ? ["battery_low"] : [] } };
    }
    yield {
      body: {
        kind: "samples",
        samples,
        ...flagsOf({ low_perfusion: values.weak }),
        counter: values.counter,
      },
    };
  }
}

function refuse(channel: string, bytes: Uint8Array): string | undefined {
  if (channel !== RECORD_CHANNEL) return `nothing is known of characteristic ${channel}`;
  if (bytes.length !== RECORD.lengthBytes) return `a record of ${bytes.length} bytes instead of 10`;
  const rule = RECORD.check(bytes, 0);
  return rule === 0 ? undefined : RECORD.refusals[rule - 1];
}

/** "Sensor on the finger" is what vouches for the numbers; while it searches there are none. */
function samplesOf(values: RecordValues, oximetry: Oximetry): Samples {
  const { onFinger, searching, spo2, pulse, amplitude } = values;
  if (searching || !onFinger) {
    const reason = searching ? "searching" : "sensor_off";
    oximetry(undefined, undefined, reason);
    return { ...bothAbsent(reason), perfusion_index: absent(reason) };
  }
  return {
    ...oximetry(spo2, pulse, "not_measured"),
    perfusion_index: measured("perfusion_index", amplitude / 100),
  };
}
