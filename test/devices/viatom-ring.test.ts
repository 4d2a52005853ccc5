import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeInfo,
  decodeReply,
  encodeInfo,
  encodeName,
  encodeReply,
  encodeRequest,
  LIVE,
  LIVE_RULE,
  REPLY_RULE,
} from "../../devices/viatom-ring/codec.ts";
import { viatomRing, viatomRingFile } from "../../devices/viatom-ring/module.ts";
import { RING_CHANNELS } from "../../devices/viatom-ring/ring.ts";
import { encodeVld, parseVld, VLD_HEADER, VLD_RECORD, vldReadings } from "../../devices/viatom-ring/vld.ts";
import { absent } from "../../src/domain/sample.ts";
import { wall } from "../../src/domain/time.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createMemoryLinks } from "../../src/transport/memory.ts";
import { crc8, xor8 } from "../../src/wire/checksum.ts";
import { fromHex, parseHexFrames, toHex } from "../../src/wire/transcript.ts";
import { createBench, newestSamples } from "../support/conformance.ts";
import { recordings } from "../support/require.ts";
import { steadyBed } from "../support/steady-bed.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);

/** What the driver makes of replies with this data, one after the other. */
async function liveReadings(...payloads: Uint8Array[]) {
  const bench = await createBench(viatomRing);
  for (const payload of payloads) {
    await bench.send({ channel: RING_CHANNELS.from, bytes: encodeReply(0, 0, payload) });
    await bench.clock.advance(1000);
  }
  await bench.abort();
  return bench.heard;
}

/** As published from a real session of 7,818 records: its header's first 26 bytes and three of its records. */
const REAL_HEAD = "03 00 E9 07 03 06 16 14 38 DA 98 00 00 28 7A 00 00 5E 57 35 16 01 8C 01 1A 55";
const REAL_RECORDS = ["5C 4E 00 00 00", "5D 50 00 02 00", "FF FF FF 04 00"].map(hex);

/** A session of that header, filled up between the records that are known. */
function realSession(records = 7818): Uint8Array {
  const bytes = new Uint8Array(40 + records * 5);
  bytes.set(hex(REAL_HEAD));
  for (let index = 0; index < records; index++) {
    const [first, second, last] = REAL_RECORDS;
    bytes.set((index === 0 ? first : index === 7817 ? last : second) ?? first ?? [], 40 + index * 5);
  }
  return bytes;
}

describe("the envelope", () => {
  test.each([
    [encodeRequest("info"), "AA 14 EB 00 00 00 00 C6"],
    [encodeRequest("live"), "AA 17 E8 00 00 00 00 1B"],
    [encodeRequest("close"), "AA 05 FA 00 00 00 00 21"],
    [encodeRequest("read", 1), "AA 04 FB 01 00 00 00 7C"],
    [
      encodeRequest("open", 0, encodeName("20201210095928")),
      "AA 03 FC 00 00 0F 00 32 30 32 30 31 32 31 30 30 39 35 39 32 38 00 4C",
    ],
  ])("a request is built byte by byte as written down: %#", (bytes, expected) => {
    expect(toHex(bytes)).toBe(expected);
  });

  test("its checksum is neither an exclusive or nor a reflected CRC (false claim 6)", () => {
    const reflected = (bytes: Uint8Array): number => {
      let crc = 0;
      for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xe0 : crc >> 1;
      }
      return crc;
    };
    const live = hex("55 00 FF 00 00 0D 00 62 42 00 00 00 00 00 61 00 92 0A 01 00 2F");
    expect(REPLY_RULE.match(live, 0, live.length)).toBe(live.length);
    for (const wrong of [xor8(live, 0, 20), reflected(live.subarray(0, 20))]) {
      expect(wrong).not.toBe(crc8(live, 0, 20));
      const damaged = live.slice();
      damaged[20] = wrong;
      expect(REPLY_RULE.match(damaged, 0, damaged.length)).toBeLessThan(0);
    }
  });

  test("byte 2 of a reply is its status, not the command that it answers (false claim 8)", async () => {
    const live = hex("55 00 FF 00 00 0D 00 62 42 00 00 00 00 00 61 00 92 0A 01 00 2F");
    expect(decodeReply(live, 0, live.length).status).toBe(0);
    const echoed = encodeReply(0x17, 0, live.subarray(7, 20));
    expect(decodeReply(echoed, 0, echoed.length).status).toBe(0x17);
    const bench = await createBench(viatomRing);
    await bench.send({ channel: RING_CHANNELS.from, bytes: echoed });
    await bench.clock.advance(0);
    expect(bench.heard.readings).toEqual([]);
    expect(bench.heard.rejects).toEqual(["the ring refused the request with status 23"]);
    await bench.send({ channel: RING_CHANNELS.from, bytes: live });
    await bench.clock.advance(0);
    expect(newestSamples(bench.heard.readings)).toMatchObject({ spo2: 98, pulse_rate: 66 });
    await bench.abort();
  });

  test("replies of any data come through whole", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), fc.nat(0xffff), (data, block) => {
        const bytes = encodeReply(0, block, data);
        expect(REPLY_RULE.match(bytes, 0, bytes.length)).toBe(bytes.length);
        expect(decodeReply(bytes, 0, bytes.length)).toEqual({ status: 0, block, data });
      }),
    );
  });

  test("a live reader does not wait for the rest of a length that no reply to it has", () => {
    const damaged = hex("55 00 FF 00 00 0D 01 62 42 00 00 00 00 00 61 00 92 0A 01 00 2F");
    expect(LIVE_RULE.match(damaged, 0, damaged.length)).toBeLessThan(0);
  });
});

