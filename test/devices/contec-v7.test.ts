// What is particular to Contec's protocol V7.0; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import * as codec from "../../devices/contec-v7/codec.ts";
import { contecV7 } from "../../devices/contec-v7/module.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { fromHex, parseHexFrames, toHex } from "../../src/wire/transcript.ts";
import { createBench, feedStream, type Heard, playScene } from "../support/conformance.ts";
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
    contecV7,
    {},
    chunks.map((bytes) => ({ offsetMs: 0, bytes })),
  );

const samplesIn = (heard: Heard): Samples[] =>
  heard.readings.flatMap(({ reading }) => (reading.body.kind === "samples" ? [reading.body.samples] : []));

/** The last of enough packets of this kind to be believed. */
const shown = async (packet: string): Promise<Samples | undefined> =>
  samplesIn(await decode(...Array.from({ length: 3 }, () => hex(packet)))).at(-1);

describe("packets of real devices", () => {
  const { test, path: file } = recordings("oximeters/contec_v7_serial.hex");
  const text = (): string => readFileSync(file, "utf8");

  test("each of them is one packet for the framer, also when all come as one stream", () => {
    const frames = parseHexFrames(text());
    expect(frames).toHaveLength(22);
    const lengths: number[] = [];
    const noise: string[] = [];
    const framer = createFramer({
      rule: codec.V7_RULE,
      confirm: 1,
      onFrame: (_bytes, _at, length) => lengths.push(length),
      onNoise: (_bytes, reason) => noise.push(reason),
    });
    framer.push(Buffer.concat(frames));
    expect(noise).toEqual([]);
    expect(lengths).toEqual(frames.map((frame) => frame.length));
  });

  test("length packets hold the count of bytes, and that many packets followed", () => {
    const lines = text()
      .split("\n")
      .flatMap((line) => /^(08 .*?) \| (\d+) bytes, (\d+) packets/.exec(line)?.slice(1) ?? [])
      .reduce<string[][]>(
        (all, cell, i) =>
          i % 3 === 0 ? [...all, [cell]] : [...all.slice(0, -1), [...(all.at(-1) ?? []), cell]],
        [],
      );
    expect(lines).toHaveLength(8);
    for (const [frame = "", bytes, packets] of lines) {
      const length = codec.LENGTH.decode(hex(frame), 0).bytes;
      expect([String(length), String(Math.ceil(length / 6))]).toEqual([bytes, packets]);
    }
  });

  test("a session of 292 bytes is 146 seconds of 94 % and 66 /min, one value a second", async () => {
    const say = (head: string) =>
      parseHexFrames(text())
        .filter((frame) => toHex(frame).startsWith(head))
        .slice(0, 1);
    const { readings, failure } = await fetchStored(contecV7, ({ bytes }) => {
      const asked = toHex(bytes);
      const packets = ANSWERS.find(([command]) => asked.startsWith(command))?.[1].flatMap(say) ?? [];
      const many = asked.startsWith("7D 81 A6") ? Array.from({ length: 49 }, () => packets).flat() : packets;
      return many.map((packet) => ({ bytes: packet }));
    });
    expect(failure).toBeUndefined();
    expect(readings).toHaveLength(146);
    // 02:38:18 in the zone of these tests, five and a half hours ahead.
    expect(readings.map(({ deviceAt }) => deviceAt)).toEqual(
      Array.from({ length: 146 }, (_, i) => Date.UTC(2014, 7, 17, 21, 8, 18 + i)),
    );
    for (const { body } of readings) {
      expect(body).toEqual({ kind: "samples", samples: { spo2: 94, pulse_rate: 66 } });
    }
  });

  test("a stored packet with perfusion index says 97 %, 68 /min, 5.90 %", () => {
    const [packet] = parseHexFrames(text()).filter((frame) => frame[0] === 0x09);
    expect(codec.STORED_PERFUSION.decode(packet ?? new Uint8Array(6), 0)).toEqual({
      spo2: 97,
      pulse: 68,
      perfusion: 590,
    });
  });
});

/** Commands of the host and the recorded packets that answer them. */
const ANSWERS: readonly (readonly [string, readonly string[]])[] = [
  ["7D 81 A7", ["0C"]],
  ["7D 81 A2", ["0C"]],
  ["7D 81 AD", ["10"]],
  ["7D 81 A3", ["0A"]],
  ["7D 81 A4", ["08 80 80 80 A4"]],
  ["7D 81 A5", ["07", "12"]],
  ["7D 81 A6", ["0F"]],
];

