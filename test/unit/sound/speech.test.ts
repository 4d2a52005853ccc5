import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { prepareSentence } from "../../../src/sound/speech.ts";
import { createVoice } from "../../../src/sound/synthesis.ts";
import { decibels, spectrumOf } from "../../support/spectrum.ts";

const VOICE_HZ = 22_050;

const tone = (hz: number, seconds: number, peak = 12_000, rateHz = VOICE_HZ): Int16Array =>
  Int16Array.from({ length: Math.round(seconds * rateHz) }, (_, i) =>
    Math.round(peak * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  );

const joined = (...parts: readonly Int16Array[]): Int16Array =>
  Int16Array.from(parts.flatMap((part) => [...part]));

const silence = (seconds: number): Int16Array => new Int16Array(Math.round(seconds * VOICE_HZ));

const peakOf = (wave: Float32Array): number => wave.reduce((peak, v) => Math.max(peak, Math.abs(v)), 0);

const rmsOf = (wave: ArrayLike<number>): number => {
  let power = 0;
  for (let i = 0; i < wave.length; i++) power += (wave[i] ?? 0) ** 2;
  return Math.sqrt(power / wave.length);
};

describe("at the rate of the tones", () => {
  test.each([48_000, 44_100, 24_000, 22_050, 16_000])("%i Hz: same length, same pitch", (rateHz) => {
    const wave = prepareSentence(tone(500, 1), VOICE_HZ, rateHz);
    expect((wave?.length ?? 0) / rateHz).toBeCloseTo(1, 2);
    const line = spectrumOf(wave ?? [], rateHz);
    expect(line(500)).toBeGreaterThan(0.2);
    // Nothing folds back: all else lies 60 dB below.
    for (const hz of [250, 1_000, 1_500, 3_000, 5_000, 7_500])
      expect(decibels(line(hz), line(500)), `${hz} Hz`).toBeLessThan(-60);
  });

  test("what the lower rate cannot hold is taken away, not folded down", () => {
    const pcm = joined(tone(500, 0.5), tone(9_500, 0.5));
    const wave = prepareSentence(pcm, VOICE_HZ, 16_000) ?? new Float32Array();
    const line = spectrumOf(wave.subarray(wave.length / 2 + 200), 16_000);
    // 9500 Hz would come back as 6500 Hz.
    expect(line(6_500)).toBeLessThan(0.005);
  });
});

describe("loudness", () => {
  test.each([300, 3_000, 30_000])("is the same whether the voice was rendered with a peak of %i", (peak) => {
    const wave = prepareSentence(
      joined(tone(200, 1, peak), silence(0.3), tone(700, 1, peak)),
      VOICE_HZ,
      48_000,
    );
    expect(rmsOf((wave ?? new Float32Array()).subarray(4_800, 43_200))).toBeCloseTo(0.3, 1);
  });

  test("is at most 8 dB below the pulses that it stands between, pauses included, and never louder, at every urgency", () => {
    const voice = createVoice(48_000);
    // Syllables: a buzz with a crest like that of a voice.
    const buzz = Int16Array.from({ length: 2 * VOICE_HZ }, (_, i) => {
      const t = i / VOICE_HZ;
      const pulse = [1, 2, 3, 4, 5, 6, 7, 8].reduce((sum, n) => sum + Math.cos(2 * Math.PI * 120 * n * t), 0);
      return Math.round(2_500 * pulse * (0.55 + 0.45 * Math.sin(2 * Math.PI * 4 * t)));
    });
    const sentence = prepareSentence(buzz, VOICE_HZ, 48_000);
    for (const kind of ["high", "medium", "call"] as const) {
      const firstPulse = voice.burst(kind).subarray(0, kind === "high" ? 7_200 : 9_600);
      const speech = voice.silence(kind, sentence).subarray(24_000, 24_000 + 2 * 48_000);
      expect(Math.abs(decibels(rmsOf(speech), rmsOf(firstPulse))), kind).toBeLessThan(8);
      expect(rmsOf(speech)).toBeLessThanOrEqual(rmsOf(firstPulse));
    }
  });

  test("never clips, whatever was rendered", () => {
    const samples = fc.array(
      fc.oneof(fc.integer({ min: -32_768, max: 32_767 }), fc.constantFrom(0, 32_767, -32_768)),
      {
        minLength: 1,
        maxLength: 3_000,
      },
    );
    fc.assert(
      fc.property(samples, fc.constantFrom(16_000, 24_000, 48_000), (pcm, rateHz) => {
        const wave = prepareSentence(Int16Array.from(pcm), VOICE_HZ, rateHz);
        if (wave === undefined) return pcm.every((value) => value === 0);
        return wave.every(Number.isFinite) && peakOf(wave) <= 0.981;
      }),
      { numRuns: 150 },
    );
  });

  test("a click among quiet speech is held down without taking the speech with it", () => {
    const quiet = tone(300, 1, 2_000);
    const pcm = joined(quiet, Int16Array.from([32_767, -32_768]), quiet);
    const wave = prepareSentence(pcm, VOICE_HZ, 48_000) ?? new Float32Array();
    expect(peakOf(wave)).toBeLessThanOrEqual(0.981);
    // 20 ms beside it the speech is as loud as anywhere.
    const middle = wave.length / 2;
    expect(rmsOf(wave.subarray(middle + 960, middle + 5_760))).toBeCloseTo(
      rmsOf(wave.subarray(4_800, 9_600)),
      2,
    );
  });
});

describe("silence", () => {
  test("around the sentence is cut away, so that the gap holds nothing but words", () => {
    const wave = prepareSentence(joined(silence(0.4), tone(300, 1), silence(0.8)), VOICE_HZ, 48_000);
    expect((wave?.length ?? 0) / 48_000).toBeCloseTo(1, 2);
  });

  test("within it stays", () => {
    const wave = prepareSentence(joined(tone(300, 1), silence(0.5), tone(300, 1)), VOICE_HZ, 48_000);
    expect((wave?.length ?? 0) / 48_000).toBeCloseTo(2.5, 2);
  });

  test("alone is no sentence", () => {
    expect(prepareSentence(silence(1), VOICE_HZ, 48_000)).toBeUndefined();
    expect(prepareSentence(new Int16Array(), VOICE_HZ, 48_000)).toBeUndefined();
  });
});
