import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readWav, writeWav } from "../../../src/sound/wav.ts";
import { type Harness, startHarness } from "./harness.ts";

const PCM = Int16Array.of(0, 1_000, -1_000, 42);

let harness: Harness;
let cookie: string;
beforeEach(async () => {
  harness = await startHarness();
  harness.voice = writeWav({ pcm: PCM, sampleRateHz: 22_050 });
  cookie = await harness.signIn("caregiver");
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});

const get = (url: string) => harness.app.inject({ url, headers: { cookie } });

describe("what alarms speak", () => {
  it.each(["en/mask_off", "zh-Hans/SPO2_LOW", "zh-Hant/link_lost"])("%s comes as sound", async (path) => {
    const answer = await get(`/api/speech/${path}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toBe("audio/wav");
    expect(readWav(answer.rawPayload)).toEqual({ pcm: PCM, sampleRateHz: 22_050 });
    expect(harness.spoken).toEqual([path.replace("/", " ")]);
  });

  it.each([
    "en/Hello",
    "en/toString",
    "en/mask_off%20--version",
    "en/..%2F..%2Fetc",
    "de/mask_off",
    `en/${"x".repeat(500)}`,
  ])("%s is rendered by nobody", async (path) => {
    expect((await get(`/api/speech/${path}`)).statusCode).toBe(400);
    expect(harness.spoken).toEqual([]);
  });

  it("is empty where the box has no voice, and the page speaks by itself", async () => {
    harness.voice = undefined;
    const answer = await get("/api/speech/en/mask_off");
    expect(answer.statusCode).toBe(204);
    expect(answer.rawPayload).toHaveLength(0);
  });
});
