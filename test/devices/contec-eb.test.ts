// What is particular to the Contec EB protocol; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as codec from "../../devices/contec-eb/codec.ts";
import { contecEbBle, contecEbFile, contecEbHid } from "../../devices/contec-eb/module.ts";
import { decodeAuto, decodeManual, encodeManual } from "../../devices/contec-eb/record.ts";
import { readSpo2File } from "../../devices/contec-eb/spo2-file.ts";
import { absent, isPresent, type Samples } from "../../src/domain/sample.ts";
import { wall, zoneOffsetMs } from "../../src/domain/time.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { createMemoryLinks } from "../../src/transport/memory.ts";
import { fromHex, parseHexFrames, toHex } from "../../src/wire/transcript.ts";
import { createBench, feedStream, type Heard, playScene, ZONE } from "../support/conformance.ts";
import { recordings } from "../support/require.ts";
import { steadyBed } from "../support/steady-bed.ts";
import { fetchSimulated, fetchStored, type StoredDevice } from "../support/stored.ts";

const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`not hex: ${text}`);
  return bytes;
};

const hid = (...reports: readonly Uint8Array[]): Promise<Heard> =>
  feedStream(
    contecEbHid,
    {},
    reports.map((bytes) => ({ offsetMs: 0, bytes })),
  );

const ble = (...notifications: readonly Uint8Array[]): Promise<Heard> =>
  feedStream(
    contecEbBle,
    {},
    notifications.map((bytes) => ({ offsetMs: 0, channel: "ff02", bytes })),
  );

const samplesIn = (heard: Heard): Samples[] =>
  heard.readings.flatMap(({ reading }) => (reading.body.kind === "samples" ? [reading.body.samples] : []));

const inReports = (bytes: Uint8Array): Uint8Array[] => {
  const reports: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 64) {
    const report = new Uint8Array(64);
    report.set(bytes.subarray(at, at + 64));
    reports.push(report);
  }
  return reports;
};

/** Rows of the maker's CSV: `2021-04-30, 11:28:39, 95, 81`. */
const rowsOf = (text: string): { at: string; spo2: number; pulse: number }[] =>
  text
    .trim()
    .split("\r\n")
    .slice(1)
    .map((line) => {
      const [date, time, spo2, pulse] = line.split(", ");
      return { at: `${date} ${time}`, spo2: Number(spo2), pulse: Number(pulse) };
    });

describe("a real CMS50E over USB", () => {
  const { test, path: folder } = recordings("oximeters/contec_cms50e_hid");
  const read = (name: string): Buffer => readFileSync(path.join(folder, name));

  test("212 s of live reports equal the maker's own file, row for row, and no byte is refused", async () => {
    const heard = await hid(...inReports(read("live.bin")));
    const rows = rowsOf(read("expected_live.csv").toString());
    expect(rows).toHaveLength(212);
    expect(samplesIn(heard)).toEqual(
      rows.map(({ spo2, pulse }) => ({ spo2, pulse_rate: pulse, perfusion_index: absent("unsupported") })),
    );
    expect(heard.rejects).toEqual([]);
    expect(heard.frames).toHaveLength(12_746);
  });

  test("its wave comes at 59 steps a second on the mean, the reading taking the place of one", async () => {
    const heard = await hid(...inReports(read("live.bin")));
    const lengths = heard.readings.flatMap(({ reading }) =>
      reading.body.kind === "wave" ? [reading.body.channels.pleth?.length ?? 0] : [],
    );
    expect(lengths).toHaveLength(212);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(57);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(61);
    expect(lengths.reduce((sum, length) => sum + length, 0) / 212).toBeCloseTo(59, 0);
  });

  test("a manual record of 2050 s, fetched by asking, equals the maker's own file", async () => {
    const device = manualDevice(read("stored_manual_spo2.bin"), read("stored_manual_pr.bin"));
    const { readings, failure } = await fetchStored(contecEbHid, device.answer);
    expect(failure).toBeUndefined();
    const rows = rowsOf(read("expected_manual.csv").toString());
    expect(rows).toHaveLength(2050);
    expect(readings.map(asRow)).toEqual(rows);
  });

  test("the packed record repeats the device's own packing when unpacked and packed again", () => {
    for (const name of ["stored_manual_spo2.bin", "stored_manual_pr.bin"]) {
      const bytes = read(name);
      const frames = Array.from({ length: 76 }, (_, i) => bytes.subarray(20 * i, 20 * i + 20));
      const format = name.includes("spo2") ? codec.MANUAL_SPO2 : codec.MANUAL_PULSE;
      for (const frame of frames) expect(format.check(frame, 0)).toBe(0);
      const packed = frames.map((frame) => ({
        flags: format.decode(frame, 0).flags,
        data: frame.subarray(5, 19),
      }));
      const values = decodeManual(packed, 2052);
      expect(decodeManual(encodeManual(values), 2052)).toEqual(values);
    }
  });

  test("the maker's .SpO2 files of both runs hold what the CSV files hold", () => {
    const manual = gunzipSync(
      readFileSync(path.join(recordings("cms50e-hid").path, "manufacturer-manual-SpO2.gz")),
    );
    for (const [bytes, csv] of [
      [read("expected_live.SpO2"), "expected_live.csv"],
      [manual, "expected_manual.csv"],
    ] as const) {
      const { start, seconds } = readSpo2File(bytes, "UTC");
      expect(
        seconds.map(({ spo2, pulse }, i) => ({
          at: new Date(start + 1000 * i).toISOString().slice(0, 19).replace("T", " "),
          spo2: spo2 ?? 127,
          pulse: pulse ?? 255,
        })),
      ).toEqual(rowsOf(read(csv).toString()));
    }
  });
});

