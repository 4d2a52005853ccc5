// The family records its own voice on the page: a real browser with a microphone that hears a file, the real routes, the
// real disk, and the bank that the sounder of the house speaks from.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { LANGUAGES, type Role } from "../../src/domain/person.ts";
import { createOwnVoice, createVoices } from "../../src/notify/sounder/own-voice.ts";
import { createSpeechBank } from "../../src/notify/sounder/speech-bank.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createDisk } from "../../src/ops/disk.ts";
import { judgeVoice } from "../../src/sound/own-voice.ts";
import { prepareSentence } from "../../src/sound/speech.ts";
import { type Sound, writeWav } from "../../src/sound/wav.ts";
import {
  accessibilityFaults,
  type Browser,
  builtPages,
  DESK,
  eventually,
  overflowing,
  startBrowser,
} from "../support/pages-browser.ts";
import { requires } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";
import { startHarness } from "../unit/server/harness.ts";

const { describe, test } = requires("chromium");

const PICTURES = process.env["BREATHWATCH_PICTURES"];
const IPHONE = { width: 390, height: 844 } as const;
/** A name of the box that is not this machine's own: without encryption no microphone for its pages. */
const BOX = "box.example";

/** What a voice is like for a machine: a hum with harmonics that swells four times a second. */
const hum = (seconds: number, sampleRateHz: number, hz: number, loud = 0.4): Int16Array =>
  Int16Array.from({ length: Math.round(seconds * sampleRateHz) }, (_, i) => {
    const t = (2 * Math.PI * i) / sampleRateHz;
    const wave = Math.sin(hz * t) + 0.5 * Math.sin(2 * hz * t) + 0.3 * Math.sin(3 * hz * t);
    return Math.round(32_767 * loud * (wave / 1.8) * (0.6 + 0.4 * Math.sin(4 * t)));
  });

/** What the microphone hears once it is opened: two seconds of silence, two of somebody, and silence for good. */
const heard = (): Sound => {
  const pcm = new Int16Array(5 * 48_000);
  pcm.set(hum(2, 48_000, 300), 2 * 48_000);
  return { pcm, sampleRateHz: 48_000 };
};

/** A WAV file of two channels, as recorders make them and houses do not take them. */
function stereo(seconds: number, hz: number): Buffer {
  const one = hum(seconds, 44_100, hz);
  const bytes = Buffer.from(
    writeWav({
      pcm: Int16Array.from({ length: one.length * 2 }, (_, i) => one[i >> 1] ?? 0),
      sampleRateHz: 44_100,
    }),
  );
  bytes.writeUInt16LE(2, 22);
  bytes.writeUInt32LE(44_100 * 4, 28);
  bytes.writeUInt16LE(4, 32);
  return bytes;
}

/** How often the wave crosses zero upwards a second, between the pauses: its lowest tone. */
function pitchOf({ pcm, sampleRateHz }: Sound): number {
  const from = Math.round(pcm.length * 0.3);
  const middle = pcm.subarray(from, from + sampleRateHz);
  let best = { lag: 0, sum: 0 };
  for (let lag = Math.round(sampleRateHz / 600); lag < sampleRateHz / 100; lag++) {
    let sum = 0;
    for (let i = 0; i + lag < middle.length; i++) sum += (middle[i] ?? 0) * (middle[i + lag] ?? 0);
    if (sum > best.sum) best = { lag, sum };
  }
  return sampleRateHz / best.lag;
}

