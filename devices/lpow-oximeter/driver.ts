import { bothAbsent, createOximetry, createPace, inWords } from "../../src/domain/oximetry.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createFramer, fixedLengthRule } from "../../src/wire/framer.ts";
import { VALUES } from "./codec.ts";

/** More is none: it may be the missing code of a clip whose codes nobody wrote down, and then the pulse is one too. */
const MOST_SPO2 = 100;

/** Reads the values. A byte that was 00 in all good frames vouches for them: with any other nobody knows what it says. */
export async function* observeLpow(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, signal, trace } = context;
  const oximetry = createOximetry();
  const pace = createPace();
  const ready: DeviceReading[] = [];
  const framer = createFramer({
    rule: fixedLengthRule(VALUES),
    confirm: 1,
    onFrame(bytes, at, length) {
      const { spo2, pulse, unknown } = VALUES.decode(bytes, at);
      const isKnown = unknown === 0 && (spo2 ?? 0) <= MOST_SPO2;
      const numbers = oximetry(isKnown ? spo2 : undefined, isKnown ? pulse : undefined, "not_measured");
      const samples = isKnown ? numbers : bothAbsent("invalid");
      trace.frame(
        bytes.subarray(at, at + length),
        () => `SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}`,
      );
      if (pace(clock.mono())) ready.push({ body: { kind: "samples", samples } });
    },
    onNoise: (bytes, reason) => trace.reject(bytes, reason),
  });
  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    if (channel !== "fff6") {
      trace.reject(bytes, `nothing is known of characteristic ${channel}`);
      continue;
    }
    framer.push(bytes);
    for (const reading of ready) yield reading;
    ready.length = 0;
  }
}