describe("a folder of the maker's files", () => {
  const { test, path: folder } = recordings("oximeters/contec_cms50e_hid");
  const live = (): Buffer => readFileSync(path.join(folder, "expected_live.SpO2"));

  test("is read oldest night first, whatever the names; other files are left alone", async () => {
    const bench = await createBench(contecEbFile);
    const manual = recordings("cms50e-hid").path;
    await bench.cable.card.write(
      "a.spo2",
      0,
      gunzipSync(readFileSync(path.join(manual, "manufacturer-manual-SpO2.gz"))),
    );
    await bench.cable.card.write("old/b.SpO2", 0, live());
    await bench.cable.card.write("c.csv", 0, new TextEncoder().encode("DATE,TIME,SPO2,PULSE\r\n"));
    await bench.clock.advance(180_000);
    const readings = bench.heard.readings.map(({ reading }) => reading);
    expect(readings).toHaveLength(212 + 2050);
    expect(readings.slice(0, 2).map(asRow)).toEqual([
      { at: "2021-04-30 11:28:39", spo2: 95, pulse: 81 },
      { at: "2021-04-30 11:28:40", spo2: 95, pulse: 81 },
    ]);
    const times = readings.map(({ deviceAt }) => Number(deviceAt));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(bench.heard.rejects).toEqual([]);
    await bench.abort();
  });

  test("gives nothing of a file that is still being copied, and all of it once it is whole", async () => {
    const bench = await createBench(contecEbFile);
    await bench.cable.card.write("b.SpO2", 0, live().subarray(0, 1300));
    await bench.clock.advance(90_000);
    expect(bench.heard.readings).toEqual([]);
    expect(bench.heard.rejects.join()).toContain("it promises 212 values and has 108");
    await bench.cable.card.write("b.SpO2", 0, live());
    await bench.clock.advance(120_000);
    expect(bench.heard.readings).toHaveLength(212);
    await bench.abort();
  });
});

/** Local date and time as the maker's CSV writes them. */
function asRow({ body, deviceAt }: DeviceReading): { at: string; spo2: number; pulse: number } {
  if (body.kind !== "samples" || deviceAt === undefined) throw new Error("not a stored value");
  const { spo2, pulse_rate: pulse } = body.samples;
  const local = new Date(deviceAt + zoneOffsetMs(deviceAt, ZONE)).toISOString();
  return {
    at: local.slice(0, 19).replace("T", " "),
    spo2: isPresent(spo2) ? spo2 : 127,
    pulse: isPresent(pulse) ? pulse : 255,
  };
}

