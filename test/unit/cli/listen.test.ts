import { describe, expect, test } from "vitest";
import { sampleBytes } from "../../../devices/alarm-listener/codec.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { alarmSound } from "../../../src/sound/synthesis.ts";
import { jsonLines, run } from "../../support/terminal.ts";

const RATE_HZ = 16_000;
const random = createSeededRandom(4);

/** Quiet, then a beep of 0.3 s in every 0.8 s. */
const beeps = (quietS: number, seconds: number): Int16Array =>
  Int16Array.from({ length: seconds * RATE_HZ }, (_, i) => {
    const on = i >= quietS * RATE_HZ && (i - quietS * RATE_HZ) % (0.8 * RATE_HZ) < 0.3 * RATE_HZ;
    return Math.round(
      (on ? 4_000 : 0) * Math.sin((2 * Math.PI * 2_900 * i) / RATE_HZ) + 100 * (random.uniform() - 0.5),
    );
  });

function wav(samples: Int16Array, rateHz = RATE_HZ): Uint8Array {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + 2 * samples.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rateHz, 24);
  head.writeUInt32LE(2 * rateHz, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(2 * samples.length, 40);
  return Buffer.concat([head, sampleBytes(samples)]);
}

describe("listen", () => {
  test("prints a template, with which the same alarm is heard again", async () => {
    const files = { "alarm.wav": wav(beeps(3, 12)), "night.raw": sampleBytes(beeps(6, 12)) };
    const learned = await run(["listen", "--learn", "--input", "alarm.wav"], { files });
    expect(learned).toMatchObject({ code: 0, words: expect.stringContaining("1 notes (2900 Hz)") });
    const template = learned.data.trim();
    expect(template).toMatch(/^1\/2(?:899|900)\.\d\/0\.\d+\.\d+$/);

    const { code, data } = await run(["listen", "--test", "--template", template, "--input", "night.raw"], {
      files,
    });
    expect(code).toBe(0);
    const heard = jsonLines(data).map((line) => (line as { remote_alarm: number }).remote_alarm);
    expect(heard).toHaveLength(12);
    expect(heard.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(heard.slice(-2)).toEqual([1, 1]);
  });

  test("warns where the alarm sounds like the house's own", async () => {
    const alarm = alarmSound("high", RATE_HZ);
    const pcm = new Int16Array(30 * RATE_HZ).map((_, i) =>
      i < 3 * RATE_HZ ? 0 : Math.round((alarm[(i - 3 * RATE_HZ) % alarm.length] ?? 0) / 4),
    );
    const { code, words } = await run(["listen", "--learn", "--input", "own.raw"], {
      files: { "own.raw": sampleBytes(pcm) },
    });
    expect(code).toBe(0);
    expect(words).toContain("the house's own alarm (high)");
  });

  test("says why nothing was learned, and what to do", async () => {
    const silence = sampleBytes(new Int16Array(10 * RATE_HZ));
    const { code, words } = await run(["listen", "--learn", "--input", "mute.raw"], {
      files: { "mute.raw": silence },
    });
    expect(code).toBe(1);
    expect(words).toContain("muted");
  });

  test.each([
    [["listen"], "--learn or --test"],
    [["listen", "--learn", "--test"], "--learn or --test"],
    [["listen", "--test", "--input", "x"], "--template is not"],
    [["listen", "--learn", "--input", "x", "--from", "mic:"], "do not go together"],
    [["listen", "--learn", "--seconds", "500"], "--seconds"],
  ])("%j is wrong use", async (argv, words) => {
    const result = await run(argv);
    expect(result).toMatchObject({ code: 2, data: "" });
    expect(result.words).toContain(words);
  });

  test("a WAV file of another rate is refused with the way to convert it", async () => {
    const files = { "cd.wav": wav(beeps(1, 6), 44_100) };
    const { code, words } = await run(["listen", "--learn", "--input", "cd.wav"], { files });
    expect(code).toBe(1);
    expect(words).toContain("sox");
  });
});
