// What is particular to Nonin; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as codec from "../../devices/nonin-serial/codec.ts";
import { noninSerial } from "../../devices/nonin-serial/module.ts";
import { simulateNonin } from "../../devices/nonin-serial/simulator.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import type { OptionValues } from "../../src/driver/contract.ts";
import { settle } from "../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { fromHex, parseHexFrames } from "../../src/wire/transcript.ts";
import { createBench, feedStream, type Heard, newestSamples } from "../support/conformance.ts";
import { recordings } from "../support/require.ts";
import { steadyBed } from "../support/steady-bed.ts";

const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`not hex: ${text}`);
  return bytes;
};

const decode = (options: OptionValues, ...chunks: readonly Uint8Array[]): Promise<Heard> =>
  feedStream(
    noninSerial,
    options,
    chunks.map((bytes) => ({ offsetMs: 0, bytes })),
  );

const samplesIn = (heard: Heard): Samples[] =>
  heard.readings.flatMap(({ reading }) => (reading.body.kind === "samples" ? [reading.body.samples] : []));

/** A packet of format 2 or 7 with these float bytes and this status on every frame. */
function packet(format: 2 | 7, values: Partial<codec.PacketValues>, status: object = {}): Uint8Array {
  const floats = codec.PACKET.encode({
    pulse: 72,
    spo2: 97,
    firmware: 1,
    timer: 1,
    smartPoint: false,
    lowBattery: false,
    spo2Display: 97,
    spo2Fast: 97,
    spo2Beat: 97,
    pulseExtended: 72,
    spo2Extended: 97,
    spo2ExtendedDisplay: 97,
    pulseDisplay: 72,
    pulseExtendedDisplay: 72,
    ...values,
  });
  const clear = { disconnected: false, artifact: false, outOfTrack: false, sensorAlarm: false };
  const frames = Array.from(floats, (float, i) => {
    const frame = { ...clear, red: false, green: false, sync: i === 0, pleth: i, float, ...status };
    return format === 2 ? codec.FORMAT_2.encode(frame) : codec.FORMAT_7.encode(frame);
  });
  return Buffer.concat(frames);
}

