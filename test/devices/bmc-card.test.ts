import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBaseline } from "../../devices/bmc-card/baseline.ts";
import { DAY, PACKET } from "../../devices/bmc-card/codec.ts";
import { bmcCard } from "../../devices/bmc-card/module.ts";
import { readUsr } from "../../devices/bmc-card/usr.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import type { Samples } from "../../src/domain/sample.ts";
import { parseHexFrames } from "../../src/wire/transcript.ts";
import { createBench } from "../support/conformance.ts";
import { type FolderRead, plain, readFolder } from "../support/folder.ts";

const byHand = parseHexFrames(
  readFileSync(path.join(import.meta.dirname, "../../devices/bmc-card/fixtures/packet-by-hand.hex"), "utf8"),
)[0]!;

/** The packet made by hand with another time, and other bytes where they are given. */
function packet(time: string, words: { readonly [at: number]: number } = {}): Uint8Array {
  const bytes = byHand.slice();
  const view = new DataView(bytes.buffer);
  const [year, ...rest] = time.split(/\D/).map(Number);
  view.setUint16(0xf8, year!, true);
  rest.forEach((value, i) => {
    bytes[0xfa + i] = value;
  });
  for (const [at, value] of Object.entries(words)) view.setUint16(Number(at), value, true);
  return bytes;
}

const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Packets of so many seconds from a time of 2026 on. */
const run = (from: string, seconds: number): Uint8Array =>
  joined(
    ...Array.from({ length: seconds }, (_, i) =>
      packet(new Date(Date.parse(`${from}Z`) + i * 1000).toISOString().slice(0, 19)),
    ),
  );

const index = (
  ...days: { date: [number, number, number]; mode: number; epap?: number; support?: number }[]
) => {
  const file = new Uint8Array(2048 + 512 * days.length);
  days.forEach(({ date, mode, epap = 16, support = 20 }, i) => {
    const at = 2048 + 512 * i;
    file.set([0xaa, 0xaa, i, 0, ...date], at);
    file[at + 0x141] = epap;
    file[at + 0x148] = support << 2;
    file[at + 0x14d] = mode << 4;
  });
  return file;
};

interface Past {
  readonly date: number;
  readonly minutes: number;
  readonly blocks: readonly number[];
}

/** A .USR file with days that are over, laid out after the document, by hand. */
function usr({
  serial = "A1B2C3D4E5F6",
  past = [] as readonly Past[],
  running = [] as readonly number[],
} = {}) {
  const bytes = new Uint8Array(
    0x102340 + past.reduce((sum, { blocks }) => sum + 0x45 + 10 + blocks.length, 0),
  );
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(serial), 0x2d);
  bytes.set(Buffer.from("G3 B30VT"), 0x2296);
  view.setUint16(0x431, 0x337b, true);
  bytes.set([...running, 0xff], 0x441);
  view.setUint32(0x102338, past.length, true);
  let at = 0x102340;
  for (const { date, minutes, blocks } of past) {
    const next = at + 0x45 + 10 + blocks.length;
    bytes[at] = 0xe1;
    view.setUint32(at + 1, next, true);
    view.setUint16(at + 7, date, true);
    view.setUint16(at + 0xf, minutes, true);
    bytes.set([0x11, 1, 2, 3, 4, 0xff, 0, 0, 0, 0, ...blocks], at + 0x45);
    at = next;
  }
  return bytes;
}

const STEM = "C3D4E5F6";

const card = (files: { readonly [ending: string]: Uint8Array }): Promise<FolderRead> =>
  readFolder(
    bmcCard,
    Object.fromEntries(Object.entries(files).map(([ending, bytes]) => [`${STEM}.${ending}`, bytes])),
    { zone: "Asia/Shanghai" },
  );

const bodiesOf = <Kind extends ObservationBody["kind"]>({ readings }: FolderRead, kind: Kind) =>
  readings.flatMap((reading) => {
    const [at, body] = plain(reading);
    return body.kind === kind ? [[at, body as Extract<ObservationBody, { kind: Kind }>] as const] : [];
  });

const samplesOf = (found: FolderRead): readonly (readonly [string, Samples])[] =>
  bodiesOf(found, "samples").map(([at, { samples }]) => [at, samples]);

