import { beforeEach, describe, expect, test } from "vitest";
import { CAUSE_IDS, CONDITION_IDS } from "../../../src/domain/alarm.ts";
import { MINUTE_MS } from "../../../src/domain/time.ts";
import { createSpeechBank, type SpeechBank } from "../../../src/notify/sounder/speech-bank.ts";
import type { Rendered, Speech } from "../../../src/port/speech.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { readWav } from "../../../src/sound/wav.ts";
import { spokenIn } from "../../../src/words/spoken.ts";
import { NIGHT } from "../../support/alarms.ts";

const SPOKEN: Rendered = { ok: true, pcm: new Int16Array(2_205).fill(9_000), sampleRateHz: 22_050 };
const KEYS = [...CAUSE_IDS, ...CONDITION_IDS];

let clock: VirtualClock;
let asked: string[];
/** How many are being rendered at the moment, and the most there ever were. */
let busy: { now: number; most: number };
let voice: () => Promise<Rendered>;
let notes: string[];
let changes: (string | undefined)[];
let bank: SpeechBank;

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  asked = [];
  notes = [];
  changes = [];
  busy = { now: 0, most: 0 };
  voice = async () => SPOKEN;
  const speech: Speech = {
    async say(text, language) {
      asked.push(`${language} ${text}`);
      busy.now += 1;
      busy.most = Math.max(busy.most, busy.now);
      try {
        return await voice();
      } finally {
        busy.now -= 1;
      }
    },
  };
  bank = createSpeechBank({
    speech,
    clock,
    log: { note: (event) => notes.push(event) },
    language: "zh-Hant",
    onChange: () => changes.push(bank.remark),
  });
});

describe("before the night", () => {
  test("every sentence of the house is rendered once, one after the other, and then nothing is left to do", async () => {
    bank.start();
    await clock.advance(10 * MINUTE_MS);
    expect(asked.toSorted()).toEqual(KEYS.map((key) => `zh-Hant ${spokenIn("zh-Hant", key)}`).toSorted());
    expect(busy.most).toBe(1);
    expect(clock.pending).toBe(0);
    expect(KEYS.every((key) => bank.sentence(key, 24_000) !== undefined)).toBe(true);
    expect(asked).toHaveLength(KEYS.length);
  });

  test("stop ends it", async () => {
    bank.start();
    await clock.advance(5_100);
    expect(asked.length).toBeGreaterThan(0);
    bank.stop();
    await clock.advance(0);
    const { length } = asked;
    await clock.advance(10 * MINUTE_MS);
    expect(asked).toHaveLength(length);
    expect(clock.pending).toBe(0);
  });
});

describe("a sentence for the house", () => {
  test("that is not rendered yet is begun and not waited for", async () => {
    expect(bank.sentence("mask_off", 48_000)).toBeUndefined();
    expect(bank.sentence("mask_off", 48_000)).toBeUndefined();
    await clock.advance(0);
    expect(asked).toHaveLength(1);
    expect(bank.sentence("mask_off", 48_000)?.length).toBeCloseTo(4_800, -2);
  });

  test("is worked out once while it is spoken again and again", async () => {
    bank.start();
    await clock.advance(MINUTE_MS);
    expect(bank.sentence("mask_off", 48_000)).toBe(bank.sentence("mask_off", 48_000));
  });
});

describe("a machine without a voice", () => {
  beforeEach(() => {
    voice = async () => ({ ok: false, detail: "espeak-ng: is not installed" });
  });

  test("says so once, and is asked again once a minute", async () => {
    bank.start();
    await clock.advance(10 * MINUTE_MS + 1);
    expect(changes).toEqual(["No voice, alarms are tones alone: espeak-ng: is not installed."]);
    expect(notes).toEqual(["speech.none"]);
    expect(asked).toHaveLength(10);
  });

  test("speaks within a minute of getting one", async () => {
    bank.start();
    await clock.advance(5 * MINUTE_MS);
    voice = async () => SPOKEN;
    await clock.advance(MINUTE_MS);
    expect(bank.remark).toBeUndefined();
    expect(changes.at(-1)).toBeUndefined();
    await clock.advance(MINUTE_MS);
    expect(bank.sentence("SPO2_CRIT", 48_000)).toBeDefined();
  });

  test("does not start a process for every silence of an alarm", async () => {
    for (let i = 0; i < 100; i++) {
      bank.sentence("mask_off", 48_000);
      await clock.advance(500);
    }
    expect(asked).toHaveLength(1);
  });

  test("answers a page at once", async () => {
    expect(await bank.wav("mask_off", "en")).toBeUndefined();
    expect(await bank.wav("mask_off", "zh-Hans")).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  test("a voice that throws counts as none", async () => {
    voice = () => Promise.reject(new Error("spawn EAGAIN"));
    expect(await bank.wav("mask_off", "en")).toBeUndefined();
    expect(bank.remark).toContain("EAGAIN");
  });
});

describe("for pages", () => {
  test("as a file, in the language of who reads, rendered once for all who ask", async () => {
    const files = await Promise.all([1, 2, 3].map(() => bank.wav("mask_off", "en")));
    for (const file of files)
      expect(readWav(file ?? new Uint8Array())).toEqual({
        pcm: SPOKEN.ok && SPOKEN.pcm,
        sampleRateHz: 22_050,
      });
    await bank.wav("mask_off", "en");
    expect(asked).toEqual([`en ${spokenIn("en", "mask_off")}`]);
  });

  test("never more than one process at a time, and no endless store of languages that the house does not speak", async () => {
    await Promise.all(KEYS.map((key) => bank.wav(key, "en")));
    expect(busy.most).toBe(1);
    expect(asked).toHaveLength(KEYS.length);
    // The first ones were let go of and are rendered again; the last ones are still there.
    await bank.wav(KEYS.at(-1)!, "en");
    expect(asked).toHaveLength(KEYS.length);
    await bank.wav(KEYS[0]!, "en");
    expect(asked).toHaveLength(KEYS.length + 1);
  });
});