/** Packets with the first frame of the next one behind them: what vouches for the last of them. */
const followed = (format: 2 | 7, ...packets: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([...packets, packet(format, {}).subarray(0, codec.FORMAT_2.lengthBytes)]);

describe("a real Onyx II 9560", () => {
  const { test, path: file } = recordings("oximeters/nonin_df2.hex");

  test("30 frames of format 2 are one packet with pulse 74 and SpO2 96", async () => {
    const frames = parseHexFrames(readFileSync(file, "utf8"));
    expect(frames).toHaveLength(30);
    for (const options of [{ format: "2", family: "9560" }, { format: "auto" }]) {
      const heard = await decode(options, ...frames);
      expect(samplesIn(heard)).toEqual([{ spo2: 96, pulse_rate: 74 }]);
      expect(heard.rejects).toEqual([]);
      expect(heard.frames).toHaveLength(1);
    }
  });

  test("its packet says the same in every average, with timer 23", () => {
    const frames = parseHexFrames(readFileSync(file, "utf8")).slice(4, 29);
    const floats = Uint8Array.from(frames, (frame) => codec.FORMAT_2.decode(frame, 0).float);
    expect(codec.PACKET.decode(floats, 0)).toMatchObject({
      timer: 23,
      lowBattery: false,
      pulse: 74,
      pulseExtended: 74,
      pulseDisplay: 74,
      pulseExtendedDisplay: 74,
      spo2: 96,
      spo2Fast: 96,
      spo2Beat: 96,
      spo2Display: 96,
      spo2Extended: 96,
      spo2ExtendedDisplay: 96,
    });
  });
});

describe("documented frames", () => {
  test("format 2: a good sum is taken, a wrong one refused", () => {
    for (const good of ["01 81 01 00 83", "01 80 01 48 CA", "01 80 01 61 E3"]) {
      expect(codec.FORMAT_2.check(hex(good), 0), good).toBe(0);
    }
    const refusal = codec.FORMAT_2.check(hex("01 80 01 48 CB"), 0);
    expect(codec.FORMAT_2.refusals[refusal - 1]).toBe("the checksum does not fit");
  });

  test("format 7: the first frame has its status first and SYNC set", () => {
    expect(codec.FORMAT_7.check(hex("81 40 12 00 D3"), 0)).toBe(0);
    expect(codec.FORMAT_7.decode(hex("81 40 12 00 D3"), 0)).toMatchObject({ sync: true, pleth: 0x4012 });
  });

  test("format 8: nine-bit pulse, SmartPoint, missing with sensor alarm", () => {
    expect(codec.FORMAT_8.decode(hex("80 48 61 20"), 0)).toMatchObject({
      pulse: 72,
      spo2: 97,
      smartPoint: true,
    });
    expect(codec.FORMAT_8.decode(hex("81 16 61 20"), 0)).toMatchObject({ pulse: 150, spo2: 97 });
    const missing = codec.FORMAT_8.decode(hex("83 7F 7F 08"), 0);
    expect(missing).toMatchObject({ pulse: undefined, spo2: undefined, sensorAlarm: true });
  });

  test("format 13: the measurement of 22 November 2025", async () => {
    const bytes = hex("00 02 00 0D 00 0E 20 25 11 22 03 14 05 00 02 00 00 48 00 61 3F 03");
    const heard = await decode({ format: "auto" }, bytes);
    expect(heard.readings.map(({ reading }) => reading)).toEqual([
      {
        body: { kind: "samples", samples: { spo2: 97, pulse_rate: 72 } },
        // Its clock shows the bed's local time.
        deviceAt: Date.parse("2025-11-22T03:14:05+05:30"),
      },
    ]);
  });

  test("the 9560's format command", () => {
    expect(codec.FORMAT_COMMAND_9560.encode({ format: 8 })).toEqual(hex("02 70 02 02 08 03"));
  });

  test("the 3150's format command ends in the sum of its bytes 2 to 6", () => {
    const command = codec.FORMAT_COMMAND_3150.encode({ format: 2, spotCheck: false, radioAtPowerOn: true });
    expect(command).toEqual(hex("02 70 04 02 02 21 99 03"));
  });
});

describe("numbers", () => {
  test("every pulse and every SpO2 survives the way there and back, in packets and in format 8", () => {
    fc.assert(
      fc.property(
        fc.option(fc.integer({ min: 0, max: 510 }), { nil: undefined }),
        fc.option(fc.integer({ min: 0, max: 126 }), { nil: undefined }),
        (pulse, spo2) => {
          const bytes = packet(2, { pulse, spo2 });
          const floats = Uint8Array.from({ length: 25 }, (_, i) => bytes[i * 5 + 3] ?? 0);
          expect(codec.PACKET.decode(floats, 0)).toMatchObject({ pulse, spo2 });
          const marks = { outOfTrack: true, lowPerfusion: true, marginalPerfusion: true, artifact: true };
          const rest = { smartPoint: true, sensorAlarm: true, lowBattery: true };
          const frame = codec.FORMAT_8.encode({ ...marks, ...rest, pulse, spo2 });
          expect(codec.FORMAT_8.decode(frame, 0)).toEqual({ ...marks, ...rest, pulse, spo2 });
        },
      ),
    );
  });

  test("a pulse above 300 and an SpO2 above 100 are invalid, not clamped", async () => {
    const heard = await decode({ format: "2" }, followed(2, packet(2, { pulse: 321, spo2: 101 })));
    expect(samplesIn(heard)).toEqual([{ spo2: absent("invalid"), pulse_rate: absent("invalid") }]);
  });
});

describe("status", () => {
  test("a number beside SNSA is no measurement, even when the device still sends one", async () => {
    for (const format of [2, 7] as const) {
      const heard = await decode(
        { format: String(format) },
        followed(format, packet(format, {}, { sensorAlarm: true })),
      );
      expect(samplesIn(heard)).toEqual([{ spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") }]);
    }
  });

  test("display values are never used in formats 2 and 7", async () => {
    const heard = await decode(
      { format: "2" },
      followed(2, packet(2, { pulse: undefined, spo2: undefined })),
    );
    expect(samplesIn(heard)).toEqual([{ spo2: absent("searching"), pulse_rate: absent("searching") }]);
  });

  test("the sensor's socket is asked about on other models, not on the 9560", async () => {
    const bytes = followed(2, packet(2, {}, { disconnected: true }));
    const other = await decode({ format: "2", family: "none" }, bytes);
    expect(samplesIn(other)).toEqual([
      { spo2: absent("not_connected"), pulse_rate: absent("not_connected") },
    ]);
    const onyx = await decode({ format: "2", family: "9560" }, bytes);
    expect(samplesIn(onyx)).toEqual([{ spo2: 97, pulse_rate: 72 }]);
  });

  test("a number out of track keeps its flag in formats 2 and 7, and is no number in format 8", async () => {
    const heard = await decode({ format: "7" }, followed(7, packet(7, {}, { outOfTrack: true })));
    const body = heard.readings.find(({ reading }) => reading.body.kind === "samples")?.reading.body;
    expect(body).toMatchObject({ samples: { spo2: 97, pulse_rate: 72 }, flags: ["out_of_track"] });
    const display = await decode({ format: "8" }, hex("A0 48 61 00 A0 48 61 00 A0 48 61 00"));
    expect(newestSamples(display.readings)).toEqual({
      spo2: absent("poor_signal"),
      pulse_rate: absent("poor_signal"),
    });
  });

  test("a display value is held while SNSA is set, and sensor_off once it is gone", async () => {
    const heard = await decode(
      { format: "8" },
      hex("80 48 61 00 80 48 61 00 80 48 61 00 80 48 61 08 83 7F 7F 08"),
    );
    expect(samplesIn(heard).slice(3)).toEqual([
      { spo2: absent("held"), pulse_rate: absent("held") },
      { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") },
    ]);
  });

  test("SpO2 that goes missing beside a pulse after a low value left the range; no finger slipped out", async () => {
    const low = "80 4F 3D 00 ".repeat(4);
    const heard = await decode({ format: "8" }, hex(`${low}80 4F 7F 00 80 61 61 00 80 61 7F 00`));
    expect(samplesIn(heard).slice(3)).toEqual([
      { spo2: 61, pulse_rate: 79 },
      { spo2: absent("under_range"), pulse_rate: 79 },
      { spo2: 97, pulse_rate: 97 },
      { spo2: absent("not_measured"), pulse_rate: 97 },
    ]);
  });

  test("red is low perfusion, yellow marginal, green nothing", async () => {
    const flags = async (red: boolean, green: boolean): Promise<unknown> => {
      const heard = await decode({ format: "2" }, followed(2, followed(2, packet(2, {}, { red, green }))));
      const body = heard.readings.find(({ reading }) => reading.body.kind === "samples")?.reading.body;
      return body?.kind === "samples" ? body.flags : "no samples";
    };
    expect(await flags(true, false)).toEqual(["low_perfusion"]);
    expect(await flags(true, true)).toEqual(["marginal_perfusion"]);
    expect(await flags(false, true)).toBeUndefined();
  });

  test("a low battery is told once, and once more when it is charged", async () => {
    const low = (timer: number, lowBattery: boolean): Uint8Array => packet(2, { timer, lowBattery });
    const heard = await decode(
      { format: "2" },
      followed(2, low(1, true), low(2, true), low(3, false), low(4, false)),
    );
    const codes = heard.readings.flatMap(({ reading }) =>
      reading.body.kind === "status" ? [reading.body.codes] : [],
    );
    expect(codes).toEqual([["battery_low"], []]);
  });
});

describe("packets", () => {
  const numbered = (...timers: number[]): Uint8Array =>
    followed(2, ...timers.map((timer) => packet(2, { timer, pulse: 50 + (timer % 100) })));
  const counters = (heard: Heard): unknown[] =>
    heard.readings.flatMap(({ reading }) => (reading.body.kind === "samples" ? [reading.body.counter] : []));

  test("one reading with the first, then with every third", async () => {
    expect(counters(await decode({ format: "2" }, numbered(10, 11, 12, 13, 14, 15, 16)))).toEqual([
      10, 13, 16,
    ]);
  });

  test("after lost packets the next reading comes with the next packet, and the loss is counted", async () => {
    const heard = await decode({ format: "2" }, numbered(10, 11, 15, 16, 17, 18));
    expect(counters(heard)).toEqual([10, 15, 18]);
    expect(heard.rejects).toEqual(["the packet timer went from 11 to 15"]);
  });

  test("the timer runs over after 16383 without a loss", async () => {
    const heard = await decode({ format: "2" }, numbered(16382, 16383, 0, 1));
    expect(counters(heard)).toEqual([16382, 1]);
    expect(heard.rejects).toEqual([]);
  });

  test("a packet sent twice is counted and brings no reading forward", async () => {
    const heard = await decode({ format: "2" }, numbered(10, 11, 11, 11, 12, 13));
    expect(counters(heard)).toEqual([10, 13]);
    expect(heard.rejects).toHaveLength(2);
  });

  test("a packet without all its frames does not count", async () => {
    const bytes = numbered(10, 11, 12, 13);
    // Frame 3 of packet 11 is missing as a whole, so that nothing but the frame count tells.
    const holed = Buffer.concat([bytes.subarray(0, 135), bytes.subarray(140)]);
    const heard = await decode({ format: "2" }, holed);
    expect(counters(heard)).toEqual([10, 13]);
    expect(heard.rejects).toContain("a packet ended after 24 of 25 frames");
  });

  test("a packet of more than 25 frames does not count, though every frame has a right sum", async () => {
    for (const format of [2, 7] as const) {
      const [before, torn, after] = [1, 3, 4].map((timer) => packet(format, { timer, spo2: timer + 90 }));
      if (before === undefined || torn === undefined || after === undefined) throw new Error("three packets");
      // Its second frame came twice, so that everything behind it is one place off.
      const longer = Buffer.concat([torn.subarray(0, 10), torn.subarray(5)]);
      const heard = await decode({ format: String(format) }, followed(format, before, longer, after));
      expect(samplesIn(heard).map(({ spo2 }) => spo2)).toEqual([91, 94]);
      expect(heard.rejects).toContain("a packet went on after 25 of 25 frames");
    }
  });

  test("a damaged packet costs itself alone, and noise of another length the one before it too", async () => {
    const [first, second, third] = [1, 4, 7].map((timer) => packet(2, { timer }));
    if (first === undefined || second === undefined || third === undefined) throw new Error("three packets");
    const damaged = Buffer.concat([hex("55 55 55 55 55"), second.subarray(5)]);
    expect(counters(await decode({ format: "2" }, followed(2, first, damaged, third)))).toEqual([1, 7]);
    const noise = Buffer.concat([hex("55 55 55 55 55"), third]);
    const heard = await decode({ format: "2" }, followed(2, first, second, noise));
    expect(counters(heard)).toEqual([1, 7]);
    expect(heard.rejects).toContain("a packet went on after 25 of 25 frames");
  });

  test("a wave body is one gapless second", async () => {
    const heard = await decode({ format: "2" }, numbered(1, 2, 3, 4, 5, 6, 7));
    const waves = heard.readings.flatMap(({ reading }) =>
      reading.body.kind === "wave" ? [reading.body] : [],
    );
    expect(waves.map((wave) => [wave.rateHz, wave.channels.pleth?.length])).toEqual([
      [75, 75],
      [75, 75],
    ]);
  });
});

describe("a stream with bytes cut out, repeated and moved", () => {
  const good = (format: 2 | 7): Uint8Array =>
    Buffer.concat(Array.from({ length: 8 }, (_, timer) => packet(format, { timer, pulse: 72, spo2: 97 })));
  const place = fc.integer({ min: 0, max: 999 });
  const edit = fc.record({
    kind: fc.constantFrom("cut", "repeat", "move", "damage"),
    from: place,
    length: fc.integer({ min: 1, max: 200 }),
    to: place,
  });
  type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

  const apply = (bytes: Uint8Array, { kind, from, length, to }: Edit): Uint8Array => {
    const piece = bytes.subarray(from, from + length);
    const without = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
    switch (kind) {
      case "cut":
        return without;
      case "repeat":
        return Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]);
      case "move":
        return Buffer.concat([without.subarray(0, to), piece, without.subarray(to)]);
      case "damage":
        return bytes.map((byte, i) => (i === from ? byte ^ (1 + (length % 255)) : byte));
      default:
        throw new Error(kind);
    }
  };

  /**
   * Whether 25 frames from one SYNC to the next stand there in another order than they were sent in, every sum right:
   * nothing numbers frames, so that no decoder can tell. Here they are numbered by their waveform.
   */
  const isDisguised = (format: 2 | 7, bytes: Uint8Array): boolean => {
    const { check } = format === 2 ? codec.FORMAT_2 : codec.FORMAT_7;
    const isSync = (at: number): boolean => ((bytes[at + (format === 2 ? 1 : 0)] ?? 0) & 0x01) !== 0;
    const row = Array.from({ length: 25 }, (_, i) => i);
    return Array.from({ length: Math.max(0, bytes.length - 124) }, (_, at) => at).some(
      (at) =>
        row.every((i) => check(bytes, at + i * 5) === 0 && isSync(at + i * 5) === (i === 0)) &&
        // What stands behind it begins another packet, or is damaged.
        (at + 130 > bytes.length || check(bytes, at + 125) !== 0 || isSync(at + 125)) &&
        row.some((i) => bytes[at + i * 5 + 2] !== i),
    );
  };

  test.each([2, 7] as const)("never gives a value that was not sent (format %i)", async (format) => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
        const edited = edits.reduce(apply, good(format));
        fc.pre(!isDisguised(format, edited));
        const heard = await decode({ format: String(format) }, edited);
        expect(heard.failure).toBeUndefined();
        for (const samples of samplesIn(heard)) expect(samples).toEqual({ spo2: 97, pulse_rate: 72 });
      }),
    );
  });

  test("135 bytes that came twice and one that is gone", async () => {
    for (const format of [2, 7] as const) {
      const twice = apply(good(format), { kind: "repeat", from: 1, length: 135, to: 6 });
      const heard = await decode({ format: String(format) }, twice.subarray(1));
      expect(new Set(samplesIn(heard).map(({ spo2 }) => spo2))).toEqual(new Set([97]));
    }
  });
});

