// The house's voice: the real espeak-ng, and through it the sounder into ALSA's file output.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CAUSE_IDS, CONDITION_IDS } from "../../src/domain/alarm.ts";
import { LANGUAGES, type Language } from "../../src/domain/person.ts";
import { softTexts } from "../../src/notify/sounder/soft-words.ts";
import { createSounder, wholeHouse } from "../../src/notify/sounder/sounder.ts";
import { createSpeechBank } from "../../src/notify/sounder/speech-bank.ts";
import { createAudio } from "../../src/ops/audio.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createSpeech } from "../../src/ops/speech.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { silenceWithSpeechMs } from "../../src/sound/pattern.ts";
import { prepareSentence } from "../../src/sound/speech.ts";
import { createVoice } from "../../src/sound/synthesis.ts";
import { readWav } from "../../src/sound/wav.ts";
import { spokenIn } from "../../src/words/spoken.ts";
import { answer, folds, NIGHT, occurrence } from "../support/alarms.ts";
import { createLoudspeaker, createRoomSpeakers } from "../support/home-sound.ts";
import { requires } from "../support/require.ts";
import { decibels, soundsIn } from "../support/spectrum.ts";

const RATE_HZ = 48_000;
const KEYS = [...CAUSE_IDS, ...CONDITION_IDS];
const clock = createClock();
const log = { note: () => undefined };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-speech-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program of our own under the name of the real one; `real` runs that with what it was given. */
function fakeVoice(script: string): { readonly [name: string]: string | undefined } {
  writeFileSync(
    path.join(folder, "espeak-ng"),
    `#!/bin/sh\nreal() { PATH="${process.env["PATH"]}" espeak-ng "$@"; }\n${script}\n`,
    {
      mode: 0o755,
    },
  );
  return { PATH: `${folder}:/usr/bin:/bin`, SEEN: path.join(folder, "seen") };
}

const rms = (samples: Int16Array): number =>
  Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);

describe("a voice that does not work says why, and nobody waits for it for long", () => {
  test.each([
    ["is not there", undefined, /espeak-ng: is not installed/],
    ["ends with a complaint", "echo 'no such voice' >&2; exit 1", /no such voice/],
    ["ends without a word", "exit 3", /ended with code 3/],
    ["writes something else", "echo hello", /ended with code 0/],
    ["never stops writing", "exec cat /dev/zero", /does not end/],
  ] as const)("%s", async (_what, script, why) => {
    const environment = script === undefined ? { PATH: folder } : fakeVoice(script);
    const rendered = await createSpeech({ clock, environment }).say("Go now.", "en");
    expect(rendered).toEqual({ ok: false, detail: expect.stringMatching(why) });
  });

  test("does not answer within ten seconds", async () => {
    const virtual = createVirtualClock(NIGHT);
    const said = createSpeech({ clock: virtual, environment: fakeVoice("exec sleep 60") }).say(
      "Go now.",
      "en",
    );
    await virtual.advance(10_000);
    expect(await said).toEqual({ ok: false, detail: "espeak-ng: does not answer" });
    expect(virtual.pending).toBe(0);
  });

  test("a text of more than 200 characters is not given to it", async () => {
    const environment = fakeVoice('echo "$@" > "$SEEN"');
    expect((await createSpeech({ clock, environment }).say("a".repeat(201), "en")).ok).toBe(false);
    expect(existsSync(path.join(folder, "seen"))).toBe(false);
  });
});

const voiced = requires("espeak-ng");

