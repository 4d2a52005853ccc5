import { localClock } from "../../src/domain/local-clock.ts";
import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { CardLink } from "../../src/port/link.ts";
import { encodeSession, type SessionSample } from "./session.ts";
import { nameOf } from "./simulator.ts";

/** Records of one file. */
const RECORDS_A_FILE = 50;
const MAX_PULSE = 254;

/** Writes a session file of the bed every 50 seconds; a real ring writes one a night. */
export async function simulateSessions({
  bed,
  clock,
  link,
  signal,
  zone = "UTC",
}: SimulatorContext<CardLink>): Promise<void> {
  let start = localClock(clock.wall(), zone);
  let samples: SessionSample[] = [];
  for await (const _tick of ticks(clock, SECOND_MS, signal)) {
    const { spo2, pulse, silent, flags } = lookAtFinger(bed, MAX_PULSE);
    if (!silent) samples.push({ spo2, pulse, motion: flags.includes("motion") ? 40 : 1 });
    if (samples.length < RECORDS_A_FILE) continue;
    await link.write(`${nameOf(start)}.bin`, 0, encodeSession(start, samples));
    start = localClock(clock.wall(), zone);
    samples = [];
  }
}
