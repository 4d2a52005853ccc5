import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHUNK, readChunk } from "../../devices/philips-prs1/codec.ts";
import { philipsPrs1 } from "../../devices/philips-prs1/module.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { parseHexFrames } from "../../src/wire/transcript.ts";
import { type FolderRead, plain, readFolder } from "../support/folder.ts";

const folder = path.join(import.meta.dirname, "../../devices/philips-prs1");
const byHand = parseHexFrames(
  readFileSync(path.join(folder, "fixtures/events-version-6-by-hand.hex"), "utf8"),
)[0]!;

/** Begin of all sessions here: 2026-11-14 22:00:00 on the machine's clock. */
const BEGIN = Date.UTC(2026, 10, 14, 22) / 1000;

const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];
const long = (value: number): number[] => [...word(value & 0xffff), ...word(Math.floor(value / 65_536))];

/** CRC-16/KERMIT and CRC-32/MPEG-2 bit by bit, written apart from the code they check. */
const kermit = (data: readonly number[]): number =>
  data.reduce((sum, byte) => {
    let crc = sum ^ byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
    return crc;
  }, 0);
const mpeg = (data: readonly number[]): number =>
  data
    .flatMap((byte) => [0, 0, 0, byte])
    .reduce((sum, byte) => {
      let crc = (sum ^ (byte << 24)) >>> 0;
      for (let bit = 0; bit < 8; bit++) {
        crc = (crc & 0x80000000 ? ((crc << 1) >>> 0) ^ 0x04c11db7 : crc << 1) >>> 0;
      }
      return crc;
    }, 0xffffffff);

interface Made {
  readonly fileVersion?: 2 | 3;
  readonly kind?: 0 | 1;
  readonly family?: number;
  readonly version: number;
  readonly part: number;
  readonly time?: number;
  /** Bytes between the fixed head and its sum. */
  readonly table: readonly number[];
  readonly data: readonly number[];
}

/** A chunk laid out by hand. */
function chunk({
  fileVersion = 3,
  kind = 0,
  family = 3,
  version,
  part,
  time = BEGIN,
  table,
  data,
}: Made): Uint8Array {
  const check = fileVersion === 2 ? word(kermit(data)) : long(mpeg(data));
  const length = 15 + table.length + 1 + data.length + check.length;
  const head = [
    fileVersion,
    ...word(length),
    kind,
    family,
    version,
    part,
    ...long(1234),
    ...long(time),
    ...table,
  ];
  const sum = head.reduce((all, byte) => all + byte, 0) & 0xff;
  return Uint8Array.from([...head, sum, ...data, ...check]);
}

const recordTable = (lengths: { readonly [code: number]: number }): number[] => [
  Object.keys(lengths).length,
  ...Object.entries(lengths).flatMap(([code, length]) => [Number(code), length]),
];

const NAME = "P-Series/P123456789/p0/00000012";

const card = (files: { readonly [ending: string]: Uint8Array }, more = {}): Promise<FolderRead> =>
  readFolder(
    philipsPrs1,
    {
      ...Object.fromEntries(Object.entries(files).map(([ending, bytes]) => [`${NAME}.${ending}`, bytes])),
      ...more,
    },
    { zone: "Europe/Berlin" },
  );

const bodiesOf = <Kind extends ObservationBody["kind"]>({ readings }: FolderRead, kind: Kind) =>
  readings.flatMap((reading) => {
    const [at, body] = plain(reading);
    return body.kind === kind
      ? [[at.slice(11, 19), body as Extract<ObservationBody, { kind: Kind }>] as const]
      : [];
  });