describe("live data", () => {
  const { path: file, test } = recordings("oximeters/viatom_legacy_rt_payloads.hex");

  test("three payloads of a real ring say what their owner wrote beside them", async () => {
    const payloads = parseHexFrames(readFileSync(file, "utf8"));
    expect(payloads).toHaveLength(3);
    const { readings, rejects } = await liveReadings(...payloads);
    const samples = readings.flatMap(({ reading: { body } }) =>
      body.kind === "samples" ? [body.samples] : [],
    );
    const off = {
      spo2: absent("sensor_off"),
      pulse_rate: absent("sensor_off"),
      perfusion_index: absent("sensor_off"),
    };
    expect(samples).toEqual([
      { ...off, motion: 5, battery_percent: 96 },
      { ...off, motion: 0, battery_percent: 98 },
      { spo2: 98, pulse_rate: 66, perfusion_index: 1, motion: 146, battery_percent: 97 },
    ]);
    const codes = readings.flatMap(({ reading: { body } }) => (body.kind === "status" ? [body.codes] : []));
    expect(codes).toEqual([[], ["charging"], []]);
    expect(rejects).toEqual([]);
  });
});

describe("what the ring vouches for", () => {
  const worn = {
    spo2: 97,
    pulse: 72,
    steps: 0,
    battery: 80,
    charging: 0,
    motion: 3,
    perfusion: 35,
    worn: true,
    countdown: 0,
    invalidAlarm: 0,
    spo2Alarm: 0,
    pulseAlarm: 0,
    motionAlarm: 0,
  };

  test.each([
    ["a worn ring's numbers are measurements", {}, 97, 72],
    ["zeros are a ring that calibrates", { spo2: 0, pulse: 0 }, absent("searching"), absent("searching")],
    ["zero beside a pulse is no saturation", { spo2: 0 }, absent("not_measured"), 72],
    ["numbers of a ring that was taken off are held", { worn: false }, absent("held"), absent("held")],
    ["numbers beside a countdown are held", { countdown: 10 }, absent("held"), absent("held")],
    [
      "no numbers beside a countdown are a finger that is out",
      { worn: false, countdown: 3, spo2: undefined, pulse: undefined },
      absent("sensor_off"),
      absent("sensor_off"),
    ],
    ["an invalid signal has no numbers", { invalidAlarm: 2 }, absent("poor_signal"), absent("poor_signal")],
    [
      "missing codes on a worn ring are a search",
      { spo2: undefined, pulse: undefined },
      absent("searching"),
      absent("searching"),
    ],
    ["a saturation above 100 is none", { spo2: 101 }, absent("invalid"), 72],
    ["a pulse above 300 is none", { pulse: 301 }, 97, absent("invalid")],
  ])("%s", async (_name, change, spo2, pulse) => {
    const { readings } = await liveReadings(LIVE.encode({ ...worn, ...change }));
    expect(newestSamples(readings)).toMatchObject({ spo2, pulse_rate: pulse });
  });

  test("no saturation beside a pulse is under the range after 70 % or less, and only then", async () => {
    const none = LIVE.encode({ ...worn, spo2: undefined });
    const after = async (spo2: number) =>
      newestSamples((await liveReadings(LIVE.encode({ ...worn, spo2 }), none)).readings).spo2;
    expect(await after(70)).toEqual(absent("under_range"));
    expect(await after(71)).toEqual(absent("not_measured"));
  });
});