/** A CMS50E whose memory holds one record of the manual mode, as captured. */
function manualDevice(spo2: Uint8Array, pulse: Uint8Array): { answer: StoredDevice } {
  // The head as the public project that published the capture quotes it: 2025-07-05 16:59:23, 2050 s.
  const head = hex("D0 00 19 07 05 10 3B 17 00 00 02 10 00 69");
  return {
    answer({ bytes }) {
      const says = (text: string): boolean => toHex(bytes).startsWith(text);
      if (says("9B 7F 1A")) return inReports(hex("EB 7F 6A")).map(report);
      if (says("9F 1F")) return inReports(hex("EF 00 01 00 00 00 00 70")).map(report);
      if (says("A0 00 20")) return inReports(head).map(report);
      if (says("A3 00 00 00 23")) return inReports(spo2).map(report);
      if (says("A2 00 00 00 22")) return inReports(pulse).map(report);
      return [];
    },
  };
}

const report = (bytes: Uint8Array) => ({ bytes });

describe("a real CMS50D-BT", () => {
  const { test, path: file } = recordings("oximeters/contec_cms50d_ble.hex");

  test("its captured frames are a wave and two readings without a perfusion index", async () => {
    const heard = await ble(...parseHexFrames(readFileSync(file, "utf8")));
    expect(heard.rejects).toEqual([]);
    expect(heard.frames).toHaveLength(4);
    expect(samplesIn(heard)).toEqual([
      { spo2: 99, pulse_rate: 83, perfusion_index: absent("unsupported") },
      { spo2: 99, pulse_rate: 64, perfusion_index: absent("unsupported") },
    ]);
    const [first, second] = parseHexFrames(readFileSync(file, "utf8")).map((frame) =>
      codec.WAVE.decode(frame, 0),
    );
    expect(first).toMatchObject({ pleth: 72, bar: 9, strength: 3, beat: false, finger: 0 });
    expect(second).toMatchObject({ pleth: 60, bar: 7, strength: 3, beat: true, finger: 0 });
  });
});