describe("the family's own voice on the page", { timeout: 120_000 }, () => {
  let pages: string;
  let folder: string;
  let browser: Browser;
  beforeAll(async () => {
    pages = await builtPages();
    folder = mkdtempSync(path.join(tmpdir(), "breathwatch-voices-"));
    const file = path.join(folder, "microphone.wav");
    writeFileSync(file, writeWav(heard()));
    browser = await startBrowser({
      args: [
        "--use-fake-device-for-media-stream",
        `--use-file-for-fake-audio-capture=${file}%noloop`,
        `--host-resolver-rules=MAP ${BOX} 127.0.0.1`,
      ],
    });
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A box whose data folder is real, as somebody of this role sees it. */
  async function house(
    options: { readonly role?: Role; readonly host?: string; readonly on?: Browser } = {},
  ) {
    const { role = "caregiver", host = "localhost", on = browser } = options;
    const data = mkdtempSync(path.join(folder, "data-"));
    const disk = createDisk(data);
    const machine = { pcm: hum(1.5, 22_050, 120), sampleRateHz: 22_050 };
    const bank = createSpeechBank({
      ...{ clock: createClock(), log: silentLog, language: "en" },
      speech: { say: async () => ({ ok: true, ...machine }) },
      ownVoice: createOwnVoice(disk, silentLog),
    });
    const voices = createVoices({ disk, log: silentLog, language: "en", onChange: bank.renew });
    const harness = await startHarness({ pagesFolder: pages, voices, speech: bank.wav });
    onTestFinished(() => harness.close());
    await harness.app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = harness.app.server.address() as { port: number };
    const url = `http://${host}:${port}`;
    const [name = "", value = ""] = (await harness.signIn(role, "Mei")).split("=");
    await on.context.clearCookies();
    await on.context.addCookies([{ name, value, url }]);
    const opened = await on.open(`${url}/`, { size: IPHONE });
    onTestFinished(() => opened.page.close());
    const card = opened.page.locator("details.voices");
    await card.locator("summary").first().click();
    const line = card.locator("[data-voice=mask_off]");
    await line.waitFor();
    return {
      ...opened,
      url,
      harness,
      bank,
      voices,
      machine,
      card,
      line,
      file: path.join(data, "voices/en/mask_off.wav"),
    };
  }

  const grant = (url: string): Promise<void> =>
    browser.context.grantPermissions(["notifications", "microphone"], { origin: url });

  const button = (page: { getByRole: Page["getByRole"] }, name: string) =>
    page.getByRole("button", { name, exact: true });

  /** Sums of the samples that the page has played. */
  const played = (page: Page): Promise<{ readonly samples: number }[]> => page.evaluate("probe.sounds()");

  test("is recorded, heard, saved, spoken by the house, replaced, deleted and brought back", async () => {
    const { page, troubles, url, line, file, bank, machine, harness } = await house();
    await grant(url);
    const record = line.getByRole("button", { name: "Record: The mask is probably off. Please go now." });
    await record.click();
    await button(line, "Start recording").click();
    await eventually(async () => Number(await line.locator("meter").getAttribute("value"))).toBeGreaterThan(
      0.3,
    );
    await eventually(() => line.locator(".voice-recording").innerText()).toContain("Recording: 5 s of 10");
    if (PICTURES !== undefined) await line.screenshot({ path: `${PICTURES}/voices-recording.png` });
    await button(line, "Done").click();
    const ready = line.locator(".voice-ready");
    await eventually(() => ready.innerText()).toMatch(/^[12]\.\d s\. Listen to it, then save it\.$/);
    const seconds = Number.parseFloat(await ready.innerText());

    const before = (await played(page)).length;
    await button(line, "Listen").click();
    await eventually(async () => (await played(page)).length).toBe(before + 1);
    expect((await played(page)).at(-1)?.samples).toBeCloseTo(seconds * 16_000, -4);
    await button(line, "Save").click();
    await eventually(() => line.innerText()).toContain("Saved. The next alarm speaks it.");
    expect(await line.locator(".voice-own").innerText()).toBe(`Your own voice, ${seconds} s`);

    const bytes = new Uint8Array(readFileSync(file));
    const { sound, fault } = judgeVoice(bytes);
    expect(fault).toBeUndefined();
    expect(sound?.sampleRateHz).toBe(16_000);
    expect((sound?.pcm.length ?? 0) / 16_000).toBeCloseTo(seconds, 1);
    expect(seconds).toBeGreaterThan(1.5);
    expect(seconds).toBeLessThan(2.9);
    expect(pitchOf(sound ?? { pcm: new Int16Array(1), sampleRateHz: 1 })).toBeCloseTo(300, -1);
    const spoken = (of: Sound | undefined) => of && prepareSentence(of.pcm, of.sampleRateHz, 24_000);
    await eventually(() => bank.sentence("mask_off", 24_000)).toEqual(spoken(sound));

    await line.getByRole("button", { name: /^Delete:/ }).click();
    await eventually(() => line.innerText()).toContain("Deleted. The machine speaks it again.");
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/voices-deleted.png` });
    await eventually(() => bank.sentence("mask_off", 24_000)).toEqual(spoken(machine));
    await button(line, "Undo").click();
    await eventually(() => line.innerText()).toContain("It is as before.");
    expect(new Uint8Array(readFileSync(file))).toEqual(bytes);
    await eventually(() => bank.sentence("mask_off", 24_000)).toEqual(spoken(sound));
    const changes = (await harness.state.audits(10)).map(({ action }) => action);
    expect(changes.filter((action) => action.startsWith("voice."))).toEqual([
      "voice.kept",
      "voice.removed",
      "voice.kept",
    ]);
    expect(troubles).toEqual([]);
  });

  test("ends by itself after 10 s, and whoever goes away in the middle closes the microphone", async () => {
    const { page, url, line, file } = await house();
    await grant(url);
    await page.evaluate(`
      globalThis.opened = [];
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (what) => {
        const stream = await ask(what);
        opened.push(...stream.getTracks());
        return stream;
      };
    `);
    const states = () => page.evaluate<string[]>("opened.map(({ readyState }) => readyState)");
    await line.getByRole("button", { name: /^Record:/ }).click();
    await button(line, "Start recording").click();
    await eventually(() => line.locator(".voice-recording").innerText()).toContain("Recording: 1 s");
    expect(await states()).toEqual(["live"]);
    await button(line, "Cancel").click();
    await eventually(states).toEqual(["ended"]);

    await line.getByRole("button", { name: /^Record:/ }).click();
    await button(line, "Start recording").click();
    await line.locator(".voice-recording").waitFor();
    const begun = performance.now();
    await eventually(() => line.locator(".voice-ready").innerText()).toMatch(/^\d\.\d s\. Listen/);
    expect(performance.now() - begun).toBeGreaterThan(9_000);
    expect(await states()).toEqual(["ended", "ended"]);
    await button(line, "Save").click();
    await eventually(() => line.innerText()).toContain("Saved.");
    expect(judgeVoice(new Uint8Array(readFileSync(file))).fault).toBeUndefined();
  });

  test("says in plain words what keeps the microphone away, and what works instead", async () => {
    const { url, line, card } = await house();
    expect(await card.innerText()).toContain("You can record right here");
    await browser.context.clearPermissions();
    await browser.context.grantPermissions(["notifications"], { origin: url });
    await line.getByRole("button", { name: /^Record:/ }).click();
    await button(line, "Start recording").click();
    await eventually(() => line.locator("[role=alert]").innerText()).toContain("was not allowed");

    const deaf = await startBrowser();
    onTestFinished(() => deaf.close());
    const other = await house({ on: deaf });
    await deaf.context.grantPermissions(["notifications", "microphone"], { origin: other.url });
    await other.line.getByRole("button", { name: /^Record:/ }).click();
    await button(other.line, "Start recording").click();
    await eventually(() => other.line.locator("[role=alert]").innerText()).toContain(
      "No microphone was found",
    );
  });

  test("on a page without encryption a file does: of any kind that the browser reads, made fit for the house", async () => {
    const { page, troubles, card, line, file, url } = await house({ host: BOX });
    expect(await page.evaluate("isSecureContext")).toBe(false);
    expect(url).toContain(BOX);
    expect(await card.innerText()).toContain("this page was opened without encryption (http)");
    await line.getByRole("button", { name: /^Record:/ }).click();
    expect(await button(line, "Start recording").count()).toBe(0);
    const recorder = line.getByLabel("Record with the phone's recorder");
    expect(await recorder.getAttribute("capture")).toBe("user");
    expect(await recorder.getAttribute("accept")).toBe("audio/*");
    const choose = async (name: string, buffer: Buffer): Promise<void> => {
      await line.getByLabel("Choose a sound file").setInputFiles({ name, mimeType: "audio/wav", buffer });
    };
    const trouble = () => line.locator("[role=alert]").innerText();
    await choose("notes.wav", Buffer.from("no sound at all"));
    await eventually(trouble).toContain("cannot read this file");
    await choose("speech.wav", stereo(12, 250));
    await eventually(trouble).toContain("longer than 10 seconds");
    await choose("cough.wav", stereo(0.2, 250));
    await eventually(trouble).toContain("too short");
    const faint = Buffer.from(writeWav({ pcm: hum(2, 44_100, 250, 0.002), sampleRateHz: 44_100 }));
    await choose("whisper.wav", faint);
    await eventually(trouble).toContain("can hardly be heard");
    await choose("card.wav", Buffer.alloc((4 << 20) + 1));
    await eventually(trouble).toContain("too large");

    if (PICTURES !== undefined) await card.screenshot({ path: `${PICTURES}/voices-http.png` });

    await choose("mei.wav", stereo(2.5, 250));
    await eventually(() => line.locator(".voice-ready").innerText()).toMatch(/^2\.[567] s/);
    await button(line, "Save").click();
    await eventually(() => line.innerText()).toContain("Saved.");
    const { sound, fault } = judgeVoice(new Uint8Array(readFileSync(file)));
    expect(fault).toBeUndefined();
    expect(pitchOf(sound ?? { pcm: new Int16Array(1), sampleRateHz: 1 })).toBeCloseTo(250, -1);

    // What the machine would say can still be heard beside it.
    await line.getByRole("button", { name: /^Hear the machine:/ }).click();
    await eventually(async () => (await played(page)).at(-1)?.samples).toBe(Math.round(1.5 * 22_050));
    expect(troubles.filter((each) => !each.includes("Cross-Origin-Opener-Policy"))).toEqual([]);
  });

  test("the patient listens and changes nothing; a hub says where a voice is recorded", async () => {
    const { page, card, line } = await house({ role: "patient" });
    expect(await line.getByRole("button").allInnerTexts()).toEqual(["▶\nListen"]);
    expect(await card.innerText()).not.toContain("record");
    await line.getByRole("button").click();
    await eventually(async () => (await played(page)).length).toBeGreaterThan(0);

    await page.route("**/api/me", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), hub: true } });
    });
    await page.reload();
    await card.locator("summary").first().click();
    await eventually(() => card.innerText()).toContain("open the box's own page there");
    expect(await line.count()).toBe(0);
  });

  test("fits on a phone and on a desk, in three languages, and is readable for everybody", async () => {
    const { page, troubles, url, card, line, voices } = await house();
    await grant(url);
    await voices.keep("en", "ventilator_off", writeWav({ pcm: hum(2.4, 16_000, 220), sampleRateHz: 16_000 }));
    await card.locator("summary").first().click();
    await card.locator("summary").first().click();
    await line.getByRole("button", { name: /^Record:/ }).click();
    const faults: string[] = [];
    for (const phase of ["idle", "ready"] as const) {
      if (phase === "ready") {
        const buffer = stereo(2, 250);
        await line
          .locator("input[type=file]")
          .setInputFiles({ name: "a.wav", mimeType: "audio/wav", buffer });
        await line.locator(".voice-ready").waitFor();
      }
      for (const size of [IPHONE, DESK]) {
        await page.setViewportSize(size);
        for (const language of LANGUAGES) {
          await page.locator(`.languages [lang=${language}]`).click();
          await eventually(() => page.locator("html").getAttribute("lang")).toBe(language);
          if (PICTURES !== undefined) {
            await card.screenshot({ path: `${PICTURES}/voices-${phase}-${language}-${size.width}.png` });
          }
          const where = `${phase} ${language} ${size.width}`;
          faults.push(...(await overflowing(page)).map((one) => `${where}: ${one}`));
          faults.push(...(await accessibilityFaults(page)).map((one) => `${where}: ${one}`));
        }
      }
    }
    for (const language of LANGUAGES) {
      await page.setViewportSize(IPHONE);
      await page.locator(`.languages [lang=${language}]`).click();
      await card.locator("select").selectOption(language);
      await eventually(() => line.locator(".voice-words").getAttribute("lang")).toBe(language);
      if (PICTURES !== undefined) {
        await card.screenshot({ path: `${PICTURES}/voices-sentences-${language}.png` });
      }
      faults.push(...(await overflowing(page)).map((one) => `sentences ${language}: ${one}`));
    }
    expect(faults).toEqual([]);
    expect(troubles).toEqual([]);
  });
});
