// Every oximeter file among the recordings, read by its family: how many frames, refusals and observations, and the
// values that the file's own remarks, its maker's program or the protocol page put beside the bytes.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test as plainTest } from "vitest";
import { findDevice } from "../../../devices/index.ts";
import { encodeReply } from "../../../devices/viatom-ring/codec.ts";
import { absent, type Samples } from "../../../src/domain/sample.ts";
import { wall } from "../../../src/domain/time.ts";
import type { DeviceReading, OptionValues } from "../../../src/driver/contract.ts";
import { fillOptions } from "../../../src/driver/options.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import type { TimedBytes } from "../../../src/transport/replay.ts";
import { fromHex, parseHexFrames } from "../../../src/wire/transcript.ts";
import { cardLink } from "../../support/card-files.ts";
import { feedStream } from "../../support/conformance.ts";
import { recordings } from "../../support/require.ts";

type Pieces = readonly Omit<TimedBytes, "offsetMs">[];

interface Sweep {
  readonly file: string;
  readonly device: string;
  readonly options?: OptionValues;
  /** How the file becomes what the device sent. */
  readonly read: (file: Buffer) => Pieces;
  /** Milliseconds between two pieces; default a second, so that each may be a reading. */
  readonly everyMs?: number;
  readonly frames: number;
  readonly rejects: number;
  readonly readings: number;
  /** Samples in their order: all of them, or the first ones. */
  readonly samples: readonly Samples[];
  readonly last?: Samples;
}

const BERRY_CHANNEL = "495353431e4d4bd9ba6123c647249616";

const text = (file: Buffer): string => file.toString("latin1");
const hexLines =
  (channel?: string) =>
  (file: Buffer): Pieces =>
    parseHexFrames(text(file)).map((bytes) => (channel === undefined ? { bytes } : { channel, bytes }));
const pieces =
  (size: number, channel?: string) =>
  (file: Buffer): Pieces =>
    Array.from({ length: Math.ceil(file.length / size) }, (_, i) => {
      const bytes = file.subarray(i * size, (i + 1) * size);
      return channel === undefined ? { bytes } : { channel, bytes };
    });
const textLines = (file: Buffer): Pieces =>
  text(file)
    .split("\n")
    .filter((line) => /^\d/.test(line))
    .map((line) => ({ bytes: Buffer.from(`${line.trim()}\r\n`, "latin1") }));
const PLX_CHANNELS: { readonly [word: string]: string } = { cont: "2a5f", spot: "2a5e", feat: "2a60" };
const plxLines = (file: Buffer): Pieces =>
  text(file)
    .split("\n")
    .flatMap((line) => {
      const [, word = "", hex = ""] = /^(\w+) ([\dA-F ]+)\|/.exec(line) ?? [];
      const bytes = fromHex(hex);
      const channel = PLX_CHANNELS[word];
      return channel === undefined || bytes === undefined ? [] : [{ channel, bytes }];
    });
/** The file keeps the data of replies; what the ring puts around them is the family's own. */
const ringReplies = (file: Buffer): Pieces =>
  parseHexFrames(text(file)).map((data) => ({
    channel: "0734594aa8e74b1aa6b1cd5243059a57",
    bytes: encodeReply(0, 0, data),
  }));