describe("live packets", () => {
  test("hold SpO2, pulse and perfusion index", async () => {
    expect(await shown("01 80 C5 B2 86 C8 E1 D9 81")).toEqual({
      spo2: 97,
      pulse_rate: 72,
      perfusion_index: 3.5,
    });
  });

  test("carry bit 7 of the pulse in the second byte: 150 is not 22", async () => {
    expect(await shown("01 88 C5 B2 86 96 E1 D9 81")).toMatchObject({ pulse_rate: 150 });
  });

  test.each([127, 128, 150, 254])("a pulse of %i is itself", async (pulse) => {
    const packet = live({ pulse });
    expect(await shown(toHex(packet))).toMatchObject({ pulse_rate: pulse });
  });

  test("with the finger out have no numbers", async () => {
    expect(await shown("01 E9 80 C0 90 FF FF FF FF")).toEqual({
      spo2: absent("sensor_off"),
      pulse_rate: absent("sensor_off"),
      perfusion_index: absent("unsupported"),
    });
  });

  test("with a status that does not vouch for them have no numbers, whatever they hold", async () => {
    for (const [status, reason] of [
      [{ probeError: true }, "sensor_off"],
      [{ searching: true }, "searching"],
      [{ searchTooLong: true }, "searching"],
    ] as const) {
      expect(await shown(toHex(live(status)))).toMatchObject({
        spo2: absent(reason),
        pulse_rate: absent(reason),
      });
    }
  });

  test("are believed only from the third in a row on, at the start and after noise", async () => {
    const packet = live({});
    expect(samplesIn(await decode(packet, packet))).toEqual([]);
    expect(samplesIn(await decode(packet, packet, packet))).toHaveLength(1);
    expect(samplesIn(await decode(packet, packet, hex("7F"), packet))).toEqual([]);
    expect(samplesIn(await decode(packet, packet, hex("7F"), packet, packet, packet))).toHaveLength(1);
  });

  test("whose numbers stand in one of them only are not believed: a flipped bit is no desaturation", async () => {
    for (let place = 0; place < 125; place++) {
      const packets = Array.from({ length: 125 }, (_, i) => live(i === place ? { spo2: 65, pulse: 8 } : {}));
      for (const samples of samplesIn(await decode(...packets))) {
        expect(samples).toMatchObject({ spo2: 97, pulse_rate: 72 });
      }
    }
  });

  test("that came between noise for long are not made up for by a burst of readings", async () => {
    const torn = Array.from({ length: 600 }, () => [live({}), hex("FF")]).flat();
    const whole = Array.from({ length: 60 }, () => live({}));
    expect(samplesIn(await decode(...torn))).toEqual([]);
    expect(samplesIn(await decode(...torn, ...whole)).length).toBeLessThanOrEqual(2);
  });

  test("give one reading in sixty, and their wave", async () => {
    const heard = await decode(...Array.from({ length: 183 }, () => live({})));
    expect(samplesIn(heard)).toHaveLength(4);
    const waves = heard.readings.flatMap(({ reading }) =>
      reading.body.kind === "wave" ? [reading.body] : [],
    );
    expect(waves.map(({ channels }) => channels.pleth?.length)).toEqual([60, 60, 60]);
  });

  test("after a low saturation without SpO2 are under range while the pulse is there", async () => {
    const low = Array.from({ length: 3 }, () => live({ spo2: 64 }));
    const gone = Array.from({ length: 60 }, () => live({ spo2: undefined }));
    expect(samplesIn(await decode(...low, ...gone)).at(-1)).toMatchObject({
      spo2: absent("under_range"),
      pulse_rate: 72,
    });
  });

  test("that are refused or end say why", async () => {
    const heard = await decode(
      codec.FEEDBACK.encode({ command: codec.DO.startLive, reason: 3 }),
      codec.FEEDBACK.encode({ command: codec.DO.startLive, reason: 3 }),
      codec.FEEDBACK.encode({ command: codec.DO.setDate, reason: 5 }),
      codec.GOODBYE.encode({ reason: 1 }),
    );
    expect(heard.readings.map(({ reading }) => reading.body)).toEqual([
      { kind: "status", codes: ["start_refused_recording"] },
      { kind: "status", codes: ["disconnected_shutting_down"] },
    ]);
  });
});

