import type { Breath } from "../domain/breath.ts";

/**
 * What somebody would write who needs one device only: a loop over the bytes, the same framing and checks, the same
 * numbers, no declared frames, no reasons for what is missing, no trace. The measure for the decoders beside it.
 */
export interface Plain {
  /** Frames so far: packets of format 2, lines of the waveform port. */
  readonly frames: number;
  /** Readings handed on. */
  readonly readings: number;
  push(chunk: Uint8Array): void;
}

const FRAME_BYTES = 5;
const FRAMES_IN_PACKET = 25;
const PACKETS_A_SECOND = 3;

/** Nonin's data format 2: packets of 25 frames; a reading each third packet with its wave. */
export function plainNonin(onReading: (reading: unknown) => void): Plain {
  const frame = new Uint8Array(FRAME_BYTES);
  const floats = new Uint8Array(FRAMES_IN_PACKET);
  let held = 0;
  let at = -1;
  let pleth: number[] = [];
  let packets = 0;
  let readings = 0;

  const take = (): void => {
    const status = frame[1] ?? 0;
    if ((status & 1) === 1) at = 0;
    if (at < 0) return;
    floats[at] = frame[3] ?? 0;
    pleth.push(frame[2] ?? 0);
    at += 1;
    if (at < FRAMES_IN_PACKET) return;
    at = -1;
    packets += 1;
    if (packets % PACKETS_A_SECOND !== 0) return;
    const pulse = (((floats[0] ?? 0) & 3) << 7) | ((floats[1] ?? 0) & 0x7f);
    const spo2 = (floats[2] ?? 0) & 0x7f;
    readings += 2;
    onReading({ spo2: spo2 === 127 ? undefined : spo2, pulse: pulse === 511 ? undefined : pulse });
    onReading({ pleth });
    pleth = [];
  };

  return {
    get frames() {
      return packets;
    },
    get readings() {
      return readings;
    },
    push(chunk) {
      for (const byte of chunk) {
        frame[held++] = byte;
        if (held < FRAME_BYTES) continue;
        const sum = ((frame[0] ?? 0) + (frame[1] ?? 0) + (frame[2] ?? 0) + (frame[3] ?? 0)) & 0xff;
        if (frame[0] === 1 && (frame[1] ?? 0) >= 0x80 && sum === frame[4]) {
          held = 0;
          take();
        } else {
          frame.copyWithin(0, 1);
          held = FRAME_BYTES - 1;
          at = -1;
        }
      }
    },
  };
}

const RATE_HZ = 50;

/** The waveform port of a Puritan Bennett 840: lines of flow and pressure between the marks of breaths. */
export function plainWaveform(onReading: (reading: unknown) => void): Plain {
  let rest = "";
  let lines = 0;
  let readings = 0;
  let flow: number[] = [];
  let pressure: number[] = [];
  let wave: { flow: number[]; pressure: number[] } = { flow: [], pressure: [] };

  const endBreath = (): void => {
    if (flow.length < 5) return;
    let inspired = 0;
    let expired = 0;
    let peak = Number.NEGATIVE_INFINITY;
    let sum = 0;
    let turn = flow.findIndex((value) => value < 0);
    if (turn < 0) turn = flow.length;
    for (const [i, value] of flow.entries()) {
      if (i < turn) inspired += value;
      else expired -= value;
    }
    for (const value of pressure) {
      peak = Math.max(peak, value);
      sum += value;
    }
    const mlOf = (total: number): number => (total / RATE_HZ) * (1000 / 60);
    const breath: Partial<Breath> = {
      inspTimeS: turn / RATE_HZ,
      expTimeS: (flow.length - turn) / RATE_HZ,
      tidalVolumeInspMl: mlOf(inspired),
      tidalVolumeExpMl: mlOf(expired),
      rateMin: (60 * RATE_HZ) / flow.length,
      pressurePeakCmH2o: peak,
      pressureMeanCmH2o: sum / pressure.length,
      peepCmH2o: pressure.slice(-5).reduce((all, value) => all + value, 0) / 5,
    };
    readings += 1;
    onReading(breath);
  };

  const take = (line: string): void => {
    lines += 1;
    if (line.startsWith("BS")) {
      flow = [];
      pressure = [];
    } else if (line.startsWith("BE")) endBreath();
    else {
      const comma = line.indexOf(",");
      const f = Number(line.slice(0, comma));
      const p = Number(line.slice(comma + 1));
      if (!Number.isFinite(f) || !Number.isFinite(p)) return;
      flow.push(f);
      pressure.push(p);
      wave.flow.push(f);
      wave.pressure.push(p);
      if (wave.flow.length < RATE_HZ) return;
      readings += 1;
      onReading(wave);
      wave = { flow: [], pressure: [] };
    }
  };

  return {
    get frames() {
      return lines;
    },
    get readings() {
      return readings;
    },
    push(chunk) {
      const text = rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
      let from = 0;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
        take(text.slice(from, end));
        from = end + 1;
      }
      rest = text.slice(from);
    },
  };
}
