import { type Finger, lookAtFinger } from "../../src/domain/oximetry.ts";
import { createPulseWave } from "../../src/domain/pulse-wave.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { mono } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { channelLink } from "../../src/wire/channel.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { BATTERY, COMMANDS, encodeSerial, encodeWave, STATE, VALUES, WAVE_SAMPLES } from "./codec.ts";
import { PC60_CHANNELS } from "./driver.ts";

const TICK_MS = 100;
const SAMPLE_MS = TICK_MS / WAVE_SAMPLES;
const TICKS_PER_SECOND = 10;
const MAX_PULSE = 0xffff;
const HIGHEST_PLETH = 127;
const CONTINUOUS = 2;

/** Plays an oximeter at its end of a Bluetooth LE connection. */
export const simulatePc60Ble = (context: SimulatorContext<PacketLink>): Promise<void> =>
  simulatePc60({
    ...context,
    link: channelLink(context.link, { from: PC60_CHANNELS.to, to: PC60_CHANNELS.from }),
  });

/**
 * Plays an oximeter: values once a second, a wave frame ten times a second, the serial number when asked. When the
 * finger leaves, the last numbers go on with the status "probe off", as they do on a real one.
 */
export async function simulatePc60(context: SimulatorContext): Promise<void> {
  const { bed, clock, link, random, signal } = context;
  const serial = [...random.bytes(10)].map((byte) => byte % 10).join("");
  let held: Pick<Finger, "spo2" | "pulse" | "perfusion"> = {
    spo2: undefined,
    pulse: undefined,
    perfusion: undefined,
  };
  const pulseWave = createPulseWave(bed, 1000 / SAMPLE_MS);

  const values = (finger: Finger): Uint8Array => {
    const { off, unplugged, searching, poorSignal, flags } = finger;
    if (!off && !searching && !poorSignal) held = finger;
    const { spo2, pulse, perfusion } = searching ? NOTHING : held;
    return VALUES.encode({
      spo2: spo2 === 0 ? undefined : spo2,
      pulse: pulse === 0 ? undefined : pulse,
      perfusion: perfusion === undefined ? undefined : Math.min(255, Math.round(perfusion * 10)) || undefined,
      disconnected: unplugged,
      probeOff: off && !unplugged,
      searching,
      checkProbe: poorSignal,
      motion: flags.includes("motion") || flags.includes("artifact"),
      lowPerfusion: flags.includes("low_perfusion"),
      battery: levelOf(finger),
    });
  };

  const wave = (finger: Finger): Uint8Array => {
    const nowMs: number = clock.mono();
    const samples = Array.from({ length: WAVE_SAMPLES }, (_, index) => {
      const at = mono(nowMs - TICK_MS + (index + 1) * SAMPLE_MS);
      return Math.round(pulseWave(at, finger.pulse).level * HIGHEST_PLETH);
    });
    return encodeWave(samples);
  };

  const play = async (): Promise<void> => {
    let tick = 0;
    for await (const _tick of ticks(clock, TICK_MS, signal)) {
      const finger = lookAtFinger(bed, MAX_PULSE);
      tick += 1;
      if (finger.silent) continue;
      if (tick % TICKS_PER_SECOND === 1) {
        await link.write(values(finger));
        await link.write(BATTERY.encode({ level: levelOf(finger) }));
        await link.write(STATE.encode({ mode: CONTINUOUS, step: 0, first: 0, second: 0 }));
      }
      if (!finger.off) await link.write(wave(finger));
    }
  };
  const obey = async (): Promise<void> => {
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      const asked = COMMANDS.serial;
      // The host's commands are short and come whole.
      if (chunk.length === asked.length && chunk.every((byte, i) => byte === asked[i])) {
        await link.write(encodeSerial(serial));
      }
    }
  };
  await Promise.all([play(), obey()]);
}

const NOTHING = { spo2: undefined, pulse: undefined, perfusion: undefined };

/** 0 to 3; full where the bed says nothing of a battery. */
const levelOf = ({ battery }: Finger): number => Math.min(3, Math.floor((battery ?? 100) / 25));
