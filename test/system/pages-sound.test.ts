// What a page rings with: the samples of src/sound and nothing else, planned on the browser's own audio clock.
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { RAMP } from "../../src/sound/pattern.ts";
import { prepareSentence } from "../../src/sound/speech.ts";
import { createVoice } from "../../src/sound/synthesis.ts";
import { writeWav } from "../../src/sound/wav.ts";
import { spokenIn } from "../../src/words/spoken.ts";
import { alarms, bedState, NOW, occurrence } from "../support/pages-beds.ts";
import {
  type Browser,
  builtPages,
  eventually,
  type OpenPage,
  startBrowser,
} from "../support/pages-browser.ts";
import { type PagesServer, startPagesServer } from "../support/pages-server.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("chromium");

/** A sound as the probe saw it planned. */
interface Planned {
  readonly startsAt: number;
  readonly stopsAt?: number;
  readonly loop: boolean;
  readonly samples: number;
  readonly sum: number;
}

const RATE_HZ = 24_000;
const voice = createVoice(RATE_HZ);

/** Two seconds of a buzz, as a voice would render it. */
const SPOKEN = {
  pcm: Int16Array.from({ length: 44_100 }, (_, i) =>
    Math.round(9_000 * Math.sin(i / 20) * Math.sin(i / 2_500)),
  ),
  sampleRateHz: 22_050,
};
const sentence = prepareSentence(SPOKEN.pcm, SPOKEN.sampleRateHz, RATE_HZ);

const sumOf = (pcm: Int16Array): number =>
  pcm.reduce((sum, value, index) => sum + value * ((index % 97) + 1), 0);

/** One high alarm whose card has a cause. */
function maskOff() {
  const low = occurrence("SPO2_CRIT", { simulated: false });
  const card = { id: low.id, cause: "mask_off", priority: "high", members: [low.id], evidence: [] } as const;
  return bedState({ simulated: false, alarms: alarms([low], { cards: [card] }) });
}

describe("what a page rings with", () => {
  let browser: Browser;
  let server: PagesServer;
  let folder: string;
  const opened: OpenPage[] = [];

  beforeAll(async () => {
    folder = await builtPages();
    browser = await startBrowser();
  });
  beforeEach(async () => {
    server = await startPagesServer(folder);
    server.script.beds = [maskOff()];
  });
  afterEach(async () => {
    for (const { page } of opened.splice(0)) await page.close();
    await server.close();
  });
  afterAll(() => browser.close());

  async function ringing(before = ""): Promise<OpenPage["page"]> {
    const open = await browser.open(`${server.url}/`);
    opened.push(open);
    if (before !== "") await open.page.evaluate(before);
    await open.page.locator(".silent").click();
    await eventually(async () => (await plannedIn(open.page)).some(({ loop }) => loop)).toBe(true);
    return open.page;
  }

  const plannedIn = (page: OpenPage["page"]) => page.evaluate<Planned[]>("probe.sounds()");

  test("is the house's own: bursts that grow louder, then the loop, without a gap, and the cause in every silence", async () => {
    server.script.speech = writeWav(SPOKEN);
    const page = await ringing();
    const loop = voice.alarm("high", sentence === undefined ? [] : [sentence]);
    await eventually(async () => (await plannedIn(page)).at(-1)?.sum).toBe(sumOf(loop));
    expect(server.asked.map(({ path }) => path)).toContain("/api/speech/en/mask_off");
    const planned = (await plannedIn(page)).filter(({ stopsAt, startsAt, loop }) =>
      loop ? stopsAt === undefined : stopsAt === undefined || stopsAt > startsAt,
    );
    // The first burst began before the sentence was there; from the second on it is spoken.
    const rounds = planned.slice(-3);
    expect(rounds.map(({ sum }) => sum)).toEqual([
      sumOf(voice.round("high", sentence, RAMP[1])),
      sumOf(voice.round("high", sentence, RAMP[2])),
      sumOf(loop),
    ]);
    const first = planned.find(({ sum }) => sum === sumOf(voice.round("high", undefined, RAMP[0])));
    expect(first).toBeDefined();
    for (const [earlier, later] of [
      [first, rounds[0]],
      [rounds[0], rounds[1]],
      [rounds[1], rounds[2]],
    ])
      expect((later?.startsAt ?? 0) - (earlier?.startsAt ?? 0)).toBeCloseTo(
        (earlier?.samples ?? 0) / RATE_HZ,
        3,
      );
  });

  test("sounds at once where the box does not answer about its voice, with the tones alone", async () => {
    server.script.refusals.set("GET /api/speech/en/mask_off", "hang");
    const page = await ringing();
    expect((await plannedIn(page)).at(-1)).toMatchObject({ loop: true, sum: sumOf(voice.alarm("high")) });
  });

  test("where the box has no voice the browser's own says it, in a silence that is long enough", async () => {
    const page = await ringing(`
      globalThis.said = [];
      globalThis.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
      Object.defineProperty(globalThis, "speechSynthesis", { value: {
        getVoices: () => [{ lang: "en-GB", localService: true, name: "test" }],
        speak: ({ text, lang, voice }) => said.push({ text, lang, voice: voice.name, at: performance.now() }),
        cancel() {},
      } });
    `);
    const said = () => page.evaluate<{ text: string; voice: string; at: number }[]>("said");
    const heard = async (): Promise<number> => {
      // Else the page takes the connection for lost.
      server.send({ kind: "heartbeat", at: NOW });
      return (await said()).length;
    };
    await expect.poll(heard, { timeout: 40_000, interval: 500 }).toBeGreaterThanOrEqual(2);
    const [one, two] = await said();
    expect(one).toMatchObject({ text: spokenIn("en", "mask_off"), lang: "en", voice: "test" });
    // Once a round: a burst, and a silence that leaves six seconds for it.
    expect((two?.at ?? 0) - (one?.at ?? 0)).toBeGreaterThan(8_000);
    expect((two?.at ?? 0) - (one?.at ?? 0)).toBeLessThan(13_000);
  });
});
