import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { CardLink } from "../../src/port/link.ts";
import { FRAME } from "./codec.ts";

/** The highest pulse that its byte can say. */
const MAX_PULSE = 254;
const FILE = "NIGHT1.NEW";

/** Writes the card, byte for byte, from the bed. It proves the plumbing, not the format. */
export async function simulateDevice({
  bed,
  clock,
  link,
  signal,
}: SimulatorContext<CardLink>): Promise<void> {
  let at = 0;
  for await (const _ of ticks(clock, SECOND_MS, signal)) {
    const finger = lookAtFinger(bed, MAX_PULSE);
    const bytes = FRAME.encode({
      seconds: Math.floor(clock.wall() / SECOND_MS),
      spo2: finger.off ? undefined : finger.spo2,
      pulse: finger.off ? undefined : finger.pulse,
      finger: !finger.off,
    });
    await link.write(FILE, at, bytes);
    at += bytes.length;
  }
}
