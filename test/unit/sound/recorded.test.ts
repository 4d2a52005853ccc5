import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeVoice } from "../../../src/sound/own-voice.ts";
import { loudnessOf, RECORDED_RATE_HZ as RATE, shapeRecording } from "../../../src/sound/recorded.ts";
import { writeWav } from "../../../src/sound/wav.ts";

const silence = (seconds: number): Float32Array => new Float32Array(Math.round(seconds * RATE));
const tone = (seconds: number, loud: number, hz = 200): Float32Array =>
  silence(seconds).map((_, i) => loud * Math.sin((2 * Math.PI * hz * i) / RATE));
const joined = (...parts: readonly Float32Array[]): Float32Array =>
  Float32Array.from(parts.flatMap((part) => [...part]));

const shaped = (wave: Float32Array, cut = false) => shapeRecording([wave], { cut });
const secondsOf = (wave: Float32Array, cut = false): number => {
  const made = shaped(wave, cut);
  return made.ok ? made.sound.pcm.length / RATE : Number.NaN;
};
const peakOf = (pcm: Int16Array): number => pcm.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe("what a microphone heard", () => {
  test("loses the silence around the voice, and keeps a little of it", () => {
    expect(secondsOf(joined(silence(1), tone(2, 0.3), silence(3)))).toBeCloseTo(2.32, 2);
  });

  test("keeps a pause between two words", () => {
    const words = joined(silence(0.5), tone(0.5, 0.3), silence(1), tone(0.5, 0.3), silence(0.5));
    expect(secondsOf(words)).toBeCloseTo(2.32, 2);
  });

  test("does not begin with the finger on the button, nor with the hiss of the room", () => {
    const click = tone(0.02, 0.8, 1_000);
    const hiss = (seconds: number) => tone(seconds, 0.005, 3_000);
    expect(secondsOf(joined(click, hiss(1), tone(1, 0.3), hiss(1), click))).toBeCloseTo(1.32, 1);
  });

  test.each([0.02, 0.1, 0.3, 0.6])("is raised gently, and never beyond 18 dB: spoken at %s", (loud) => {
    const made = shaped(joined(silence(0.2), tone(1, loud), silence(0.3)));
    const peak = made.ok ? peakOf(made.sound.pcm) / 32_767 : 0;
    expect(peak).toBeCloseTo(Math.min(0.7, loud * 8), 2);
  });

  test("is mixed from both channels, as an average", () => {
    const made = shapeRecording([tone(1, 0.4), silence(1)], { cut: false });
    const one = shapeRecording([tone(1, 0.2)], { cut: false });
    expect(made).toEqual(one);
  });

  test("begins and ends without a click", () => {
    const made = shaped(tone(1, 0.5));
    const ends = made.ok ? [made.sound.pcm.at(0), made.sound.pcm.at(-1)] : [];
    for (const end of ends) expect(Math.abs(end ?? 32_767)).toBeLessThan(500);
  });

  test.each<[string, Float32Array, string]>([
    ["nothing", silence(0), "too_short"],
    ["a cough", joined(silence(1), tone(0.15, 0.5), silence(1)), "too_short"],
    ["a knock", joined(silence(1), tone(0.02, 0.9), silence(1)), "too_short"],
    ["an empty room", tone(3, 0.003), "too_quiet"],
    ["silence", silence(3), "too_quiet"],
    ["a speech", tone(11, 0.3), "too_long"],
  ])("is refused as it is: %s", (_what, wave, fault) => {
    expect(shaped(wave)).toEqual({ ok: false, fault });
  });

  test("ends after 10 s where it is cut, and 10 s of voice are not too long", () => {
    expect(secondsOf(tone(12, 0.3), true)).toBe(10);
    expect(secondsOf(joined(silence(1), tone(10, 0.3), silence(1)))).toBe(10);
  });

  test("whatever it is, the house takes what comes out", () => {
    const anything = fc.float32Array({ minLength: 0, maxLength: 40_000, min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(anything, fc.boolean(), (wave, cut) => {
        const made = shapeRecording([wave], { cut });
        if (made.ok) expect(judgeVoice(writeWav(made.sound)).fault).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  test("shows on a meter from a whisper to full scale", () => {
    expect(loudnessOf([])).toBe(0);
    expect(loudnessOf(silence(0.1))).toBe(0);
    expect(loudnessOf(tone(0.1, 0.0005))).toBe(0);
    expect(loudnessOf(tone(0.1, 0.1))).toBeCloseTo(0.62, 2);
    expect(loudnessOf(new Float32Array(100).fill(1))).toBe(1);
  });
});
