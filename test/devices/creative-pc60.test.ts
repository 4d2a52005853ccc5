import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BATTERY,
  COMMANDS,
  decodeMessage,
  encodeFrame,
  encodeWave,
  FRAME_RULE,
  STATE,
  VALUES,
  WAVE,
} from "../../devices/creative-pc60/codec.ts";
import { PC60_CHANNELS } from "../../devices/creative-pc60/driver.ts";
import { creativePc60Ble, creativePc60Serial } from "../../devices/creative-pc60/module.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { fromHex, parseHexFrames, toHex } from "../../src/wire/transcript.ts";
import { createBench, feedStream, type Heard, newestSamples } from "../support/conformance.ts";
import { recordings } from "../support/require.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);

const samplesOf = ({ readings }: Heard): Samples[] =>
  readings.flatMap(({ reading: { body } }) => (body.kind === "samples" ? [body.samples] : []));

const notification = (bytes: Uint8Array, offsetMs = 0) => ({ offsetMs, channel: PC60_CHANNELS.from, bytes });

const off = {
  spo2: absent("sensor_off"),
  pulse_rate: absent("sensor_off"),
  perfusion_index: absent("sensor_off"),
};

describe("a recording of an OxySmart whose finger leaves at the end", () => {
  const { path: file, test } = recordings("oximeters/pc60_oxysmart_ble_notifications.bin");

  /** Frames of the file, cut by their length bytes alone: independent of the codec. */
  function framesIn(bytes: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 4 + (bytes[at + 3] ?? 0);
      frames.push(bytes.subarray(at, end));
      at = end;
    }
    return frames;
  }

  /** One second from one values frame to the next. */
  const timed = (frames: readonly Uint8Array[]) => {
    let second = 0;
    return frames.map((frame) => {
      if (frame[2] === 0x0f && frame[4] === 0x01) second += 1;
      return notification(frame, second * 1000);
    });
  };

  test("all 311 frames pass, and nothing besides", async () => {
    const frames = framesIn(readFileSync(file));
    expect(frames).toHaveLength(311);
    const heard = await feedStream(creativePc60Ble, {}, timed(frames));
    expect(heard.frames).toEqual(frames.map(toHex));
    expect(heard.rejects).toEqual([]);
  });

  test("26 readings: 24 of numbers, and two of a probe that is off although its numbers go on", async () => {
    const bytes = readFileSync(file);
    const frames = framesIn(bytes);
    const samples = samplesOf(await feedStream(creativePc60Ble, {}, timed(frames)));
    expect(samples).toHaveLength(26);
    expect(samples[0]).toEqual({ spo2: 98, pulse_rate: 82, perfusion_index: 10.6 });
    expect(samples.slice(0, 24).map(({ pulse_rate }) => pulse_rate)).toEqual([
      82, 84, 86, 86, 86, 86, 83, 81, 77, 73, 72, 72, 72, 74, 75, 77, 78, 78, 78, 78, 78, 78, 78, 78,
    ]);
    expect(samples.slice(24)).toEqual([off, off]);
    // The last values frame still says 97 % and 78.
    const last = frames.findLast((frame) => frame[2] === 0x0f && frame[4] === 0x01);
    expect([last?.[5], last?.[6], last?.[9]]).toEqual([97, 78, 2]);
  });

  test("the wave has every sample, without the beat's bit, in stretches of a second", async () => {
    const { readings } = await feedStream(creativePc60Ble, {}, timed(framesIn(readFileSync(file))));
    const waves = readings.flatMap(({ reading: { body } }) => (body.kind === "wave" ? [body] : []));
    // Two wave frames come before the first values, 231 after them.
    expect(waves).toHaveLength(23);
    const samples = waves.flatMap(({ channels }) => channels.pleth ?? []);
    expect(samples).toHaveLength(23 * 50);
    expect(samples.slice(0, 15)).toEqual([21, 28, 39, 54, 70, 85, 94, 97, 96, 90, 83, 75, 68, 61, 57]);
    expect(Math.max(...samples)).toBeLessThan(128);
    expect(waves.every(({ rateHz }) => rateHz === 50)).toBe(true);
  });

  test("it comes out alike when notifications are cut and joined anywhere", async () => {
    const bytes = new Uint8Array(readFileSync(file));
    const whole = samplesOf(await feedStream(creativePc60Ble, {}, [notification(bytes)]));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), async (sizes) => {
        const cut = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          cut.push(notification(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(samplesOf(await feedStream(creativePc60Ble, {}, cut))).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });
});

describe("frames of a PC-60NW on its serial port", () => {
  const { path: file, test } = recordings("oximeters/pc60nw_spp.hex");

  test("both say what stands beside them, and its empty battery bits are no empty battery", async () => {
    const frames = parseHexFrames(readFileSync(file, "utf8"));
    const heard = await feedStream(
      creativePc60Serial,
      {},
      frames.map((bytes, index) => ({ offsetMs: index * 1000, bytes })),
    );
    expect(samplesOf(heard)).toEqual([
      { spo2: 96, pulse_rate: 63, perfusion_index: 4.5 },
      { spo2: 95, pulse_rate: 71, perfusion_index: 12.9 },
    ]);
    expect(heard.readings.every(({ reading }) => reading.body.kind === "samples")).toBe(true);
    expect(heard.rejects).toEqual([]);
  });
});

describe("published frames", () => {
  test.each([
    ["AA 55 0F 08 01 62 52 00 6A 00 40 6E", { spo2: 98, pulse_rate: 82, perfusion_index: 10.6 }],
    ["AA 55 0F 08 01 61 4E 00 70 02 40 DB", off],
    ["AA 55 0F 08 01 61 52 00 23 00 C0 04", { spo2: 97, pulse_rate: 82, perfusion_index: 3.5 }],
    ["AA 55 0F 08 01 61 96 00 23 00 C0 39", { spo2: 97, pulse_rate: 150, perfusion_index: 3.5 }],
    ["AA 55 0F 08 01 00 00 00 00 02 C0 07", off],
  ])("%s", async (frame, expected) => {
    const heard = await feedStream(creativePc60Ble, {}, [notification(hex(frame))]);
    expect(newestSamples(heard.readings)).toEqual(expected);
  });

  test("commands are built as they were seen", () => {
    expect(toHex(COMMANDS.serial)).toBe("AA 55 F0 02 82 FB");
    expect(toHex(COMMANDS.valuesOn)).toBe("AA 55 0F 03 84 01 E0");
    expect(toHex(COMMANDS.waveOn)).toBe("AA 55 0F 03 85 01 24");
  });

  test("a wave frame is five samples without the beat's bit", () => {
    const frame = hex("AA 55 0F 07 02 28 23 1F 1B 18 93");
    expect(decodeMessage(frame, 0, frame.length)).toEqual({ kind: "wave", samples: [40, 35, 31, 27, 24] });
    const beat = hex("AA 55 0F 07 02 53 4B C4 3D 39 CC");
    expect(FRAME_RULE.match(beat, 0, beat.length)).toBe(beat.length);
    expect(decodeMessage(beat, 0, beat.length)).toEqual({ kind: "wave", samples: [83, 75, 68, 61, 57] });
  });
});

describe("what the status vouches for", () => {
  const good = {
    spo2: 97,
    pulse: 72,
    perfusion: 45,
    disconnected: false,
    probeOff: false,
    searching: false,
    checkProbe: false,
    motion: false,
    lowPerfusion: false,
    battery: 3,
  };
  const heardOf = (...changes: Partial<typeof good>[]) =>
    feedStream(
      creativePc60Serial,
      {},
      changes.map((change, index) => ({
        offsetMs: index * 1000,
        bytes: VALUES.encode({ ...good, ...change }),
      })),
    );

  test.each([
    ["probe disconnected", { disconnected: true, probeOff: true }, "not_connected"],
    ["probe off", { probeOff: true, searching: true }, "sensor_off"],
    ["check probe", { checkProbe: true }, "poor_signal"],
    ["searching", { searching: true }, "searching"],
  ] as const)("%s: the numbers beside it are not passed on", async (_name, change, reason) => {
    expect(samplesOf(await heardOf(change))).toEqual([
      { spo2: absent(reason), pulse_rate: absent(reason), perfusion_index: absent(reason) },
    ]);
  });

  test("motion and low perfusion are flags beside numbers", async () => {
    const { readings } = await heardOf({ motion: true, lowPerfusion: true });
    expect(readings[0]?.reading.body).toMatchObject({
      samples: { spo2: 97, pulse_rate: 72 },
      flags: ["low_perfusion", "motion"],
    });
  });

  test("the wave of a probe that is off is not passed on", async () => {
    const bench = await createBench(creativePc60Serial);
    const second = async (values: Uint8Array): Promise<void> => {
      await bench.send({ bytes: values });
      for (let i = 0; i < 10; i++) await bench.send({ bytes: encodeWave([0, 0, 0, 0, 0]) });
      await bench.clock.advance(1000);
    };
    await second(VALUES.encode({ ...good, probeOff: true }));
    expect(bench.heard.readings.map(({ reading }) => reading.body.kind)).toEqual(["samples"]);
    await second(VALUES.encode(good));
    expect(bench.heard.readings.map(({ reading }) => reading.body.kind)).toEqual([
      "samples",
      "samples",
      "wave",
    ]);
    await bench.abort();
  });

  test("lost bytes end a stretch of wave", async () => {
    const bench = await createBench(creativePc60Serial);
    await bench.send({ bytes: VALUES.encode(good) });
    for (let i = 0; i < 6; i++) await bench.send({ bytes: encodeWave([1, 1, 1, 1, 1]) });
    await bench.send({ bytes: hex("AA 55 0F 07 02 28 23 1F 1B 18 94") });
    for (let i = 0; i < 10; i++) await bench.send({ bytes: encodeWave([2, 2, 2, 2, 2]) });
    await bench.clock.advance(0);
    const waves = bench.heard.readings.flatMap(({ reading: { body } }) =>
      body.kind === "wave" ? [body] : [],
    );
    expect(waves.map(({ channels }) => new Set(channels.pleth))).toEqual([new Set([2])]);
    await bench.abort();
  });
});

describe("frames nobody described", () => {
  test("any frame with a fitting checksum is counted, whatever it means", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0x0f, 0xf0),
        fc.integer({ min: 0x40, max: 0xff }),
        fc.uint8Array({ maxLength: 30 }),
        (token, type, data) => {
          const bytes = encodeFrame(token, type, data);
          expect(FRAME_RULE.match(bytes, 0, bytes.length)).toBe(bytes.length);
          expect(decodeMessage(bytes, 0, bytes.length)).toEqual({ kind: "other", token, type });
        },
      ),
    );
  });

  test("a values frame of another length is refused at once", () => {
    expect(FRAME_RULE.match(hex("AA 55 0F 18 01"), 0, 5)).toBeLessThan(0);
  });
});

test("the tables of the page are those of the codec", () => {
  const page = readFileSync(path.join(import.meta.dirname, "../../devices/creative-pc60/README.md"), "utf8");
  for (const frame of [VALUES, WAVE, STATE, BATTERY]) expect(page).toContain(frame.table());
});
