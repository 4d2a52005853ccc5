import { describe, expect, test } from "vitest";
import { RAMP, type SoundKind } from "../../../src/sound/pattern.ts";
import { alarmSound, createVoice } from "../../../src/sound/synthesis.ts";
import { decibels, soundsIn, spectrumOf } from "../../support/spectrum.ts";

const RATE_HZ = 48_000;
const KINDS: readonly SoundKind[] = ["high", "medium", "low", "call"];

/** Pulses of one period, seconds. */
const pulsesOf = (kind: SoundKind) => soundsIn(alarmSound(kind, RATE_HZ), RATE_HZ, 0.02);

/** Silences between pulses; the last one runs to the end of the period. */
function gapsOf(kind: SoundKind): number[] {
  const pulses = pulsesOf(kind);
  const end = alarmSound(kind, RATE_HZ).length / RATE_HZ;
  return pulses.map((pulse, index) => (pulses[index + 1]?.from ?? end) - pulse.to);
}

const lengthsOf = (kind: SoundKind): number[] => pulsesOf(kind).map(({ from, to }) => to - from);

/** The first rounds, which grow louder. */
const introductionOf = (kind: SoundKind, sentence?: Float32Array): Int16Array => {
  const voice = createVoice(RATE_HZ);
  return Int16Array.from(RAMP.flatMap((loudness) => [...voice.round(kind, sentence, loudness)]));
};

const peakOf = (samples: Int16Array): number =>
  samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);

describe("burst timing of IEC 60601-1-8", () => {
  test("high priority is ten pulses of 75 to 200 ms, grouped 3 + 2, 3 + 2, bursts 2.5 to 15 s apart", () => {
    const lengths = lengthsOf("high");
    expect(lengths).toHaveLength(10);
    for (const length of lengths) expect(length).toSatisfy((s: number) => s >= 0.075 && s <= 0.2);
    const gaps = gapsOf("high");
    const short = gaps[0] ?? 0;
    expect(short).toBeGreaterThanOrEqual(0.05);
    expect(short).toBeLessThanOrEqual(0.125);
    // The pause after the third pulse is twice the short gap and a pulse; between the halves 0.35 to 1.3 s.
    for (const index of [2, 7]) expect(gaps[index]).toBeCloseTo(2 * short + (lengths[0] ?? 0), 1);
    for (const index of [0, 1, 3, 5, 6, 8]) expect(gaps[index]).toBeCloseTo(short, 1);
    expect(gaps[4]).toBeGreaterThanOrEqual(0.35);
    expect(gaps[4]).toBeLessThanOrEqual(1.3);
    expect(gaps[9]).toBeGreaterThanOrEqual(2.5);
    expect(gaps[9]).toBeLessThanOrEqual(15);
  });

  test("medium priority is three pulses of 125 to 250 ms, bursts 2.5 to 30 s apart", () => {
    const lengths = lengthsOf("medium");
    expect(lengths).toHaveLength(3);
    for (const length of lengths) expect(length).toSatisfy((s: number) => s >= 0.125 && s <= 0.25);
    const gaps = gapsOf("medium");
    for (const index of [0, 1]) expect(gaps[index]).toSatisfy((s: number) => s >= 0.125 && s <= 0.25);
    expect(gaps[2]).toSatisfy((s: number) => s >= 2.5 && s <= 30);
  });

  test("low priority is two pulses of 125 to 250 ms, bursts more than 15 s apart", () => {
    const lengths = lengthsOf("low");
    expect(lengths).toHaveLength(2);
    for (const length of lengths) expect(length).toSatisfy((s: number) => s >= 0.125 && s <= 0.25);
    expect(gapsOf("low")[1]).toBeGreaterThan(15);
  });

  test("a patient's call cannot be taken for an alarm: few long pulses that fall in pitch", () => {
    const pulses = pulsesOf("call");
    expect(pulses).toHaveLength(4);
    for (const { from, to } of pulses) expect(to - from).toBeGreaterThan(0.4);
    const pitches = pulses.slice(0, 2).map(({ from, to }) => {
      const line = spectrumOf(alarmSound("call", RATE_HZ).slice(from * RATE_HZ, to * RATE_HZ), RATE_HZ);
      return line(520) > line(440) ? 520 : 440;
    });
    expect(pitches).toEqual([520, 440]);
  });
});

