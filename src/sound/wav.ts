/**
 * WAV files with 16-bit mono samples, the only kind that voices render (RIFF, Microsoft 1991):
 *
 *     "RIFF" size "WAVE"  "fmt " 16 format=1 channels=1 rate bytes/s block=2 bits=16  "data" size samples...
 *
 * All numbers little-endian. Programs that write into a pipe cannot know the sizes and write a number that is too big.
 */
export interface Sound {
  readonly pcm: Int16Array;
  readonly sampleRateHz: number;
}

/** Undefined for anything but 16-bit mono PCM of 8 to 96 kHz; samples end where the bytes do. */
export function readWav(bytes: Uint8Array): Sound | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nameAt = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || nameAt(0) !== "RIFF" || nameAt(8) !== "WAVE") return undefined;
  let sampleRateHz: number | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const from = at + 8;
    if (nameAt(at) === "fmt ") {
      if (size < 16 || from + 16 > bytes.length) return undefined;
      const isPcm16Mono =
        view.getUint16(from, true) === 1 &&
        view.getUint16(from + 2, true) === 1 &&
        view.getUint16(from + 14, true) === 16;
      sampleRateHz = view.getUint32(from + 4, true);
      if (!isPcm16Mono || sampleRateHz < 8_000 || sampleRateHz > 96_000) return undefined;
    } else if (nameAt(at) === "data") {
      if (sampleRateHz === undefined) return undefined;
      const count = Math.floor((Math.min(from + size, bytes.length) - from) / 2);
      const pcm = new Int16Array(count);
      for (let i = 0; i < count; i++) pcm[i] = view.getInt16(from + 2 * i, true);
      return { pcm, sampleRateHz };
    }
    // Pieces begin at even places.
    at = from + size + (size % 2);
  }
  return undefined;
}

/** The file of a sound. */
export function writeWav({ pcm, sampleRateHz }: Sound): Uint8Array {
  const bytes = new Uint8Array(44 + pcm.length * 2);
  const view = new DataView(bytes.buffer);
  const name = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at);
  name(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  name(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  name(36, "data");
  view.setUint32(40, pcm.length * 2, true);
  for (let i = 0; i < pcm.length; i++) view.setInt16(44 + 2 * i, pcm[i] ?? 0, true);
  return bytes;
}
