import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { VALUES, WAVE } from "./codec.ts";

const MAX_PULSE = 300;
const WAVES_PER_SECOND = 10;
const COUNTS = 0x100;
const MOST_PERFUSION = 65_535;

/** Plays waves ten times a second (the real rate is not published) and values after every tenth. */
export async function simulateYuwell(context: SimulatorContext<PacketLink>): Promise<void> {
  const { bed, clock, link, random, signal } = context;
  let count = Math.floor(random.uniform() * COUNTS);
  let wave = 0;
  for await (const _ of ticks(clock, 1000 / WAVES_PER_SECOND, signal)) {
    const finger = lookAtFinger(bed, MAX_PULSE);
    if (finger.silent) continue;
    count = (count + 1) % COUNTS;
    wave = (wave + 1) % WAVES_PER_SECOND;
    const pleth = finger.off ? 0 : Math.round(50 + 40 * Math.sin((2 * Math.PI * wave) / WAVES_PER_SECOND));
    const flags = {
      lowPerfusion: finger.flags.includes("low_perfusion"),
      motion: finger.flags.includes("motion"),
      sensorOff: finger.off,
      beat: wave === 1,
    };
    await link.write({ channel: "ffe4", bytes: WAVE.encode({ pleth, ...flags, bar: pleth >> 3, count }) });
    if (wave !== 0) continue;
    const { spo2, pulse, perfusion } = finger;
    const thousandths = perfusion === undefined ? 0 : Math.min(MOST_PERFUSION, Math.round(perfusion * 1000));
    const values = { spo2, pulse, perfusion: thousandths === 0 ? undefined : thousandths, count };
    await link.write({ channel: "ffe4", bytes: VALUES.encode(values) });
  }
}
