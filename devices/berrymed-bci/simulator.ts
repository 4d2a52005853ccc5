import { type Finger, lookAtFinger } from "../../src/domain/oximetry.ts";
import { createPulseWave } from "../../src/domain/pulse-wave.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { mono } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { BCI, BERRY, DATA_CHANNEL, USUAL_RATE } from "./codec.ts";

/** 254 is the highest pulse of one byte that is no missing code. */
const MAX_PULSE = 254;
const MAX_PERFUSION = 25.5;
/** 0 means that there is no wave. */
const HIGHEST_PLETH = 100;
/** A notification holds 20 bytes: four frames of BCI or one of BERRY. */
const NOTIFICATION_BYTES = 20;
/** Notifications leave in bursts of a tenth of a second; the mean rate is exact. */
const BURST_MS = 100;
const FRAMES_PER_BURST = (USUAL_RATE * BURST_MS) / 1000;

/** Plays the oximeter at 100 frames a second; BCI notifications begin in the middle of a frame. */
export async function simulateBerry(context: SimulatorContext<PacketLink>): Promise<void> {
  const { bed, clock, link, options, signal } = context;
  const isBerry = options["form"] === "berry";
  // The end of a frame that nobody heard the beginning of.
  let queue: Uint8Array = isBerry ? new Uint8Array(0) : Uint8Array.of(0x48, 0x61);
  let count = 0;
  const pulseWave = createPulseWave(bed, USUAL_RATE);

  const next = (finger: Finger, atMs: number): Uint8Array => {
    const { level, beat } = pulseWave(mono(atMs), finger.pulse);
    const pleth = finger.off ? 0 : Math.max(1, Math.round(level * HIGHEST_PLETH));
    count = (count + 1) % 0x100;
    return isBerry ? berryFrame(finger, pleth, beat, count) : bciFrame(finger, pleth, beat);
  };

  for await (const _ of ticks(clock, BURST_MS, signal)) {
    const finger = lookAtFinger(bed, MAX_PULSE);
    if (finger.silent) continue;
    const frames = Array.from({ length: FRAMES_PER_BURST }, (_unused, i) =>
      next(finger, clock.mono() - BURST_MS + ((i + 1) * 1000) / USUAL_RATE),
    );
    const bytes = Uint8Array.from([queue, ...frames].flatMap((part) => [...part]));
    let at = 0;
    for (; bytes.length - at >= NOTIFICATION_BYTES; at += NOTIFICATION_BYTES) {
      await link.write({ channel: DATA_CHANNEL, bytes: bytes.slice(at, at + NOTIFICATION_BYTES) });
    }
    queue = bytes.slice(at);
  }
}

function bciFrame(finger: Finger, pleth: number, isBeat: boolean): Uint8Array {
  const neither = finger.spo2 === undefined && finger.pulse === undefined;
  return BCI.encode({
    beep: isBeat || neither,
    unplugged: finger.unplugged,
    noSignal: finger.poorSignal,
    // What a real one does without a finger: missing codes, and the no-finger bit clear.
    strength: neither && !finger.searching ? undefined : finger.flags.includes("low_perfusion") ? 1 : 7,
    pleth,
    searching: finger.searching,
    noFinger: false,
    bar: neither ? 9 : Math.round((pleth * 15) / 100),
    pulse: finger.pulse,
    spo2: finger.spo2,
  });
}

function berryFrame(finger: Finger, pleth: number, isBeat: boolean, count: number): Uint8Array {
  const { spo2, pulse, perfusion, battery } = finger;
  const tenths = perfusion === undefined ? undefined : Math.round(Math.min(MAX_PERFUSION, perfusion) * 10);
  const shownPerfusion = tenths === 0 ? undefined : tenths;
  return BERRY.encode({
    count,
    beat: isBeat,
    noPulse: !finger.off && spo2 === undefined && pulse === undefined && !finger.searching,
    noFinger: finger.off && !finger.unplugged,
    sensorOff: finger.unplugged,
    spo2,
    spo2Now: spo2,
    pulse,
    pulseNow: pulse,
    interval: pulse === undefined || pulse === 0 ? 0 : Math.round(60_000 / pulse / 5),
    perfusion: shownPerfusion,
    perfusionNow: shownPerfusion,
    pleth,
    raw: pleth * 1000,
    battery: Math.round(battery ?? 100),
    rate: USUAL_RATE,
  });
}
