// What is particular to Contec's first protocol; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import * as codec from "../../devices/contec-first/codec.ts";
import { contecFirst } from "../../devices/contec-first/module.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { fromHex, parseHexFrames, toHex } from "../../src/wire/transcript.ts";
import { createBench, feedStream, type Heard } from "../support/conformance.ts";
import { recordings } from "../support/require.ts";
import { steadyBed } from "../support/steady-bed.ts";
import { fetchSimulated, fetchStored, type StoredDevice } from "../support/stored.ts";

const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`not hex: ${text}`);
  return bytes;
};

const decode = (...chunks: readonly Uint8Array[]): Promise<Heard> =>
  feedStream(
    contecFirst,
    {},
    chunks.map((bytes) => ({ offsetMs: 0, bytes })),
  );

const samplesIn = (heard: Heard): Samples[] =>
  heard.readings.flatMap(({ reading }) => (reading.body.kind === "samples" ? [reading.body.samples] : []));

/** What so many frames of one kind say. */
const shown = async (frame: string | Uint8Array): Promise<Samples | undefined> => {
  const bytes = typeof frame === "string" ? hex(frame) : frame;
  return samplesIn(await decode(...Array.from({ length: 6 }, () => bytes))).at(-1);
};

const live = (over: Partial<codec.LiveValues>): Uint8Array =>
  codec.LIVE.encode({
    beat: false,
    dropping: false,
    searchTooLong: false,
    strength: 7,
    pleth: 50,
    searching: false,
    probeError: false,
    bar: 6,
    pulse: 72,
    spo2: 97,
    ...over,
  });

