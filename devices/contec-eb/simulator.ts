import { fromLocalClock, type LocalClock, localClock } from "../../src/domain/local-clock.ts";
import { type Finger, lookAtFinger } from "../../src/domain/oximetry.ts";
import { createPulseWave } from "../../src/domain/pulse-wave.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { type Mono, mono, wall } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import {
  ASK_MANUAL_HEAD,
  ASK_MANUAL_PULSE,
  ASK_MANUAL_SPO2,
  ASK_MODEL,
  ASK_PRESENCE,
  ASK_SPOT_COUNT,
  CLOCK_SET,
  KEEP_ALIVE,
  MANUAL_HEAD,
  MANUAL_PULSE,
  MANUAL_SPO2,
  MODEL,
  PRESENCE,
  READING,
  SET_CLOCK,
  START_READINGS,
  START_WAVE,
  STOP,
  STOPPED,
  WAVE,
} from "./codec.ts";
import { REPORT_BYTES } from "./links.ts";
import { WAVE_RATE_HZ } from "./live-decoder.ts";
import { encodeManual } from "./record.ts";

/** Three frames leave twenty times a second; each twentieth time one of them is a reading. */
const SEND_MS = 50;
const FRAMES_AT_ONCE = 3;
const SENDS_A_READING = 20;
/** A user saw the stream stop "within a minute" of the last keepalive. */
const UNHEARD_MS = 45_000;
const MEMORY_SECONDS = 86_400;
const STATUS_HIGHEST = 254;
const HIGHEST_PLETH = 127;
/** Pleth and bar of a finger that is out, in every wave frame. */
const OUT = { pleth: 0x40, finger: 3, bar: 0 };

/** Reports are filled up with zeros, and each begins with a frame unless a record goes on; notifications are not. */
type Carriage = "reports" | "notifications";

/**
 * Plays the oximeter: silent until the streams are asked for, silent again without keepalives. Over USB it keeps what
 * it showed as a record of the manual mode.
 */
export async function simulateEb(context: SimulatorContext, carriage: Carriage): Promise<void> {
  const { clock, link, signal, bed } = context;
  const streams = { wave: false, readings: false, heardMs: 0 };
  const memory = createMemory(context);
  const live = createLive(context);

  const send = async (frames: readonly Uint8Array[]): Promise<void> => {
    if (frames.length === 0) return;
    const bytes = Buffer.concat(frames);
    if (carriage === "notifications") return link.write(new Uint8Array(bytes));
    for (let at = 0; at < bytes.length; at += REPORT_BYTES) {
      const report = new Uint8Array(REPORT_BYTES);
      report.set(bytes.subarray(at, at + REPORT_BYTES));
      await link.write(report);
    }
  };

  const play = async (): Promise<void> => {
    for await (const _ of ticks(clock, SEND_MS, signal)) {
      const finger = lookAtFinger(bed, STATUS_HIGHEST);
      memory.look(finger);
      const kept = clock.mono() - streams.heardMs < UNHEARD_MS;
      const frames = live(finger).filter((frame) => (frame[1] === 0 ? streams.wave : streams.readings));
      if (kept && !finger.silent) await send(frames);
    }
  };

  const obey = async (): Promise<void> => {
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      const is = (command: Uint8Array): boolean => command.every((byte, i) => chunk[i] === byte);
      if (lookAtFinger(bed, STATUS_HIGHEST).silent) continue;
      if ([KEEP_ALIVE, START_WAVE, START_READINGS].some(is)) streams.heardMs = clock.mono();
      if (is(START_WAVE)) streams.wave = true;
      else if (is(START_READINGS)) streams.readings = true;
      else if (is(STOP)) {
        streams.wave = false;
        streams.readings = false;
        await send([STOPPED.encode({})]);
      } else if (is(ASK_MODEL)) await send([modelFrame(carriage === "reports" ? "50E" : "50D-BT")]);
      else if (chunk.length >= SET_CLOCK.lengthBytes && SET_CLOCK.check(chunk, 0) === 0) {
        const { year, ...rest } = SET_CLOCK.decode(chunk, 0);
        memory.setClock({ year: 2000 + year, ...rest });
        await send([CLOCK_SET.encode({})]);
      } else if (carriage === "reports") await send(memory.answer(is));
      // The PO60 has no live streams to speak of; its question is answered with "nothing kept".
      else if (is(ASK_SPOT_COUNT)) await send([Uint8Array.of(0xe0, 0x05, 0x00, 0x65)]);
    }
  };
  await Promise.all([play(), obey()]);
}