describe("readings", () => {
  test.each([
    ["EB 01 04 48 61 59 02 74", { spo2: 97, pulse_rate: 72, perfusion_index: 3.5 }],
    ["EB 01 06 16 61 59 02 44", { spo2: 97, pulse_rate: 150, perfusion_index: 3.5 }],
    ["EB 01 04 7F 61 7F 00 4F", { spo2: 97, pulse_rate: 127, perfusion_index: absent("unsupported") }],
    ["EB 01 06 00 61 7F 00 52", { spo2: 97, pulse_rate: 128, perfusion_index: absent("unsupported") }],
    ["EB 01 06 7E 64 7F 00 53", { spo2: 100, pulse_rate: 254, perfusion_index: absent("unsupported") }],
  ])("%s is a value", async (frame, expected) => {
    expect(samplesIn(await hid(hex(frame)))).toEqual([expected]);
  });

  test("both missing codes are a finger that is out", async () => {
    const [samples] = samplesIn(await hid(hex("EB 01 06 7F 7F 7F 00 6F")));
    expect(samples).toMatchObject({ spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") });
  });

  test("the number 127 is a pulse, and only 255 is none", async () => {
    const [samples] = samplesIn(await hid(hex("EB 01 06 7F 61 7F 00 51")));
    expect(samples).toMatchObject({ spo2: 97, pulse_rate: absent("not_measured") });
  });

  test("a SpO2 that goes missing after a low value beside a valid pulse is under range, not a finger out", async () => {
    const low = codec.READING.encode({ valid: true, status: 0, pulse: 120, spo2: 66, perfusion: undefined });
    const gone = codec.READING.encode({
      valid: true,
      status: 0,
      pulse: 121,
      spo2: undefined,
      perfusion: undefined,
    });
    const [, after] = samplesIn(await hid(low, gone));
    expect(after).toMatchObject({ spo2: absent("under_range"), pulse_rate: 121 });
  });

  test("numbers beside a wave that says finger out are not passed on", async () => {
    const reading = "EB 01 04 48 61 59 02 74";
    const heard = await hid(hex(`EB 00 04 40 60 0F ${reading} EB 00 06 27 04 1C ${reading}`));
    expect(samplesIn(heard)).toEqual([
      { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off"), perfusion_index: absent("sensor_off") },
      { spo2: 97, pulse_rate: 72, perfusion_index: 3.5 },
    ]);
  });

  test("bits of the status that nobody has described are said aloud, once", async () => {
    const odd = codec.READING.encode({
      valid: true,
      status: 0x40,
      pulse: 72,
      spo2: 97,
      perfusion: undefined,
    });
    const usual = hex("EB 01 04 48 61 59 02 74");
    const heard = await hid(odd, odd, usual);
    const codes = heard.readings.flatMap(({ reading }) =>
      reading.body.kind === "status" ? [reading.body.codes] : [],
    );
    expect(codes).toEqual([["reading_status_40"], []]);
  });

  test("a frame with a wrong sum, or a byte with bit 7 inside, is refused", async () => {
    const heard = await hid(hex("EB 01 04 48 61 59 02 75"), hex("EB 01 04 48 E1 59 02 74"));
    expect(samplesIn(heard)).toEqual([]);
    expect(new Set(heard.rejects)).toContain("the checksum does not fit");
    expect(new Set(heard.rejects)).toContain("a byte inside the frame has bit 7 set");
  });

  test("a frame that is cut off costs nothing of the next one", async () => {
    const reading = hex("EB 01 04 48 61 59 02 74");
    for (let cut = 1; cut < reading.length; cut++) {
      const heard = await ble(reading.subarray(0, cut), reading);
      expect(samplesIn(heard)).toHaveLength(1);
    }
  });

  test("what another characteristic notifies is not read", async () => {
    const heard = await feedStream(contecEbBle, {}, [
      { offsetMs: 0, channel: "ff04", bytes: hex("EB 01 04 48 61 59 02 74") },
    ]);
    expect(heard.readings).toEqual([]);
  });
});

describe("the host", () => {
  test("asks for the model, sets the clock in the bed's zone, starts both streams and keeps them alive", async () => {
    const bench = await createBench(contecEbHid);
    const sent: [number, string][] = [];
    const listen = async (): Promise<void> => {
      for await (const chunk of bench.cable.device.chunks) {
        expect(chunk).toHaveLength(64);
        sent.push([bench.clock.mono(), toHex(chunk).replace(/( 00)+$/, "")]);
      }
    };
    // Ends with the cable, which nobody closes here.
    listen().catch(() => undefined);
    await bench.clock.advance(11_000);
    expect(sent).toEqual([
      [0, "81 01"],
      // 22:00 UTC is 03:30 of the next day in the zone of these tests.
      [200, "83 1A 01 10 03 1E 00 00 00 4F"],
      [400, "9B 00 1B"],
      [600, "9B 01 1C"],
      [800, "9A 1A"],
      [5_800, "9A 1A"],
      [10_800, "9A 1A"],
    ]);
    await bench.abort();
    expect(bench.clock.pending).toBe(0);
  });

  test.each([
    ["when told to", { clock: "leave" }, true],
    ["when its own is not trusted", {}, false],
  ])("leaves the oximeter's clock alone %s", async (_, given, trusted) => {
    const clock = createVirtualClock(wall(0), trusted);
    const stop = new AbortController();
    const cable = createMemoryLinks();
    const sent: string[] = [];
    const listen = async (): Promise<void> => {
      for await (const { channel, bytes } of cable.cable("x").packets.chunks)
        sent.push(`${channel} ${toHex(bytes)}`);
    };
    // Ends with the cable, which nobody closes here.
    listen().catch(() => undefined);
    const readings = contecEbBle.observe({
      link: cable.openPackets("x").link,
      clock,
      options: fillOptions(contecEbBle.options, given),
      zone: ZONE,
      trace: { frame: () => undefined, reject: () => undefined, sent: () => undefined },
      signal: stop.signal,
    });
    const observing = readings[Symbol.asyncIterator]().next();
    await clock.advance(600);
    expect(sent).toEqual(["ff01 81 01", "ff01 9B 00 1B", "ff01 9B 01 1C", "ff01 9A 1A"]);
    stop.abort();
    expect(await observing).toMatchObject({ done: true });
  });

  test("keeps the simulated device talking, which falls silent within a minute of the last keepalive", async () => {
    const { heard } = await playScene(contecEbHid, {
      name: "alive",
      bed: steadyBed({ samples: { spo2: 97, pulse_rate: 72 } }),
      seconds: 90,
      expected: {},
      kinds: [],
    });
    expect(heard.readings.at(-1)?.atMs).toBeGreaterThan(88_000);
    expect(samplesIn(heard).length).toBeGreaterThan(85);
  });
});

describe("the memory", () => {
  test("nothing kept is nothing fetched", async () => {
    const { readings, failure } = await fetchStored(contecEbHid, ({ bytes }) =>
      toHex(bytes).startsWith("9F 1F") ? [report(hex("EF 00 00 00 00 00 00 6F"))] : [],
    );
    expect(failure).toBeUndefined();
    expect(readings).toEqual([]);
  });

  test("a device that does not answer is a fault", async () => {
    const { failure } = await fetchStored(contecEbHid, () => []);
    expect(failure).toMatchObject({ code: "DEVICE_NO_REPLY" });
  });

  test("a record that lost a frame is asked for again, and given up after three times", async () => {
    const values = Array.from({ length: 100 }, (_, i) => 90 + (i % 7));
    const frames = (format: typeof codec.MANUAL_SPO2) =>
      encodeManual(values).map((frame, i) => packed(format, frame, i));
    let asked = 0;
    const answer =
      (losses: number): StoredDevice =>
      ({ bytes }) => {
        const says = (text: string): boolean => toHex(bytes).startsWith(text);
        if (says("9F 1F")) return [report(codec.PRESENCE.encode({ present: 1, auto: 0 }))];
        if (says("A0 00 20")) {
          const start = { year: 26, month: 1, day: 15, hour: 1, minute: 2, second: 3 };
          return [report(codec.MANUAL_HEAD.encode({ ...start, seconds: 100 }))];
        }
        if (says("A2 ")) return frames(codec.MANUAL_PULSE).map(report);
        if (!says("A3 ")) return [];
        asked += 1;
        return frames(codec.MANUAL_SPO2)
          .filter((_, i) => asked > losses || i !== 1)
          .map(report);
      };
    const mended = await fetchStored(contecEbHid, answer(1));
    expect(mended.failure).toBeUndefined();
    expect(mended.readings).toHaveLength(100);
    asked = 0;
    const given = await fetchStored(contecEbHid, answer(3));
    expect(given.failure).toMatchObject({ code: "DEVICE_NO_REPLY" });
    expect(given.readings).toEqual([]);
  });

  test("a record without a date is refused, not dated by guess", async () => {
    const { readings, rejects } = await fetchStored(contecEbHid, ({ bytes }) => {
      const says = (text: string): boolean => toHex(bytes).startsWith(text);
      if (says("9F 1F")) return [report(codec.PRESENCE.encode({ present: 1, auto: 0 }))];
      const never = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
      return says("A0 00 20") ? [report(codec.MANUAL_HEAD.encode({ ...never, seconds: 5 }))] : [];
    });
    expect(readings).toEqual([]);
    expect(rejects).toEqual(["a record without a date: the oximeter's clock was not set"]);
  });

  test("records of the automatic mode are fetched one after the other, oldest first", async () => {
    const head = {
      last: 0,
      user: 1,
      year: 26,
      month: 1,
      day: 14,
      hour: 23,
      minute: 0,
      second: 0,
      seconds: 5,
    };
    let heads = 0;
    const { readings, failure } = await fetchStored(contecEbHid, ({ bytes }) => {
      const says = (text: string): boolean => toHex(bytes).startsWith(text);
      if (says("9F 1F")) return [report(hex("EF 00 01 40 00 00 00 30"))];
      if (says("9C 01 1D")) {
        heads += 1;
        const newest = heads === 1;
        return [
          report(
            codec.AUTO_HEAD.encode({
              ...head,
              last: newest ? 0 : 0x40,
              record: heads,
              day: newest ? 15 : 14,
            }),
          ),
        ];
      }
      if (says("9D 04 01 01")) return [report(autoFrame(1, [0x76, 0x72, 0x01, 0x23, 0x1f], [0, 1, 4]))];
      if (says("9D 04 02 01")) return [report(autoFrame(2, [0x75, 0x70, 0x00, 0x12, 0x3f], [0, 1]))];
      return [];
    });
    expect(failure).toBeUndefined();
    // Top 98, then steps down of 0, 1, 2, 3 and 1 + 8; pulse: top 80, then 0, 0, 1, 2, 3.
    const oneRecord = [
      [98, 80],
      [97, 80],
      [96, 79],
      [95, 78],
      [89, 77],
    ];
    expect(readings.map(asRow).map(({ spo2, pulse }) => [spo2, pulse])).toEqual([...oneRecord, ...oneRecord]);
    expect(readings.map(asRow).map(({ at }) => at)).toEqual([
      ...[0, 1, 2, 3, 4].map((s) => `2026-01-14 23:00:0${s}`),
      ...[0, 1, 2, 3, 4].map((s) => `2026-01-15 23:00:0${s}`),
    ]);
  });

  test("packing and unpacking keep every record whose steps a device can express", () => {
    const steps = fc.array(fc.integer({ min: -6, max: 6 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 190 }), steps, (start, changes) => {
        let value = start;
        const values = changes.map((change) => {
          const next = value + change;
          value = next < 30 || next > 250 ? value : next;
          return value;
        });
        expect(decodeManual(encodeManual(values), values.length)).toEqual(values);
      }),
    );
  });

  test("any bytes unpack to at most what was asked for", () => {
    const frames = fc.array(
      fc.record({
        flags: fc.nat(0x1f_ffff),
        data: fc.uint8Array({ minLength: 21, maxLength: 21, max: 127 }),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(frames, fc.nat(300), (given, seconds) => {
        expect(decodeManual(given, seconds).length).toBeLessThanOrEqual(seconds);
        expect(decodeAuto(given, seconds).length).toBeLessThanOrEqual(seconds);
      }),
    );
  });
});

function packed(
  format: typeof codec.MANUAL_SPO2,
  { flags, data }: { flags: number; data: Uint8Array },
  number: number,
): Uint8Array {
  const frame = format.encode({ number, flags });
  frame.set(data, 5);
  return summed(frame);
}

function autoFrame(kind: number, bytes: readonly number[], flagged: readonly number[]): Uint8Array {
  const flags = flagged.reduce((all, i) => all | (1 << i), 0);
  const frame = codec.AUTO_DATA.encode({ kind, number: 0, flags });
  frame.set([...bytes, ...Array.from({ length: 21 - bytes.length }, () => 0x7f)], 8);
  return summed(frame);
}

function summed(frame: Uint8Array): Uint8Array {
  frame[frame.length - 1] = frame.subarray(0, -1).reduce((sum, byte) => sum + byte, 0) & 0x7f;
  return frame;
}

describe("the memory of a PO60", () => {
  const spot = (over: Partial<Parameters<typeof codec.SPOT_CHECK.encode>[0]>): Uint8Array =>
    codec.SPOT_CHECK.encode({
      number: 1,
      year: 26,
      month: 1,
      day: 15,
      hour: 7,
      minute: 8,
      second: 9,
      unknown: 0,
      spo2Max: 98,
      spo2Min: 95,
      spo2Mean: 97,
      pulseMax: 80,
      pulseMin: 66,
      pulseMean: 71,
      ...over,
    });
  /** Cut after 20 bytes, as captures of others show. */
  const notified = (frame: Uint8Array) =>
    [frame.subarray(0, 20), frame.subarray(20)].map((bytes) => ({ channel: "ff02", bytes }));
  const po60 =
    (...batches: readonly (readonly Uint8Array[])[]): StoredDevice =>
    ({ channel, bytes }) => {
      if (channel !== "ff01") return [];
      const text = toHex(bytes);
      if (text === "90 05 15") return [{ channel: "ff02", bytes: hex("E0 05 0B 70") }];
      const batch = text === "99 00 19" ? batches[0] : text === "99 01 1A" ? batches[1] : undefined;
      return (batch ?? []).flatMap(notified);
    };

  test("measurements come in tens, and leave oldest first with their means", async () => {
    const ten = Array.from({ length: 10 }, (_, i) => spot({ minute: 20 - i, spo2Mean: 96 }));
    const { readings, failure } = await fetchStored(contecEbBle, po60(ten, [spot({ minute: 30 })]));
    expect(failure).toBeUndefined();
    expect(readings.map(asRow)).toHaveLength(11);
    expect(readings.map(asRow)[0]).toEqual({ at: "2026-01-15 07:11:09", spo2: 96, pulse: 71 });
    expect(readings.map(asRow)[10]).toEqual({ at: "2026-01-15 07:30:09", spo2: 97, pulse: 71 });
  });

  test("an empty memory, which does not answer, is not a deaf device", async () => {
    expect(await fetchStored(contecEbBle, po60())).toMatchObject({ readings: [], failure: undefined });
    const deaf = await fetchStored(contecEbBle, () => []);
    expect(deaf.failure).toMatchObject({ code: "DEVICE_NO_REPLY" });
  });

  test("a pulse that may have lost its top bit does not leave", async () => {
    const { readings } = await fetchStored(contecEbBle, po60([spot({ unknown: 4 }), spot({ pulseMax: 20 })]));
    for (const { body } of readings) {
      expect(body).toMatchObject({ samples: { spo2: 97, pulse_rate: absent("invalid") } });
    }
    expect(readings).toHaveLength(2);
  });
});

describe("a .SpO2 file", () => {
  const file = (count: number, seconds: number): Uint8Array => {
    const bytes = new Uint8Array(1056 + 28 + 2 * seconds);
    bytes.set([0x58, 0x03, 0x00, 0x00, 0x01]);
    const view = new DataView(bytes.buffer);
    for (const [i, word] of [2026, 1, 15, 23, 59, 58, count].entries())
      view.setUint32(1056 + 4 * i, word, true);
    bytes.fill(97, 1084);
    return bytes;
  };

  test("stands in the bed's zone", () => {
    expect(new Date(readSpo2File(file(3, 3), ZONE).start).toISOString()).toBe("2026-01-15T18:29:58.000Z");
    expect(readSpo2File(file(3, 3), ZONE).seconds).toHaveLength(3);
  });

  test.each([
    ["of another kind", new TextEncoder().encode("DATE,TIME,SPO2,PULSE\r\n")],
    ["that is empty", new Uint8Array(0)],
    ["that ends in its header", file(3, 3).subarray(0, 1070)],
    ["that was cut off", file(3, 3).subarray(0, -1)],
    ["whose count does not fit", file(4, 3)],
    ["without a date", file(3, 3).fill(0, 1056, 1080)],
  ])("%s is refused", (_, bytes) => {
    expect(() => readSpo2File(bytes, ZONE)).toThrow("(INPUT_INVALID)");
  });
});

describe("README.md", () => {
  test("has the tables of the frames as they are declared", () => {
    const text = readFileSync(path.join(import.meta.dirname, "../../devices/contec-eb/README.md"), "utf8");
    const { WAVE, READING, PRESENCE, MANUAL_HEAD, AUTO_HEAD, MANUAL_SPO2, AUTO_DATA, SPOT_CHECK, SET_CLOCK } =
      codec;
    for (const format of [
      WAVE,
      READING,
      PRESENCE,
      MANUAL_HEAD,
      MANUAL_SPO2,
      AUTO_HEAD,
      AUTO_DATA,
      SPOT_CHECK,
      SET_CLOCK,
    ]) {
      expect(text).toContain(format.table());
    }
  });
});

test("the simulated device keeps what it showed, and gives it back", async () => {
  const bed = steadyBed({ samples: { spo2: 97, pulse_rate: 140 } });
  const { readings, failure } = await fetchSimulated(contecEbHid, bed, 60);
  expect(failure).toBeUndefined();
  expect(readings.length).toBeGreaterThanOrEqual(59);
  for (const { body } of readings) expect(body).toMatchObject({ samples: { spo2: 97, pulse_rate: 140 } });
});