describe("live frames", () => {
  test.each([
    ["87 32 06 48 61", { spo2: 97, pulse_rate: 72 }],
    ["C7 50 46 16 61", { spo2: 97, pulse_rate: 150 }],
    ["80 00 10 00 00", { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") }],
  ])("%s is read", async (frame, expected) => {
    expect(await shown(frame)).toEqual(expected);
  });

  test.each([20, 127, 128, 150, 254])("a pulse of %i is itself", async (pulse) => {
    expect(await shown(live({ pulse }))).toMatchObject({ pulse_rate: pulse });
  });

  test.each([
    [{ probeError: true }, "sensor_off"],
    [{ strength: 15 }, "sensor_off"],
    [{ searching: true }, "searching"],
    [{ searchTooLong: true }, "searching"],
    [{ spo2: undefined, pulse: undefined }, "searching"],
    [{ spo2: 0, pulse: 0 }, "searching"],
  ] as const)("with %o have no numbers", async (over, reason) => {
    expect(await shown(live(over))).toEqual({ spo2: absent(reason), pulse_rate: absent(reason) });
  });

  test("without SpO2 after a low value are under range while the pulse is there", async () => {
    const low = Array.from({ length: 6 }, () => live({ spo2: 66 }));
    for (const spo2 of [undefined, 0]) {
      const gone = Array.from({ length: 60 }, () => live({ spo2 }));
      expect(samplesIn(await decode(...low, ...gone)).at(-1)).toEqual({
        spo2: absent("under_range"),
        pulse_rate: 72,
      });
    }
  });

  test("are believed from six in a row on", async () => {
    const five = Array.from({ length: 5 }, () => live({}));
    expect(samplesIn(await decode(...five))).toEqual([]);
    expect(samplesIn(await decode(...five, hex("00"), ...five))).toEqual([]);
    expect(samplesIn(await decode(...five, live({})))).toHaveLength(1);
  });

  test("whose numbers stand in one of them only are not believed: a flipped bit is no desaturation", async () => {
    for (let place = 0; place < 125; place++) {
      const frames = Array.from({ length: 125 }, (_, i) => live(i === place ? { spo2: 65, pulse: 8 } : {}));
      for (const samples of samplesIn(await decode(...frames)))
        expect(samples).toEqual({ spo2: 97, pulse_rate: 72 });
    }
  });

  test("give one reading in sixty", async () => {
    const heard = await decode(...Array.from({ length: 182 }, () => live({})));
    expect(samplesIn(heard)).toHaveLength(4);
  });
});

describe("the host", () => {
  test("sends nothing: the oximeter speaks by itself", async () => {
    const bench = await createBench(contecFirst);
    const sent: string[] = [];
    const listen = async (): Promise<void> => {
      for await (const chunk of bench.cable.device.chunks) sent.push(toHex(chunk));
    };
    // Ends with the cable, which nobody closes here.
    listen().catch(() => undefined);
    await bench.clock.advance(20_000);
    expect(sent).toEqual([]);
    await bench.abort();
  });

  test("sets the port as the cable or the board wants it", () => {
    const serial = (given: Record<string, string>) =>
      contecFirst.serial(fillOptions(contecFirst.options, given));
    expect(serial({})).toMatchObject({ baudRate: 19_200, dataBits: 8, parity: "odd", stopBits: 1 });
    expect(serial({ line: "board" })).toMatchObject({
      baudRate: 4_800,
      dataBits: 8,
      parity: "none",
      stopBits: 1,
    });
  });
});

/** Answers the question for the memory; `sent` are all commands. */
const memoryOf =
  (bytes: readonly Uint8Array[], sent: string[] = []): StoredDevice =>
  ({ bytes: asked }) => {
    sent.push(toHex(asked));
    return toHex(asked) === "F5 F5" ? bytes.map((chunk) => ({ bytes: chunk })) : [];
  };

const head = (seconds: number, hour = 0, minute = 0): Uint8Array => {
  const length = 3 * seconds - 1;
  return codec.HEAD.encode({
    hour,
    minute,
    hourAgain: hour,
    minuteAgain: minute,
    hourOnceMore: hour,
    minuteOnceMore: minute,
    lengthHigh: length >> 14,
    lengthMiddle: (length >> 7) & 0x7f,
    lengthLow: length & 0x7f,
  });
};

describe("the memory of a real device", () => {
  const { test, path: file } = recordings("oximeters/contec_old_download.hex");

  test("announces 81 seconds: its length counts bytes, three for each", () => {
    const [first] = parseHexFrames(readFileSync(file, "utf8"));
    expect(codec.HEAD.check(first ?? new Uint8Array(12), 0)).toBe(0);
    expect(codec.secondsOf(codec.HEAD.decode(first ?? new Uint8Array(12), 0))).toBe(81);
  });

  test("holds 95 % and 68, 67, 72 and 84 /min", async () => {
    const [first, ...seconds] = parseHexFrames(readFileSync(file, "utf8"));
    const none = Array.from({ length: 77 }, () => hex("F0 80 00"));
    const device = memoryOf([Buffer.concat([first ?? hex("00"), ...seconds, ...none])]);
    const { readings, failure } = await fetchStored(contecFirst, device, { undated: "ended_now" });
    expect(failure).toBeUndefined();
    expect(readings).toHaveLength(81);
    expect(readings.slice(0, 5).map(({ body }) => body.kind === "samples" && body.samples)).toEqual([
      { spo2: 95, pulse_rate: 68 },
      { spo2: 95, pulse_rate: 67 },
      { spo2: 95, pulse_rate: 72 },
      { spo2: 95, pulse_rate: 84 },
      { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") },
    ]);
  });
});

describe("the memory", () => {
  const second = (spo2: number, pulse: number): Uint8Array => codec.SECOND.encode({ spo2, pulse });
  const three = [second(97, 66), second(96, 128), second(95, 200)];

  test("comes after the rest of a live frame, and perhaps a zero after the head; then live data go on", async () => {
    const sent: string[] = [];
    const device = memoryOf([hex("90 28 35 00"), head(3, 23, 15), hex("00"), ...three], sent);
    const { readings, failure } = await fetchStored(contecFirst, device);
    expect(failure).toBeUndefined();
    expect(sent).toEqual(["F5 F5", "F6 F6 F6"]);
    // It is 03:30 in the zone of these tests: 23:15 was yesterday, 17:45 UTC.
    expect(readings).toEqual(
      [
        { spo2: 97, pulse_rate: 66 },
        { spo2: 96, pulse_rate: 128 },
        { spo2: 95, pulse_rate: 200 },
      ].map((samples, i) => ({
        body: { kind: "samples", samples },
        deviceAt: Date.UTC(2026, 0, 15, 17, 45, i),
      })),
    );
  });

  test("of a model without a clock is left out, or ends when it is fetched, as told", async () => {
    const device = memoryOf([head(3), ...three]);
    const left = await fetchStored(contecFirst, device);
    expect(left.readings).toEqual([]);
    expect(left.rejects).toEqual(["a record without a time: the oximeter has no clock"]);
    const taken = await fetchStored(contecFirst, device, { undated: "ended_now" });
    expect(taken.readings).toHaveLength(3);
    const first = Number(taken.readings[0]?.deviceAt) - Date.UTC(2026, 0, 15, 22);
    expect(first).toBeGreaterThanOrEqual(-3_000);
    expect(first).toBeLessThan(0);
  });

  test.each([
    [0, 0],
    [127, 255],
  ])("a second without a finger (%i, %i) has no numbers", async (spo2, pulse) => {
    const { readings } = await fetchStored(contecFirst, memoryOf([head(1, 7, 1), second(spo2, pulse)]));
    expect(readings.map(({ body }) => body)).toEqual([
      { kind: "samples", samples: { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") } },
    ]);
  });

  test("in which a byte was damaged is fetched again, and given up after three times", async () => {
    let asked = 0;
    const device =
      (damaged: number): StoredDevice =>
      ({ bytes }) => {
        if (toHex(bytes) !== "F5 F5") return [];
        asked += 1;
        // The byte between them may be all that is left of a second.
        const middle = asked > damaged ? second(96, 128) : hex(`FF ${toHex(second(96, 128))}`);
        return [head(3, 1, 1), second(97, 66), middle, second(95, 200)].map((chunk) => ({ bytes: chunk }));
      };
    const mended = await fetchStored(contecFirst, device(1));
    expect(mended.failure).toBeUndefined();
    expect(mended.readings).toHaveLength(3);
    asked = 0;
    const given = await fetchStored(contecFirst, device(3));
    expect(given.failure).toMatchObject({ code: "DEVICE_NO_REPLY" });
    expect(given.readings).toEqual([]);
    expect(asked).toBe(3);
  });

  test("that stops in the middle, or does not begin, is a fault", async () => {
    const stopped = await fetchStored(contecFirst, memoryOf([head(3, 1, 1), second(97, 66)]));
    expect(stopped).toMatchObject({ readings: [], failure: { code: "DEVICE_NO_REPLY" } });
    expect((await fetchStored(contecFirst, () => [])).failure).toMatchObject({ code: "DEVICE_NO_REPLY" });
  });

  test("that is empty is nothing", async () => {
    const empty = hex("F2 80 00 F2 80 00 F2 80 00 80 80 00");
    expect(await fetchStored(contecFirst, memoryOf([empty]))).toMatchObject({
      readings: [],
      rejects: [],
      failure: undefined,
    });
  });

  test("of the simulated device is what it showed", async () => {
    const bed = steadyBed({ samples: { spo2: 93, pulse_rate: 131 } });
    const { readings, failure } = await fetchSimulated(contecFirst, bed, 30, { undated: "ended_now" });
    expect(failure).toBeUndefined();
    expect(readings.length).toBeGreaterThanOrEqual(29);
    expect(readings[0]?.body).toEqual({ kind: "samples", samples: { spo2: 93, pulse_rate: 131 } });
  });
});

describe("README.md", () => {
  test("has the tables of the frames as they are declared", () => {
    const text = readFileSync(path.join(import.meta.dirname, "../../devices/contec-first/README.md"), "utf8");
    for (const format of [codec.LIVE, codec.HEAD, codec.SECOND]) expect(text).toContain(format.table());
  });
});