describe("one packet", () => {
  test("made by hand after the document, in the zone of the bed", async () => {
    const found = await card({ idx: index(), "000": byHand });
    expect(found.rejects).toEqual([]);
    expect(samplesOf(found)).toEqual([
      [
        "2026-11-14T15:05:42.000Z",
        {
          therapy: 1,
          pressure_insp: 18,
          pressure_exp: 8,
          leak: 12,
          tidal_volume_exp: 450,
          minute_volume: 7.2,
          // Not valid in the first half minute.
          resp_rate: { absent: "not_measured" },
          spo2: 94,
          pulse_rate: 78,
        },
      ],
    ]);
    const [wave] = bodiesOf(found, "wave");
    expect(wave?.[1].rateHz).toBe(25);
    expect(wave?.[1].channels.flow?.slice(0, 3)).toEqual([0, 7.4, 14.3]);
  });

  test("the leak that the flow rides on is taken off it", async () => {
    const shifted = byHand.slice();
    const view = new DataView(shifted.buffer);
    for (let at = 0x6c; at < 0x9e; at += 2) view.setInt16(at, view.getInt16(at, true) + 240, true);
    const [wave] = bodiesOf(await card({ idx: index(), "000": shifted }), "wave");
    expect(wave?.[1].channels.flow?.slice(0, 3)).toEqual([0, 7.4, 14.3]);
  });

  test("FFFF is no value, and without an oximeter nothing is said of one", async () => {
    const nothing = packet("2026-11-14T23:05:42", {
      0x04: 0xffff,
      0x06: 0xffff,
      0xc4: 0xffff,
      0xc6: 0xffff,
      0xca: 0xffff,
      0xcc: 0xffff,
      0xce: 0xffff,
      0xd0: 0xffff,
    });
    const [first] = samplesOf(await card({ idx: index(), "000": nothing }));
    const none = { absent: "not_measured" };
    expect(first?.[1]).toEqual({
      therapy: 1,
      pressure_insp: none,
      pressure_exp: none,
      leak: none,
      tidal_volume_exp: none,
      minute_volume: none,
      resp_rate: none,
    });
  });

  test.each([
    [49, { absent: "invalid" }],
    [50, 50],
    [100, 100],
    [101, { absent: "invalid" }],
  ])("SpO2 %i at CC", async (spo2, expected) => {
    const [first] = samplesOf(
      await card({ idx: index(), "000": packet("2026-11-14T23:05:42", { 0xcc: spo2 }) }),
    );
    expect(first?.[1].spo2).toEqual(expected);
  });

  test("what another reader takes for SpO2, at C8, is not", async () => {
    const only = packet("2026-11-14T23:05:42", { 0xc8: 97, 0xcc: 0xffff, 0xce: 0xffff });
    expect(samplesOf(await card({ idx: index(), "000": only }))[0]?.[1]).not.toHaveProperty("spo2");
  });

  test.each([
    ["no mark", (bytes: Uint8Array) => bytes.fill(0, 0, 2), "byte 1 is not AA"],
    ["month 13", (bytes: Uint8Array) => bytes.fill(13, 0xfa, 0xfb), "no date and time"],
    ["a clock never set", (bytes: Uint8Array) => bytes.fill(0xff, 0xf8, 0xff), "no date and time"],
  ])("%s is refused, and the next packet is read", async (_name, spoil, reason) => {
    const spoilt = packet("2026-11-14T23:05:42");
    spoil(spoilt);
    const found = await card({ idx: index(), "000": joined(spoilt, packet("2026-11-14T23:05:43")) });
    expect(found.rejects).toEqual([reason]);
    expect(samplesOf(found)).toHaveLength(1);
  });
});

