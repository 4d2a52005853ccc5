import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeLine,
  encodeLine,
  LONGEST_LINE_BYTES,
  lineMeaning,
  type WaveformLine,
} from "../../devices/puritan-bennett-840-waveform/codec.ts";
import { puritanBennett840Waveform } from "../../devices/puritan-bennett-840-waveform/module.ts";
import type { BreathBody, WaveBody } from "../../src/domain/observation.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { lineBytes } from "../../src/wire/line.ts";
import { parseTranscript } from "../../src/wire/transcript.ts";
import { type Arrival, type Decoded, decode } from "../support/decode.ts";

const device = puritanBennett840Waveform;
const fixtures = path.join(import.meta.dirname, "../../devices/puritan-bennett-840-waveform/fixtures");

const play = (text: string): Promise<Decoded> => decode(device, device.paced!(lineBytes(text)));

const breaths = (decoded: Decoded): BreathBody["breath"][] =>
  decoded.readings.flatMap(({ body }) => (body.kind === "breath" ? [body.breath] : []));

const waves = (decoded: Decoded): WaveBody[] =>
  decoded.readings.flatMap(({ body }) => (body.kind === "wave" ? [body] : []));

/** Samples readings with the second at which they came. */
const samples = (decoded: Decoded): { at: number; samples: Samples }[] =>
  decoded.readings.flatMap(({ at, body }) =>
    body.kind === "samples" ? [{ at: at / 1000, samples: body.samples }] : [],
  );

const rows = (count: number, flow: number, pressure: number): string =>
  `${flow.toFixed(2)}, ${pressure.toFixed(2)}\n`.repeat(count);

/** 24 L/min for 1 s in, 12 L/min for 2 s out, 14 over 5 cmH2O: 400 mL, 20 a minute. */
const inAndOut = rows(50, 24, 14) + rows(100, -12, 5);
const breath = (number: number): string => `BS, S:${number},\n${inAndOut}BE\n`;

describe("one line", () => {
  test.each<[string, WaveformLine]>([
    ["BS, S:54042,", { kind: "start", breath: 54_042 }],
    ["BS ,  S:14622 ,", { kind: "start", breath: 14_622 }],
    ["0.87, 7.04", { kind: "sample", flow: 0.87, pressure: 7.04 }],
    ["-0.51 ,  7.98", { kind: "sample", flow: -0.51, pressure: 7.98 }],
    ["-170.89, -27.86", { kind: "sample", flow: -170.89, pressure: -27.86 }],
    ["BE", { kind: "end" }],
  ])("%s is understood", (text, line) => {
    expect(decodeLine(lineBytes(text), true)).toEqual(line);
  });

  test.each([
    ["0.03.0, 5.77", "not a waveform line"],
    ["45.58", "one value instead of two"],
    [" 17.66", "one value instead of two"],
    [",5.69", "one value instead of two"],
    ["0.3., 5.77", "not a waveform line"],
    ["", "blank line"],
    ["   ", "blank line"],
    ["1.0, 5.0", "not a waveform line"],
    ["1.000, 5.00", "not a waveform line"],
    ["1e2, 5.00", "not a waveform line"],
    ["+1.00, 5.00", "not a waveform line"],
    ["--1.00, 5.00", "not a waveform line"],
    ["1.00, 5.00, 6.00", "not a waveform line"],
    ["1.00; 5.00", "not a waveform line"],
    ["1,00, 5,00", "not a waveform line"],
    ["Infinity, 5.00", "not a waveform line"],
    ["300.01, 5.00", "number out of range"],
    ["1.00, 150.01", "number out of range"],
    ["1.00, -60.01", "number out of range"],
    ["BS, S:,", "not a waveform line"],
    ["BS, S:12", "not a waveform line"],
    ["BS, S:-4,", "not a waveform line"],
    ["BS", "not a waveform line"],
    ["BEBE", "not a waveform line"],
    ["1.\x000, 5.00", "not a waveform line"],
  ])("%j is refused: %s", (text, refusal) => {
    expect(decodeLine(lineBytes(text), true)).toBe(refusal);
  });

  test("a sample whose front may be missing is refused, BS and BE are not", () => {
    expect(decodeLine(lineBytes("7.66, 17.70"), false)).toBe("front of the line missing");
    expect(decodeLine(lineBytes("BS, S:7,"), false)).toEqual({ kind: "start", breath: 7 });
    expect(decodeLine(lineBytes("BE"), false)).toEqual({ kind: "end" });
  });

  test("what is encoded is decoded to the same, to two decimals, and fits the longest line", () => {
    const line = fc.oneof(
      fc.record({ kind: fc.constant("start" as const), breath: fc.nat({ max: 999_999_999 }) }),
      fc.constant({ kind: "end" as const }),
      fc.record({
        kind: fc.constant("sample" as const),
        flow: fc.integer({ min: -30_000, max: 30_000 }).map((hundredths) => hundredths / 100),
        pressure: fc.integer({ min: -6_000, max: 15_000 }).map((hundredths) => hundredths / 100),
      }),
    );
    fc.assert(
      fc.property(line, (sent) => {
        const bytes = encodeLine(sent);
        expect(bytes.length).toBeLessThanOrEqual(LONGEST_LINE_BYTES);
        expect(decodeLine(bytes.subarray(0, -1), true)).toEqual(sent);
      }),
    );
  });

  test("never becomes a negative zero", () => {
    expect(decodeLine(lineBytes("-0.00, -0.00"), true)).toEqual({ kind: "sample", flow: 0, pressure: 0 });
  });

  test("says in words what it holds", () => {
    const words = ["BS, S:3,", "1.00, 2.00", "BE"].map((text) =>
      lineMeaning(decodeLine(lineBytes(text), true) as WaveformLine),
    );
    expect(words).toEqual(["breath 3 begins", "flow 1 L/min, airway pressure 2 cmH2O", "the breath ends"]);
  });
});