function live(over: Partial<codec.LiveValues>): Uint8Array {
  return codec.LIVE.encode({
    probeError: false,
    searching: false,
    beat: false,
    lowSpo2: false,
    searchTooLong: false,
    strength: 6,
    pleth: 50,
    noPerfusion: true,
    bar: 6,
    pulse: 72,
    spo2: 97,
    perfusion: undefined,
    ...over,
  });
}

describe("the host", () => {
  test.each([
    [codec.command(codec.DO.startLive), "7D 81 A1 80 80 80 80 80 80"],
    [codec.command(codec.DO.keepAlive), "7D 81 AF 80 80 80 80 80 80"],
    [codec.command(codec.DO.setDate, [20, 25, 11, 22, 6]), "7D 81 B2 94 99 8B 96 86 80"],
    // Delete all sessions of user 0, which is never sent: the argument FF takes its bit 7 along.
    [codec.command(0xae, [0, 0xff]), "7D 85 AE 80 FF 80 80 80 80"],
  ])("encodes commands with bit 7 of every byte in the second one", (bytes, expected) => {
    expect(toHex(bytes)).toBe(expected);
  });

  test("ends what ran, sets the clock, starts, starts again while nothing comes, keeps alive every 5 s", async () => {
    const bench = await createBench(contecV7);
    const sent: [number, string][] = [];
    const listen = async (): Promise<void> => {
      for await (const chunk of bench.cable.device.chunks) {
        sent.push([
          bench.clock.mono(),
          toHex(chunk)
            .replace(/^7D /, "")
            .replace(/( 80)+$/, ""),
        ]);
      }
    };
    // Ends with the cable, which nobody closes here.
    listen().catch(() => undefined);
    await bench.clock.advance(2_000);
    const packets = Buffer.concat(Array.from({ length: 60 }, () => live({})));
    for (let second = 0; second < 5; second++) {
      await bench.cable.device.write(new Uint8Array(packets));
      await bench.clock.advance(1_000);
    }
    expect(sent).toEqual([
      [0, "81 A7"],
      [200, "81 A2"],
      // Friday 2026-01-16, 03:30:00 in the zone of these tests, as 22:00 UTC of the day before.
      [400, "81 B2 94 9A 81 90 85"],
      [600, "81 B1 83 9E"],
      [800, "81 A1"],
      [1_800, "81 A1"],
      [5_800, "81 AF"],
    ]);
    await bench.abort();
    expect(bench.clock.pending).toBe(0);
  });

  test("keeps the simulated device talking for minutes", async () => {
    const { heard } = await playScene(contecV7, {
      name: "alive",
      bed: steadyBed({ samples: { spo2: 97, pulse_rate: 72 } }),
      seconds: 60,
      expected: {},
      kinds: [],
    });
    expect(samplesIn(heard).length).toBeGreaterThan(57);
  });
});