describe("polling", () => {
  test("one request at a time, in pieces of 20 bytes, one live request a second", async () => {
    const clock = createVirtualClock(wall(0));
    const asked: { atMs: number; bytes: Uint8Array }[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _reading of viatomRing.observe({
        link: {
          chunks: { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) },
          write: async ({ bytes }) => {
            asked.push({ atMs: clock.mono(), bytes });
          },
          close: async () => undefined,
        },
        clock,
        options: {},
        zone: "UTC",
        trace: { frame: () => undefined, reject: () => undefined, sent: () => undefined },
        signal: stop.signal,
      })) {
        // Nothing comes.
      }
    })();
    await clock.advance(8_100);
    stop.abort();
    await reading;
    // Nobody answers: each waits its two seconds, and the ring is not asked twice who it is.
    expect(asked.map(({ atMs, bytes }) => [atMs, bytes[1]])).toEqual([
      [0, 0x14],
      [2000, 0x17],
      [4000, 0x17],
      [6000, 0x17],
      [8000, 0x17],
    ]);
    expect(asked.every(({ bytes }) => bytes.length <= 20)).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

describe("info", () => {
  test("names the ring and its sessions, oldest first", () => {
    const data = encodeInfo({
      SN: "2033112233",
      Model: "1652",
      SoftwareVer: "1.4.0",
      FileList: "20260102030405,20260101020304,",
    });
    expect(data).toHaveLength(512);
    expect(decodeInfo(data)).toEqual({
      serial: "2033112233",
      model: "1652",
      firmware: "1.4.0",
      files: ["20260101020304", "20260102030405"],
    });
  });

  test.each(["", "{", "[1]x", "\u0000", "null", "7"])("text that is not an object is none: %j", (text) => {
    expect(decodeInfo(new TextEncoder().encode(text))).toBeUndefined();
  });

  test("names that no session has are left out", () => {
    const data = encodeInfo({ FileList: "../../etc,20260101020304,,x" });
    expect(decodeInfo(data)?.files).toEqual(["20260101020304"]);
  });
});

describe("a session file", () => {
  test("the head and the records of a real one are read as their owner did", () => {
    const bytes = realSession();
    const vld = parseVld(bytes);
    if (vld === undefined) throw new Error("not read");
    expect(vld).toMatchObject({
      start: { year: 2025, month: 3, day: 6, hour: 22, minute: 20, second: 56 },
      stepS: 4,
      repeats: 1,
      records: 7818,
      complete: true,
    });
    // False claim 7: duration at 18 would be 57 or more and time below 90 at 21 would be 0x8C01.
    expect(vld.header).toMatchObject({
      sizeBytes: 39_130,
      durationS: 31_272,
      spo2Mean: 94,
      spo2Min: 87,
      drops3: 53,
      drops4: 22,
      below90S: 396,
      below90Events: 26,
      scoreTenths: 85,
    });
    const readings = [...vldReadings(bytes, vld, "Asia/Kolkata")];
    expect(readings).toHaveLength(7818);
    const start = Date.UTC(2025, 2, 6, 16, 50, 56);
    expect(readings[0]).toEqual({
      body: { kind: "samples", samples: { spo2: 92, pulse_rate: 78, motion: 0 } },
      deviceAt: start,
    });
    expect(readings[1]).toEqual({
      body: { kind: "samples", samples: { spo2: 93, pulse_rate: 80, motion: 2 } },
      deviceAt: start + 4_000,
    });
    expect(readings.at(-1)).toEqual({
      body: {
        kind: "samples",
        samples: { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off"), motion: 4 },
      },
      deviceAt: start + 31_268_000,
    });
  });

  test("records that stand twice count once", () => {
    const bytes = new Uint8Array(40 + 40);
    bytes.set(VLD_HEADER.encode({ ...decodedHead(), sizeBytes: 60, durationS: 16 }));
    for (let index = 0; index < 8; index++)
      bytes.set([90 + Math.floor(index / 2), 60, 0, 0, 0], 40 + index * 5);
    const vld = parseVld(bytes);
    expect(vld).toMatchObject({ repeats: 2, stepS: 4, records: 8, complete: true });
    const readings = vld === undefined ? [] : [...vldReadings(bytes, vld, "UTC")];
    expect(readings.map(({ body }) => body.kind === "samples" && body.samples.spo2)).toEqual([
      90, 91, 92, 93,
    ]);
  });

  test("version 5 is read alike", () => {
    const bytes = realSession();
    bytes[0] = 5;
    expect(parseVld(bytes)).toMatchObject({ stepS: 4, records: 7818 });
  });

  test.each([
    [4, "It is a session file of version 4, and only 3 and 5 are known."],
    [0, "It is a session file of version 0, and only 3 and 5 are known."],
  ])("version %i is refused with a sentence", (version, sentence) => {
    const bytes = realSession(3);
    bytes[0] = version;
    expect(() => parseVld(bytes)).toThrow(sentence);
  });

  test("a file of the later ring says which family reads it", () => {
    expect(() => parseVld(hex("01 03 00 00 00 00 00 00 04 00"))).toThrow("viatom-oxyii-file");
  });

  test.each([
    ["month 13", 4, 13],
    ["day 32", 5, 32],
    ["hour 24", 6, 24],
    ["second 60", 8, 60],
    ["a duration that its records cannot fill", 15, 200],
    ["a size of nothing", 10, 0],
  ])("%s is refused", (_name, at, value) => {
    const bytes = realSession(3);
    bytes[at] = value;
    if (at === 10) bytes[9] = 40;
    expect(() => parseVld(bytes)).toThrow("INPUT_INVALID");
  });

  test("whatever the bytes, it is read, refused with its code, or too short", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (tail, headed) => {
        const bytes = headed ? Uint8Array.from([...hex(REAL_HEAD), ...tail]) : tail;
        try {
          const vld = parseVld(bytes);
          if (vld !== undefined) expect([...vldReadings(bytes, vld, "UTC")].length).toBe(vld.records);
        } catch (error) {
          expect(error).toMatchObject({ code: "INPUT_INVALID" });
        }
      }),
    );
  });
});

