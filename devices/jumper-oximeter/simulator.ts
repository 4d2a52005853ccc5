import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { CHANNEL, FILLER, VALUES, WAVE_MARK } from "./codec.ts";

/** 255 is the missing code. */
const MAX_PULSE = 254;
const MAX_PERFUSION = 25.5;
const WAVES_PER_SECOND = 4;
const WAVE_SAMPLES = 10;

/** Plays a wave four times a second (the real rate is not published) and values after every fourth. */
export async function simulateJumper(context: SimulatorContext<PacketLink>): Promise<void> {
  const { bed, clock, link, signal } = context;
  let wave = 0;
  for await (const _ of ticks(clock, 1000 / WAVES_PER_SECOND, signal)) {
    const { silent, off, spo2, pulse, perfusion } = lookAtFinger(bed, MAX_PULSE);
    if (silent) continue;
    const level = (i: number): number =>
      off ? 0 : Math.round(50 + 40 * Math.sin((i * Math.PI) / WAVE_SAMPLES));
    const samples = Array.from({ length: WAVE_SAMPLES }, (_unused, i) => level(wave * WAVE_SAMPLES + i));
    await link.write({ channel: CHANNEL, bytes: Uint8Array.from([WAVE_MARK, ...samples]) });
    wave = (wave + 1) % WAVES_PER_SECOND;
    if (wave !== 0) continue;
    const tenths = Math.round(Math.min(MAX_PERFUSION, perfusion ?? 0) * 10);
    const values = VALUES.encode({ spo2, pulse, perfusion: tenths === 0 ? undefined : tenths });
    await link.write({ channel: CHANNEL, bytes: Uint8Array.from([FILLER, ...values]) });
  }
}