describe("the format command", () => {
  test.each(["9560", "3150"] as const)(
    "a %s that streams format 2 is told to send format 7",
    async (family) => {
      const bench = await createBench(noninSerial, { format: "7", family });
      const stop = new AbortController();
      const simulating = simulateNonin({
        link: bench.cable.device,
        bed: steadyBed({ samples: { spo2: 92, pulse_rate: 66 } }),
        clock: bench.clock,
        random: createSeededRandom(3),
        options: { format: "2", family },
        signal: stop.signal,
      });
      await bench.clock.advance(3000);
      expect(newestSamples(bench.heard.readings)).toEqual({ spo2: 92, pulse_rate: 66 });
      expect(bench.heard.rejects).toEqual([]);
      stop.abort();
      await bench.abort();
      await simulating;
    },
  );

  test("a refusal is told, and what the device sends anyway is read", async () => {
    const bench = await createBench(noninSerial, { format: "2", family: "9560" });
    await bench.cable.device.write(hex("15"));
    await bench.cable.device.write(followed(2, packet(2, { spo2: 90 })));
    await settle();
    const bodies = bench.heard.readings.map(({ reading }) => reading.body);
    expect(bodies[0]).toEqual({ kind: "status", codes: ["format_refused"] });
    expect(newestSamples(bench.heard.readings)).toEqual({ spo2: 90, pulse_rate: 72 });
    await bench.abort();
  });
});

