import { FORMAT_2, FRAMES_PER_PACKET, FRAMES_PER_SECOND, PACKET } from "../../devices/nonin-serial/codec.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Cable } from "./cable.ts";

/** What the finger shows: read anew at each packet. */
export interface Finger {
  readonly spo2: number;
  readonly pulse: number;
}

/** An oximeter in format 2 at the far end of a cable, which knows when it wrote what. */
export interface Oximeter {
  finger: Finger;
  /**
   * Begins to send at a steady rate from the first frame of a packet; what nobody can take is lost. The returned
   * function ends it within a frame.
   */
  play(cable: Cable, framesPerSecond?: number): () => void;
  /** Sends so many packets as fast as the cable takes them; resolves when it has taken the last one. */
  flood(cable: Cable, packets: number): Promise<void>;
  /** When the last byte of the packet with this timer was handed to the cable; the newest minute is remembered. */
  writtenAt(timer: number): number | undefined;
  /** The timer of the newest packet that was written whole. */
  readonly newest: number;
}

const TIMER_STEPS = 1 << 14;
const REMEMBERED_PACKETS = 180;
export const FRAME_BYTES = FORMAT_2.lengthBytes;
export const PACKETS_PER_SECOND = FRAMES_PER_SECOND / FRAMES_PER_PACKET;
export { FRAMES_PER_PACKET, FRAMES_PER_SECOND };

export function createOximeter(clock: Clock): Oximeter {
  const written = new Map<number, number>();
  let timer = 0;
  let newest = -1;
  let finger: Finger = { spo2: 97, pulse: 72 };

  const nextTimer = (): number => {
    timer = (timer + 1) % TIMER_STEPS;
    return timer;
  };

  const done = (packet: number, at: number): void => {
    newest = packet;
    written.set(packet, at);
    const oldest = written.keys().next().value;
    if (written.size > REMEMBERED_PACKETS && oldest !== undefined) written.delete(oldest);
  };

  return {
    get finger() {
      return finger;
    },
    set finger(shown) {
      finger = shown;
    },
    play(cable, framesPerSecond = FRAMES_PER_SECOND) {
      const startMs = clock.mono();
      let sent = 0;
      let position = 0;
      let frames: readonly Uint8Array[] = [];
      const frameMs = SECOND_MS / framesPerSecond;
      return clock.every(frameMs, () => {
        const due = Math.floor((clock.mono() - startMs) / frameMs);
        for (; sent < due; sent += 1) {
          if (position === 0) frames = packetOf(finger, nextTimer());
          // The moment before the write: everything after the last byte left counts.
          const at = clock.mono();
          cable.write(frames[position] ?? new Uint8Array(0));
          position = (position + 1) % FRAMES_PER_PACKET;
          if (position === 0 && cable.isOpen) done(timer, at);
        }
      });
    },
    async flood(cable, packets) {
      const bytes = packetsFrom(nextTimer, packets, finger);
      const piece = 64 * FRAMES_PER_PACKET * FRAME_BYTES;
      for (let at = 0; at < bytes.length; at += piece) {
        if (!cable.write(bytes.subarray(at, at + piece))) await cable.drained();
      }
      done(timer, clock.mono());
    },
    writtenAt: (packet) => written.get(packet),
    get newest() {
      return newest;
    },
  };
}

/** The bytes of so many packets in a row, each with the timer that is given next. */
export function packetsFrom(nextTimer: () => number, packets: number, finger: Finger): Uint8Array {
  return Buffer.concat(Array.from({ length: packets }, () => packetOf(finger, nextTimer())).flat());
}

function packetOf({ spo2, pulse }: Finger, timer: number): readonly Uint8Array[] {
  const floats = PACKET.encode({
    pulse,
    spo2,
    firmware: 24,
    timer,
    smartPoint: true,
    lowBattery: false,
    spo2Display: spo2,
    spo2Fast: spo2,
    spo2Beat: spo2,
    pulseExtended: pulse,
    spo2Extended: spo2,
    spo2ExtendedDisplay: spo2,
    pulseDisplay: pulse,
    pulseExtendedDisplay: pulse,
  });
  return Array.from(floats, (float, index) =>
    FORMAT_2.encode({
      disconnected: false,
      artifact: false,
      outOfTrack: false,
      sensorAlarm: false,
      red: false,
      green: index < 12,
      sync: index === 0,
      float,
      // A moving waveform: a frozen one would be an alarm of its own.
      pleth: (index * 7 + timer * 13) % 200,
    }),
  );
}