describe("what is heard", () => {
  test.each(KINDS)(
    "%s: every pulse has its fundamental in 440 to 520 Hz and five harmonics 3 to 12 dB below",
    (kind) => {
      const sound = alarmSound(kind, RATE_HZ);
      for (const { from, to } of pulsesOf(kind)) {
        const line = spectrumOf(sound.slice(Math.round(from * RATE_HZ), Math.round(to * RATE_HZ)), RATE_HZ);
        const fundamental = [440, 480, 520].reduce((best, hz) => (line(hz) > line(best) ? hz : best));
        for (const order of [2, 3, 4, 5, 6]) {
          const level = decibels(line(order * fundamental), line(fundamental));
          expect(level, `harmonic ${order} of ${fundamental} Hz`).toBeLessThanOrEqual(-3);
          expect(level, `harmonic ${order} of ${fundamental} Hz`).toBeGreaterThanOrEqual(-12);
        }
        // Nothing below the fundamental and nothing above the sixth harmonic that could mask it.
        expect(decibels(line(fundamental / 2), line(fundamental))).toBeLessThan(-20);
        expect(decibels(line(fundamental * 8), line(fundamental))).toBeLessThan(-20);
      }
    },
  );

  test("a more urgent priority is never quieter, not even in its quiet beginning", () => {
    const [high, medium, low] = (["high", "medium", "low"] as const).map((kind) =>
      peakOf(alarmSound(kind, RATE_HZ)),
    );
    expect(high).toBeGreaterThan(medium ?? 0);
    expect(medium).toBeGreaterThan(low ?? 0);
    expect(peakOf(introductionOf("high").slice(0, 3 * RATE_HZ))).toBeGreaterThanOrEqual(medium ?? 0);
  });

  test.each(KINDS)("%s: uses the output without clipping, and pulses swell instead of clicking", (kind) => {
    const sound = alarmSound(kind, RATE_HZ);
    expect(peakOf(sound)).toBeLessThan(32_767);
    const [first] = pulsesOf(kind);
    const start = Math.round((first?.from ?? 0) * RATE_HZ);
    expect(peakOf(sound.slice(start, start + 96))).toBeLessThan(peakOf(sound) * 0.3);
  });

  test.each([8_000, 16_000, 22_050, 44_100])("lasts equally long at %i samples a second", (rateHz) => {
    for (const kind of KINDS) {
      const seconds = alarmSound(kind, rateHz).length / rateHz;
      expect(seconds).toBeCloseTo(alarmSound(kind, RATE_HZ).length / RATE_HZ, 3);
    }
  });
});

describe("the introduction", () => {
  test.each(KINDS)("%s: three bursts that grow louder up to the alarm's own loudness", (kind) => {
    const introduction = introductionOf(kind);
    const period = alarmSound(kind, RATE_HZ).length;
    expect(introduction).toHaveLength(3 * period);
    const peaks = [0, 1, 2].map((n) => peakOf(introduction.slice(n * period, (n + 1) * period)));
    expect(peaks.toSorted((a, b) => a - b)).toEqual(peaks);
    expect(new Set(peaks).size).toBe(3);
    expect(peakOf(alarmSound(kind, RATE_HZ))).toBeGreaterThan(peaks[2] ?? 0);
  });

  test.each(KINDS)("%s: is followed by the alarm without a gap and without a missing one", (kind) => {
    const [introduction, alarm] = [introductionOf(kind), alarmSound(kind, RATE_HZ)];
    const whole = Int16Array.from([...introduction, ...alarm]);
    const starts = soundsIn(whole, RATE_HZ, 0.02).map(({ from }) => from);
    const perBurst = pulsesOf(kind).length;
    const bursts = starts.filter((_, index) => index % perBurst === 0);
    expect(bursts).toHaveLength(4);
    const period = alarm.length / RATE_HZ;
    bursts.forEach((start, index) => {
      expect(start).toBeCloseTo(index * period, 1);
    });
  });
});

