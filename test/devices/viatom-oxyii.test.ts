import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  authData,
  COMMAND,
  decodeInfo,
  decodeList,
  decodeMessage,
  encodeInfo,
  encodeList,
  encodeReply,
  encodeRequest,
  LIVE,
  REPLY_RULE,
} from "../../devices/viatom-oxyii/codec.ts";
import { viatomOxyii, viatomOxyiiFile } from "../../devices/viatom-oxyii/module.ts";
import { OXYII_CHANNELS } from "../../devices/viatom-oxyii/ring.ts";
import {
  encodeSession,
  parseSession,
  RECORD,
  sessionReadings,
  TRAILER,
} from "../../devices/viatom-oxyii/session.ts";
import { absent } from "../../src/domain/sample.ts";
import { type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { supervise } from "../../src/driver/supervise.ts";
import type { Packet } from "../../src/port/link.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createLinks } from "../../src/transport/links.ts";
import { createMemoryLinks } from "../../src/transport/memory.ts";
import { fromHex, toHex } from "../../src/wire/transcript.ts";
import { createBench, newestSamples } from "../support/conformance.ts";
import { silentLog } from "../support/silent-log.ts";
import { steadyBed } from "../support/steady-bed.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);
const folder = path.join(import.meta.dirname, "../../devices/viatom-oxyii");

const live = (change: Partial<ReturnType<typeof LIVE.decode>>): Uint8Array =>
  encodeReply({
    code: COMMAND.live,
    seq: 1,
    data: LIVE.encode({
      counter: 1,
      state: 1,
      spo2: 97,
      motion: 3,
      pulse: 72,
      battery: 80,
      samples: 0,
      ...change,
    }),
  });

describe("the envelope", () => {
  test.each([
    ["config", 1, "A5 00 FF 00 01 00 00 D3"],
    ["live", 1, "A5 04 FB 00 01 00 00 F8"],
    ["list", 1, "A5 F1 0E 00 01 00 00 AE"],
    ["info", 2, "A5 E1 1E 00 02 00 00 BF"],
  ] as const)("the request %s is built byte by byte as written down", (command, seq, expected) => {
    expect(toHex(encodeRequest(command, seq))).toBe(expected);
  });

  test("replies of any data come through whole", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), fc.nat(255), (data, seq) => {
        const bytes = encodeReply({ code: COMMAND.read, seq, data });
        expect(REPLY_RULE.match(bytes, 0, bytes.length)).toBe(bytes.length);
        expect(decodeMessage(bytes, 0, bytes.length)).toEqual({ code: COMMAND.read, seq, data });
      }),
    );
  });

  test("the opening key is the maker's word over a key of the time", () => {
    // Computed apart, from the description: key bytes C2 CF DA D8 A8 F7 C4 35, "0000", then the time shifted by 0 to 3.
    const unixS = 0x6789abcd;
    const key = [
      0xc2, 0xcf, 0xda, 0xd8, 0xa8, 0xf7, 0xc4, 0x35, 0x30, 0x30, 0x30, 0x30, 0xcd, 0xe6, 0xf3, 0x79,
    ];
    const word = hex("C2 A7 CF 50 DA FE D8 85 A8 F8 F7 EA C4 43 35 F3");
    expect([...authData(unixS)]).toEqual(key.map((byte, i) => byte ^ (word[i] ?? 0)));
  });

  test("info and lists are read as they were written", () => {
    expect(decodeInfo(encodeInfo("2D010002", "25B2000210"))).toEqual({
      firmware: "2D010002",
      serial: "25B2000210",
    });
    expect(decodeInfo(new Uint8Array(10))).toEqual({ firmware: undefined, serial: undefined });
    const names = ["20260102030405", "20260101020304"];
    expect(decodeList(encodeList(names))).toEqual(names.toSorted());
    expect(decodeList(encodeList(["../../../../ab", "20260101020304"]))).toEqual(["20260101020304"]);
    expect(decodeList(Uint8Array.of(200, 1, 2))).toEqual([]);
  });
});