function modelFrame(name: string): Uint8Array {
  const bytes = MODEL.encode({});
  for (let i = 0; i < 8; i++) bytes[1 + i] = name.padEnd(8).charCodeAt(i);
  bytes[9] = bytes.subarray(0, 9).reduce((sum, byte) => sum + byte, 0) & 0x7f;
  return bytes;
}

/** The frames of the next twentieth of a second. */
function createLive({ bed, clock }: SimulatorContext): (finger: Finger) => readonly Uint8Array[] {
  let sends = 0;
  const pulse = createPulseWave(bed, WAVE_RATE_HZ);

  const waveFrame = (finger: Finger, at: Mono): Uint8Array => {
    if (finger.off) return WAVE.encode({ beat: false, strength: 4, ...OUT });
    const { level, beat } = pulse(at, finger.pulse);
    const pleth = Math.round(level * HIGHEST_PLETH);
    return WAVE.encode({ beat, strength: 6, pleth, finger: 0, bar: pleth >> 3 });
  };

  return (finger) => {
    sends += 1;
    const nowMs: number = clock.mono();
    const hasReading = sends % SENDS_A_READING === 0;
    const waves = Array.from({ length: FRAMES_AT_ONCE - (hasReading ? 1 : 0) }, (_, i) =>
      waveFrame(finger, mono(nowMs - SEND_MS + ((i + 1) * 1000) / WAVE_RATE_HZ)),
    );
    return hasReading ? [...waves, readingFrame(finger)] : waves;
  };
}

function readingFrame({ spo2, pulse, perfusion, poorSignal }: Finger): Uint8Array {
  const hundredths = perfusion === undefined ? undefined : Math.min(16_383, Math.round(perfusion * 100));
  return READING.encode({ valid: !poorSignal, status: 0, pulse, spo2, perfusion: hundredths });
}

/** What the oximeter keeps of what it showed, second by second, and its clock. */
function createMemory({ clock }: SimulatorContext) {
  const spo2: (number | undefined)[] = [];
  const pulse: (number | undefined)[] = [];
  const beganMs: number = clock.mono();
  let shownMs: number = clock.wall();

  const start = (): LocalClock => localClock(wall(shownMs), "UTC");
  const part = (format: typeof MANUAL_SPO2, values: readonly (number | undefined)[]): readonly Uint8Array[] =>
    encodeManual(values).map(({ flags, data }, number) => {
      const bytes = format.encode({ number, flags });
      bytes.set(data, 5);
      bytes[19] = bytes.subarray(0, 19).reduce((sum, byte) => sum + byte, 0) & 0x7f;
      return bytes;
    });

  return {
    look(finger: Finger): void {
      const due = Math.floor((clock.mono() - beganMs) / 1000);
      if (finger.silent || spo2.length >= due || spo2.length >= MEMORY_SECONDS) return;
      spo2.push(finger.spo2);
      pulse.push(finger.pulse);
    },
    /** The record's start follows the clock that was set since. */
    setClock(shown: LocalClock): void {
      const now = fromLocalClock(shown, "UTC");
      if (now !== undefined) shownMs = now - (clock.mono() - beganMs);
    },
    answer(is: (command: Uint8Array) => boolean): readonly Uint8Array[] {
      if (is(ASK_PRESENCE)) return [PRESENCE.encode({ present: spo2.length > 0 ? 1 : 0, auto: 0 })];
      if (is(ASK_MANUAL_HEAD)) {
        const { year, ...rest } = start();
        return [MANUAL_HEAD.encode({ year: year - 2000, ...rest, seconds: spo2.length })];
      }
      if (is(ASK_MANUAL_SPO2)) return part(MANUAL_SPO2, spo2);
      if (is(ASK_MANUAL_PULSE)) return part(MANUAL_PULSE, pulse);
      return [];
    },
  };
}
