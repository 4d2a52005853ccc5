import { beforeEach, describe, expect, test } from "vitest";
import { PageSpeech } from "../../../dashboards/shared/page-speech.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { prepareSentence } from "../../../src/sound/speech.ts";
import { type Sound, writeWav } from "../../../src/sound/wav.ts";

const RATE_HZ = 24_000;
const hum = (hz: number): Sound => ({
  pcm: Int16Array.from({ length: 16_000 }, (_, i) => Math.round(9_000 * Math.sin((i * hz) / 2_500))),
  sampleRateHz: 16_000,
});
const [machine, mei] = [hum(150), hum(220)];
const sentenceOf = ({ pcm, sampleRateHz }: Sound) => ({
  sentence: prepareSentence(pcm, sampleRateHz, RATE_HZ),
});

let clock: VirtualClock;
let box: Sound | undefined;
let asked: string[];
let speech: PageSpeech;

beforeEach(() => {
  clock = createVirtualClock(wall(0));
  box = machine;
  asked = [];
  speech = new PageSpeech({
    clock,
    language: () => "en",
    fetchBytes: async (path) => {
      asked.push(path);
      return box === undefined ? undefined : writeWav(box);
    },
    handOver: (work) => void work,
    voices: { has: () => false, say: () => undefined, hush: () => undefined },
    sampleRateHz: RATE_HZ,
  });
});

/** As a page that rings asks: once a second. */
async function ring(ms: number) {
  let last = speech.sentence("mask_off");
  for (let passed = 0; passed < ms; passed += SECOND_MS) {
    await clock.advance(SECOND_MS);
    last = speech.sentence("mask_off");
  }
  return last;
}

describe("what the family speaks while a page is open", () => {
  test("is asked for once, and again after ten minutes: what it has by then goes on until the new one is there", async () => {
    expect(await ring(9 * MINUTE_MS)).toMatchObject(sentenceOf(machine));
    expect(asked).toEqual(["/api/speech/en/mask_off"]);
    box = mei;
    expect(await ring(2 * MINUTE_MS)).toMatchObject(sentenceOf(mei));
    expect(asked).toHaveLength(2);
  });

  test("is heard at once on the page that it was recorded on", async () => {
    expect(await ring(MINUTE_MS)).toMatchObject(sentenceOf(machine));
    box = mei;
    speech.forget("mask_off", "en");
    expect(await ring(SECOND_MS)).toMatchObject(sentenceOf(mei));
  });

  test("stays what it was while the box does not answer", async () => {
    await ring(MINUTE_MS);
    box = undefined;
    expect(await ring(30 * MINUTE_MS)).toMatchObject(sentenceOf(machine));
  });
});
