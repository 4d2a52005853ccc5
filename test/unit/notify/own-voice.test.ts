import { beforeEach, describe, expect, test } from "vitest";
import { createOwnVoice } from "../../../src/notify/sounder/own-voice.ts";
import { createSpeechBank } from "../../../src/notify/sounder/speech-bank.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { readWav, type Sound, writeWav } from "../../../src/sound/wav.ts";
import { NIGHT } from "../../support/alarms.ts";

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
