// What is particular to BerryMed; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { BCI, BERRY, BERRY_VERSION, DATA_CHANNEL } from "../../devices/berrymed-bci/codec.ts";
import { berryMedBci } from "../../devices/berrymed-bci/module.ts";
import { absent } from "../../src/domain/sample.ts";
import { parseHexFrames } from "../../src/wire/transcript.ts";
import { feedStream, type Heard } from "../support/conformance.ts";
import { hearPackets, hexBytes, samplesIn } from "../support/packets.ts";
import { recordings } from "../support/require.ts";

const hear = (...packets: readonly (string | Uint8Array)[]): Promise<Heard> =>
  hearPackets(berryMedBci, DATA_CHANNEL, packets);

/** The same frame many times. */
const times = (count: number, frame: string): string => Array(count).fill(frame).join(" ");

/** A BERRY frame with its sum. */
const berry = (text: string): Uint8Array => {
  const bytes = [...hexBytes(text)];
  return Uint8Array.from([...bytes, bytes.reduce((sum, byte) => sum + byte, 0) % 256]);
};

const off = absent("sensor_off");

describe("a real BM1000 without a finger", () => {
  const { test, path: file } = recordings("oximeters/berrymed_bci_nofinger.hex");

  test("says so by missing codes alone, its no-finger bit being clear", async () => {
    const [notification] = parseHexFrames(readFileSync(file, "utf8"));
    if (notification === undefined) throw new Error("the notification is missing");
    expect(BCI.decode(notification, 5)).toMatchObject({
      noFinger: false,
      strength: undefined,
      bar: 9,
      pulse: undefined,
      spo2: undefined,
    });
    const heard = await hear(notification);
    expect(heard.frames).toHaveLength(4);
    expect(samplesIn(heard)).toEqual([{ spo2: off, pulse_rate: off }]);
  });
});

describe("the maker's version frames", () => {
  const { test, path: file } = recordings("oximeters/berry_v1_vendor_examples.hex");

  test("are identity, not measurements, and told once", async () => {
    const frames = parseHexFrames(readFileSync(file, "utf8"));
    const heard = await hear(...frames, ...frames);
    expect(heard.readings.map(({ reading }) => reading.body)).toEqual([
      { kind: "identity", firmware: "V1.04.00.36" },
      { kind: "identity", firmware: "V1.04.00.36", model: "hardware V2.0" },
    ]);
    expect(heard.rejects).toEqual([]);
  });
});

describe("BCI", () => {
  test.each([
    ["87 32 06 48 61", 97, 72],
    ["C7 50 46 16 61", 97, 150],
    ["87 32 06 7F 61", 97, 127],
    ["87 32 46 00 61", 97, 128],
    ["87 32 46 7A 23", 35, 250],
  ])("%s is %i %% and %i", async (frame, spo2, pulse) => {
    expect(samplesIn(await hear(times(4, frame)))).toEqual([{ spo2, pulse_rate: pulse }]);
  });

  test.each([
    ["probe unplugged", "A7 32 06 48 61", "not_connected"],
    ["no finger", "87 32 16 48 61", "sensor_off"],
    ["searching", "87 32 26 48 61", "searching"],
    ["no signal", "97 32 06 48 61", "poor_signal"],
  ] as const)("%s takes good numbers away", async (_name, frame, reason) => {
    expect(samplesIn(await hear(times(4, frame)))).toEqual([
      { spo2: absent(reason), pulse_rate: absent(reason) },
    ]);
  });

  test("one frame with a damaged number among good ones never becomes a reading", async () => {
    const good = times(99, "87 32 06 48 61");
    const stream = hexBytes(Array(8).fill(`${good} 87 32 06 48 21`).join(" "));
    const seen = samplesIn(await hear(stream));
    expect(seen.length).toBeGreaterThanOrEqual(8);
    expect(seen.every(({ spo2 }) => spo2 === 97)).toBe(true);
  });

  test("a second of frames is one reading and one stretch of wave", async () => {
    const stream = Array.from({ length: 250 }, (_, i) => ({
      offsetMs: i * 40,
      channel: DATA_CHANNEL,
      bytes: hexBytes(times(4, "87 32 06 48 61")),
    }));
    const { readings } = await feedStream(berryMedBci, undefined, stream);
    const count = (kind: string): number =>
      readings.filter(({ reading }) => reading.body.kind === kind).length;
    expect(count("samples")).toBe(10);
    expect(count("wave")).toBe(10);
    const wave = readings.find(({ reading }) => reading.body.kind === "wave")?.reading.body;
    expect(wave).toMatchObject({ rateHz: 100, channels: { pleth: Array(100).fill(50) } });
  });

  test("bytes that are no frames are remarked on, and the next three frames are read", async () => {
    const heard = await hear(times(600, "00"), times(5, "87 32 06 48 61"));
    expect(heard.rejects).toEqual(["neither BCI nor BERRY frames"]);
    expect(samplesIn(heard)).toEqual([{ spo2: 97, pulse_rate: 72 }]);
  });
});

describe("BERRY", () => {
  const good = "FF AA 01 00 61 61 48 48 A7 00 23 23 32 00 10 00 00 55 01 81";
  const noFinger = "FF AA 02 02 7F 7F FF FF 00 00 00 00 00 00 00 00 00 55 01 FF";

  test("the documented frames are 97 %, 72, 3.5 %, battery 85 %, and no finger", async () => {
    expect(samplesIn(await hear(good, noFinger))).toEqual([
      { spo2: 97, pulse_rate: 72, perfusion_index: 3.5, battery_percent: 85 },
      { spo2: off, pulse_rate: off, perfusion_index: off, battery_percent: 85 },
    ]);
  });

  test.each([
    ["sensor off", "01", "not_connected"],
    ["no finger", "02", "sensor_off"],
    ["no pulse", "04", "no_pulse"],
  ] as const)("%s takes good numbers away", async (_name, status, reason) => {
    const frame = berry(`FF AA 01 ${status} 61 61 48 48 A7 00 23 23 32 00 10 00 00 55 01`);
    expect(samplesIn(await hear(frame))).toMatchObject([
      { spo2: absent(reason), pulse_rate: absent(reason), perfusion_index: absent(reason) },
    ]);
  });

  test("the count may be 53 or 48 without the frame being a version", async () => {
    const frame = berry("FF AA 53 08 61 61 48 48 A7 00 23 23 32 00 10 00 00 55 01");
    expect(samplesIn(await hear(frame))).toMatchObject([{ spo2: 97 }]);
  });

  test("a damaged frame is refused by its sum", async () => {
    const heard = await hear(good, good.replace("61 61", "21 61"), good);
    expect(samplesIn(heard)).toHaveLength(2);
    expect(heard.rejects[0]).toBe("the checksum does not fit");
  });

  test("once seen, its bytes are not taken for BCI; told to be BCI again, the oximeter is read as that", async () => {
    const heard = await hear(good, times(200, "87 32 06 48 5F"));
    expect(samplesIn(heard).at(-1)).toMatchObject({ spo2: 95, pulse_rate: 72 });
    const alone = await hear(...Array<string>(30).fill(good));
    expect(alone.frames).toHaveLength(30);
  });
});

test("README shows the declared frames", () => {
  const readme = readFileSync(path.join(import.meta.dirname, "../../devices/berrymed-bci/README.md"), "utf8");
  for (const format of [BCI, BERRY, BERRY_VERSION]) expect(readme).toContain(format.table());
});