voiced.describe("the real voice", () => {
  const speech = createSpeech({ clock, environment: process.env });

  voiced.test.each(LANGUAGES)(
    "%s: every sentence of every alarm is rendered, fits between the bursts of every sound, and is as loud as the rest",
    async (language) => {
      const rateHz = 16_000;
      const voice = createVoice(rateHz);
      for (const key of KEYS) {
        const rendered = await speech.say(spokenIn(language, key), language);
        expect(rendered.ok, key).toBe(true);
        if (!rendered.ok) continue;
        const sentence = prepareSentence(rendered.pcm, rendered.sampleRateHz, rateHz) ?? new Float32Array();
        const seconds = sentence.length / rateHz;
        expect(seconds, key).toBeGreaterThan(0.5);
        // Short enough to be said again within 15 s, burst included.
        expect(seconds, key).toBeLessThan(10);
        for (const kind of ["high", "medium", "call"] as const)
          expect(silenceWithSpeechMs(kind, seconds * 1_000), key).toBeDefined();
        const spoken = voice.silence("high", sentence).subarray(rateHz / 2, rateHz / 2 + sentence.length);
        const beside = decibels(rms(spoken), rms(voice.burst("high").subarray(0, 0.15 * rateHz)));
        expect(beside, key).toBeGreaterThan(-10);
        expect(beside, key).toBeLessThan(0);
      }
    },
    60_000,
  );

  /** The voice's own phonemes of what the program was really given, with the voice that it was called with. */
  async function phonemes(language: Language, texts: readonly string[]): Promise<string> {
    const environment = fakeVoice('echo "$@" > "$SEEN"; tee "$SEEN.text" | real "$@"');
    const given: string[] = [];
    let voice = "";
    for (const text of texts) {
      expect((await createSpeech({ clock, environment }).say(text, language)).ok).toBe(true);
      voice = /-v (\S+)/.exec(readFileSync(path.join(folder, "seen"), "utf8"))?.[1] ?? "";
      given.push(readFileSync(path.join(folder, "seen.text"), "utf8"));
    }
    return execFileSync("espeak-ng", ["-v", voice, "-b", "1", "-q", "-x", "--stdin"], {
      input: given.join(""),
      encoding: "utf8",
    });
  }

  voiced.test.each(["zh-Hans", "zh-Hant"] as const)(
    "%s is read as Mandarin, with no syllable spelt out in English",
    async (language) => {
      const texts = KEYS.map((key) => spokenIn(language, key));
      // Eight at a time: nothing but time is saved.
      const together = texts.flatMap((_, index) =>
        index % 8 === 0 ? [texts.slice(index, index + 8).join("")] : [],
      );
      const said = await phonemes(language, together);
      expect(said.length).toBeGreaterThan(1_000);
      // It marks each change of language in brackets.
      expect(said).not.toMatch(/\((?:en|en-us)\)/);
    },
  );

  voiced.test("simplified and traditional characters of the same words sound the same", async () => {
    const simplified = await phonemes("zh-Hans", ["面罩或管路脱落，请立刻过去。", "呼吸机压力过低"]);
    const traditional = await phonemes("zh-Hant", ["面罩或管路脫落，請立刻過去。", "呼吸機壓力過低"]);
    expect(traditional).toBe(simplified);
    // mian4 zhao4: "mask", both syllables falling.
    expect(simplified.trim()).toMatch(/^m'?iE51n_\| ts\.'?Au51_\|/);
  });

  voiced.test.each([
    ["重新夹好", "重新夾好", "chong2 xin1 jia1 hao3"],
    ["没有回应", "沒有回應", "mei2 you3 hui2 ying4"],
    ["没有人应答", "沒有人應答", "mei2 you3 ren2 ying4 da2"],
    ["听得见的地方", "聽得見的地方", "ting1 de5 jian4 de5 di4 fang1"],
    ["有更动", "有更動", "you3 geng1 dong4"],
    ["血氧很低，马上过去", "血氧很低，馬上過去", "xue4 yang3 hen3 di1\nma3 shang4 guo4 qu4"],
  ])("%s and %s are read as %s", async (simplified, traditional, pinyin) => {
    const right = (await phonemes("zh-Hans", [pinyin])).replaceAll(/\s+/g, " ");
    for (const [language, text] of [
      ["zh-Hans", simplified],
      ["zh-Hant", traditional],
    ] as const)
      expect((await phonemes(language, [text])).replaceAll(/\s+/g, " "), text).toBe(right);
  });

  voiced.test(
    "traditional Chinese is read as Cantonese where the home wants it, and nothing else is",
    async () => {
      const voiceOf = async (language: Language): Promise<string> => {
        const environment = fakeVoice('echo "$@" > "$SEEN"; tee "$SEEN.text" | real "$@"');
        const said = await createSpeech({ clock, environment, cantonese: true }).say("媽媽來了。", language);
        expect(said.ok && said.pcm.length).toBeGreaterThan(5_000);
        return /-v (\S+)/.exec(readFileSync(path.join(folder, "seen"), "utf8"))?.[1] ?? "";
      };
      expect([await voiceOf("zh-Hant"), await voiceOf("zh-Hans")]).toEqual(["yue", "cmn-latn-pinyin"]);
      const phonemesOf = execFileSync("espeak-ng", ["-v", "yue", "-b", "1", "-q", "-x", "--stdin"], {
        input: KEYS.map((key) => spokenIn("zh-Hant", key)).join("\n"),
        encoding: "utf8",
      });
      expect(phonemesOf.length).toBeGreaterThan(1_000);
      expect(phonemesOf).not.toMatch(/\((?:en|en-us|cmn)\)/);
      expect(phonemesOf).toMatch(/[a-z]+[1-6]_\|/);
    },
  );

  voiced.test("a text that looks like an option is spoken and not obeyed", async () => {
    const rendered = await speech.say("--version", "en");
    expect(rendered.ok && rendered.pcm.length).toBeGreaterThan(5_000);
  });

  voiced.test("the page gets the same words as a file that every player reads", async () => {
    const bank = createSpeechBank({ speech, clock, log, language: "en" });
    const wav = (await bank.wav("mask_off", "zh-Hant")) ?? new Uint8Array();
    const said = await speech.say(spokenIn("zh-Hant", "mask_off"), "zh-Hant");
    expect(said.ok && readWav(wav)).toEqual(said.ok && { pcm: said.pcm, sampleRateHz: said.sampleRateHz });
    // The sizes in the head are those of the file, which is not so of what comes out of the program.
    expect(new DataView(wav.buffer).getUint32(40, true)).toBe(wav.length - 44);
  });
});

