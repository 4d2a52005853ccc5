import { CAUSE_IDS, CONDITION_IDS } from "../../domain/alarm.ts";
import { Fault, messageOf } from "../../domain/fault.ts";
import { LANGUAGES, type Language } from "../../domain/person.ts";
import type { Disk } from "../../port/disk.ts";
import type { Log } from "../../port/log.ts";
import type { VoiceRecord, Voices } from "../../port/voices.ts";
import type { SpokenKey } from "../../sound/choice.ts";
import {
  type JudgedVoice,
  judgeVoice,
  secondsOf,
  voiceFaultWords,
  voiceFile,
  voiceFolder,
} from "../../sound/own-voice.ts";
import { type Sound, writeWav } from "../../sound/wav.ts";

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
    const file = voiceFile(language, key);
    try {
      const bytes = await disk.read(file);
      if (bytes === undefined) return undefined;
      const judged = judgeVoice(bytes);
      const why = voiceFaultWords(judged);
      if (why === undefined) return judged.sound;
      log.note("voice.refused", { file, why }, "warn");
    } catch (error) {
      log.note("voice.unread", { file, why: messageOf(error) }, "warn");
    }
    return undefined;
  };
}

export interface VoicesOptions {
  readonly disk: Pick<Disk, "read" | "replace" | "remove" | "list">;
  readonly log: Log;
  /** What the house is spoken to in. */
  readonly language: Language;
  /** Called after a recording came or went; must not throw. */
  readonly onChange: (key: SpokenKey, language: Language) => void;
}

const KEYS: readonly SpokenKey[] = [...CAUSE_IDS, ...CONDITION_IDS];

/** The family's recordings in the data folder. What others put there while this runs is seen at the next start. */
export function createVoices({ disk, log, language: house, onChange }: VoicesOptions): Voices {
  /** By file; read whole once, so that a list costs no reading of sounds. */
  let book: Promise<Map<string, VoiceRecord>> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const bookNow = (): Promise<Map<string, VoiceRecord>> => {
    book ??= readAll(disk).catch((error: unknown) => {
      book = undefined;
      throw error;
    });
    return book;
  };

  /** One change at a time: two of one file would write into the same temporary one. */
  const inTurn = <Result>(change: () => Promise<Result>): Promise<Result> => {
    const made = last.then(change);
    last = made.catch(() => undefined);
    return made;
  };

  return {
    language: house,
    async list() {
      await last;
      return [...(await bookNow()).values()];
    },
    read: (language, key) => disk.read(voiceFile(language, key)),
    async keep(language, key, wav) {
      const judged = judgeVoice(wav);
      const why = voiceFaultWords(judged);
      if (judged.sound === undefined || why !== undefined) {
        throw new Fault("VOICE_REFUSED", `The recording ${why ?? "is empty"}.`, {
          permanent: true,
          fix: "Record it again: 0.3 to 10 s, near the microphone.",
        });
      }
      // Written anew: what recorders add of themselves, of places and of times stays out.
      const file = writeWav(judged.sound);
      return inTurn(async () => {
        const known = await bookNow();
        const name = voiceFile(language, key);
        await disk.replace(name, file);
        const record = recordOf(language, key, judged);
        known.set(name, record);
        log.note("voice.kept", { file: name, seconds: record.seconds ?? 0 });
        onChange(key, language);
        return record;
      });
    },
    remove: (language, key) =>
      inTurn(async () => {
        const known = await bookNow();
        const name = voiceFile(language, key);
        if (!known.has(name)) return false;
        await disk.remove(name);
        known.delete(name);
        log.note("voice.removed", { file: name });
        onChange(key, language);
        return true;
      }),
  };
}

async function readAll(disk: VoicesOptions["disk"]): Promise<Map<string, VoiceRecord>> {
  const known = new Map<string, VoiceRecord>();
  for (const language of LANGUAGES) {
    const names = new Set(await disk.list(voiceFolder(language)));
    for (const key of KEYS) {
      if (!names.has(`${key.toLowerCase()}.wav`)) continue;
      const file = voiceFile(language, key);
      const bytes = await disk.read(file);
      if (bytes !== undefined) known.set(file, recordOf(language, key, judgeVoice(bytes)));
    }
  }
  return known;
}

function recordOf(language: Language, key: SpokenKey, { sound, fault }: JudgedVoice): VoiceRecord {
  return {
    ...{ language, key },
    ...(sound === undefined ? {} : { seconds: Math.round(secondsOf(sound) * 10) / 10 }),
    ...(fault === undefined ? {} : { fault }),
  };
}
