import { createOximetry, flagsOf, inWords, type Oximetry } from "../../src/domain/oximetry.ts";
import type { Absence, Samples } from "../../src/domain/sample.ts";
import { createFramer, fixedLengthRule } from "../../src/wire/framer.ts";
import {
  FORMAT_2,
  FORMAT_7,
  FRAMES_PER_PACKET,
  FRAMES_PER_SECOND,
  PACKET,
  type PacketValues,
  STATUS,
} from "./codec.ts";
import { createStatus, type Decoder, type Sink } from "./reading.ts";

/** Two frames in a row end a search for the beginning: one sum fits by chance in 256, a row hardly ever. */
const CONFIRM_FRAMES = 2;
const FRAME_BYTES = FORMAT_2.lengthBytes;
const PACKETS_PER_SECOND = FRAMES_PER_SECOND / FRAMES_PER_PACKET;
const TIMER_MASK = 0x3fff;
/** A timer that leaps further than a minute was reset; it says nothing about lost packets. */
const TIMER_LEAP_MAX = 180;
/** A stretch of waveform shorter than a packet, cut off by noise, is let go. */
const WAVE_MIN_SAMPLES = FRAMES_PER_PACKET;

/** A packet whose 25 frames have come: the status of the last one, and how much came since. */
interface Held {
  readonly status: number;
  bytesBehind: number;
}

/** What the remarks of all frames since the last reading come to. */
interface Remarks {
  artifact: boolean;
  outOfTrack: boolean;
  red: boolean;
  yellow: boolean;
}

/**
 * Formats 2 and 7. A reading leaves with the first whole packet and then with every third, or the next one after a
 * loss: the packet's own timer counts thirds of seconds. Values are the recording ones (mean of 4 beats), which go
 * missing at once when the finger leaves. A packet counts only when all its 25 frames came without a gap and the next
 * frame begins another one: nothing numbers the frames, and 26 of them would put the values one place off.
 */
export function createPacketDecoder(format: 2 | 7, hasSensorSocket: boolean, sink: Sink): Decoder {
  const statusAt = format === 2 ? 1 : 0;
  const status = createStatus(sink);
  const oximetry = createOximetry();
  const floats = new Uint8Array(FRAMES_PER_PACKET);
  const packet = new Uint8Array(FRAMES_PER_PACKET * FRAME_BYTES);
  let position = -1;
  let held: Held | undefined;
  let wave: number[] = [];
  let remarks = noRemarks();
  let timer: number | undefined;
  let thirdsSinceReading = PACKETS_PER_SECOND;
  let firmware: number | undefined;

  const flushWave = (): void => {
    if (wave.length >= WAVE_MIN_SAMPLES) {
      sink.reading({ body: { kind: "wave", rateHz: FRAMES_PER_SECOND, channels: { pleth: wave } } });
    }
    wave = [];
  };

  /** How far the timer went since the last packet; counts what was lost. */
  const passed = (now: number): number => {
    const before = timer;
    timer = now;
    if (before === undefined || (before === 0 && now === 0)) return 1;
    const thirds = (now - before) & TIMER_MASK;
    if (thirds === 1) return 1;
    sink.reject(new Uint8Array(0), `the packet timer went from ${before} to ${now}`);
    wave = wave.slice(-FRAMES_PER_PACKET);
    return thirds > TIMER_LEAP_MAX ? 1 : thirds;
  };

  const complete = (lastStatus: number): void => {
    const values = PACKET.decode(floats, 0);
    const samples = samplesOf(values, lastStatus, hasSensorSocket, oximetry);
    sink.frame(packet, () => describe(values, lastStatus, samples));
    collectRemarks(remarks, packet, statusAt);
    status.lowBattery(values.lowBattery);
    if (values.firmware !== firmware) {
      firmware = values.firmware;
      sink.reading({ body: { kind: "identity", firmware: String(firmware) } });
    }
    thirdsSinceReading += passed(values.timer);
    if (thirdsSinceReading >= PACKETS_PER_SECOND) {
      thirdsSinceReading = 0;
      sink.reading({
        body: {
          kind: "samples",
          samples,
          ...flagsOf({
            low_perfusion: remarks.red,
            marginal_perfusion: remarks.yellow && !remarks.red,
            artifact: remarks.artifact,
            out_of_track: remarks.outOfTrack,
          }),
          counter: values.timer,
        },
      });
      remarks = noRemarks();
    }
    if (wave.length >= FRAMES_PER_SECOND) flushWave();
  };

  /** A packet whose 25 frames came is believed where another one begins behind it, or behind one that was damaged. */
  const settle = (isSync: boolean): void => {
    if (held === undefined) return;
    const { status: lastStatus, bytesBehind } = held;
    if (isSync && (bytesBehind === 0 || bytesBehind === packet.length)) {
      held = undefined;
      return complete(lastStatus);
    }
    if (!isSync && bytesBehind > 0 && bytesBehind < packet.length) {
      held.bytesBehind += FRAME_BYTES;
      return;
    }
    held = undefined;
    sink.reject(packet, "a packet went on after 25 of 25 frames");
    wave = [];
  };

  const framer = createFramer({
    rule: fixedLengthRule(format === 2 ? FORMAT_2 : FORMAT_7),
    confirm: CONFIRM_FRAMES,
    onFrame(bytes, at) {
      const flags = bytes[at + statusAt] ?? 0;
      const isSync = (flags & STATUS.sync) !== 0;
      settle(isSync);
      if (isSync) {
        // A packet that was cut short without noise lost whole frames: the waveform has a gap of unknown length.
        if (position > 0) {
          sink.reject(
            packet.subarray(0, position * FRAME_BYTES),
            `a packet ended after ${position} of 25 frames`,
          );
          wave = [];
        }
        position = 0;
      }
      wave.push(format === 2 ? (bytes[at + 2] ?? 0) : (bytes[at + 1] ?? 0) * 256 + (bytes[at + 2] ?? 0));
      if (position < 0) {
        if (wave.length > 2 * FRAMES_PER_SECOND) wave = [];
        return;
      }
      floats[position] = bytes[at + 3] ?? 0;
      const to = position * FRAME_BYTES;
      packet[to] = bytes[at] ?? 0;
      packet[to + 1] = bytes[at + 1] ?? 0;
      packet[to + 2] = bytes[at + 2] ?? 0;
      packet[to + 3] = bytes[at + 3] ?? 0;
      packet[to + 4] = bytes[at + 4] ?? 0;
      position += 1;
      if (position < FRAMES_PER_PACKET) return;
      position = -1;
      held = { status: flags, bytesBehind: 0 };
    },
    onNoise(bytes, reason) {
      position = -1;
      if (held !== undefined) held.bytesBehind += bytes.length;
      sink.reject(bytes, reason);
      flushWave();
    },
  });
  return { push: (chunk) => framer.push(chunk) };
}