describe("what must never be sent", () => {
  test("no command of the family resets a ring", () => {
    expect(Object.values(COMMAND)).not.toContain(0xe3);
    expect(Object.values(COMMAND)).not.toContain(0xee);
    const sources = readdirSync(folder).filter((name) => name.endsWith(".ts"));
    const code = sources.map((name) =>
      readFileSync(path.join(folder, name), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, ""),
    );
    expect(code.join("\n")).not.toMatch(/0x(?:e3|ee)\b/i);
  });

  test("neither a reading nor a fetch sends anything but the commands that are known", async () => {
    const { sent } = await fetched();
    expect(sent.length).toBeGreaterThan(8);
    for (const code of sent) expect(Object.values(COMMAND)).toContain(code);
    expect(sent).not.toContain(COMMAND.live);
  });
});

describe("one reading a minute", () => {
  test.each([
    ["a finger in", {}, 97, 72],
    ["no finger, numbers still there", { state: 0 }, absent("held"), absent("held")],
    [
      "no finger",
      { state: 0, spo2: undefined, pulse: undefined },
      absent("sensor_off"),
      absent("sensor_off"),
    ],
    ["a file that is open", { state: 3 }, absent("not_measured"), absent("not_measured")],
    ["a state that nobody knows", { state: 9 }, absent("not_measured"), absent("not_measured")],
    ["no numbers yet", { spo2: undefined, pulse: undefined }, absent("searching"), absent("searching")],
    ["zeros", { spo2: 0, pulse: 0 }, absent("searching"), absent("searching")],
    ["SpO2 missing alone", { spo2: undefined }, absent("not_measured"), 72],
    ["a saturation above 100", { spo2: 101 }, absent("invalid"), 72],
  ])("%s", async (_name, change, spo2, pulse) => {
    const bench = await createBench(viatomOxyii);
    await bench.send({ channel: OXYII_CHANNELS.from, bytes: live(change) });
    await bench.clock.advance(100);
    expect(newestSamples(bench.heard.readings)).toMatchObject({ spo2, pulse_rate: pulse });
    await bench.abort();
  });

  /** When the link was closed and when observing ended, in ms since its start. */
  async function visit(reply: Uint8Array) {
    const clock = createVirtualClock(wall(0));
    let closedMs: number | undefined;
    let endedMs: number | undefined;
    let say: (packet: Packet) => void = () => undefined;
    async function* packets(): AsyncGenerator<Packet> {
      yield await new Promise<Packet>((resolve) => {
        say = resolve;
      });
      await new Promise(() => undefined);
    }
    const codes: (number | undefined)[] = [];
    let failure: unknown;
    const observing = (async () => {
      for await (const _reading of viatomOxyii.observe({
        link: {
          chunks: packets(),
          write: async ({ bytes }) => {
            codes.push(bytes[1]);
            if (bytes[1] === COMMAND.live) say({ channel: OXYII_CHANNELS.from, bytes: reply });
          },
          close: async () => {
            closedMs = clock.mono();
          },
        },
        clock,
        options: {},
        zone: "UTC",
        trace: { frame: () => undefined, reject: () => undefined, sent: () => undefined },
        signal: new AbortController().signal,
      })) {
        // One is all there is.
      }
    })().catch((error: unknown) => {
      failure = error;
      endedMs = clock.mono();
    });
    await clock.advance(600_000);
    await observing;
    return { closedMs, endedMs, codes, failure, pending: clock.pending };
  }

  test("a worn ring is let go at once and looked at again within the minute", async () => {
    const { closedMs, endedMs, codes, failure, pending } = await visit(live({}));
    // It did not say who it is; that is waited for 2 s.
    expect(closedMs).toBe(2_000);
    expect(endedMs).toBe(52_000);
    expect(codes).toEqual([COMMAND.info, COMMAND.live]);
    expect(failure).toMatchObject({ code: "LINK_LOST" });
    expect(pending).toBe(0);
  });

  test("supervised, a worn ring gives about a reading a minute, and is connected only to be read", async () => {
    const clock = createVirtualClock(wall(Date.UTC(2026, 0, 15, 22)));
    const memory = createMemoryLinks();
    const ring = memory.cable("ring");
    const stop = new AbortController();
    const simulating = viatomOxyii.simulate({
      link: ring.packets,
      bed: steadyBed({ samples: { spo2: 93, pulse_rate: 66 } }),
      clock,
      random: createSeededRandom(1),
      options: {},
      signal: stop.signal,
    });
    const times: number[] = [];
    const supervisor = supervise({
      module: viatomOxyii,
      device: "d",
      bed: "b1",
      epoch: "e",
      address: "memory:ring",
      options: {},
      links: createLinks({ clock, memory }),
      zone: "UTC",
      clock,
      random: createSeededRandom(2),
      log: silentLog,
      onObservation: ({ body, mono, timeliness }) => {
        expect(timeliness).toBe("delayed");
        if (body.kind === "samples") times.push(mono);
      },
    });
    supervisor.start();
    await clock.advance(600_000);
    // Nobody else could open it if it were held.
    const other = memory.openPackets("ring");
    await other.link.close();
    await supervisor.stop();
    stop.abort();
    await simulating;
    expect(times.length).toBeGreaterThanOrEqual(10);
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(50_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60_000);
    expect(clock.pending).toBe(0);
  });

  test("a ring off the finger is left alone for longer than it takes to switch itself off", async () => {
    const { closedMs, endedMs } = await visit(live({ state: 0, spo2: undefined, pulse: undefined }));
    expect((endedMs ?? 0) - (closedMs ?? 0)).toBeGreaterThan(130_000);
    expect(viatomOxyii.quietMs({})).toBeGreaterThan((endedMs ?? 0) + 45_000);
  });
});

