import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { VALUES } from "./codec.ts";

/** One byte holds the pulse. */
const MAX_PULSE = 255;
const HUNDREDTHS = 100;

/** Plays values once a second (the real rate is not published), zeros where it has none. */
export async function simulateLpow(context: SimulatorContext<PacketLink>): Promise<void> {
  const { bed, clock, link, signal } = context;
  for await (const _ of ticks(clock, 1000, signal)) {
    const { silent, spo2, pulse, perfusion } = lookAtFinger(bed, MAX_PULSE);
    if (silent) continue;
    const maybePerfusion = Math.round((perfusion ?? 0) * HUNDREDTHS);
    await link.write({ channel: "fff6", bytes: VALUES.encode({ spo2, pulse, unknown: 0, maybePerfusion }) });
  }
}