const decodedHead = () => VLD_HEADER.decode(realSession(1), 0);

describe("sessions in the ring's memory", () => {
  /** A ring that was worn for a while, taken off, and is asked for its memory while it is worn again. */
  async function fetched(damage?: (bytes: Uint8Array) => Uint8Array) {
    const clock = createVirtualClock(wall(Date.UTC(2026, 0, 15, 22)));
    const cable = createMemoryLinks();
    const ring = cable.cable("ring");
    const stop = new AbortController();
    const present = steadyBed({ samples: { spo2: 91, pulse_rate: 60 } });
    const out = steadyBed({ samples: { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") } });
    const bed = () => (clock.mono() < 600_000 || clock.mono() > 640_000 ? present : out);
    const simulating = viatomRing.simulate({
      link: ring.packets,
      bed: { ...present, sample: (signal) => bed().sample(signal) },
      clock,
      random: createSeededRandom(1),
      options: {},
      signal: stop.signal,
    });
    await clock.advance(700_000);
    if (damage !== undefined) ring.tamper(damage);
    const { link } = cable.openPackets("ring");
    const readings: DeviceReading[] = [];
    const rejects: string[] = [];
    let failure: unknown;
    const fetching = (async () => {
      for await (const reading of viatomRing.stored?.({
        link,
        clock,
        options: {},
        zone: "UTC",
        trace: {
          frame: () => undefined,
          reject: (_bytes, reason) => rejects.push(reason),
          sent: () => undefined,
        },
        signal: stop.signal,
      }) ?? []) {
        readings.push(reading);
      }
    })().catch((error: unknown) => {
      failure = error;
    });
    await clock.advance(120_000);
    stop.abort();
    await Promise.all([fetching, simulating]);
    return { readings, rejects, failure };
  }

  test("a session comes out record by record, with the ring's own times, and then it is over", async () => {
    const { readings, rejects, failure } = await fetched();
    expect(failure).toBeUndefined();
    expect(rejects).toEqual([]);
    expect(readings[0]?.body).toMatchObject({ kind: "identity", model: "1652" });
    const samples = readings.slice(1);
    // Ten minutes and the countdown, a record in 4 s; the first was still calibrating.
    expect(samples.length).toBeGreaterThanOrEqual(150);
    const start = samples[0]?.deviceAt ?? 0;
    expect(start).toBe(Date.UTC(2026, 0, 15, 22, 0, 4));
    expect(samples.every(({ deviceAt }, index) => deviceAt === start + index * 4000)).toBe(true);
    expect(samples[50]?.body).toEqual({ kind: "samples", samples: { spo2: 91, pulse_rate: 60, motion: 2 } });
    expect(samples.at(-1)?.body).toMatchObject({ samples: { spo2: absent("sensor_off") } });
  });

  test("a ring that says nothing is a fault with its code", async () => {
    const { failure } = await fetched(() => new Uint8Array(0));
    expect(failure).toMatchObject({ code: "DEVICE_NO_REPLY" });
  });

  test("a damaged piece costs no record: the request is asked again", async () => {
    let pieces = 0;
    const { readings, failure } = await fetched((bytes) => {
      pieces += 1;
      return pieces === 40 ? bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte)) : bytes;
    });
    expect(failure).toBeUndefined();
    expect(readings.length).toBeGreaterThan(150);
  });
});

describe("a folder of session files", () => {
  const session = (day: number, count: number): Uint8Array =>
    encodeVld(
      { year: 2026, month: 1, day, hour: 22, minute: 0, second: 0 },
      Array.from({ length: count }, (_, index) => ({
        spo2: 90 + (index % 5),
        pulse: 60,
        finger: true,
        motion: 0,
      })),
    );

  test("sessions come oldest first, whatever their names; other files are left alone", async () => {
    const bench = await createBench(viatomRingFile);
    const { card } = bench.cable;
    await card.write("a.vld", 0, session(12, 3));
    await card.write("night/O2Ring_20260111220000", 0, session(11, 2));
    await card.write("20260110220000.dat", 0, session(10, 1));
    await card.write("20260111220000.csv", 0, session(9, 1));
    await card.write("broken.vld", 0, Uint8Array.of(9, 0, 1, 2));
    await bench.clock.advance(60_000);
    const days = bench.heard.readings.map(({ reading }) => new Date(reading.deviceAt ?? 0).getUTCDate());
    expect(days).toEqual([10, 11, 11, 12, 12, 12]);
    expect(bench.heard.rejects).toEqual([
      "broken.vld: It is a session file of version 9, and only 3 and 5 are known. (INPUT_INVALID)",
    ]);
    await bench.clock.advance(300_000);
    expect(bench.heard.readings).toHaveLength(6);
    expect(bench.heard.rejects).toHaveLength(1);
    await bench.abort();
  });

  test("of a file that grows only what is new leaves", async () => {
    const bench = await createBench(viatomRingFile);
    const whole = session(12, 30);
    await bench.cable.card.write("x.vld", 0, whole.subarray(0, 40 + 50));
    await bench.clock.advance(60_000);
    expect(bench.heard.readings).toHaveLength(10);
    await bench.cable.card.write("x.vld", 0, whole);
    await bench.clock.advance(60_000);
    const times = bench.heard.readings.map(({ reading }) => reading.deviceAt ?? 0);
    expect(times).toHaveLength(30);
    expect(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) === 4000)).toBe(true);
    await bench.abort();
  });
});

test("the tables of the page are those of the codec", () => {
  const page = readFileSync(path.join(import.meta.dirname, "../../devices/viatom-ring/README.md"), "utf8");
  for (const frame of [LIVE, VLD_HEADER, VLD_RECORD]) expect(page).toContain(frame.table());
});
