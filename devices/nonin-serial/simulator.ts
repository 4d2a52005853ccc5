import { localClock } from "../../src/domain/local-clock.ts";
import { createPulseWave } from "../../src/domain/pulse-wave.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { type Mono, mono } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import {
  ACK,
  encodeFormat13,
  FORMAT_2,
  FORMAT_7,
  FORMAT_8,
  FORMAT_COMMAND_3150,
  FORMAT_COMMAND_9560,
  FRAMES_PER_PACKET,
  FRAMES_PER_SECOND,
  NAK,
  PACKET,
} from "./codec.ts";
import { createFinger, type NoninFinger } from "./finger.ts";

/** Frames leave in bursts of 15, five a second: a packet may wait 0.2 s, the mean rate is exact. */
const BURST_MS = 200;
/** After a longer stop (a suspended machine) the frames in between are not made up for. */
const CATCH_UP_FRAMES = 4 * FRAMES_PER_SECOND;
/** Perfusion bits are set for 12 frames of every beat (specification). */
const BEAT_FRAMES = 12;
/** A spot check is finished some seconds after the finger went in; the device takes up to 40 s. */
const SPOT_CHECK_MS = 10_000;
const FIRMWARE = 24;
const TIMER_STEPS = 1 << 14;

/** What goes out with this burst; nothing where nothing is due. */
type Player = () => Uint8Array;

/** Plays the oximeter of the chosen format (`auto`: format 2) and obeys the format commands of 9560 and 3150. */
export async function simulateNonin(context: SimulatorContext): Promise<void> {
  const { clock, link, options, signal } = context;
  const given = Number(options["format"]);
  let player = playerOf(Number.isInteger(given) ? given : 2, context);

  const play = async (): Promise<void> => {
    for await (const _ of ticks(clock, BURST_MS, signal)) {
      const bytes = player?.() ?? new Uint8Array(0);
      if (bytes.length > 0) await link.write(bytes);
    }
  };
  const obey = async (): Promise<void> => {
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      const asked = formatAsked(chunk);
      if (asked === undefined) continue;
      const next = playerOf(asked, context);
      player = next ?? player;
      await link.write(Uint8Array.of(next === undefined ? NAK : ACK));
    }
  };
  await Promise.all([play(), obey()]);
}

/** The format that a command from the host asks for; commands are short and arrive whole. */
function formatAsked(bytes: Uint8Array): number | undefined {
  for (const command of [FORMAT_COMMAND_9560, FORMAT_COMMAND_3150]) {
    if (bytes.length === command.lengthBytes && command.check(bytes, 0) === 0) {
      return command.decode(bytes, 0).format;
    }
  }
  return undefined;
}

function playerOf(format: number, context: SimulatorContext): Player | undefined {
  const look = createFinger(context.bed, context.clock);
  if (format === 2 || format === 7) return createPackets(format, context, look);
  if (format === 8) return createDisplay(context, look);
  return format === 13 ? createSpotCheck(context, look) : undefined;
}