/** The recording values, gated by the status of the packet's last frame. */
function samplesOf(
  values: PacketValues,
  status: number,
  hasSensorSocket: boolean,
  oximetry: Oximetry,
): Samples {
  // Numbers that may stand beside are no measurement.
  const gone = (reason: Absence): Samples => oximetry(undefined, undefined, reason);
  if (hasSensorSocket && (status & STATUS.disconnected) !== 0) return gone("not_connected");
  if ((status & STATUS.sensorAlarm) !== 0) return gone("sensor_off");
  const outOfTrack = (status & STATUS.outOfTrack) !== 0;
  return oximetry(values.spo2, values.pulse, outOfTrack ? "poor_signal" : "searching");
}

const noRemarks = (): Remarks => ({ artifact: false, outOfTrack: false, red: false, yellow: false });

function collectRemarks(remarks: Remarks, packet: Uint8Array, statusAt: number): void {
  for (let at = statusAt; at < packet.length; at += FRAME_BYTES) {
    const status = packet[at] ?? 0;
    if ((status & STATUS.artifact) !== 0) remarks.artifact = true;
    if ((status & STATUS.outOfTrack) !== 0) remarks.outOfTrack = true;
    const perfusion = status & STATUS.perfusion;
    if (perfusion === STATUS.perfusionRed) remarks.red = true;
    if (perfusion === STATUS.perfusionYellow) remarks.yellow = true;
  }
}

function describe(values: PacketValues, status: number, samples: Samples): string {
  const marks = [
    (status & STATUS.sensorAlarm) === 0 ? "" : ", SNSA",
    (status & STATUS.outOfTrack) === 0 ? "" : ", OOT",
    (status & STATUS.artifact) === 0 ? "" : ", ARTF",
    values.lowBattery ? ", battery low" : "",
  ];
  return `packet ${values.timer}: SpO2 ${inWords(samples.spo2)}, pulse ${inWords(samples.pulse_rate)}${marks.join("")}`;
}
