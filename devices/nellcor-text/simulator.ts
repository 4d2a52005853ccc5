import { type Finger, lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import type { Wall } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createLineFramer, lineText } from "../../src/wire/line.ts";
import { encodeLine, HEADING, LINES_PER_HEADING } from "./codec.ts";

const PERIOD_MS = 2_000;
/** The limits that stand in the heading. */
const LIMITS = { spo2Low: 85, pulseLow: 40, pulseHigh: 170 };
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/**
 * Plays an N-595: a line every two seconds, the heading first and again after 25 lines; nothing while it is switched
 * off. With `start` it prints only once it was told to.
 */
export async function simulateNellcor(context: SimulatorContext): Promise<void> {
  const { bed, clock, link, options, signal } = context;
  let printing = options["start"] !== true;

  const print = async (): Promise<void> => {
    let lines = 0;
    for await (const _ of ticks(clock, PERIOD_MS, signal)) {
      const finger = lookAtFinger(bed, 300);
      if (printing && !finger.silent) {
        if (lines % LINES_PER_HEADING === 0) await link.write(HEADING);
        await link.write(encodeLine(printedOf(finger), clockText(clock.wall())));
        lines += 1;
      }
    }
  };

  const obey = async (): Promise<void> => {
    const framer = createLineFramer({
      end: "lf",
      maxBytes: 16,
      onLine(bytes) {
        if (lineText(bytes) === "0") printing = true;
      },
      onNoise: () => undefined,
    });
    for await (const chunk of chunksUntil(link.chunks, signal)) framer.push(chunk);
  };

  await Promise.all([print(), obey()]);
}

function printedOf(finger: Finger): Parameters<typeof encodeLine>[0] {
  const { spo2, pulse } = finger;
  const lost = !finger.off && !finger.searching && !finger.poorSignal;
  const when: readonly (readonly [string, boolean])[] = [
    ["SD", finger.unplugged],
    ["SO", finger.off && !finger.unplugged],
    ["PS", finger.searching],
    ["LM", finger.poorSignal],
    ["LP", lost && spo2 === undefined && pulse === undefined],
    ["MO", finger.flags.includes("motion")],
    ["SL", spo2 !== undefined && spo2 < LIMITS.spo2Low],
    ["PL", pulse !== undefined && pulse < LIMITS.pulseLow],
    ["PH", pulse !== undefined && pulse > LIMITS.pulseHigh],
    ["LB", (finger.battery ?? 100) < 20],
  ];
  return {
    spo2,
    pulse,
    amplitude: pulse === undefined ? undefined : 45,
    status: when.flatMap(([code, set]) => (set ? [code] : [])),
  };
}

function clockText(wall: Wall): string {
  const date = new Date(wall);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(date.getUTCDate())}-${MONTHS[date.getUTCMonth()]}-${two(date.getUTCFullYear() % 100)} ${date.toISOString().slice(11, 19)}`;
}