const off = { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") };
const both = (spo2: number, pulse: number): Samples => ({ spo2, pulse_rate: pulse });
const three = (spo2: number, pulse: number, pi: number): Samples => ({
  ...both(spo2, pulse),
  perfusion_index: pi,
});
const noIndex = { perfusion_index: absent("unsupported") };

const SWEEP: readonly Sweep[] = [
  {
    // Version frames are identity, not measurements.
    file: "berry_v1_vendor_examples.hex",
    device: "berrymed-bci",
    read: hexLines(BERRY_CHANNEL),
    ...{ frames: 2, rejects: 0, readings: 2, samples: [] },
  },
  {
    file: "berrymed_bci_nofinger.hex",
    device: "berrymed-bci",
    read: hexLines(BERRY_CHANNEL),
    ...{ frames: 4, rejects: 0, readings: 1, samples: [off] },
  },
  {
    // The third line is what the host said.
    file: "choicemmed_ichoice.hex",
    device: "choicemmed-oximeter",
    read: hexLines("cd01"),
    ...{ frames: 2, rejects: 1, readings: 1, samples: [both(97, 77)] },
  },
  {
    file: "contec_cms50d_ble.hex",
    device: "contec-eb-ble",
    read: hexLines("ff02"),
    ...{ frames: 4, rejects: 0, readings: 2 },
    samples: [
      { ...both(99, 83), ...noIndex },
      { ...both(99, 64), ...noIndex },
    ],
  },
  {
    // 212 readings and 212 stretches of the wave; the maker's rows are compared below.
    file: "contec_cms50e_hid/live.bin",
    device: "contec-eb-hid",
    read: pieces(64),
    everyMs: 50,
    ...{ frames: 12_746, rejects: 0, readings: 424 },
    samples: [{ ...both(95, 81), ...noIndex }],
    last: { ...both(96, 77), ...noIndex },
  },
  {
    // Answers to questions that nobody asked here: understood, and no numbers of now.
    file: "contec_v7_serial.hex",
    device: "contec-v7",
    read: hexLines(),
    ...{ frames: 22, rejects: 0, readings: 0, samples: [] },
  },
  {
    file: "jumper_jpd500f.hex",
    device: "jumper-oximeter",
    read: hexLines("cdeacb8152354c07884693a37ee6b86d"),
    ...{ frames: 1, rejects: 0, readings: 1, samples: [three(99, 56, 6.8)] },
  },
  {
    file: "lpow_a340b.hex",
    device: "lpow-oximeter",
    read: hexLines("fff6"),
    ...{ frames: 12, rejects: 0, readings: 12 },
    samples: [
      ...[both(90, 65), both(90, 60), both(91, 60), both(92, 60), both(92, 62), both(92, 72)],
      ...[both(92, 80), both(91, 80), both(89, 75), both(89, 66), both(91, 69), both(92, 75)],
    ],
  },
  {
    // PI is 3.60, 3.95, 4.25, 3.19 and 2.41 %, and told to one decimal. EXC takes three of the numbers back.
    file: "masimo_ascii1.txt",
    device: "masimo-ascii",
    read: textLines,
    ...{ frames: 10, rejects: 0, readings: 25 },
    samples: [
      ...[three(98, 97, 3.6), three(98, 96, 4), three(98, 96, 4.3), three(98, 96, 3.2), three(98, 97, 2.4)],
      { ...off, perfusion_index: absent("sensor_off") },
      three(98, 57, 7),
      { spo2: absent("not_connected"), pulse_rate: absent("not_connected") },
      three(98, 123, 0.6),
    ],
  },
  {
    // 30 frames of 75 a second hold one whole packet.
    file: "nonin_df2.hex",
    device: "nonin-serial",
    options: { format: "2" },
    read: hexLines(),
    everyMs: 1000 / 75,
    ...{ frames: 1, rejects: 0, readings: 2, samples: [both(96, 74)] },
  },
  {
    // The last two say "probe off" while their numbers, 97 % and 78, go on.
    file: "pc60_oxysmart_ble_notifications.bin",
    device: "creative-pc60-ble",
    read: pieces(20, "6e400003b5a3f393e0a9e50e24dcca9e"),
    everyMs: 150,
    ...{ frames: 311, rejects: 0, readings: 50 },
    samples: [three(98, 82, 10.6), three(98, 84, 10.4)],
    last: { ...off, perfusion_index: absent("sensor_off") },
  },
  {
    file: "pc60nw_spp.hex",
    device: "creative-pc60-serial",
    read: hexLines(),
    ...{ frames: 2, rejects: 0, readings: 2, samples: [three(96, 63, 4.5), three(95, 71, 12.9)] },
  },
  {
    // A published decode of the spot check says 98; its bytes say 96.
    file: "plx_choicemmed.hex",
    device: "sig-plx",
    read: plxLines,
    ...{ frames: 2, rejects: 0, readings: 2, samples: [both(97, 96), both(98, 78)] },
  },
  {
    // The spot check's status calls its own numbers invalid.
    file: "plx_spezi_vectors.hex",
    device: "sig-plx",
    read: plxLines,
    ...{ frames: 4, rejects: 0, readings: 3 },
    samples: [
      three(95, 90, 8.7),
      three(99, 97, 8.9),
      { spo2: absent("invalid"), pulse_rate: absent("invalid"), perfusion_index: absent("invalid") },
    ],
  },
  {
    file: "viatom_legacy_rt_payloads.hex",
    device: "viatom-ring",
    read: ringReplies,
    everyMs: 2_000,
    ...{ frames: 3, rejects: 0, readings: 7 },
    samples: [
      { ...off, perfusion_index: absent("sensor_off"), motion: 5, battery_percent: 96 },
      { ...off, perfusion_index: absent("sensor_off"), motion: 0, battery_percent: 98 },
      { ...three(98, 66, 1), motion: 146, battery_percent: 97 },
    ],
  },
  {
    file: "yuwell_yx110.hex",
    device: "yuwell-fe",
    read: hexLines("ffe4"),
    ...{ frames: 1, rejects: 0, readings: 1, samples: [three(95, 82, 6)] },
  },
];

/** Files of whole nights, by the family that reads them; the rows are those of the maker's CSV. */
const FILES = [
  { file: "contec_cms50e_hid/expected_live.SpO2", device: "contec-eb-file", rows: 212 },
  { file: "contec_cms50e_hid/expected_live.csv", device: "csv-import", rows: 212 },
  { file: "contec_cms50e_hid/expected_manual.csv", device: "csv-import", rows: 2050 },
] as const;

/** Answers of a memory to questions: the tests of their families ask them. */
const ELSEWHERE = [
  "contec_old_download.hex",
  "contec_cms50e_hid/stored_manual_pr.bin",
  "contec_cms50e_hid/stored_manual_spo2.bin",
];

const { test, path: folder } = recordings("oximeters");
const read = (file: string): Buffer => readFileSync(path.join(folder, file));

const samplesOf = (readings: readonly DeviceReading[]): Samples[] =>
  readings.flatMap(({ body }) => (body.kind === "samples" ? [body.samples] : []));

describe("oximeter recordings", () => {
  test("every file there is read by somebody", () => {
    const there = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
    const known = [...SWEEP.map(({ file }) => file), ...FILES.map(({ file }) => file), ...ELSEWHERE];
    expect(there.toSorted()).toEqual(known.toSorted());
  });

  test.each(SWEEP)("$file by $device", async (sweep) => {
    const { everyMs = 1000, device, options } = sweep;
    const stream = sweep.read(read(sweep.file)).map((piece, i) => ({ offsetMs: i * everyMs, ...piece }));
    const heard = await feedStream(family(device), options, stream);
    const samples = samplesOf(heard.readings.map(({ reading }) => reading));
    expect(heard.failure).toBeUndefined();
    expect({
      frames: heard.frames.length,
      rejects: heard.rejects.length,
      readings: heard.readings.length,
    }).toEqual({ frames: sweep.frames, rejects: sweep.rejects, readings: sweep.readings });
    expect(samples.slice(0, sweep.samples.length)).toEqual(sweep.samples);
    if (sweep.last !== undefined) expect(samples.at(-1)).toEqual(sweep.last);
  });

  test("the live run of a CMS50E equals the 212 rows of its maker's program", async () => {
    const stream = pieces(64)(read("contec_cms50e_hid/live.bin")).map((piece, i) => ({
      offsetMs: i * 50,
      ...piece,
    }));
    const { readings } = await feedStream(family("contec-eb-hid"), {}, stream);
    const rows = makerRows("contec_cms50e_hid/expected_live.csv");
    expect(rows).toHaveLength(212);
    expect(samplesOf(readings.map(({ reading }) => reading))).toEqual(
      rows.map(({ spo2, pulse }) => ({ ...both(spo2, pulse), ...noIndex })),
    );
  });

  test.each(FILES)(
    "$file by $device equals the $rows rows of its maker's program",
    async ({ file, device, rows }) => {
      const expected = makerRows(file.replace(/SpO2$/, "csv"));
      expect(expected).toHaveLength(rows);
      const readings = (await imported(device, file)).filter(({ body }) => body.kind === "samples");
      const told = readings.map(({ deviceAt, body }) => [deviceAt, body.kind === "samples" && body.samples]);
      expect(told).toMatchObject(
        expected.map(({ at, spo2, pulse }) => [
          at,
          // The maker writes missing values as the device does.
          {
            spo2: spo2 === 127 ? absent("not_measured") : spo2,
            pulse_rate: pulse === 255 ? absent("not_measured") : pulse,
          },
        ]),
      );
    },
  );
});

plainTest("every family of the table is built in", () => {
  for (const { device } of [...SWEEP, ...FILES]) expect(findDevice(device), device).toBeDefined();
});

function family(id: string) {
  const device = findDevice(id);
  if (device === undefined) throw new Error(`no family is called ${id}`);
  return device;
}

/** Rows of the maker's CSV: `2021-04-30, 11:28:39, 95, 81`; the clock is taken as UTC. */
const makerRows = (file: string) =>
  text(read(file))
    .trim()
    .split("\r\n")
    .slice(1)
    .map((line) => {
      const [date, time, spo2, pulse] = line.split(", ");
      return { at: Date.parse(`${date}T${time}Z`), spo2: Number(spo2), pulse: Number(pulse) };
    });

async function imported(id: string, file: string): Promise<readonly DeviceReading[]> {
  const module = family(id);
  if (module.link !== "files") throw new Error(`${id} does not read files`);
  const readings: DeviceReading[] = [];
  const context = {
    link: cardLink(new Map([[path.basename(file), new Uint8Array(read(file))]])),
    clock: createVirtualClock(wall(Date.UTC(2021, 4, 1))),
    options: fillOptions(module.options, {}),
    zone: "UTC",
    trace: { frame: () => undefined, reject: () => undefined, sent: () => undefined },
    signal: new AbortController().signal,
  };
  for await (const reading of module.observe(context)) readings.push(reading);
  return readings;
}