/** Speech of a length, as loud as speech is made: a voice's buzz in syllables. */
const spoken = (seconds: number): Float32Array =>
  Float32Array.from(
    { length: Math.round(seconds * RATE_HZ) },
    (_, i) => 0.9 * Math.sin((2 * Math.PI * 150 * i) / RATE_HZ) * (0.6 + 0.4 * Math.sin(i / 3_000)),
  );

describe("a spoken sentence", () => {
  test.each([
    ["high", 3, 2.5, 15],
    ["high", 13.5, 2.5, 15],
    ["medium", 3, 2.5, 30],
    ["medium", 28, 2.5, 30],
    ["call", 3, 2.5, 15],
  ] as const)(
    "%s: %d s of speech lie in the silence after the burst, which stays within the standard",
    (kind, seconds, leastS, mostS) => {
      const voice = createVoice(RATE_HZ);
      const burst = voice.burst(kind);
      const alarm = voice.alarm(kind, [spoken(seconds)]);
      expect(alarm.subarray(0, burst.length)).toEqual(burst);
      const silence = alarm.subarray(burst.length);
      expect(silence.length / RATE_HZ).toBeGreaterThanOrEqual(leastS);
      expect(silence.length / RATE_HZ).toBeLessThanOrEqual(mostS);
      const first = silence.findIndex((value) => value !== 0) / RATE_HZ;
      const last = silence.findLastIndex((value) => value !== 0) / RATE_HZ;
      // Nobody speaks into a pulse: half a second of quiet on both sides at least.
      expect(first).toBeGreaterThanOrEqual(0.5);
      expect(silence.length / RATE_HZ - last).toBeGreaterThanOrEqual(0.5);
      expect(last - first).toBeCloseTo(seconds, 1);
    },
  );

  test.each([
    ["high", 14],
    ["medium", 29],
    ["call", 14],
    ["low", 1],
  ] as const)("%s: %d s of speech are left out, and the tones go on as without", (kind, seconds) => {
    const voice = createVoice(RATE_HZ);
    expect(voice.alarm(kind, [spoken(seconds)])).toEqual(voice.alarm(kind));
  });

  test("several are spoken one after the other, each after a burst of its own", () => {
    const voice = createVoice(RATE_HZ);
    const [one, other] = [spoken(2), spoken(4)];
    const joined = voice.alarm("medium", [one, other]);
    const separate = [...voice.alarm("medium", [one]), ...voice.alarm("medium", [other])];
    expect(joined).toEqual(Int16Array.from(separate));
  });

  test("grows louder with the first bursts, and is never louder than full scale", () => {
    const voice = createVoice(RATE_HZ);
    const burst = voice.burst("high").length;
    const introduction = introductionOf("high", spoken(2));
    const period = introduction.length / 3;
    const peaks = [0, 1, 2].map((n) => peakOf(introduction.subarray(n * period + burst, (n + 1) * period)));
    expect(peaks[0]).toBeLessThan(peaks[1] ?? 0);
    expect(peaks[1]).toBeLessThan(peaks[2] ?? 0);
    const loud = Float32Array.from({ length: RATE_HZ }, (_, i) => (i % 2 === 0 ? 9 : -9));
    expect(peakOf(voice.silence("high", loud))).toBe(32_767);
  });
});

test("the tick of a page is short, soft and in the band of the alarms", () => {
  const tick = createVoice(RATE_HZ).tick();
  expect(tick.length / RATE_HZ).toBeLessThan(0.2);
  expect(peakOf(tick)).toBeLessThan(32_767 / 4);
  expect(peakOf(tick)).toBeGreaterThan(32_767 / 10);
});