describe("DreamStation (version 6)", () => {
  test("events made by hand after the document: statistics, and the apnea alarm that sounded", async () => {
    const found = await card({ "002": byHand });
    expect(found.rejects).toEqual([]);
    const begin = CHUNK.decode(byHand, 0).time;
    const local = (seconds: number) => new Date((begin + seconds - 3600) * 1000).toISOString();
    expect(found.readings.map(plain)).toEqual([
      [
        local(120),
        {
          kind: "samples",
          samples: {
            pressure_exp: 8,
            pressure_insp: 18,
            leak_total: 30,
            resp_rate: 16,
            triggered_percent: 80,
            minute_volume: 7,
            tidal_volume_exp: 450,
            leak: 12,
          },
        },
      ],
      [
        local(125),
        { kind: "ownAlarm", alarms: [{ code: "apnea", text: "Apnea", priority: "high", active: true }] },
      ],
      [
        local(126),
        { kind: "ownAlarm", alarms: [{ code: "apnea", text: "Apnea", priority: "high", active: false }] },
      ],
    ]);
  });

  test("events of the person at the time that they were, not when they were noted", async () => {
    const lengths = { 4: 3, 5: 3, 6: 4, 7: 5, 8: 3, 9: 5, 10: 3, 11: 3, 13: 2 };
    const data = [
      ...[4, ...word(100), 12],
      ...[5, ...word(100), 20],
      ...[6, ...word(100), 99, 30],
      ...[7, ...word(100), ...word(60), 10],
      ...[8, ...word(100), 5],
      ...[9, ...word(100), ...word(15), 8],
      ...[10, ...word(10), 11],
      ...[11, ...word(10), 15],
      ...[13, ...word(80)],
    ];
    const found = await card({ "002": chunk({ version: 6, part: 2, table: recordTable(lengths), data }) });
    expect(found.rejects).toEqual([]);
    expect(bodiesOf(found, "status").map(([at, { codes }]) => [at, codes])).toEqual([
      ["21:01:28", ["obstructive_apnea"]],
      ["21:03:00", ["central_apnea"]],
      ["21:04:30", ["hypopnea", "periodic_breathing", "lasted_120_s"]],
      ["21:08:15", ["arousal"]],
      ["21:09:22", ["large_leak", "lasted_30_s"]],
      ["21:09:59", ["hypopnea"]],
      ["21:10:05", ["hypopnea"]],
    ]);
    expect(
      bodiesOf(found, "ownAlarm").map(([at, { alarms }]) => [at, alarms[0]?.code, alarms[0]?.active]),
    ).toEqual([
      ["21:11:40", "minute_volume_low", true],
      ["21:11:41", "minute_volume_low", false],
    ]);
  });

  test("the length table of the chunk decides, not the lengths that were seen elsewhere", async () => {
    const data = [
      0x02,
      ...word(120),
      0,
      64,
      144,
      30,
      16,
      80,
      7,
      45,
      0,
      0,
      0,
      12,
      7,
      7,
      7,
      0x04,
      ...word(5),
      0,
      9,
    ];
    const found = await card({
      "002": chunk({ version: 6, part: 2, table: recordTable({ 2: 17, 4: 4 }), data }),
    });
    expect(found.rejects).toEqual([]);
    expect(bodiesOf(found, "samples")[0]?.[1].samples.leak).toBe(12);
    expect(bodiesOf(found, "status")).toHaveLength(1);
    const unknown = chunk({ version: 6, part: 2, table: recordTable({ 2: 14 }), data: [0x33, 1, 2] });
    expect((await card({ "002": unknown })).rejects).toEqual([
      `${NAME}: a record of code 51, whose length nobody says`,
    ]);
  });

  const settings = [...[0x00, 1, 2, 0x01, 1, 0, 0x04, 1, 64, 0x07, 1, 144, 0x1e, 3, 2, 14, 12, 0x2c, 1, 0]];
  const summary = (slices: readonly (readonly number[])[]): Uint8Array =>
    chunk({
      version: 6,
      part: 1,
      table: recordTable(Object.fromEntries(slices.map(([code, ...data]) => [code, data.length]))),
      data: slices.flat(),
    });

  test("settings of S/T, and mask on and off by the seconds between them", async () => {
    const found = await card({
      "001": summary([
        [0, 16],
        [1, ...settings],
        [4, ...word(5), 0, 0],
        [5, ...word(3600)],
        [3, ...word(10), 0, 0, 0, 0, 0],
      ]),
    });
    expect(found.rejects).toEqual([]);
    expect(bodiesOf(found, "settings")).toEqual([
      [
        "21:00:00",
        {
          kind: "settings",
          settings: { mode: "S/T", epap: 8, ipap: 18, pressure_support: 10, backup_rate: 14, insp_time: 1.2 },
        },
      ],
    ]);
    expect(bodiesOf(found, "samples").map(([at, { samples }]) => [at, samples.therapy])).toEqual([
      ["21:00:05", 1],
      ["22:00:05", 0],
      ["22:00:15", 0],
    ]);
  });

  test("AVAPS has a volume to reach and no fixed IPAP", async () => {
    const avaps = [
      0x00, 1, 4, 0x01, 1, 2, 0x04, 1, 64, 0x08, 1, 96, 0x09, 1, 200, 0x19, 1, 45, 0x1e, 3, 0, 0, 0,
    ];
    const [first] = bodiesOf(await card({ "001": summary([[1, ...avaps]]) }), "settings");
    expect(first?.[1].settings).toEqual({ mode: "PC AVAPS", epap: 8, tidal_volume_target: 450 });
  });

  test("a mode that nobody has named is refused with its pressures", async () => {
    const found = await card({ "001": summary([[1, 0x00, 1, 9, 0x04, 1, 64]]) });
    expect(found.readings).toEqual([]);
    expect(found.rejects).toEqual([`${NAME}: settings of mode 9, which is not known`]);
  });

  test("counts of the summary that are not those of the events are told", async () => {
    const counts = [10, ...word(2), ...word(1), ...Array.from({ length: 20 }, () => 0)];
    const events = (data: number[]) =>
      chunk({ version: 6, part: 2, table: recordTable({ 4: 3, 5: 3 }), data });
    const apneas = [4, ...word(9), 1, 4, ...word(9), 1, 5, ...word(9), 1];
    expect((await card({ "001": summary([counts]), "002": events(apneas) })).rejects).toEqual([]);
    expect((await card({ "001": summary([counts]), "002": events(apneas.slice(4)) })).rejects).toEqual([
      `${NAME}: its summary counts 2 obstructive and 1 central apneas, its events are 1 and 1`,
    ]);
  });

  const waveTable = (count: number, seconds: number, samples: number): number[] => [
    ...[...word(count), seconds, 2],
    ...[0, ...word(samples), 8, 1, ...word(samples), 8, 0],
  ];

  test("waves: signed flow and pressure in eighths, each interval's samples in turn", async () => {
    const data = [0, 30, 0xe2, 0x80, 0x7f, 64, 144, 144, 65, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const found = await card({
      "005": chunk({ kind: 1, version: 6, part: 5, table: waveTable(2, 1, 5), data }),
    });
    expect(found.rejects).toEqual([]);
    expect(bodiesOf(found, "wave")).toEqual([
      [
        "21:00:02",
        {
          kind: "wave",
          rateHz: 5,
          channels: {
            flow: [0, 30, -30, -128, 127, 1, 2, 3, 4, 5],
            airway_pressure: [8, 18, 18, 8.13, 31.88, 0.75, 0.88, 1, 1.13, 1.25],
          },
        },
      ],
    ]);
  });

  test("chunks that overlap by a second: what was there before is left out", async () => {
    const wave = (time: number, seconds: number, level: number) =>
      chunk({
        kind: 1,
        version: 6,
        part: 5,
        time,
        table: waveTable(seconds, 1, 5),
        data: Array.from({ length: seconds * 10 }, () => level),
      });
    const both = new Uint8Array([...wave(BEGIN, 40, 1), ...wave(BEGIN + 39, 10, 2)]);
    const stretches = bodiesOf(await card({ "005": both }), "wave");
    expect(stretches.map(([at, { channels }]) => [at, channels.flow?.length, channels.flow?.[0]])).toEqual([
      ["21:00:30", 150, 1],
      ["21:00:40", 50, 1],
      ["21:00:49", 45, 2],
    ]);
  });

  test("oximetry: pulse, then SpO2, FE and FF as none, and low before none as under range", async () => {
    const table = [...word(4), 1, 2, 0, ...word(1), 8, 1, ...word(1), 8, 0];
    const data = [72, 65, 73, 255, 255, 255, 254, 97];
    const found = await card({ "006": chunk({ kind: 1, version: 6, part: 6, table, data }) });
    expect(found.rejects).toEqual([]);
    const none = { absent: "not_measured" };
    expect(bodiesOf(found, "samples").map(([, { samples }]) => samples)).toEqual([
      { spo2: 65, pulse_rate: 72 },
      { spo2: { absent: "under_range" }, pulse_rate: 73 },
      { spo2: none, pulse_rate: none },
      { spo2: 97, pulse_rate: none },
    ]);
  });

  test.each([
    ["absurd counts", waveTable(65_535, 255, 65_535), "20 bytes of signals for 65535 intervals of 131070"],
    ["no intervals", waveTable(0, 1, 5), "20 bytes of signals for 0 intervals of 10"],
    ["no samples", waveTable(2, 1, 0), "20 bytes of signals for 2 intervals of 0"],
    ["no time", waveTable(2, 0, 5), "20 bytes of signals for 2 intervals of 10"],
  ])("waves with %s are refused", async (_name, table, reason) => {
    const data = Array.from({ length: 20 }, () => 1);
    const found = await card({ "005": chunk({ kind: 1, version: 6, part: 5, table, data }) });
    expect(found.rejects).toEqual([`${NAME}: ${reason}`]);
  });
});

describe("older machines", () => {
  /** IPAP 18.0, EPAP 8.0, total leak 30, 450 mL, ?, 80 % triggered, rate 16, ?, alarms, 7 L/min, then by version. */
  const interval = (alarms: number, tail: readonly number[]): number[] => [
    ...word(180),
    ...word(80),
    30,
    45,
    50,
    80,
    16,
    9,
    alarms,
    7,
    ...tail,
  ];
  const table = (count: number): number[] => [
    ...word(count),
    120,
    16,
    ...Array.from({ length: 16 }, (_, kind) => [kind, ...word(1)]).flat(),
    0,
  ];
  const events = (version: number, data: number[]): Uint8Array =>
    chunk({ fileVersion: 2, kind: 1, version, part: 2, table: table(data.length / 16), data });

  test("version 3: two minutes a row, leak at the end, alarms as long as their bit stands", async () => {
    const rows = [
      ...interval(0, [0, 0, 0, 12]),
      ...interval(0x0a, [1, 2, 1, 13]),
      ...interval(0x08, [0, 0, 0, 14]),
    ];
    const found = await card({ "002": events(3, [...rows, ...interval(0, [0, 0, 0, 15])]) });
    expect(found.rejects).toEqual([]);
    expect(bodiesOf(found, "samples")[1]).toEqual([
      "21:04:00",
      {
        kind: "samples",
        samples: {
          pressure_insp: 18,
          pressure_exp: 8,
          leak_total: 30,
          tidal_volume_exp: 450,
          triggered_percent: 80,
          resp_rate: 16,
          minute_volume: 7,
          leak: 13,
        },
      },
    ]);
    expect(bodiesOf(found, "status").map(([at, { codes }]) => [at, codes])).toEqual([
      ["21:04:00", ["obstructive_apnea", "central_apnea", "central_apnea", "hypopnea"]],
    ]);
    expect(
      bodiesOf(found, "ownAlarm").map(([at, { alarms }]) => [
        at,
        alarms.map(({ code, active }) => `${code} ${active}`),
      ]),
    ).toEqual([
      ["21:04:00", ["disconnect true", "pressure_low true"]],
      ["21:06:00", ["disconnect false"]],
      ["21:08:00", ["pressure_low false"]],
    ]);
  });

  test("version 0 has no leak of its own, and its counts stand one place later", async () => {
    const found = await card({ "002": events(0, interval(0x01, [0, 3, 0, 1])) });
    expect(bodiesOf(found, "samples")[0]?.[1].samples).not.toHaveProperty("leak");
    expect(bodiesOf(found, "status")[0]?.[1].codes).toEqual([
      "obstructive_apnea",
      "hypopnea",
      "hypopnea",
      "hypopnea",
    ]);
    expect(bodiesOf(found, "ownAlarm")[0]?.[1].alarms[0]).toMatchObject({ code: "apnea", active: true });
  });

  test("settings by their place, one further on in version 0; times count from the beginning", async () => {
    const places = [2, 0, ...word(80), ...word(180), ...word(300), 3, 0, 0, 0, 20, 14, 12];
    const slice = (version: number, length: number): number[] => {
      const bytes = [...(version === 0 ? [1, 0] : [0]), ...places];
      return [0, ...bytes, ...Array.from({ length: length - bytes.length }, () => 0)];
    };
    const three = [
      ...slice(3, 0x1b),
      2,
      ...word(5),
      0,
      0,
      0,
      3,
      ...word(600),
      0,
      1,
      0,
      0,
      0,
      2,
      0,
      1,
      ...word(700),
      0,
    ];
    const zero = [
      ...slice(0, 0x19),
      2,
      ...word(5),
      0,
      3,
      ...word(600),
      0,
      1,
      0,
      0,
      0,
      2,
      0,
      1,
      ...word(700),
      0,
    ];
    for (const [version, data] of [
      [3, three],
      [0, zero],
    ] as const) {
      const found = await card({ "001": chunk({ fileVersion: 2, version, part: 1, table: [], data }) });
      expect(found.rejects).toEqual([]);
      expect(bodiesOf(found, "settings")[0]?.[1].settings).toEqual({
        mode: "S/T",
        epap: 8,
        ipap: 18,
        pressure_support: 10,
        backup_rate: 14,
        insp_time: 1.2,
      });
      expect(bodiesOf(found, "samples").map(([at, { samples }]) => [at, samples.therapy])).toEqual([
        ["21:00:05", 1],
        ["21:10:00", 0],
        ["21:11:40", 0],
      ]);
    }
  });
});

describe("the card", () => {
  const old = (time: number, session: string) => ({
    [`P-Series/P1/${session}.002`]: chunk({
      version: 6,
      part: 2,
      time,
      table: recordTable({ 4: 3 }),
      data: [4, ...word(60), 0],
    }),
  });

  test("sessions in order of their time, whatever their names", async () => {
    const found = await card({}, { ...old(BEGIN, "p0/00000009"), ...old(BEGIN - 86_400, "p1/00000002") });
    expect(found.readings.map((reading) => plain(reading)[0].slice(8, 10))).toEqual(["13", "14"]);
  });

  test.each([
    ["SN=P0123456789AB\r\nMN=1061T\r\n", { serial: "P0123456789AB", model: "1061T" }],
    ["CRC=0x1\nSerialNumber=J123\nModelNumber=1030X150\n", { serial: "J123", model: "1030X150" }],
  ])("who it is: %j", async (text, expected) => {
    const found = await card(
      {},
      { "P-Series/P1/PROP.TXT": new TextEncoder().encode(text), ...old(BEGIN, "p0/1") },
    );
    expect(bodiesOf(found, "identity")[0]?.[1]).toEqual({ kind: "identity", ...expected });
  });

  const codesOf = (found: FolderRead) => bodiesOf(found, "status").flatMap(([, { codes }]) => codes);

  test("another family, an unknown version and an encrypted card are refused, not guessed", async () => {
    const data = [4, ...word(60), 0];
    const other = (family: number, version: number, fileVersion: 2 | 3 = 3) =>
      card({ "002": chunk({ family, version, fileVersion, part: 2, table: recordTable({ 4: 3 }), data }) });
    for (const found of [await other(0, 6), await other(5, 3), await other(3, 2), await other(3, 7)]) {
      expect(codesOf(found)).toEqual(["other_model"]);
    }
    expect(codesOf(await card({}, { "P-Series/P1/p0/00000001.B01": new Uint8Array(99) }))).toEqual([
      "other_model",
    ]);
    expect(codesOf(await card({}, { "STR.edf": new Uint8Array(99) }))).toEqual(["other_card"]);
    expect((await card({})).readings).toEqual([]);
  });

  test("one damaged byte anywhere costs the chunk, and the readings of it never change", async () => {
    const whole = (await card({ "002": byHand })).readings;
    for (let at = 0; at < byHand.length; at++) {
      const damaged = byHand.slice();
      damaged[at]! ^= 0x41;
      const found = await card({ "002": damaged });
      expect(found.readings.filter(({ body }) => body.kind !== "status")).toEqual([]);
      expect(found.rejects.length, `byte ${at}`).toBeGreaterThan(0);
    }
    expect(whole).toHaveLength(3);
  });

  test("a file that ends anywhere is survived; what stands before the cut is read", async () => {
    const two = new Uint8Array([...byHand, ...byHand]);
    for (let length = 0; length < two.length; length++) {
      const found = await card({ "002": two.subarray(0, length) });
      expect(found.readings).toHaveLength(length < byHand.length ? 0 : 3);
    }
  });

  test("any bytes with fitting checks are survived", () => {
    const bytes = fc.array(fc.nat(255), { maxLength: 120 });
    fc.assert(
      fc.property(
        fc.constantFrom<0 | 1>(0, 1),
        fc.constantFrom(0, 3, 6),
        bytes,
        bytes,
        (kind, version, table, data) => {
          const made = chunk({ kind, version, part: 2, table, data });
          expect(() => readChunk(made, 0)).not.toThrow();
        },
      ),
      { numRuns: 300 },
    );
    return fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 3, 6),
        fc.constantFrom(1, 2, 5, 6),
        bytes,
        async (version, part, data) => {
          const lengths = recordTable({
            0: 1,
            1: 9,
            2: 14,
            3: 7,
            4: 4,
            5: 3,
            6: 4,
            7: 5,
            8: 3,
            9: 5,
            10: 24,
            12: 4,
            13: 2,
          });
          const table = part > 2 || version < 6 ? [...word(data.length), 1, 1, 0, 1, 0, 8, 0] : lengths;
          const kind = part > 2 || version < 6 ? 1 : 0;
          const found = await card({ [`00${part}`]: chunk({ kind, version, part, table, data }) });
          const seen = found.readings.map(({ body, deviceAt }) => `${body.kind} ${deviceAt}`);
          expect(new Set(seen).size).toBe(seen.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("the README shows the head as it is declared", () => {
    expect(readFileSync(path.join(folder, "README.md"), "utf8")).toContain(CHUNK.table());
  });
});