describe("a time of use", () => {
  test("the rate counts after half a minute, in each time of use anew", async () => {
    const found = await card({
      idx: index(),
      "000": joined(run("2026-11-14T23:00:00", 40), run("2026-11-15T01:00:00", 40)),
    });
    const rates = samplesOf(found).filter(([, { resp_rate }]) => typeof resp_rate === "number");
    expect(rates).toHaveLength(20);
    expect(rates[0]?.[0]).toBe("2026-11-14T15:00:30.000Z");
  });

  test("a gap of more than five minutes is the machine off", async () => {
    const found = await card({
      idx: index(),
      "000": joined(run("2026-11-14T23:00:00", 2), run("2026-11-14T23:05:02", 1)),
    });
    expect(samplesOf(found).map(([at, { therapy }]) => [at.slice(14, 19), therapy])).toEqual([
      ["00:00", 1],
      ["00:01", 1],
      ["00:02", 0],
      ["05:02", 1],
    ]);
    const short = await card({
      idx: index(),
      "000": joined(run("2026-11-14T23:00:00", 2), run("2026-11-14T23:05:01", 1)),
    });
    expect(samplesOf(short).map(([, { therapy }]) => therapy)).toEqual([1, 1, 1]);
  });

  test("a clock that was set back: what comes twice is left out, what is new is read", async () => {
    const found = await card({
      idx: index(),
      "000": joined(run("2026-11-14T23:00:00", 3), run("2026-11-14T22:59:58", 5)),
    });
    expect(found.rejects).toEqual(Array.from({ length: 3 }, () => "the time of another packet"));
    const times = samplesOf(found).flatMap(([at, { therapy }]) => (therapy === 1 ? [at.slice(14, 19)] : []));
    expect(times).toEqual(["00:00", "00:01", "00:02", "59:58", "59:59"]);
    const all = found.readings.map(({ body, deviceAt }) => `${body.kind} ${deviceAt}`);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("the ring of files", () => {
  const timesOf = (found: FolderRead): readonly string[] =>
    samplesOf(found).flatMap(([at, { therapy }]) => (therapy === 1 ? [at.slice(5, 10)] : []));

  test("files in order of their time, not of their number", async () => {
    const found = await card({
      idx: index(),
      "000": run("2026-11-20T23:00:00", 1),
      "001": run("2026-09-01T23:00:00", 1),
      "002": run("2026-10-01T23:00:00", 1),
    });
    expect(timesOf(found)).toEqual(["09-01", "10-01", "11-20"]);
  });

  test.each([1, 2, 5, 9])("a file of ten that is written over for the first %i packets", async (newer) => {
    const file = joined(run("2026-11-20T23:00:00", newer), run("2026-09-01T23:00:00", 10 - newer));
    const found = await card({ idx: index(), "000": file, "001": run("2026-10-01T23:00:00", 2) });
    expect(found.rejects).toEqual([]);
    expect(timesOf(found)).toEqual([
      ...Array.from({ length: 10 - newer }, () => "09-01"),
      "10-01",
      "10-01",
      ...Array.from({ length: newer }, () => "11-20"),
    ]);
  });

  test("a card that grows, and writes over its first file, is read on without a packet twice", async () => {
    const bench = await createBench(bmcCard);
    const { card: slot } = bench.cable;
    const write = (file: string, packets: number, bytes: Uint8Array) =>
      slot.write(`${STEM}.${file}`, packets * 256, bytes);
    const heard = (): readonly string[] =>
      bench.heard.readings.flatMap(({ reading }) =>
        reading.body.kind === "samples" && reading.body.samples.therapy === 1
          ? [new Date(reading.deviceAt!).toISOString().slice(5, 19)]
          : [],
      );
    await write("idx", 0, index());
    await write("000", 0, run("2026-09-01T23:00:00", 4));
    await write("001", 0, run("2026-11-20T23:00:00", 2));
    await bench.clock.advance(60_000);
    expect(heard()).toHaveLength(6);
    await write("001", 2, run("2026-11-20T23:00:02", 1));
    await write("000", 0, run("2026-11-20T23:00:03", 2));
    await bench.clock.advance(60_000);
    expect(heard().slice(6)).toEqual(["11-20T17:30:02", "11-20T17:30:03", "11-20T17:30:04"]);
    await write("000", 2, run("2026-11-20T23:00:05", 2));
    await bench.clock.advance(60_000);
    expect(heard().slice(9)).toEqual(["11-20T17:30:05", "11-20T17:30:06"]);
    await bench.clock.advance(120_000);
    expect(heard()).toHaveLength(11);
    await bench.abort();
    expect(bench.heard.failure).toBeUndefined();
  });

  test("however long the card, only pieces of it are in memory", async () => {
    const found = await card({ idx: index(), "000": run("2026-11-14T23:00:00", 1200) });
    expect(samplesOf(found)).toHaveLength(1200);
    expect(found.largestRead).toBeLessThanOrEqual(64 * 1024);
  });
});

describe("settings by day", () => {
  test("S/T with its pressures, once as long as they stay, at the noon that the day began", async () => {
    const found = await card({
      idx: index(
        { date: [26, 11, 13], mode: 3 },
        { date: [26, 11, 14], mode: 3 },
        { date: [26, 11, 15], mode: 3, epap: 18 },
        { date: [26, 11, 16], mode: 0 },
      ),
      "000": byHand,
    });
    expect(bodiesOf(found, "settings").map(([at, { settings }]) => [at, settings])).toEqual([
      ["2026-11-13T04:00:00.000Z", { mode: "S/T", epap: 8, ipap: 18, pressure_support: 10 }],
      ["2026-11-15T04:00:00.000Z", { mode: "S/T", epap: 9, ipap: 19, pressure_support: 10 }],
      ["2026-11-16T04:00:00.000Z", { mode: "CPAP" }],
    ]);
    expect(found.readings.map(({ deviceAt }) => deviceAt)).toEqual(
      found.readings.map(({ deviceAt }) => deviceAt).toSorted((a, b) => a! - b!),
    );
  });

  test("a mode that nobody has named is refused, not guessed", async () => {
    const found = await card({ idx: index({ date: [26, 11, 14], mode: 9 }), "000": byHand });
    expect(bodiesOf(found, "settings")).toEqual([]);
    expect(found.rejects).toEqual([`${STEM}: day 0 of the index has no date, or a mode that is not known`]);
  });
});

describe("what the machine counted", () => {
  /** 2026-11-14 and the day before, as the file has dates: year since 2000, month, day in 7, 4 and 5 bits. */
  const NOV_14 = (26 << 9) | (11 << 5) | 14;
  const oneOfEach = [
    ...[0x80, 1, 0, 0, 0, 9, 9],
    ...[0x82, 1, 0, 0, 0, 1, 2, 3, 4],
    ...[0x83, 2, 0, 0, 0, 11, 5, 23, 11, 5, 30],
    ...[0x84, 1, 0, 0, 0, 12, 0, 10],
  ];

  test("serial number, model, and events at their minute", async () => {
    const past = [{ date: NOV_14, minutes: 0, blocks: [...oneOfEach, 0x87, 1, 0, 0, 0, 13, 1, 15] }];
    const found = await card({ USR: usr({ past }), idx: index(), "000": byHand });
    expect(found.rejects).toEqual([]);
    expect(bodiesOf(found, "identity").map(([, body]) => body)).toEqual([
      { kind: "identity", serial: "A1B2C3D4E5F6", model: "G3 B30VT" },
    ]);
    expect(bodiesOf(found, "status").map(([at, { codes }]) => [at, codes])).toEqual([
      ["2026-11-14T15:05:00.000Z", ["obstructive_apnea", "lasted_23_s", "obstructive_apnea", "lasted_30_s"]],
      ["2026-11-14T16:00:00.000Z", ["hypopnea", "lasted_10_s"]],
      ["2026-11-14T17:01:00.000Z", ["central_apnea", "lasted_15_s"]],
    ]);
  });

  test("block 85 is central apnea where its layout fits, and numbers where that does", () => {
    const asEvents = usr({ past: [{ date: NOV_14, minutes: 0, blocks: [0x85, 1, 0, 0, 0, 1, 2, 3] }] });
    expect(readUsr(asEvents).events.map(({ code }) => code)).toEqual(["central_apnea"]);
    const asNumbers = usr({ past: [{ date: NOV_14, minutes: 0, blocks: [0x85, 2, 0, 0, 0, 1, 2, 3, 4] }] });
    expect(readUsr(asNumbers)).toMatchObject({ events: [], problems: [] });
    const neither = usr({ past: [{ date: NOV_14, minutes: 0, blocks: [0x85, 9, 0, 0, 0, 1] }] });
    expect(readUsr(neither).problems).toEqual(["the events of past day 1 are not laid out as known"]);
  });

  test("the running day: messages with and without a length", () => {
    const running = [0x02, 20, 5, 0, 0x05, 1, 9, 0x07, 3, 10, 30, 12, 0x08, 3, 11, 0, 14];
    expect(readUsr(usr({ running })).events).toEqual([
      { date: { year: 2025, month: 11, day: 27 }, minutesSinceNoon: 630, seconds: 12, code: "central_apnea" },
      {
        date: { year: 2025, month: 11, day: 27 },
        minutesSinceNoon: 660,
        seconds: 14,
        code: "obstructive_apnea",
      },
    ]);
  });

  test("its own sum of a day that is not that of the packets is told to the technician", async () => {
    const past = (minutes: number) => [{ date: NOV_14, minutes, blocks: [] }];
    const packets = run("2026-11-14T23:00:00", 600);
    const same = await card({ USR: usr({ past: past(11) }), idx: index(), "000": packets });
    expect(same.rejects).toEqual([]);
    const other = await card({ USR: usr({ past: past(480) }), idx: index(), "000": packets });
    expect(other.rejects).toEqual([
      `${STEM}: the day 2026-11-14 has 10 min of packets, its own sum says 480 min`,
    ]);
  });

  test("a serial number of another machine is told", async () => {
    const found = await card({ USR: usr({ serial: "X999" }), idx: index(), "000": byHand });
    expect(found.rejects).toEqual([`${STEM}: the serial number X999 is not that of the files' names`]);
  });

  test("any file is survived, cut anywhere and with any bytes", () => {
    const whole = usr({
      past: [{ date: NOV_14, minutes: 9, blocks: oneOfEach }],
      running: [0x07, 3, 10, 30, 12],
    });
    for (const length of [
      0,
      1,
      0x2d,
      0x430,
      0x441,
      0x442,
      0x2296,
      0x102338,
      0x102340,
      0x102350,
      whole.length - 1,
    ]) {
      expect(readUsr(whole.subarray(0, length)).events.length).toBeLessThanOrEqual(4);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(0xffff_ffff), (tail, count) => {
        const bytes = joined(whole.subarray(0, 0x102340), tail);
        new DataView(bytes.buffer).setUint32(0x102338, count, true);
        expect(readUsr(bytes).events.length).toBeLessThan(1000);
      }),
      { numRuns: 300 },
    );
  });
});

describe("cards that are none", () => {
  const statusOf = async (files: { readonly [name: string]: Uint8Array }) => {
    const found = await readFolder(bmcCard, files);
    return [bodiesOf(found, "status").flatMap(([, { codes }]) => codes), found.rejects.length];
  };

  test.each([
    ["nothing on it", {}, [[], 0]],
    ["of another maker", { "STR.edf": new Uint8Array(9) }, [["other_card"], 1]],
    ["of a newer model", { "DATAFILE/20260101.edf": new Uint8Array(9) }, [["other_model"], 1]],
    ["packets without the machine's own files", { "C3D4E5F6.000": byHand }, [["other_card"], 1]],
    ["empty files", { "C3D4E5F6.idx": new Uint8Array(0), "C3D4E5F6.000": new Uint8Array(0) }, [[], 0]],
    [
      "a packet that is not whole",
      { "C3D4E5F6.idx": new Uint8Array(0), "C3D4E5F6.000": byHand.subarray(0, 255) },
      [[], 0],
    ],
  ])("%s", async (_name, files, expected) => {
    expect(await statusOf(files as { [name: string]: Uint8Array })).toEqual(expected);
  });
});

test("the running middle of a flow is that of a sorted window", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 200 }),
      (values) => {
        const baseline = createBaseline();
        values.forEach((value, i) => {
          baseline.push(value);
          const sorted = values.slice(0, i + 1).toSorted((a, b) => a - b);
          expect(baseline.median).toBe(sorted[Math.floor(i / 2)]);
        });
      },
    ),
    { numRuns: 50 },
  );
  const baseline = createBaseline();
  for (let i = 0; i < 3000; i++) baseline.push(500);
  for (let i = 0; i < 1500; i++) baseline.push(-100);
  expect(baseline.median).toBe(-100);
  for (let i = 0; i < 3000; i++) baseline.push(i % 2);
  expect(baseline.median).toBe(0);
});

test("the README shows the frames as they are declared", () => {
  const readme = readFileSync(path.join(import.meta.dirname, "../../devices/bmc-card/README.md"), "utf8");
  for (const table of [PACKET.table(), DAY.table()]) expect(readme).toContain(table);
});
