import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVoices } from "../../../src/notify/sounder/own-voice.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../src/rehearsal/disk.ts";
import { readWav, writeWav } from "../../../src/sound/wav.ts";
import { silentLog } from "../../support/silent-log.ts";
import { type Harness, startHarness } from "./harness.ts";

const wavOf = (seconds: number, sampleRateHz = 16_000, loud = 9_000): Buffer =>
  Buffer.from(writeWav({ pcm: new Int16Array(Math.round(seconds * sampleRateHz)).fill(loud), sampleRateHz }));

let disk: MemoryDisk;
let changed: string[];
let harness: Harness;
beforeEach(async () => {
  disk = createMemoryDisk();
  changed = [];
  const onChange = (key: string, language: string): void => void changed.push(`${language} ${key}`);
  harness = await startHarness({
    voices: createVoices({ disk, log: silentLog, language: "zh-Hans", onChange }),
  });
});
afterEach(() => harness.close());

async function ask(method: "GET" | "PUT" | "DELETE", url: string, role = "caregiver", body?: Buffer) {
  const cookie = await harness.signIn(role === "patient" ? "patient" : "caregiver", "Mei");
  return harness.app.inject({
    ...{ method, url },
    headers: { cookie, ...(body === undefined ? {} : { "content-type": "audio/wav" }) },
    ...(body === undefined ? {} : { payload: body }),
  });
}

const audited = async () =>
  (await harness.state.audits(10)).map(({ action, detail }) => `${action}: ${detail}`);

describe("the family's own voice over HTTP", () => {
  it("is kept, listed, heard again byte by byte, and removed; each change stands in the record once", async () => {
    const wav = wavOf(2.1);
    const kept = await ask("PUT", "/api/voices/zh-Hans/SPO2_LOW", "caregiver", wav);
    expect(kept.statusCode).toBe(200);
    expect(kept.json()).toEqual({ language: "zh-Hans", key: "SPO2_LOW", seconds: 2.1 });
    expect(await disk.read("voices/zh-hans/spo2_low.wav")).toEqual(new Uint8Array(wav));
    expect(changed).toEqual(["zh-Hans SPO2_LOW"]);

    const list = await ask("GET", "/api/voices", "patient");
    expect(list.json()).toEqual({ house: "zh-Hans", voices: [kept.json()] });
    const heard = await ask("GET", "/api/voices/zh-Hans/SPO2_LOW", "patient");
    expect(heard.headers["content-type"]).toBe("audio/wav");
    expect(heard.rawPayload).toEqual(wav);

    expect((await ask("DELETE", "/api/voices/zh-Hans/SPO2_LOW")).statusCode).toBe(204);
    expect((await ask("DELETE", "/api/voices/zh-Hans/SPO2_LOW")).statusCode).toBe(204);
    expect((await ask("GET", "/api/voices/zh-Hans/SPO2_LOW")).statusCode).toBe(404);
    expect((await ask("GET", "/api/voices")).json()).toEqual({ house: "zh-Hans", voices: [] });
    expect(await audited()).toEqual([
      "voice.removed: zh-Hans SPO2_LOW",
      "voice.kept: zh-Hans SPO2_LOW, 2.1 s",
    ]);
    expect(harness.complaints()).toEqual([]);
  });

  it("takes 10 s at 96 kHz, and nothing that is larger", async () => {
    const largest = await ask("PUT", "/api/voices/en/mask_off", "owner", wavOf(10, 96_000));
    expect(largest.json()).toMatchObject({ seconds: 10 });
    const larger = await ask("PUT", "/api/voices/en/mask_off", "owner", Buffer.alloc((2 << 20) + 1));
    expect(larger.statusCode).toBe(413);
    expect(readWav((await disk.read("voices/en/mask_off.wav")) ?? new Uint8Array())?.pcm).toHaveLength(
      960_000,
    );
  });

  it.each([
    ["too short", wavOf(0.1), "is 0.1 s long"],
    ["too long", wavOf(11), "is 11.0 s long"],
    ["too quiet", wavOf(2, 16_000, 100), "can hardly be heard"],
    ["no WAV file", Buffer.from("hello"), "is no WAV file"],
    ["nothing", Buffer.alloc(0), "is no WAV file"],
  ])("refuses what is %s, by the rule of the house, and keeps nothing", async (_what, wav, why) => {
    const refused = await ask("PUT", "/api/voices/en/mask_off", "caregiver", wav);
    expect(refused.json()).toMatchObject({ status: 422, code: "VOICE_REFUSED" });
    expect(refused.json().detail).toContain(why);
    expect([await disk.list("voices/en"), changed, await audited()]).toEqual([[], [], []]);
  });

  it("refuses what does not say that it is a sound", async () => {
    const cookie = await harness.signIn("caregiver");
    const headers = { cookie, "content-type": "application/octet-stream" };
    const url = "/api/voices/en/mask_off";
    const other = await harness.app.inject({ method: "PUT", url, headers, payload: wavOf(1) });
    expect(other.statusCode).toBe(415);
    const empty = await harness.app.inject({ method: "PUT", url, headers: { cookie } });
    expect(empty.json()).toMatchObject({ status: 400, code: "INPUT_INVALID" });
    expect(await disk.list("voices/en")).toEqual([]);
  });

  it.each([
    "en/..%2F..%2Fkey",
    "..%2F..%2Fetc/mask_off",
    "en/mask_off.wav",
    "en/MASK_OFF",
    "EN/mask_off",
    "de/mask_off",
    "en/toString",
    "en/mask_off%00",
  ])("%s names no file", async (path) => {
    for (const method of ["GET", "PUT", "DELETE"] as const) {
      const answer = await ask(
        method,
        `/api/voices/${path}`,
        "caregiver",
        method === "PUT" ? wavOf(1) : undefined,
      );
      expect([400, 404], method).toContain(answer.statusCode);
    }
    expect([changed, await audited()]).toEqual([[], []]);
  });

  it("is not there on a hub, which says where it is", async () => {
    const hub = await startHarness();
    const cookie = await hub.signIn("owner");
    for (const [method, url] of [
      ["GET", "/api/voices"],
      ["GET", "/api/voices/en/mask_off"],
      ["PUT", "/api/voices/en/mask_off"],
      ["DELETE", "/api/voices/en/mask_off"],
    ] as const) {
      const answer = await hub.app.inject({ method, url, headers: { cookie } });
      expect(answer.json()).toMatchObject({ status: 404, code: "NOT_FOUND" });
      expect(answer.json().fix).toContain("the box's own page");
    }
    await hub.close();
  });
});