const start = { year: 2026, month: 1, day: 15, hour: 22, minute: 0, second: 30 };

const session = (count: number): Uint8Array =>
  encodeSession(
    start,
    Array.from({ length: count }, (_, i) => ({ spo2: 88 + (i % 10), pulse: 60 + (i % 7), motion: i % 64 })),
  );

describe("a session file", () => {
  test("every record leaves with its second, in the bed's zone", () => {
    const bytes = session(120);
    const parsed = parseSession(bytes, "x");
    if (parsed === undefined) throw new Error("not read");
    expect(parsed).toMatchObject({ start, intervalS: 1, records: 120 });
    const readings = [...sessionReadings(bytes, parsed, "Asia/Kolkata")];
    const began = Date.UTC(2026, 0, 15, 16, 30, 30);
    expect(readings).toHaveLength(120);
    expect(readings[65]).toEqual({
      body: { kind: "samples", samples: { spo2: 93, pulse_rate: 62, motion: 1 } },
      deviceAt: began + 65_000,
    });
  });

  test("a file written by hand after the description is read", () => {
    const body = [
      hex("61 48 04"),
      hex("FF 49 03"),
      hex("FF FF FC"),
      hex("00 00 00"),
      hex("44 70 01"),
      hex("FF 72 00"),
    ];
    const trailer = new Uint8Array(48);
    trailer.set(hex("48 12 5A DA"), 4);
    trailer.set(hex("BE 6C 69 69"), 8);
    trailer.set([6, 0, 0, 0, 1, 1, 3], 12);
    const bytes = Buffer.concat([hex("01 03 00 00 00 00 00 00 04 00"), ...body, trailer]);
    const parsed = parseSession(bytes, "20260115223958");
    if (parsed === undefined) throw new Error("not read");
    // 69696CBE: seconds since 1970 of 2026-01-15 22:39:58, as if the ring's zone were UTC.
    expect(parsed.start).toEqual({ year: 2026, month: 1, day: 15, hour: 22, minute: 39, second: 58 });
    const readings = [...sessionReadings(bytes, parsed, "UTC")];
    expect(readings.map(({ body: said }) => said.kind === "samples" && said.samples)).toEqual([
      { spo2: 97, pulse_rate: 72, motion: 1 },
      { spo2: absent("not_measured"), pulse_rate: 73, motion: 0 },
      { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off"), motion: 63 },
      { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off"), motion: 0 },
      { spo2: 68, pulse_rate: 112, motion: 0 },
      { spo2: absent("under_range"), pulse_rate: 114, motion: 0 },
    ]);
  });

  test("a file without its trailer is read but for what may be one, and its name tells its start", () => {
    const bytes = session(120).subarray(0, 10 + 300);
    const parsed = parseSession(bytes, "night/O2RingS_20260115220030.bin");
    expect(parsed).toMatchObject({ start, records: Math.floor((300 - 48) / 3), trailer: undefined });
    const withSize = parseSession(bytes, "20260115220030", 10 + 360 + 48);
    expect(withSize).toMatchObject({ start, records: 100, trailer: undefined });
  });

  test("a record of a trailer is never taken for a measurement, wherever the file ends", () => {
    const bytes = session(30);
    for (let end = 0; end <= bytes.length; end++) {
      const parsed = parseSession(bytes.subarray(0, end), "20260115220030");
      if (parsed === undefined) continue;
      expect(parsed.records).toBeLessThanOrEqual(30);
      const readings = [...sessionReadings(bytes.subarray(0, end), parsed, "UTC")];
      readings.forEach(({ body }, i) =>
        expect(body).toMatchObject({ samples: { spo2: 88 + (i % 10), pulse_rate: 60 + (i % 7) } }),
      );
    }
  });

  test("a trailer that disagrees with the file is refused", () => {
    const bytes = session(30);
    bytes[bytes.length - 36] = 31;
    expect(() => parseSession(bytes, "20260115220030")).toThrow("It says 31 records and holds 30.");
  });

  test.each([
    ["another version", "02 03 00 00 00 00 00 00 04 00", "another version is not known"],
    ["a file of the older ring", "03 00 E9 07 03 06 16 14 38 DA", "viatom-ring-file"],
  ])("%s is refused with a sentence", (_name, head, sentence) => {
    const bytes = session(30);
    bytes.set(hex(head));
    expect(() => parseSession(bytes, "20260115220030")).toThrow(sentence);
  });

  test("whatever the bytes, it is read, refused with its code, or too short", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (tail, headed) => {
        const bytes = headed ? Uint8Array.from([...hex("01 03 00 00 00 00 00 00 04 00"), ...tail]) : tail;
        try {
          const parsed = parseSession(bytes, "20260115220030");
          if (parsed !== undefined)
            expect([...sessionReadings(bytes, parsed, "UTC")]).toHaveLength(parsed.records);
        } catch (error) {
          expect(error).toMatchObject({ code: "INPUT_INVALID" });
        }
      }),
    );
  });
});

