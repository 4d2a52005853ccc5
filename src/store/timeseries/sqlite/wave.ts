import { isWaveId, WAVES, type WaveId } from "../../../domain/signal.ts";
import { ByteReader, ByteWriter, readDeltas, writeDeltas } from "./varint.ts";

/** Order is the file format: append only. */
const WAVE_CODES: readonly WaveId[] = ["flow", "airway_pressure", "pleth", "co2"];

type Channels = { readonly [id in WaveId]?: readonly number[] };

/** One stretch of waveform: channels as integers of their resolution, delta coded. */
export function encodeWave(channels: Channels): Uint8Array {
  const out = new ByteWriter();
  const used = WAVE_CODES.filter((id) => channels[id] !== undefined);
  out.unsigned(used.length);
  for (const id of used) {
    const values = channels[id] ?? [];
    out.unsigned(WAVE_CODES.indexOf(id));
    out.unsigned(values.length);
    writeDeltas(
      out,
      values.map((value) => Math.round(value / WAVES[id].resolution)),
    );
  }
  return out.done();
}

export function decodeWave(bytes: Uint8Array): Channels {
  const input = new ByteReader(bytes);
  const channels: { [id in WaveId]?: readonly number[] } = {};
  for (let left = input.unsigned(); left > 0; left--) {
    const id = WAVE_CODES[input.unsigned()];
    const values = readDeltas(input, input.unsigned());
    if (id === undefined || !isWaveId(id)) throw new RangeError("a stored waveform has an unknown channel");
    const perUnit = Math.round(1 / WAVES[id].resolution);
    channels[id] = Array.from(values, (value) => value / perUnit);
  }
  return channels;
}
