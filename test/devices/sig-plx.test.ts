// What is particular to the SIG's oximeters; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as codec from "../../devices/sig-plx/codec.ts";
import { sigPlx } from "../../devices/sig-plx/module.ts";
import { type Absence, absent, type Samples } from "../../src/domain/sample.ts";
import { wall } from "../../src/domain/time.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { createVirtualClock, settle } from "../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createMemoryLinks } from "../../src/transport/memory.ts";
import { fromHex, toHex } from "../../src/wire/transcript.ts";
import { feedStream, type Heard } from "../support/conformance.ts";
import { recordings } from "../support/require.ts";
import { steadyBed } from "../support/steady-bed.ts";

const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`not hex: ${text}`);
  return bytes;
};

/** Each packet a second after the one before, named by its characteristic. */
const hear = (...packets: readonly (readonly [string, string | Uint8Array])[]): Promise<Heard> =>
  feedStream(
    sigPlx,
    {},
    packets.map(([channel, bytes], i) => ({
      offsetMs: i * 1000,
      channel,
      bytes: typeof bytes === "string" ? hex(bytes) : bytes,
    })),
  );

const samplesIn = (heard: Heard): Samples[] =>
  heard.readings.flatMap(({ reading }) => (reading.body.kind === "samples" ? [reading.body.samples] : []));

/** Lines `cont 0C 62 ... | what it says` of a recording. */
const lines = (file: string): readonly (readonly [string, Uint8Array])[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, kind, bytes] = /^(spot|cont|feat) ([\dA-F ]+)\|/.exec(line) ?? [];
      return kind === undefined || bytes === undefined ? [] : [[kind, hex(bytes)] as const];
    });

describe("a real ChoiceMMed clip", () => {
  const { test, path: file } = recordings("oximeters/plx_choicemmed.hex");

  test("its continuous measurement is 98 % and 78", async () => {
    const bytes = lines(file).find(([kind]) => kind === "cont")?.[1] ?? new Uint8Array();
    const heard = await hear(["2a5f", bytes]);
    expect(heard.rejects).toEqual([]);
    expect(samplesIn(heard)).toEqual([{ spo2: 98, pulse_rate: 78 }]);
  });

  test("its spot check is 97 % and 96 (a published decode says 98), low perfusion, by a clock never set", async () => {
    const bytes = lines(file).find(([kind]) => kind === "spot")?.[1] ?? new Uint8Array();
    const heard = await hear(["2a5e", bytes]);
    expect(heard.readings.map(({ reading }) => reading)).toEqual([
      { body: { kind: "samples", samples: { spo2: 97, pulse_rate: 96 }, flags: ["low_perfusion"] } },
    ]);
    expect(codec.SPOT_CHECK.decode(bytes)).toMatchObject({
      year: 2017,
      month: 1,
      day: 1,
      hour: 1,
      minute: 34,
      second: 19,
      measurement: 0x0020,
      sensor: 0x20,
    });
  });
});

describe("vectors of another project", () => {
  const { test, path: file } = recordings("oximeters/plx_spezi_vectors.hex");

  test("both continuous ones, the spot check and the features say what it says", () => {
    const [first, second, spot, features] = lines(file).map(([, bytes]) => bytes);
    if (first === undefined || second === undefined || spot === undefined || features === undefined)
      throw new Error("a vector is missing");
    expect(codec.CONTINUOUS.decode(first)).toEqual({
      spo2: 95,
      pulse: 90,
      measurement: 0x0020,
      sensor: 0,
      amplitude: 8.7,
    });
    expect(codec.CONTINUOUS.decode(second)).toEqual({
      spo2: 99,
      pulse: 97,
      spo2Fast: 97,
      pulseFast: 137,
      spo2Slow: 98,
      pulseSlow: 69,
      measurement: 0x0120,
      sensor: 0,
      amplitude: 8.9,
    });
    expect(codec.SPOT_CHECK.decode(spot)).toEqual({
      spo2: 94,
      pulse: 147,
      year: 2024,
      month: 11,
      day: 29,
      hour: 23,
      minute: 8,
      second: 57,
      measurement: 0x4020,
      sensor: 0x000022,
      amplitude: 8.7,
    });
    expect(codec.FEATURES.decode(features, 0)).toMatchObject({
      measurementMask: true,
      sensorMask: true,
      memory: false,
      slow: true,
      severalBonds: true,
    });
  });
});

