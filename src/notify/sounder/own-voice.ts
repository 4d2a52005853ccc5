import { messageOf } from "../../domain/fault.ts";
import type { Language } from "../../domain/person.ts";
import type { Disk } from "../../port/disk.ts";
import type { Log } from "../../port/log.ts";
import type { SpokenKey } from "../../sound/choice.ts";
import { readWav, type Sound } from "../../sound/wav.ts";

/** Longer, and the tones of an alarm would wait for it. */
const LONGEST_S = 10;
const SHORTEST_S = 0.3;
/** Of 32,767: below it nobody would hear anything in the place of the words. */
const QUIET = 1_500;

/**
 * What the family has spoken itself: `voices/<language>/<alarm>.wav` of the data folder, all in small letters, such as
 * `voices/zh-hans/spo2_low.wav`. 16-bit mono PCM of 8 to 96 kHz, 0.3 to 10 s. Undefined where there is none, or none that
 * could be heard: that is noted, and the voice of the machine speaks. Never rejects.
 */
export function createOwnVoice(
  disk: Pick<Disk, "read">,
  log: Log,
): (key: SpokenKey, language: Language) => Promise<Sound | undefined> {
  return async (key, language) => {
    const file = `voices/${language}/${key}.wav`.toLowerCase();
    try {
      const bytes = await disk.read(file);
      if (bytes === undefined) return undefined;
      const sound = readWav(bytes);
      const fault = sound === undefined ? "is no WAV file of 16 bits and one channel" : faultOf(sound);
      if (fault === undefined) return sound;
      log.note("voice.refused", { file, why: fault }, "warn");
    } catch (error) {
      log.note("voice.unread", { file, why: messageOf(error) }, "warn");
    }
    return undefined;
  };
}

function faultOf({ pcm, sampleRateHz }: Sound): string | undefined {
  const seconds = pcm.length / sampleRateHz;
  if (seconds < SHORTEST_S || seconds > LONGEST_S) {
    return `is ${seconds.toFixed(1)} s long, not ${SHORTEST_S} to ${LONGEST_S} s`;
  }
  return pcm.some((sample) => Math.abs(sample) >= QUIET) ? undefined : "can hardly be heard";
}