/** Formats 2 and 7: as many frames as time has gone by. Values are latched at the first frame of a packet. */
function createPackets(
  format: 2 | 7,
  { bed, clock, random }: SimulatorContext,
  look: () => NoninFinger,
): Player {
  const startMs: number = clock.mono();
  let finger = look();
  let floats: Uint8Array = new Uint8Array(FRAMES_PER_PACKET);
  let timer = Math.floor(random.uniform() * TIMER_STEPS);
  let sent = 0;
  const pulseWave = createPulseWave(bed, FRAMES_PER_SECOND);
  let framesIntoBeat = 0;

  const latch = (): void => {
    finger = look();
    timer = (timer + 1) % TIMER_STEPS;
    const { spo2, pulse, display } = finger;
    floats = PACKET.encode({
      pulse,
      spo2,
      firmware: FIRMWARE,
      timer,
      smartPoint: spo2 !== undefined && finger.light === "good" && !finger.artifact,
      lowBattery: isLow(finger),
      spo2Display: display.spo2,
      spo2Fast: spo2,
      spo2Beat: spo2,
      pulseExtended: pulse,
      spo2Extended: spo2,
      spo2ExtendedDisplay: display.spo2,
      pulseDisplay: display.pulse,
      pulseExtendedDisplay: display.pulse,
    });
  };

  const nextFrame = (at: Mono): Uint8Array => {
    const position = sent % FRAMES_PER_PACKET;
    if (position === 0) latch();
    const { level, beat } = pulseWave(at, finger.pulse);
    framesIntoBeat = beat ? 0 : framesIntoBeat + 1;
    const atBeat = framesIntoBeat < BEAT_FRAMES && finger.pulse !== undefined;
    const frame = {
      disconnected: finger.unplugged,
      artifact: finger.artifact,
      outOfTrack: finger.outOfTrack,
      sensorAlarm: finger.off,
      red: atBeat && finger.light !== "good",
      green: atBeat && finger.light !== "low",
      sync: position === 0,
      float: floats[position] ?? 0,
    };
    const pleth = finger.off ? 0 : level;
    if (format === 2) return FORMAT_2.encode({ ...frame, pleth: Math.round(pleth * 255) });
    return FORMAT_7.encode({ ...frame, pleth: Math.round(pleth * 255 * 256) });
  };

  return () => {
    const nowMs: number = clock.mono();
    const due = Math.floor(((nowMs - startMs) * FRAMES_PER_SECOND) / 1000);
    if (due - sent > CATCH_UP_FRAMES) sent = due - FRAMES_PER_SECOND;
    const bytes = new Uint8Array((due - sent) * FORMAT_2.lengthBytes);
    for (let at = 0; at < bytes.length; at += FORMAT_2.lengthBytes) {
      bytes.set(nextFrame(mono(startMs + ((sent + 1) * 1000) / FRAMES_PER_SECOND)), at);
      sent += 1;
    }
    return finger.silent ? new Uint8Array(0) : bytes;
  };
}

/** Format 8: display values, once a second. */
function createDisplay({ clock }: SimulatorContext, look: () => NoninFinger): Player {
  let dueMs: number = clock.mono();
  return () => {
    const finger = look();
    if (clock.mono() < dueMs || finger.silent) return new Uint8Array(0);
    dueMs = Math.max(dueMs + 1000, clock.mono() - 1000);
    return FORMAT_8.encode({
      outOfTrack: finger.outOfTrack,
      lowPerfusion: finger.light === "low",
      marginalPerfusion: finger.light === "marginal",
      artifact: finger.artifact,
      pulse: finger.display.pulse,
      spo2: finger.display.spo2,
      smartPoint: finger.display.spo2 !== undefined && finger.light === "good" && !finger.artifact,
      sensorAlarm: finger.off,
      lowBattery: isLow(finger),
    });
  };
}

/** Format 13: one measurement each time the finger has been in for a while. */
function createSpotCheck({ clock, zone = "UTC" }: SimulatorContext, look: () => NoninFinger): Player {
  let inSinceMs: number | undefined;
  let measured = false;
  return () => {
    const finger = look();
    const nowMs: number = clock.mono();
    if (finger.off || finger.silent) {
      inSinceMs = undefined;
      measured = false;
      return new Uint8Array(0);
    }
    inSinceMs ??= nowMs;
    if (measured || nowMs - inSinceMs < SPOT_CHECK_MS) return new Uint8Array(0);
    measured = true;
    const { year, ...shown } = localClock(clock.wall(), zone);
    const { spo2, pulse } = finger;
    return encodeFormat13({
      century: Math.floor(year / 100),
      year: year % 100,
      ...shown,
      smartPoint: finger.light === "good" && !finger.artifact,
      noMeasurement: spo2 === undefined && pulse === undefined,
      fromMemory: false,
      lowBattery: isLow(finger),
      pulse,
      spo2,
    });
  };
}

const isLow = ({ battery }: NoninFinger): boolean => battery !== undefined && battery < 20;
