import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { ANSWER, PASSWORD, VALUES } from "./codec.ts";

/** One byte holds the pulse. */
const MAX_PULSE = 255;

/** Plays the clip: silent until it has the password, then values once a second, zeros where it has none. */
export async function simulateChoiceMMed(context: SimulatorContext<PacketLink>): Promise<void> {
  const { bed, clock, link, signal } = context;
  let isOpen = false;
  const obey = async (): Promise<void> => {
    for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
      const asked = bytes.length === PASSWORD.lengthBytes && PASSWORD.check(bytes, 0) === 0;
      if (channel !== "cd20" || !asked) continue;
      isOpen = true;
      await link.write({ channel: "cd04", bytes: ANSWER.encode({ code: 0 }) });
    }
  };
  const play = async (): Promise<void> => {
    for await (const _ of ticks(clock, 1000, signal)) {
      const { silent, spo2, pulse } = lookAtFinger(bed, MAX_PULSE);
      if (isOpen && !silent) await link.write({ channel: "cd04", bytes: VALUES.encode({ spo2, pulse }) });
    }
  };
  await Promise.all([play(), obey()]);
}