describe("which breaths count", () => {
  const numbers = async (text: string): Promise<(number | undefined)[]> =>
    breaths(await play(text)).map(({ number }) => number);

  test("those between BS and BE", async () => {
    expect(await numbers(breath(1) + breath(2))).toEqual([1, 2]);
  });

  test("one without BE, one without BS and one cut short are dropped and counted, the next counts", async () => {
    const decoded = await play(
      `BS, S:1,\n${inAndOut}BS, S:2,\n${inAndOut}BE\n${inAndOut}BE\nBS, S:3,\n${rows(4, 1, 5)}BE\n${breath(4)}`,
    );
    expect(breaths(decoded).map(({ number }) => number)).toEqual([2, 4]);
    expect(decoded.rejects).toEqual({
      "breath not counted: its end is missing": 1,
      "breath not counted: begins nowhere": 1,
      "breath not counted: too few samples": 1,
    });
  });

  test("one of 60 s does, a longer one does not", async () => {
    expect(await numbers(`BS, S:1,\n${rows(3_000, 1, 5)}BE\n${breath(2)}`)).toEqual([1, 2]);
    expect(await numbers(`BS, S:1,\n${rows(3_001, 1, 5)}BE\n${breath(2)}`)).toEqual([2]);
  });

  test("damaged samples cost a breath only from one in twenty on", async () => {
    const damaged = (lost: number): string =>
      `BS, S:1,\n${rows(50, 24, 14)}${rows(50, -12, 5)}${"-12.0\n".repeat(lost)}${rows(50 - lost, -12, 5)}BE\n${breath(2)}`;
    const few = breaths(await play(breath(9) + damaged(7)));
    expect(few.map(({ number }) => number)).toEqual([9, 1, 2]);
    expect(few[1]?.rateMin).toBe(20);
    expect(few[1]?.tidalVolumeExpMl).toBe(few[0]?.tidalVolumeExpMl);
    expect(await numbers(breath(9) + damaged(8))).toEqual([9, 2]);
  });

  test("a blank line takes no time and costs nothing", async () => {
    const blank = `BS, S:1,\n\n${rows(50, 24, 14)}\n\n\n${rows(100, -12, 5)}BE\n`;
    const [clean] = breaths(await play(breath(0) + breath(1))).slice(1);
    const [spaced] = breaths(await play(breath(0) + blank)).slice(1);
    expect({ ...spaced, start: 0, end: 0 }).toEqual({ ...clean, start: 0, end: 0 });
  });

  test("a break on the wire and a line without end cost the breath that they fall into", async () => {
    const broken = (damage: string): string =>
      `BS, S:1,\n${rows(50, 24, 14)}${damage}${rows(100, -12, 5)}BE\n${breath(2)}`;
    expect(await numbers(broken("\0".repeat(50)))).toEqual([2]);
    expect(await numbers(broken(`${"x".repeat(200)}\n`))).toEqual([2]);
  });

  test("a silence of more than 2 s costs the breath that it falls into, a shorter one does not", async () => {
    const withSilence = (silentMs: number): Arrival[] => {
      const chunks = [...device.paced!(lineBytes(breath(1) + breath(2) + breath(3)))];
      return chunks.map(({ offsetMs, bytes }, i) => ({
        bytes,
        offsetMs: offsetMs + (i < 200 ? 0 : silentMs),
      }));
    };
    const count = async (silentMs: number): Promise<(number | undefined)[]> =>
      breaths(await decode(device, withSilence(silentMs))).map(({ number }) => number);
    expect(await count(1_900)).toEqual([1, 2, 3]);
    expect(await count(2_100)).toEqual([1, 3]);
  });

  test("of breaths shorter than a second each is sent, one a second, and the newest gives the numbers", async () => {
    const quick = (number: number, peak: number): string =>
      `BS, S:${number},\n${rows(10, 24, peak)}${rows(10, -24, 5)}BE\n`;
    const decoded = await play(quick(1, 11) + quick(2, 12) + quick(3, 13) + breath(4) + breath(5));
    expect(breaths(decoded).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    expect(samples(decoded).map(({ samples: { pressure_peak } }) => pressure_peak)).toEqual([11, 13, 14, 14]);
    const times = decoded.readings.filter(({ body }) => body.kind === "breath").map(({ at }) => at);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(1_000);
  });
});

describe("the numbers of a breath", () => {
  test("come with the byte that ends its BE", async () => {
    const text = breath(1);
    const all = [...lineBytes(text)].map((byte, offsetMs) => ({ offsetMs, bytes: Uint8Array.of(byte) }));
    const first = (await decode(device, all)).readings.find(({ body }) => body.kind === "samples");
    expect(first?.at).toBe(text.length - 1);
  });

  test("minute volume is that of the last eight breaths", async () => {
    const small = `BS, S:1,\n${rows(50, 12, 14)}${rows(100, -6, 5)}BE\n`;
    const decoded = await play(breath(1).repeat(8) + small.repeat(8));
    const volumes = samples(decoded).map(({ samples: { minute_volume } }) => minute_volume as number);
    expect(volumes[7]).toBeCloseTo(7.9, 1);
    expect(volumes[15]).toBeCloseTo(4.0, 1);
    expect(volumes.slice(8).every((volume, i) => volume < volumes[7 + i]!)).toBe(true);
  });

  test("waves hold every sample, a second at a time", async () => {
    const decoded = await play(breath(1) + breath(2));
    expect(waves(decoded).map(({ channels }) => channels.flow?.length)).toEqual([50, 50, 50, 50, 50, 50]);
    expect(waves(decoded)[0]?.channels.airway_pressure).toEqual(Array.from({ length: 50 }, () => 14));
    expect(waves(decoded)[1]?.rateHz).toBe(50);
  });

  test("waves of a breath that does not count are sent all the same", async () => {
    const decoded = await play(inAndOut + inAndOut);
    expect(breaths(decoded)).toEqual([]);
    // The first line of all cannot be believed: 49 samples in the first second.
    expect(waves(decoded).map(({ channels }) => channels.flow?.length)).toEqual([49, 50, 50, 50, 50, 50]);
  });

  test("waves are not filled: after a damaged line the second holds what came behind it", async () => {
    const decoded = await play(`${breath(1)}${rows(30, 1, 5)}1.0\n${rows(119, 2, 5)}`);
    const lengths = waves(decoded).map(({ channels }) => channels.flow?.length);
    expect(lengths).toEqual([50, 50, 50, 19, 50, 50]);
    expect(waves(decoded)[3]?.channels.flow).toEqual(Array.from({ length: 19 }, () => 2));
  });
});

describe("when breaths do not end but lines come", () => {
  test("numbers go on every second from 5 s on; an apnea of 20 s is a rate of 0", async () => {
    const decoded = await play(breath(1) + rows(30 * 50, 0, 5));
    const waiting = samples(decoded).slice(1);
    expect(waiting.map(({ at }) => Math.round(at))).toEqual(Array.from({ length: 26 }, (_, i) => 8 + i));
    expect(waiting.map(({ samples: { apnea_duration } }) => apnea_duration)).toEqual(
      Array.from({ length: 26 }, (_, i) => 5 + i),
    );
    expect(waiting[14]?.samples).not.toHaveProperty("resp_rate");
    expect(waiting[15]?.samples).toMatchObject({ resp_rate: 0, tidal_volume_exp: absent("not_measured") });
    const volumes = waiting.map(({ samples: { minute_volume } }) => minute_volume as number);
    expect(volumes.every((volume, i) => i === 0 || volume <= volumes[i - 1]!)).toBe(true);
  });

  test("a mask off shows as low pressure within 11 s, while no breath ends", async () => {
    const decoded = await play(breath(1) + breath(2) + rows(60, 24, 14) + rows(15 * 50, 120, 2.5));
    const low = samples(decoded).find(({ samples: { pressure_peak } }) => Number(pressure_peak) < 6);
    // 6 s of breaths, 1.2 s of a third that never ends.
    expect(low!.at - 7.2).toBeLessThanOrEqual(11);
    expect(low?.samples.pressure_mean).toBe(2.5);
  });

  test("a long expiration is not low pressure: the peak is that of the time since the last breath", async () => {
    const decoded = await play(`${breath(1)}BS, S:2,\n${rows(50, 24, 14)}${rows(8 * 50, -1, 5)}BE\n`);
    const peaks = samples(decoded).map(({ samples: { pressure_peak } }) => pressure_peak);
    expect(peaks.length).toBeGreaterThan(4);
    expect(new Set(peaks)).toEqual(new Set([14]));
  });

  test("slow breathing does not make minute volume swing", async () => {
    const slow = `BS, S:1,\n${rows(50, 24, 14)}${rows(350, -12 / 3.5, 5)}BE\n`;
    const volumes = samples(await play(slow.repeat(6))).map(
      ({ samples: { minute_volume } }) => minute_volume,
    );
    // Six breaths of 8 s, each waited for from its fifth second on; while the first is, nothing is known.
    expect(volumes.slice(0, 4)).toEqual([5, 6, 7, 8].map(() => absent("not_measured")));
    expect(volumes.length).toBeGreaterThanOrEqual(20);
    for (const volume of volumes.slice(4)) expect(volume).toBeCloseTo(3, 0);
  });

  test("the next complete breath ends the waiting within a second", async () => {
    const decoded = await play(breath(1) + rows(25 * 50, 0, 5) + breath(2) + rows(50, 0, 5));
    expect(samples(decoded).at(-1)?.samples).toMatchObject({ apnea_duration: 0, resp_rate: 20 });
  });

  test("where breaths were dropped for damage nobody says that there were none", async () => {
    const damaged = `BS, S:7,\n${rows(50, 24, 14)}${"-12.0\n".repeat(20)}${rows(80, -12, 5)}BE\n`;
    const decoded = await play(breath(1) + damaged.repeat(25));
    const late = samples(decoded).at(-1)?.samples;
    expect(late).toMatchObject({ resp_rate: absent("poor_signal"), minute_volume: absent("poor_signal") });
    expect(late?.apnea_duration).toBeGreaterThan(60);
  });

  test("a silence counts as time without a breath", async () => {
    const text = breath(1) + rows(100, 0, 5);
    const chunks = [...device.paced!(lineBytes(text))].map(({ offsetMs, bytes }, i) => ({
      bytes,
      offsetMs: offsetMs + (i < 150 ? 0 : 30_000),
    }));
    const last = samples(await decode(device, chunks)).at(-1)?.samples;
    expect(last?.apnea_duration).toBeGreaterThanOrEqual(31);
    expect(last?.resp_rate).toBe(0);
  });
});

describe("damage of any kind", () => {
  const clean = lineBytes(Array.from({ length: 12 }, (_, i) => breath(i + 1)).join(""));
  const tail = lineBytes(breath(101) + breath(102) + breath(103));

  /** Plays damaged bytes in one go, and three breaths after them. */
  const survive = async (damaged: Uint8Array): Promise<(number | undefined)[]> => {
    const decoded = await decode(device, [
      { offsetMs: 0, bytes: damaged },
      { offsetMs: 0, bytes: tail },
    ]);
    for (const { body } of decoded.readings) {
      if (body.kind !== "samples") continue;
      for (const sample of Object.values(body.samples)) {
        if (typeof sample === "number") expect(Number.isFinite(sample)).toBe(true);
      }
    }
    return breaths(decoded).map(({ number }) => number);
  };

  const backInStep = (numbers: readonly (number | undefined)[]): void => {
    // Whatever stands before the first BS of the tail may swallow it when it ends within a line.
    expect(numbers.slice(-2)).toEqual([102, 103]);
  };

  test("random bytes anywhere do no harm, and the next BS is back in step", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: clean.length }),
        fc.uint8Array({ maxLength: 400 }),
        async (at, noise) => {
          backInStep(await survive(Buffer.concat([clean.subarray(0, at), noise, clean.subarray(at)])));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("flipped bits cost the breaths that they fall into and no others", async () => {
    const flips = fc.array(fc.tuple(fc.nat({ max: clean.length - 1 }), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (places) => {
        const damaged = Uint8Array.from(clean);
        for (const [at, change] of places) damaged[at]! ^= change;
        const numbers = await survive(damaged);
        backInStep(numbers);
        // One flip touches one line: at worst a BS or BE between two breaths, or a digit of a breath's number.
        const lost = Array.from({ length: 12 }, (_, i) => i + 1).filter(
          (number) => !numbers.includes(number),
        );
        expect(lost.length).toBeLessThanOrEqual(2 * places.length);
      }),
      { numRuns: 60 },
    );
  });

  test("pieces that are cut out, doubled or swapped do no harm, and the next BS is back in step", async () => {
    const piece = fc.tuple(
      fc.nat({ max: clean.length }),
      fc.nat({ max: 3_000 }),
      fc.constantFrom("cut", "double", "swap"),
    );
    await fc.assert(
      fc.asyncProperty(piece, async ([at, length, kind]) => {
        const [before, middle, after] = [
          clean.subarray(0, at),
          clean.subarray(at, at + length),
          clean.subarray(at + length),
        ];
        const order = {
          cut: [before, after],
          double: [before, middle, middle, after],
          swap: [middle, before, after],
        };
        backInStep(await survive(Buffer.concat(order[kind])));
      }),
      { numRuns: 60 },
    );
  });

  test("the first breath after the damage counts when its BS stands on a line of its own", async () => {
    const decoded = await decode(device, [
      { offsetMs: 0, bytes: Buffer.concat([lineBytes("\xff\0\x07rubbish\n"), tail]) },
    ]);
    expect(breaths(decoded).map(({ number }) => number)).toEqual([101, 102, 103]);
  });
});

test("the damaged fixture is refused for the reasons that its remark names", async () => {
  const { chunks } = parseTranscript(readFileSync(path.join(fixtures, "damaged-by-hand.transcript"), "utf8"));
  const { rejects, frames } = await decode(device, chunks);
  expect(rejects).toEqual({
    "front of the line missing": 1,
    "breath not counted: begins nowhere": 1,
    "not a waveform line": 1,
    "one value instead of two": 2,
    "breath not counted: its end is missing": 1,
    "blank line": 1,
    "idle line": 1,
    "line too long": 1,
    "number out of range": 2,
  });
  expect(frames).toBe(937);
});

test("the README explains every signal", () => {
  const readme = readFileSync(path.join(fixtures, "../README.md"), "utf8");
  for (const signal of device.signals({})) expect(readme).toContain(`\`${signal}\``);
});