/** A ring that was worn for ten minutes and taken off, then asked for its memory. */
async function fetched(change?: (bytes: Uint8Array) => Uint8Array) {
  const clock = createVirtualClock(wall(Date.UTC(2026, 0, 15, 22)));
  const links = createMemoryLinks();
  const ring = links.cable("ring");
  const stop = new AbortController();
  const present = steadyBed({ samples: { spo2: 91, pulse_rate: 60 } });
  const out = steadyBed({ samples: { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") } });
  const bed = () => (clock.mono() < 600_000 ? present : out);
  const sent: number[] = [];
  const simulating = viatomOxyii.simulate({
    link: ring.packets,
    bed: { ...present, sample: (signal) => bed().sample(signal) },
    clock,
    random: createSeededRandom(1),
    options: {},
    signal: stop.signal,
  });
  await clock.advance(640_000);
  ring.tamper(change);
  const { link } = links.openPackets("ring");
  const readings: DeviceReading[] = [];
  const rejects: string[] = [];
  let failure: unknown;
  const fetching = (async () => {
    for await (const reading of viatomOxyii.stored?.({
      link: {
        ...link,
        write: (packet) => {
          sent.push(packet.bytes[1] ?? 0);
          return link.write(packet);
        },
      },
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
  return { readings, rejects, failure, sent, pending: clock.pending };
}

describe("sessions in the ring's memory", () => {
  test("a session comes out second by second, and then it is over", async () => {
    const { readings, rejects, failure, pending } = await fetched();
    expect(failure).toBeUndefined();
    expect(rejects).toEqual([]);
    expect(readings[0]?.body).toMatchObject({ kind: "identity", firmware: "2D010002" });
    const times = readings.slice(1).map(({ deviceAt }) => deviceAt ?? 0);
    expect(times.length).toBeGreaterThanOrEqual(600);
    expect(times[0]).toBe(Date.UTC(2026, 0, 15, 22, 0, 1));
    expect(times.every((time, i) => time === (times[0] ?? 0) + i * 1000)).toBe(true);
    expect(readings[100]?.body).toEqual({
      kind: "samples",
      samples: { spo2: 91, pulse_rate: 60, motion: 1 },
    });
    expect(pending).toBe(0);
  });

  test("a ring that stops in the middle gives what it gave, and the fault says so", async () => {
    let blocks = 0;
    const { readings, failure } = await fetched((bytes) => {
      if (bytes[1] !== COMMAND.read) return bytes;
      blocks += 1;
      return blocks > 2 ? new Uint8Array(0) : bytes;
    });
    expect(failure).toMatchObject({ code: "DEVICE_NO_REPLY" });
    // Two blocks of 512 bytes, less the head.
    expect(readings.filter(({ body }) => body.kind === "samples")).toHaveLength(Math.floor((1024 - 10) / 3));
  });

  test("a damaged block is asked for again", async () => {
    let blocks = 0;
    const { readings, failure } = await fetched((bytes) => {
      if (bytes[1] !== COMMAND.read) return bytes;
      blocks += 1;
      return blocks === 2 ? bytes.map((byte, i) => (i === 50 ? byte ^ 1 : byte)) : bytes;
    });
    expect(failure).toBeUndefined();
    expect(readings.length).toBeGreaterThan(600);
  });

  test("a ring that encrypts is refused with a sentence", async () => {
    const { failure, sent } = await fetched();
    expect(failure).toBeUndefined();
    expect(sent[0]).toBe(COMMAND.auth);
    const bench = await refusedBy(encodeReply({ code: COMMAND.auth, seq: 0, data: new Uint8Array(20) }));
    expect(bench).toMatchObject({ code: "DEVICE_REFUSED" });
  });

  test("a ring that says nothing is a fault with its code", async () => {
    const { failure } = await fetched(() => new Uint8Array(0));
    expect(failure).toMatchObject({ code: "DEVICE_NO_REPLY" });
  });
});

/** What fetching throws when the opening key is answered by these bytes. */
async function refusedBy(reply: Uint8Array): Promise<unknown> {
  const clock = createVirtualClock(wall(0));
  const links = createMemoryLinks();
  const ring = links.cable("ring");
  const { link } = links.openPackets("ring");
  await ring.packets.write({ channel: OXYII_CHANNELS.from, bytes: reply });
  let failure: unknown;
  const fetching = (async () => {
    for await (const _reading of viatomOxyii.stored?.({
      link,
      clock,
      options: {},
      zone: "UTC",
      trace: { frame: () => undefined, reject: () => undefined, sent: () => undefined },
      signal: new AbortController().signal,
    }) ?? []) {
      // Nothing comes.
    }
  })().catch((error: unknown) => {
    failure = error;
  });
  await clock.advance(1000);
  await fetching;
  return failure;
}

describe("a folder of session files", () => {
  test("sessions come in the order of their names' times; others are left alone", async () => {
    const bench = await createBench(viatomOxyiiFile);
    const { card } = bench.cable;
    const named = (day: number, count: number): [string, Uint8Array] => [
      `202601${day}220030`,
      encodeSession(
        { ...start, day },
        Array.from({ length: count }, () => ({ spo2: 95, pulse: 60, motion: 0 })),
      ),
    ];
    const [later, laterBytes] = named(17, 2);
    const [earlier, earlierBytes] = named(16, 1);
    await card.write(`a/${later}.bin`, 0, laterBytes);
    await card.write(`b/O2Ring_${earlier}`, 0, earlierBytes);
    await card.write("20260115220030.csv", 0, earlierBytes);
    await card.write("20260118220030.bin", 0, hex("03 00 E9 07"));
    await bench.clock.advance(60_000);
    const days = bench.heard.readings.map(({ reading }) => dayOf(reading.deviceAt));
    expect(days).toEqual([16, 17, 17]);
    expect(bench.heard.rejects).toEqual([expect.stringContaining("viatom-ring-file")]);
    await bench.abort();
  });

  test("of a file that grows only what is new leaves", async () => {
    const bench = await createBench(viatomOxyiiFile);
    const whole = session(200);
    await bench.cable.card.write("20260115220030", 0, whole.subarray(0, 10 + 48 + 300));
    await bench.clock.advance(60_000);
    expect(bench.heard.readings).toHaveLength(100);
    await bench.cable.card.write("20260115220030", 0, whole);
    await bench.clock.advance(60_000);
    const times = bench.heard.readings.map(({ reading }) => reading.deviceAt ?? 0);
    expect(times).toHaveLength(200);
    expect(times.every((time, i) => time === (times[0] ?? 0) + i * 1000)).toBe(true);
    await bench.abort();
  });
});

const dayOf = (at: Wall | undefined): number => new Date(at ?? 0).getUTCDate();

test("the tables of the page are those of the codec", () => {
  const page = readFileSync(path.join(folder, "README.md"), "utf8");
  for (const frame of [LIVE, RECORD, TRAILER]) expect(page).toContain(frame.table());
});
