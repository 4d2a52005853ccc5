import { createOximetry, createPace, inWords } from "../../src/domain/oximetry.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { ANSWER, DEVICE_FRAME, PASSWORD, VALUES } from "./codec.ts";

/** Gives the password, which the notifications must be on before, and reads the values that then come. */
export async function* observeChoiceMMed(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, signal, trace } = context;
  const oximetry = createOximetry();
  const pace = createPace();
  const ready: DeviceReading[] = [];

  const framer = createFramer({
    rule: DEVICE_FRAME,
    confirm: 1,
    onFrame(bytes, at, length) {
      const whole = bytes.subarray(at, at + length);
      if (ANSWER.lengthBytes === length && ANSWER.check(whole, 0) === 0) {
        const { code } = ANSWER.decode(whole, 0);
        trace.frame(whole, () => (code === 0 ? "password accepted" : `password answered with ${code}`));
        return;
      }
      if (VALUES.lengthBytes !== length || VALUES.check(whole, 0) !== 0) {
        trace.frame(whole, () => "a frame of unknown meaning");
        return;
      }
      const { spo2, pulse } = VALUES.decode(whole, 0);
      // Zeros are all that tells of a finger that is out, or not yet found.
      const samples = oximetry(spo2, pulse, "not_measured");
      trace.frame(whole, () => `SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}`);
      if (pace(clock.mono())) ready.push({ body: { kind: "samples", samples } });
    },
    onNoise: (bytes, reason) => trace.reject(bytes, reason),
  });

  const password = PASSWORD.encode({});
  trace.sent(password, () => "password");
  await link.write({ channel: "cd20", bytes: password });
  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    if (!NOTIFY.includes(channel)) {
      trace.reject(bytes, `nothing is known of characteristic ${channel}`);
      continue;
    }
    framer.push(bytes);
    for (const reading of ready) yield reading;
    ready.length = 0;
  }
}

/** In the order in which the maker's programs switch them on. */
export const NOTIFY: readonly string[] = ["cd01", "cd02", "cd03", "cd04"];
