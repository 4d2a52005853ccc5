import { type Finger, lookAtFinger } from "../../src/domain/oximetry.ts";
import { createPulseWave } from "../../src/domain/pulse-wave.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { type Mono, mono } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { BACK_TO_LIVE, HEAD, LIVE, MEMORY, SECOND } from "./codec.ts";
import { RATE_HZ } from "./live-decoder.ts";

/** Six frames leave ten times a second... */
const SEND_MS = 100;
const FRAMES_AT_ONCE = 6;
/** ...less the end of the last, which comes with the next ones, as real reads are split. */
const HELD_BACK_BYTES = 2;
const MEMORY_SECONDS = 86_400;
const PULSE_HIGHEST = 254;
const HIGHEST_PLETH = 127;

/** Plays the oximeter: live frames by themselves, what it showed when its memory is asked for. It has no clock. */
export async function simulateFirst({ bed, clock, link, signal }: SimulatorContext): Promise<void> {
  const seconds: { readonly spo2: number; readonly pulse: number }[] = [];
  const beganMs: number = clock.mono();
  let live = true;
  const pulseWave = createPulseWave(bed, RATE_HZ);
  let held = new Uint8Array(0);

  const frame = (finger: Finger, at: Mono): Uint8Array => {
    const { level, beat } = pulseWave(at, finger.pulse);
    const pleth = Math.round(level * HIGHEST_PLETH);
    return LIVE.encode({
      beat,
      dropping: false,
      searchTooLong: false,
      strength: finger.off ? 0 : 7,
      pleth: finger.off ? 0 : pleth,
      searching: finger.searching || finger.poorSignal,
      probeError: finger.off,
      bar: finger.off ? 0 : pleth >> 3,
      // With the finger out the numbers are 0.
      pulse: finger.off ? 0 : finger.pulse,
      spo2: finger.off ? 0 : finger.spo2,
    });
  };

  const play = async (): Promise<void> => {
    for await (const _ of ticks(clock, SEND_MS, signal)) {
      const finger = lookAtFinger(bed, PULSE_HIGHEST);
      const nowMs: number = clock.mono();
      const { spo2 = 0, pulse = 0 } = finger;
      const due = Math.min(MEMORY_SECONDS, Math.floor((nowMs - beganMs) / 1000));
      if (seconds.length < due && !finger.silent) seconds.push({ spo2, pulse });
      const frames = Array.from({ length: FRAMES_AT_ONCE }, (_unused, i) =>
        frame(finger, mono(nowMs - SEND_MS + ((i + 1) * 1000) / RATE_HZ)),
      );
      if (!live || finger.silent) continue;
      const bytes = new Uint8Array(Buffer.concat([held, ...frames]));
      held = bytes.slice(-HELD_BACK_BYTES);
      await link.write(bytes.subarray(0, -HELD_BACK_BYTES));
    }
  };

  const memory = (): Uint8Array => {
    const length = Math.max(0, 3 * seconds.length - 1);
    const none = { hour: 0, minute: 0, hourAgain: 0, minuteAgain: 0, hourOnceMore: 0, minuteOnceMore: 0 };
    const head = HEAD.encode({
      ...none,
      lengthHigh: length >> 14,
      lengthMiddle: (length >> 7) & 0x7f,
      lengthLow: length & 0x7f,
    });
    return new Uint8Array(Buffer.concat([head, ...seconds.map((second) => SECOND.encode(second))]));
  };

  const obey = async (): Promise<void> => {
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      if (lookAtFinger(bed, PULSE_HIGHEST).silent) continue;
      if (equal(chunk, BACK_TO_LIVE)) live = true;
      if (!equal(chunk, MEMORY)) continue;
      live = false;
      held = new Uint8Array(0);
      await link.write(memory());
    }
  };
  await Promise.all([play(), obey()]);
}

const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
