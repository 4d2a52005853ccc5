import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { RECORD, RECORD_CHANNEL } from "./codec.ts";

/** The range that the maker states for the 3230. */
const MAX_PULSE = 321;
const COUNTS = 1 << 16;
const LOW_BATTERY_PERCENT = 20;

/** Plays the record, once a second. */
export async function simulateNoninBle(context: SimulatorContext<PacketLink>): Promise<void> {
  const { bed, clock, link, random, signal } = context;
  let counter = Math.floor(random.uniform() * COUNTS);
  for await (const _ of ticks(clock, 1000, signal)) {
    const finger = lookAtFinger(bed, MAX_PULSE);
    if (finger.silent) continue;
    counter = (counter + 1) % COUNTS;
    const neither = finger.spo2 === undefined && finger.pulse === undefined;
    const weak = finger.flags.includes("low_perfusion");
    const percent = finger.battery ?? 100;
    const bytes = RECORD.encode({
      encrypted: false,
      lowBattery: percent < LOW_BATTERY_PERCENT,
      onFinger: !finger.off,
      searching: finger.searching || finger.poorSignal,
      smartPoint: !neither && finger.flags.length === 0,
      weak,
      battery: Math.round(20 + percent / 10),
      amplitude: Math.round((finger.perfusion ?? 0) * 100),
      counter,
      spo2: finger.spo2,
      pulse: finger.pulse,
    });
    await link.write({ channel: RECORD_CHANNEL, bytes });
  }
}
