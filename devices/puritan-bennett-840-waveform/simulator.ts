import { slept } from "../../src/domain/ticks.ts";
import { mono } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { encodeLine, RATE_HZ, type WaveformLine } from "./codec.ts";

const STEP_MS = 1000 / RATE_HZ;
/** After a longer stop (a suspended machine) the lines in between are not made up for. */
const CATCH_UP_STEPS = 4 * RATE_HZ;

/**
 * Plays the waveform port: one line every 20 ms while the bed has flow and pressure, BS and BE where its breaths
 * change. A bed without these waves gets no line; nothing is made up.
 */
export async function simulateWaveform(context: SimulatorContext): Promise<void> {
  await Promise.all([play(context), ignoreHost(context)]);
}

async function play({ bed, clock, link, signal }: SimulatorContext): Promise<void> {
  const startMs: number = clock.mono();
  const breaths = createBreathMarks();
  for (let step = 0; !signal.aborted; step++) {
    const late = Math.floor((clock.mono() - startMs) / STEP_MS) - step;
    if (late > CATCH_UP_STEPS) step += late;
    const at = mono(startMs + step * STEP_MS);
    const flow = bed.wave("flow", at);
    const pressure = bed.wave("airway_pressure", at);
    const running = flow !== undefined && pressure !== undefined;
    const lines: WaveformLine[] = breaths.next(running ? bed.breath(at)?.number : undefined);
    if (running) lines.push({ kind: "sample", flow, pressure });
    if (lines.length > 0) await link.write(Buffer.concat(lines.map(encodeLine)));
    if (!(await slept(clock, at + STEP_MS - clock.mono(), signal))) return;
  }
}

/** The port takes no commands; an unread port would not notice that the cable is gone. */
async function ignoreHost({ link, signal }: SimulatorContext): Promise<void> {
  for await (const _ of chunksUntil(link.chunks, signal));
}

/** BE and BS where the number of the breath changes; undefined stands for no breath. */
function createBreathMarks(): { next(breath: number | undefined): WaveformLine[] } {
  let open: number | undefined;
  return {
    next(breath) {
      if (breath === open) return [];
      const lines: WaveformLine[] = [];
      if (open !== undefined) lines.push({ kind: "end" });
      if (breath !== undefined) lines.push({ kind: "start", breath });
      open = breath;
      return lines;
    },
  };
}