describe("claims of other programs that are false", () => {
  test("the exponent of an SFLOAT has no bias: 98 is 62 00, and 62 80 is nothing a finger has", async () => {
    expect(toHex(codec.CONTINUOUS.encode({ spo2: 98, pulse: 60 }, 0))).toBe("00 62 00 3C 00");
    expect(samplesIn(await hear(["2a5f", "00 62 80 3C 00"]))).toEqual([
      { spo2: absent("invalid"), pulse_rate: 60 },
    ]);
  });

  test.each([
    [2, "memory"],
    [3, "stamps"],
    [4, "fast"],
    [5, "slow"],
    [6, "amplitude"],
    [7, "severalBonds"],
  ] as const)("feature bit %i is %s", (bit, name) => {
    const features = codec.FEATURES.decode(Uint8Array.of(1 << bit, 0), 0);
    expect(Object.entries(features).filter(([, has]) => has)).toEqual([[name, true]]);
  });
});

describe("status bits", () => {
  const measurement = (status: number, sensor = 0): Promise<Heard> =>
    hear(["2a5f", codec.CONTINUOUS.encode({ spo2: 97, pulse: 72, measurement: status, sensor }, 0x0c)]);

  test.each<[string, number, number, Absence]>([
    ["demonstration", 10, 0, "invalid"],
    ["test", 11, 0, "invalid"],
    ["unavailable", 13, 0, "not_measured"],
    ["invalid", 15, 0, "invalid"],
  ])("measurement status %s takes good numbers away", async (_name, bit, sensor, reason) => {
    expect(samplesIn(await measurement(1 << bit, sensor))).toEqual([
      { spo2: absent(reason), pulse_rate: absent(reason) },
    ]);
  });

  test.each<[string, number, Absence]>([
    ["extended display update", 0, "held"],
    ["equipment malfunction", 1, "invalid"],
    ["inadequate signal", 3, "poor_signal"],
    ["non-pulsatile", 7, "no_pulse"],
    ["sensor not on user", 11, "sensor_off"],
    ["unknown sensor", 12, "invalid"],
    ["sensor displaced", 13, "sensor_off"],
    ["sensor malfunction", 14, "invalid"],
    ["sensor disconnected", 15, "not_connected"],
  ])(
    "sensor status %s takes good numbers away, whatever the measurement status",
    async (_name, bit, reason) => {
      for (const status of [0x20, 0x100, 0x2000, 0x8000]) {
        expect(samplesIn(await measurement(status, 1 << bit))).toEqual([
          { spo2: absent(reason), pulse_rate: absent(reason) },
        ]);
      }
    },
  );

  test.each([
    ["calibrating", 1 << 12, 0, "artifact"],
    ["questionable", 1 << 14, 0, "artifact"],
    ["poor signal", 0, 1 << 4, "artifact"],
    ["low perfusion", 0, 1 << 5, "low_perfusion"],
  ])("%s is a remark beside the numbers", async (_name, status, sensor, flag) => {
    expect((await measurement(status, sensor)).readings[0]?.reading.body).toEqual({
      kind: "samples",
      samples: { spo2: 97, pulse_rate: 72 },
      flags: [flag],
    });
  });

  test("a measurement from the memory is never live", async () => {
    const heard = await measurement(0x0220);
    expect(heard.readings).toEqual([]);
    expect(heard.frames).toHaveLength(1);
  });

  test("the documented clip without a finger has its sensor off", async () => {
    expect(samplesIn(await hear(["2a5f", "0C FF 07 FF 07 00 20 00 08 00"]))).toEqual([
      { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") },
    ]);
  });
});

describe("missing numbers", () => {
  test.each(["00 00", "FF 07", "00 08", "FE 07", "02 08", "01 08"])("%s is no saturation", async (code) => {
    expect(samplesIn(await hear(["2a5f", `00 ${code} 48 00`]))).toEqual([
      { spo2: absent("not_measured"), pulse_rate: 72 },
    ]);
  });

  test("after 70 % and less a saturation that goes missing beside a pulse is under the range", async () => {
    const heard = await hear(
      ["2a5f", "00 46 00 58 00"],
      ["2a5f", "00 00 00 59 00"],
      ["2a5f", "00 00 00 00 00"],
    );
    expect(samplesIn(heard).slice(1)).toEqual([
      { spo2: absent("under_range"), pulse_rate: 89 },
      { spo2: absent("not_measured"), pulse_rate: absent("not_measured") },
    ]);
  });

  test("a perfusion index that came once does not just stop: it is missing for the finger's reason", async () => {
    const { CONTINUOUS, CONTINUOUS_FLAGS } = codec;
    const { amplitude, status } = CONTINUOUS_FLAGS;
    const off = 1 << (codec.SENSOR_STATUS.find(({ absent: why }) => why === "sensor_off")?.bit ?? 0);
    const without = { spo2: 97, pulse: 72, measurement: 1 << 5, sensor: 0 };
    const heard = await hear(
      ["2a5f", CONTINUOUS.encode(without, status)],
      ["2a5f", CONTINUOUS.encode({ ...without, amplitude: 2.4 }, amplitude | status)],
      ["2a5f", CONTINUOUS.encode({ measurement: 0, sensor: off }, status)],
      ["2a5f", CONTINUOUS.encode(without, status)],
    );
    expect(samplesIn(heard).map(({ perfusion_index }) => perfusion_index)).toEqual([
      undefined,
      2.4,
      absent("sensor_off"),
      absent("not_measured"),
    ]);
  });

  test("after 71 % it is not", async () => {
    const heard = await hear(["2a5f", "00 47 00 58 00"], ["2a5f", "00 00 00 59 00"]);
    expect(samplesIn(heard)[1]).toEqual({ spo2: absent("not_measured"), pulse_rate: 89 });
  });

  test("nothing that arrives leaves as a number outside 1 to 100 % or 20 to 300 /min", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 0, maxLength: 20 }), { maxLength: 20 }),
        async (all) => {
          const heard = await hear(...all.map((bytes) => ["2a5f", bytes] as const));
          expect(heard.failure).toBeUndefined();
          for (const { spo2, pulse_rate } of samplesIn(heard)) {
            if (typeof spo2 === "number") expect(spo2 >= 1 && spo2 <= 100).toBe(true);
            if (typeof pulse_rate === "number") expect(pulse_rate >= 20 && pulse_rate <= 300).toBe(true);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("lengths", () => {
  test("a packet cut short anywhere is refused with both lengths", async () => {
    const whole = hex("1F DE F3 CA F3 CA F3 5A F5 D4 F3 B2 F2 20 01 00 00 00 7A E3");
    for (let length = 0; length < whole.length; length++) {
      const heard = await hear(["2a5f", whole.subarray(0, length)]);
      expect(heard.readings).toEqual([]);
      expect(heard.rejects).toHaveLength(1);
    }
    expect(codec.CONTINUOUS.refuse(whole.subarray(0, 9))).toBe(
      "a continuous measurement of 9 bytes whose flags want 20",
    );
  });

  test("bytes that no flag names are refused, unless a reserved flag announces them", () => {
    expect(codec.CONTINUOUS.refuse(hex("00 61 00 48 00 20"))).toContain("of 6 bytes whose flags name 5");
    expect(codec.CONTINUOUS.refuse(hex("20 61 00 48 00 20"))).toBeUndefined();
  });

  test("the two characteristics number their flags differently", () => {
    expect(codec.CONTINUOUS.refuse(hex("04 61 00 48 00 20 00"))).toBeUndefined();
    expect(codec.SPOT_CHECK.refuse(hex("04 61 00 48 00 20 00 00"))).toBeUndefined();
    expect(codec.SPOT_CHECK.decode(hex("04 61 00 48 00 20 00 00"))).toMatchObject({ sensor: 0x20 });
  });
});

describe("rate", () => {
  test("a clip that speaks ten times a second is heard once a second", async () => {
    const stream = Array.from({ length: 200 }, (_, i) => ({
      offsetMs: i * 100,
      channel: "2a5f",
      bytes: hex("00 61 00 48 00"),
    }));
    const heard = await feedStream(sigPlx, {}, stream);
    expect(heard.frames).toHaveLength(200);
    expect(samplesIn(heard).length).toBeGreaterThanOrEqual(19);
    expect(samplesIn(heard).length).toBeLessThanOrEqual(21);
  });

  test("a clip that speaks once a second with jitter loses nothing", async () => {
    const random = createSeededRandom(3);
    const stream = Array.from({ length: 60 }, (_, i) => ({
      offsetMs: i * 1000 + random.uniform() * 250,
      channel: "2a5f",
      bytes: hex("00 61 00 48 00"),
    }));
    expect(samplesIn(await feedStream(sigPlx, {}, stream))).toHaveLength(60);
  });
});

describe("the memory", () => {
  /** A clip played by the test: what the host asks, and a way to answer. */
  async function fetching(zone = "UTC") {
    const clock = createVirtualClock(wall(Date.UTC(2026, 0, 15, 22)));
    const links = createMemoryLinks();
    const clip = links.cable("clip").packets;
    const { link } = links.openPackets("clip");
    const asked: string[] = [];
    const readings: DeviceReading[] = [];
    const rejects: string[] = [];
    const stop = new AbortController();
    const trace = {
      frame: (_: Uint8Array, meaning: () => string) => expect(meaning()).not.toBe(""),
      reject: (_: Uint8Array, reason: string) => rejects.push(reason),
      sent: (_: Uint8Array, meaning: () => string) => expect(meaning()).not.toBe(""),
    };
    const state: { failure?: unknown; ended: boolean } = { ended: false };
    const listen = async (): Promise<void> => {
      for await (const { channel, bytes } of clip.chunks) asked.push(`${channel} ${toHex(bytes)}`);
    };
    listen().catch(() => undefined);
    const fetch = async (): Promise<void> => {
      const context = { link, clock, options: { measurement: "spot" }, zone, trace, signal: stop.signal };
      try {
        for await (const reading of sigPlx.stored?.(context) ?? []) readings.push(reading);
      } catch (error) {
        state.failure = error;
      }
      state.ended = true;
    };
    fetch().catch(() => undefined);
    await settle();
    const say = async (channel: string, text: string): Promise<void> => {
      await clip.write({ channel, bytes: hex(text) });
      await settle();
    };
    return { clock, asked, readings, rejects, state, say, stop };
  }

  test("is counted, fetched and dated by the bed's local time", async () => {
    const { asked, say, readings, rejects, state, clock } = await fetching("Asia/Shanghai");
    expect(asked).toEqual(["2a52 04 01"]);
    await say("2a52", "05 00 02 00");
    expect(asked).toEqual(["2a52 04 01", "2a52 01 01"]);
    await say("2a5e", "03 5F 00 50 00 EA 07 01 0F 06 1E 00 20 02");
    await say("2a5e", "0F 5E 00 51 00 EA 07 01 0F 06 1F 0A 20 02 00 08 00 15 F0");
    await say("2a52", "06 00 01 01");
    expect(state).toEqual({ ended: true });
    expect(readings).toEqual([
      {
        body: { kind: "samples", samples: { spo2: 95, pulse_rate: 80 } },
        deviceAt: Date.parse("2026-01-15T06:30:00+08:00"),
      },
      {
        body: {
          kind: "samples",
          samples: {
            spo2: absent("sensor_off"),
            pulse_rate: absent("sensor_off"),
            perfusion_index: absent("sensor_off"),
          },
        },
        deviceAt: Date.parse("2026-01-15T06:31:10+08:00"),
      },
    ]);
    expect(rejects).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("records without a time they can be placed at are left out", async () => {
    const { say, readings, rejects } = await fetching();
    await say("2a52", "05 00 03 00");
    await say("2a5e", "00 5F 00 50 00");
    await say("2a5e", "11 5F 00 50 00 EA 07 01 0F 06 1E 00");
    await say("2a5e", "01 5F 00 50 00 EA 07 02 1E 06 1E 00");
    expect(readings).toEqual([]);
    expect(rejects).toHaveLength(3);
  });

  test("an empty one is asked for nothing more", async () => {
    const { say, state, asked } = await fetching();
    await say("2a52", "05 00 00 00");
    expect(state).toEqual({ ended: true });
    expect(asked).toHaveLength(1);
  });

  test("a clip whose features say that it keeps nothing is believed", async () => {
    const { say, state } = await fetching();
    await say("2a60", "40 00");
    expect(state).toEqual({ ended: true });
  });

  test("a clip that cannot count is asked for everything at once", async () => {
    const { say, state, asked } = await fetching();
    await say("2a52", "06 00 04 02");
    expect(asked).toEqual(["2a52 04 01", "2a52 01 01"]);
    await say("2a52", "06 00 01 06");
    expect(state).toEqual({ ended: true });
  });

  test("fewer records than were counted are noted", async () => {
    const { say, state, rejects } = await fetching();
    await say("2a52", "05 00 03 00");
    await say("2a52", "06 00 01 01");
    expect(state).toEqual({ ended: true });
    expect(rejects).toEqual(["the clip counted 3 records and sent 0"]);
  });

  test("a refusal is a fault", async () => {
    const { say, state } = await fetching();
    await say("2a52", "05 00 03 00");
    await say("2a52", "06 00 01 08");
    expect(state.failure).toMatchObject({ code: "DEVICE_REFUSED" });
  });

  test("a clip that does not answer is given 30 s, counted anew from every record", async () => {
    const { clock, say, state } = await fetching();
    await clock.advance(29_000);
    await say("2a52", "05 00 02 00");
    await clock.advance(29_000);
    await say("2a5e", "03 5F 00 50 00 EA 07 01 0F 06 1E 00 20 02");
    await clock.advance(29_000);
    expect(state.ended).toBe(false);
    await clock.advance(1_001);
    expect(state.failure).toMatchObject({ code: "DEVICE_NO_REPLY" });
    expect(clock.pending).toBe(0);
  });

  test("fetching ends when told to", async () => {
    const { clock, state, stop } = await fetching();
    stop.abort();
    await settle();
    expect(state).toEqual({ ended: true });
    expect(clock.pending).toBe(0);
  });

  test("the simulated clip hands out a measurement a minute", async () => {
    const clock = createVirtualClock(wall(Date.UTC(2026, 0, 15, 22)));
    const links = createMemoryLinks();
    const stop = new AbortController();
    const options = { measurement: "continuous" };
    const simulating = sigPlx.simulate({
      link: links.cable("clip").packets,
      bed: steadyBed({ samples: { spo2: 93, pulse_rate: 61 } }),
      clock,
      random: createSeededRandom(1),
      options,
      signal: stop.signal,
    });
    await clock.advance(200_000);
    const readings: DeviceReading[] = [];
    const trace = { frame: () => undefined, reject: () => undefined, sent: () => undefined };
    const { link } = links.openPackets("clip");
    const context = { link, clock, options, zone: "UTC", trace, signal: stop.signal };
    for await (const reading of sigPlx.stored?.(context) ?? []) readings.push(reading);
    expect(readings.map(({ deviceAt }) => (deviceAt ?? 0) - Date.UTC(2026, 0, 15, 22))).toEqual([
      10_000, 70_000, 130_000, 190_000,
    ]);
    expect(readings[3]?.body).toEqual({ kind: "samples", samples: { spo2: 93, pulse_rate: 61 } });
    stop.abort();
    await simulating;
  });
});

test("README shows the declared frames", () => {
  const readme = readFileSync(path.join(import.meta.dirname, "../../devices/sig-plx/README.md"), "utf8");
  const { CONTINUOUS, SPOT_CHECK, FEATURES, RECORD_REQUEST, RECORD_COUNT, RECORD_ANSWER } = codec;
  for (const format of [CONTINUOUS, SPOT_CHECK, FEATURES, RECORD_REQUEST, RECORD_COUNT, RECORD_ANSWER]) {
    expect(readme).toContain(format.table());
  }
});
