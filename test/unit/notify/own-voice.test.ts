import { beforeEach, describe, expect, test } from "vitest";
import { CAUSE_IDS, CONDITION_IDS } from "../../../src/domain/alarm.ts";
import { createOwnVoice, createVoices } from "../../../src/notify/sounder/own-voice.ts";
import { createSounder, wholeHouse } from "../../../src/notify/sounder/sounder.ts";
import { createSpeechBank } from "../../../src/notify/sounder/speech-bank.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../src/rehearsal/disk.ts";
import { voiceFile } from "../../../src/sound/own-voice.ts";
import { prepareSentence } from "../../../src/sound/speech.ts";
import { createVoice } from "../../../src/sound/synthesis.ts";
import { readWav, type Sound, writeWav } from "../../../src/sound/wav.ts";
import { folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { silentLog } from "../../support/silent-log.ts";

const RATE = 16_000;
const spoken = (seconds: number, loud = 9_000): Sound => ({
  pcm: new Int16Array(Math.round(seconds * RATE)).fill(loud),
  sampleRateHz: RATE,
});

let files: Map<string, Uint8Array | Error>;
let notes: string[];
const voice = () =>
  createOwnVoice(
    {
      async read(name) {
        const found = files.get(name);
        if (found instanceof Error) throw found;
        return found;
      },
    },
    { note: (event, fields) => notes.push(`${event} ${fields?.["why"] ?? ""}`) },
  );

beforeEach(() => {
  files = new Map();
  notes = [];
});

describe("what the family has spoken itself", () => {
  test("is taken by the name of the alarm and the language", async () => {
    files.set("voices/zh-hans/spo2_low.wav", writeWav(spoken(2)));
    expect((await voice()("SPO2_LOW", "zh-Hans"))?.pcm).toHaveLength(2 * RATE);
    expect(await voice()("SPO2_LOW", "zh-Hant")).toBeUndefined();
    expect(await voice()("PR_LOW", "zh-Hans")).toBeUndefined();
    expect(notes).toEqual([]);
  });

  test.each<[string, Uint8Array | Error, string]>([
    [
      "no sound",
      new TextEncoder().encode("hello"),
      "voice.refused is no WAV file of 16 bits and one channel",
    ],
    ["too long", writeWav(spoken(11)), "voice.refused is 11.0 s long, not 0.3 to 10 s"],
    ["too short", writeWav(spoken(0.1)), "voice.refused is 0.1 s long, not 0.3 to 10 s"],
    ["silent", writeWav(spoken(2, 100)), "voice.refused can hardly be heard"],
    ["a disk that fails", new Error("EIO"), "voice.unread EIO"],
  ])("is left to the voice of the machine, and noted: %s", async (_what, file, note) => {
    files.set("voices/en/spo2_low.wav", file);
    expect(await voice()("SPO2_LOW", "en")).toBeUndefined();
    expect(notes).toEqual([note]);
  });

  test("is what house and pages speak, also where the machine has no voice", async () => {
    files.set("voices/en/spo2_low.wav", writeWav(spoken(2)));
    const bank = createSpeechBank({
      speech: { say: async () => ({ ok: false, detail: "no espeak-ng" }) },
      clock: createVirtualClock(NIGHT),
      log: { note: () => undefined },
      language: "en",
      ownVoice: voice(),
    });
    expect(readWav((await bank.wav("SPO2_LOW", "en")) ?? new Uint8Array())?.sampleRateHz).toBe(RATE);
    expect(bank.sentence("SPO2_LOW", 24_000)).toBeDefined();
    expect(await bank.wav("PR_LOW", "en")).toBeUndefined();
  });
});

/** A hum, as somebody might speak it. */
const hum = (hz: number, seconds: number): Sound => ({
  pcm: Int16Array.from({ length: Math.round(seconds * RATE) }, (_, i) =>
    Math.round(9_000 * Math.sin((2 * Math.PI * hz * i) / RATE)),
  ),
  sampleRateHz: RATE,
});

describe("what is kept while the house runs", () => {
  let disk: MemoryDisk;
  beforeEach(() => {
    disk = createMemoryDisk();
  });

  /** Voice, bank and sounder as the house composes them; what the loudspeaker was handed, piece by piece. */
  function house() {
    const clock = createVirtualClock(NIGHT);
    const machine = hum(150, 1);
    const bank = createSpeechBank({
      ...{ clock, log: silentLog, language: "en" },
      speech: { say: async () => ({ ok: true, ...machine }) },
      ownVoice: createOwnVoice(disk, silentLog),
    });
    const voices = createVoices({ disk, log: silentLog, language: "en", onChange: bank.renew });
    let next: (() => Int16Array) | undefined;
    let rateHz = 0;
    const sounder = createSounder({
      rooms: [
        wholeHouse({
          probe: async () => ({ ok: true, detail: "plays" }),
          play(pieces, sampleRateHz) {
            next = pieces;
            rateHz = sampleRateHz;
            return () => {
              next = undefined;
            };
          },
        }),
      ],
      ...{ language: "en", clock, log: silentLog, speech: bank },
    });
    const fold = folds(clock);
    /** Rings once, and ends; what was spoken after the second burst. */
    const rung = async (): Promise<Int16Array> => {
      const low = occurrence();
      const about = { id: low.id, members: [low.id], evidence: [] };
      const card = { ...about, cause: "mask_off", priority: "high" } as const;
      sounder.update(fold([low], { cards: [card] }));
      await clock.advance(0);
      const pieces = [1, 2, 3, 4].map(() => next?.() ?? new Int16Array());
      sounder.update(fold([]));
      return pieces[3] ?? new Int16Array();
    };
    const silenceWith = (sound: Sound): Int16Array =>
      createVoice(rateHz).silence("high", prepareSentence(sound.pcm, sound.sampleRateHz, rateHz), 0.65);
    return { clock, bank, voices, machine, rung, silenceWith };
  }

  test("is what the sounder plays at the next alarm, sample by sample, and the machine again once it is removed", async () => {
    const { clock, voices, machine, rung, silenceWith } = house();
    expect(await rung()).toBeDefined();
    await clock.advance(0);
    expect(await rung()).toEqual(silenceWith(machine));

    const [mei, ba] = [hum(220, 2), hum(330, 3)];
    await voices.keep("en", "mask_off", writeWav(mei));
    await clock.advance(0);
    expect(await rung()).toEqual(silenceWith(mei));
    await voices.keep("en", "mask_off", writeWav(ba));
    await clock.advance(0);
    expect(await rung()).toEqual(silenceWith(ba));

    expect(await voices.remove("en", "mask_off")).toBe(true);
    await clock.advance(0);
    expect(await rung()).toEqual(silenceWith(machine));
    expect(await voices.remove("en", "mask_off")).toBe(false);
  });

  test("pages hear it at once in any language, and the machine's own where they ask for that", async () => {
    const { bank, voices, machine } = house();
    const heard = async (whose?: "machine") =>
      readWav((await bank.wav("SPO2_LOW", "zh-Hant", whose)) ?? new Uint8Array());
    expect(await heard()).toEqual(machine);
    const mei = hum(220, 2);
    await voices.keep("zh-Hant", "SPO2_LOW", writeWav(mei));
    expect(await heard()).toEqual(mei);
    expect(await heard("machine")).toEqual(machine);
    await voices.remove("zh-Hant", "SPO2_LOW");
    expect(await heard()).toEqual(machine);
  });

  test("a sentence whose reading was begun before a change does not stand afterwards", async () => {
    const { clock, bank, voices } = house();
    await voices.keep("en", "mask_off", writeWav(hum(220, 2)));
    // Asked for, and not read yet.
    const early = bank.wav("mask_off", "en");
    const ba = hum(330, 3);
    await voices.keep("en", "mask_off", writeWav(ba));
    await early;
    await clock.advance(0);
    expect(readWav((await bank.wav("mask_off", "en")) ?? new Uint8Array())).toEqual(ba);
  });

  test.each<[string, Uint8Array, string]>([
    ["no sound", new TextEncoder().encode("hello"), "is no WAV file of 16 bits and one channel"],
    ["too long", writeWav(hum(220, 10.1)), "is 10.1 s long, not 0.3 to 10 s"],
    ["too short", writeWav(hum(220, 0.2)), "is 0.2 s long, not 0.3 to 10 s"],
    ["silent", writeWav(spoken(2, 100)), "can hardly be heard"],
  ])("is refused, and what was there stays: %s", async (_what, wav, why) => {
    const { voices } = house();
    const mei = writeWav(hum(220, 2));
    await voices.keep("en", "mask_off", mei);
    await expect(voices.keep("en", "mask_off", wav)).rejects.toThrow(`The recording ${why}. (VOICE_REFUSED)`);
    expect(await disk.read("voices/en/mask_off.wav")).toEqual(mei);
  });

  test("keeps of a file the sound alone, and not what a recorder wrote beside it", async () => {
    const { voices } = house();
    const wav = writeWav(hum(220, 1));
    const where = new TextEncoder().encode("LIST\u0010\0\0\0INFO51.5N 000.1W");
    await voices.keep("en", "mask_off", Uint8Array.of(...wav.subarray(0, 36), ...where, ...wav.subarray(36)));
    expect(await disk.read("voices/en/mask_off.wav")).toEqual(wav);
  });

  test("lists what is there, also what was put there by hand and cannot be used", async () => {
    await disk.replace("voices/zh-hans/spo2_low.wav", writeWav(hum(220, 12)));
    await disk.replace("voices/zh-hans/notes.txt", new Uint8Array(3));
    await disk.replace("voices/en/mask_off.wav", new Uint8Array(3));
    const { voices } = house();
    await voices.keep("zh-Hant", "PR_LOW", writeWav(hum(220, 1.5)));
    expect(await voices.list()).toEqual([
      { language: "zh-Hans", key: "SPO2_LOW", seconds: 12, fault: "too_long" },
      { language: "en", key: "mask_off", fault: "no_wav" },
      { language: "zh-Hant", key: "PR_LOW", seconds: 1.5 },
    ]);
    await voices.remove("en", "mask_off");
    expect((await voices.list()).map(({ key }) => key)).toEqual(["SPO2_LOW", "PR_LOW"]);
  });

  test("a disk that fails once is asked again, and nothing is said to be kept", async () => {
    const { voices } = house();
    disk.setReadOnly(true);
    await expect(voices.keep("en", "mask_off", writeWav(hum(220, 1)))).rejects.toThrow("DISK_FAILED");
    disk.setReadOnly(false);
    expect(await voices.list()).toEqual([]);
    await voices.keep("en", "mask_off", writeWav(hum(220, 1)));
    expect(await voices.list()).toHaveLength(1);
  });

  test("no two sentences share a file", () => {
    const names = [...CAUSE_IDS, ...CONDITION_IDS].map((key) => voiceFile("en", key));
    expect(new Set(names).size).toBe(names.length);
  });
});