const heardAloud = requires("espeak-ng", "alsa-utils");

heardAloud.test(
  "from an alarm to the output: tones at once, and then what has happened, between the bursts",
  async () => {
    const speaker = createLoudspeaker(folder);
    const heardPath = path.join(folder, "heard.raw");
    const speech = createSpeech({ clock, environment: process.env });
    const bank = createSpeechBank({ speech, clock, log, language: "zh-Hans" });
    const audio = createAudio({ clock, environment: { ...process.env, ...speaker.environment } });
    const sounder = createSounder({
      rooms: [wholeHouse(audio)],
      language: "zh-Hans",
      clock,
      log,
      speech: bank,
    });
    const low = occurrence();
    const card = {
      id: low.id,
      cause: "mask_off",
      priority: "high",
      members: [low.id],
      evidence: [],
    } as const;
    const begun = performance.now();
    // The voice has rendered nothing yet: the tones do not wait for it.
    sounder.update(folds(clock)([low], { cards: [card] }));
    while (!existsSync(heardPath) || statSync(heardPath).size === 0) {
      if (performance.now() - begun > 2_000) throw new Error("nothing is heard");
      await clock.sleep(10);
    }
    expect(performance.now() - begun).toBeLessThan(1_000);
    await clock.sleep(14_000);
    sounder.stop();
    bank.stop();

    const bytes = readFileSync(heardPath);
    const heard = new Int16Array(new Uint8Array(bytes.subarray(0, bytes.length & ~1)).buffer);
    const voice = createVoice(RATE_HZ);
    const sound = await speech.say(spokenIn("zh-Hans", "mask_off"), "zh-Hans");
    const sentence = sound.ok ? prepareSentence(sound.pcm, sound.sampleRateHz, RATE_HZ) : undefined;
    expect(sentence?.length).toBeGreaterThan(RATE_HZ);
    // Asked for with the alarm, it was not there yet in the first silence.
    const expected = [
      voice.burst("high", 0.5),
      voice.silence("high", undefined, 0.5),
      voice.burst("high", 0.65),
      voice.silence("high", sentence, 0.65),
      voice.burst("high", 0.8),
    ].flatMap((piece) => [...piece]);
    // What the killed player had in its hands is not to be trusted.
    const compared = Math.min(expected.length, heard.length - RATE_HZ / 2);
    expect(compared).toBeGreaterThan(12 * RATE_HZ);
    expect(expected.findIndex((value, i) => i < compared && value !== heard[i])).toBe(-1);
    // Nothing beyond full scale, and quiet around the words.
    expect(heard.some((value) => Math.abs(value) >= 32_767)).toBe(false);
    expect(soundsIn(heard, RATE_HZ, 0.02).length).toBeGreaterThan(20);
  },
  40_000,
);

