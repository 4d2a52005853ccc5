import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { FRAME } from "../common/codec.ts";
import { TOPIC_END } from "./topics.ts";

/** The highest pulse that its byte can say. */
const MAX_PULSE = 254;

/** Plays the device, byte for byte, from the bed. It proves the plumbing, not the protocol. */
export async function simulateDevice({
  bed,
  clock,
  link,
  signal,
}: SimulatorContext<PacketLink>): Promise<void> {
  for await (const _ of ticks(clock, 1_000, signal)) {
    const finger = lookAtFinger(bed, MAX_PULSE);
    if (finger.silent) continue;
    const bytes = FRAME.encode({
      spo2: finger.off || finger.searching ? undefined : finger.spo2,
      pulse: finger.off || finger.searching ? undefined : finger.pulse,
      finger: !finger.off,
      searching: finger.searching || finger.poorSignal,
    });
    await link.write({ channel: `bedside${TOPIC_END}`, bytes });
  }
}
