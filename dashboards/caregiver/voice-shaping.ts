import type { VoiceFault } from "../../src/port/voices.ts";
import { RECORDED_RATE_HZ, shapeRecording } from "../../src/sound/recorded.ts";
import { type Sound, writeWav } from "../../src/sound/wav.ts";

export type ShapeTrouble = Exclude<VoiceFault, "no_wav"> | "unreadable" | "tooLarge";

/** What a few seconds of any recorder come to, ten times over: unpacked, more could be too much for a phone. */
const FILE_BYTES_MAX = 4 << 20;

/**
 * Makes what the house can speak of a recording or of any sound file that this browser can read. Never rejects.
 * @param cut what is longer than 10 s ends there; else it is refused
 */
export async function shapeVoice(file: Blob, cut: boolean): Promise<Sound | ShapeTrouble> {
  if (file.size > FILE_BYTES_MAX) return "tooLarge";
  let buffer: AudioBuffer;
  try {
    // What is decoded in a context comes at its rate (Web Audio API, decodeAudioData).
    const context = new OfflineAudioContext(1, 1, RECORDED_RATE_HZ);
    buffer = await context.decodeAudioData(await file.arrayBuffer());
  } catch {
    // Whatever the browser calls it: it is no sound, or none of a kind that it knows.
    return "unreadable";
  }
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
  const shaped = shapeRecording(channels, { cut });
  return shaped.ok ? shaped.sound : shaped.fault;
}

/** The file of a sound, as the box keeps it. */
export const wavOf = (sound: Sound): Blob =>
  new Blob([new Uint8Array(writeWav(sound))], { type: "audio/wav" });