heardAloud.test(
  "two rooms, by their samples: the siren in one, and in the other nothing but two soft sentences",
  async () => {
    const outputs = createRoomSpeakers(folder, ["bedroom", "bedside"]);
    const speech = createSpeech({ clock, environment: process.env });
    const bank = createSpeechBank({
      ...{ speech, clock, log, language: "zh-Hans" },
      texts: softTexts("zh-Hans"),
    });
    const audioAt = (device: string) =>
      createAudio({ clock, environment: { ...process.env, ...outputs.environment }, device });
    const sounder = createSounder({
      rooms: [
        { name: "卧室", for: "caregiver", siren: "always", audio: audioAt("bedroom") },
        { name: "床边", for: "patient", siren: "exhausted", audio: audioAt("bedside") },
      ],
      ...{ language: "zh-Hans", clock, log, speech: bank },
    });
    const soft = async (text: string): Promise<Int16Array> => {
      const said = await speech.say(text, "zh-Hans");
      const sentence = said.ok ? prepareSentence(said.pcm, said.sampleRateHz, RATE_HZ) : undefined;
      return createVoice(RATE_HZ).soft(sentence ?? new Float32Array());
    };
    const called = await soft("已经叫人了。");
    const coming = await soft("妈妈来了。");
    expect(Math.min(called.length, coming.length)).toBeGreaterThan(RATE_HZ / 2);

    const fold = folds(clock);
    sounder.update(fold([occurrence()]));
    await expect
      .poll(() => outputs.heard("bedside")[0]?.length, { timeout: 15_000 })
      .toBeGreaterThan(called.length);
    sounder.update(fold([occurrence({ acknowledgement: answer(clock.wall(), "妈妈") })]));
    await expect
      .poll(() => outputs.heard("bedside")[1]?.length, { timeout: 15_000 })
      .toBeGreaterThan(coming.length);
    await expect.poll(() => outputs.players(process.pid), { timeout: 5_000 }).toBe(0);
    sounder.stop();
    bank.stop();

    const [siren = new Int16Array(), ...others] = outputs.heard("bedroom");
    expect(others).toEqual([]);
    const burst = createVoice(RATE_HZ).burst("high", 0.5);
    expect(siren.subarray(0, burst.length)).toEqual(burst);
    const told = outputs.heard("bedside");
    expect(told).toHaveLength(2);
    for (const [index, sentence] of [called, coming].entries()) {
      const heard = told[index] ?? new Int16Array();
      expect(heard.subarray(0, sentence.length)).toEqual(sentence);
      expect(heard.subarray(sentence.length).every((value) => value === 0)).toBe(true);
      expect(decibels(rms(sentence), rms(siren.subarray(0, burst.length)))).toBeLessThan(-5);
    }
  },
  60_000,
);