describe("the memory", () => {
  const scripted =
    (answers: { readonly [command: string]: readonly Uint8Array[] }): StoredDevice =>
    ({ bytes }) => {
      const code = codec.COMMAND.check(bytes, 0) === 0 ? codec.COMMAND.decode(bytes, 0).command : 0;
      return (answers[code.toString(16)] ?? []).map((packet) => ({ bytes: packet }));
    };
  const free = [codec.FREE.encode({})];
  const place = { user: 0, segment: 0 };
  const stored = (spo2: number, pulse: number): Uint8Array =>
    codec.STORED.encode({
      spo2First: spo2,
      pulseFirst: pulse,
      spo2Second: spo2,
      pulseSecond: pulse,
      spo2Third: spo2,
      pulseThird: pulse,
    });
  const dated = [
    codec.START_DATE.encode({ ...place, century: 20, year: 26, month: 1, day: 15 }),
    codec.START_TIME.encode({ ...place, hour: 1, minute: 2, second: 3 }),
  ];
  const one = {
    a7: free,
    a2: free,
    ad: [codec.USERS.encode({ count: 1 })],
    a3: [codec.SEGMENTS.encode({ user: 0, count: 1 })],
    a4: [codec.LENGTH.encode({ ...place, bytes: 6 })],
    a5: dated,
  };

  test("of a model that knows no users and no sessions is session 0 of user 0", async () => {
    const no = (command: number) => [codec.FEEDBACK.encode({ command, reason: 5 })];
    const answers = { ...one, ad: no(0xad), a3: no(0xa3), a6: [stored(91, 140)] };
    const { readings, failure } = await fetchStored(contecV7, scripted(answers));
    expect(failure).toBeUndefined();
    expect(readings.map(({ body }) => body)).toEqual(
      Array.from({ length: 3 }, () => ({ kind: "samples", samples: { spo2: 91, pulse_rate: 140 } })),
    );
  });

  test.each([
    [0, 0],
    [127, 255],
  ])("a second without a finger (%i, %i) has no numbers", async (spo2, pulse) => {
    const { readings } = await fetchStored(contecV7, scripted({ ...one, a6: [stored(spo2, pulse)] }));
    expect(readings).toHaveLength(3);
    for (const { body } of readings) {
      expect(body).toMatchObject({
        samples: { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") },
      });
    }
  });

  test("a session with perfusion index has four bytes a second", async () => {
    const packets = [590, 0xffff, 0].map((perfusion) =>
      codec.STORED_PERFUSION.encode({ spo2: 97, pulse: 168, perfusion }),
    );
    const answers = { ...one, a4: [codec.LENGTH.encode({ ...place, bytes: 12 })], a6: packets };
    const { readings } = await fetchStored(contecV7, scripted(answers));
    const none = absent("not_measured");
    expect(readings.map(({ body }) => body.kind === "samples" && body.samples)).toEqual(
      [5.9, none, none].map((index) => ({ spo2: 97, pulse_rate: 168, perfusion_index: index })),
    );
  });

  test("a session without a date is left out, or ends when it is fetched, as told", async () => {
    const zero = [
      codec.START_DATE.encode({ ...place, century: 0, year: 0, month: 0, day: 0 }),
      codec.START_TIME.encode({ ...place, hour: 0, minute: 0, second: 0 }),
    ];
    const device = scripted({ ...one, a5: zero, a6: [stored(97, 66)] });
    const left = await fetchStored(contecV7, device);
    expect(left.readings).toEqual([]);
    expect(left.rejects).toEqual(["a session without a date: the oximeter has no clock, or it was not set"]);
    const taken = await fetchStored(contecV7, device, { undated: "ended_now" });
    const ends = taken.readings.map(({ deviceAt }) => Number(deviceAt) - Date.UTC(2026, 0, 15, 22));
    expect(ends).toEqual([-3000, -2000, -1000]);
  });

  test("a session in which a byte was damaged is fetched again, and not given out", async () => {
    let asked = 0;
    const answer: StoredDevice = (said) => {
      const code = codec.COMMAND.decode(said.bytes, 0).command;
      if (code !== codec.DO.sendSegment) return scripted(one)(said);
      asked += 1;
      const bytes = stored(97, 66);
      return asked === 1 ? [{ bytes: hex("FF") }, { bytes }] : [{ bytes }];
    };
    const { readings, rejects } = await fetchStored(contecV7, answer);
    expect(asked).toBe(2);
    expect(readings).toHaveLength(3);
    expect(rejects).toContain("a session did not come whole");
  });

  test("a refusal is a fault that says so; silence is another", async () => {
    const refused = { ...one, a6: [codec.FEEDBACK.encode({ command: 0xa6, reason: 3 })] };
    const { failure } = await fetchStored(contecV7, scripted(refused));
    expect(failure).toMatchObject({ code: "DEVICE_REFUSED", message: expect.stringContaining("recording") });
    expect((await fetchStored(contecV7, () => [])).failure).toMatchObject({ code: "DEVICE_NO_REPLY" });
  });

  test("of the simulated device is what it showed", async () => {
    const bed = steadyBed({ samples: { spo2: 93, pulse_rate: 131 } });
    const { readings, failure } = await fetchSimulated(contecV7, bed, 30);
    expect(failure).toBeUndefined();
    expect(readings.length).toBeGreaterThanOrEqual(29);
    expect(readings[0]).toEqual({
      body: { kind: "samples", samples: { spo2: 93, pulse_rate: 131 } },
      deviceAt: expect.any(Number),
    });
  });
});

describe("README.md", () => {
  test("has the tables of the packets as they are declared", () => {
    const text = readFileSync(path.join(import.meta.dirname, "../../devices/contec-v7/README.md"), "utf8");
    const {
      LIVE,
      START_DATE,
      START_TIME,
      LENGTH,
      STORED,
      STORED_PERFUSION,
      SEGMENTS,
      USERS,
      FEEDBACK,
      COMMAND,
    } = codec;
    for (const format of [
      LIVE,
      STORED,
      STORED_PERFUSION,
      LENGTH,
      START_DATE,
      START_TIME,
      SEGMENTS,
      USERS,
      FEEDBACK,
      COMMAND,
    ]) {
      expect(text).toContain(format.table());
    }
  });
});
