import { localClock } from "../../src/domain/local-clock.ts";
import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { CardLink } from "../../src/port/link.ts";
import { encodeVld, STEP_S, type VldSample } from "./vld.ts";

/** Records from one writing of the file to the next: half a minute. */
const RECORDS_A_WRITING = 8;
/** A day and more. */
const LONGEST_SESSION = 32_000;
const MAX_PULSE = 254;

/** Writes one session file of the bed, which grows while it is watched; a real one appears whole, after the night. */
export async function simulateSessions({
  bed,
  clock,
  link,
  signal,
  zone = "UTC",
}: SimulatorContext<CardLink>): Promise<void> {
  const start = localClock(clock.wall(), zone);
  const parts = [start.month, start.day, start.hour, start.minute, start.second];
  const name = `O2Ring_${start.year}${parts.map((part) => String(part).padStart(2, "0")).join("")}.vld`;
  const samples: VldSample[] = [];
  for await (const _tick of ticks(clock, STEP_S * SECOND_MS, signal)) {
    const { spo2, pulse, off, silent, searching, flags } = lookAtFinger(bed, MAX_PULSE);
    if (silent || samples.length >= LONGEST_SESSION) continue;
    samples.push({
      spo2: searching ? 0 : spo2,
      pulse: searching ? 0 : pulse,
      finger: !off,
      motion: flags.includes("motion") ? 120 : 2,
    });
    if (samples.length % RECORDS_A_WRITING === 0) {
      await link.write(name, 0, encodeVld(start, samples));
    }
  }
}