describe("auto", () => {
  test("finds another format after the device was told to change it", async () => {
    const eight = Buffer.concat(Array.from({ length: 300 }, () => hex("80 40 58 00")));
    const heard = await decode({ format: "auto" }, packet(2, { timer: 1 }), packet(2, { timer: 2 }), eight);
    expect(newestSamples(heard.readings)).toEqual({ spo2: 88, pulse_rate: 64 });
  });

  test("a format that a few bytes of noise looked like gives way to the second whole packet", async () => {
    const chance = Buffer.concat(Array.from({ length: 20 }, () => hex("80 40 58 00")));
    const packets = followed(2, ...[1, 2, 3, 4].map((timer) => packet(2, { timer })));
    const heard = await decode({ format: "auto" }, chance, packets);
    expect(heard.frames.slice(-3)).toEqual((await decode({ format: "2" }, packets)).frames.slice(-3));
  });

  test("stays silent about formats on bytes of another family, and counts them", async () => {
    const text = new TextEncoder().encode("BS, S:52335,\n-1.23, 5.67\nBE\n".repeat(100));
    const heard = await decode({ format: "auto" }, text);
    expect(heard.readings).toEqual([]);
    expect(new Set(heard.rejects)).toEqual(new Set(["no frame of format 2, 7, 8 or 13"]));
  });
});

describe("README.md", () => {
  const text = readFileSync(path.join(import.meta.dirname, "../../devices/nonin-serial/README.md"), "utf8");
  const frames = Object.values(codec).flatMap((value) =>
    typeof value === "object" && "table" in value ? [value] : [],
  );

  test.each(frames)("has the table of $spec.name as the codec has it", (frame) => {
    expect(text).toContain(`${frame.table()}\n`);
  });
});
