import { readFileSync } from "node:fs";
import path from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementsOf, readWmedf } from "../../devices/loewenstein-prisma/codec.ts";
import { loewensteinPrisma } from "../../devices/loewenstein-prisma/module.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { type FolderRead, plain, readFolder } from "../support/folder.ts";

const events = readFileSync(
  path.join(import.meta.dirname, "../../devices/loewenstein-prisma/fixtures/event-by-hand.xml"),
);

type Column = readonly [
  label: string,
  unit: string,
  pmin: string,
  pmax: string,
  dmin: number,
  dmax: number,
  samples: number,
  kept: string,
];

/** The layout of a real prisma LINE, 54 bytes a record; ranges as the maker's files cut them. */
const LINE: readonly Column[] = [
  ["Pressure", "hPa", "-327.679", "327.67", -32_768, 32_767, 5, "#2"],
  ["EEPAPsoll", "hPa", "-327.679", "327.67", -32_768, 32_767, 1, "#2"],
  ["IPAPsoll", "hPa", "-327.679", "327.67", -32_768, 32_767, 1, "#2"],
  ["EPAPsoll", "hPa", "-327.679", "327.67", -32_768, 32_767, 1, "#2"],
  ["RespFlow", "l/min", "-32768", "32767", -32_768, 32_767, 10, "#2"],
  ["rAMV", "%", "-128", "127", -128, 127, 1, "#1"],
  ["BreathVolume", "ml", "-32768", "32767", -32_768, 32_767, 1, "#2"],
  ["BreathFrequency", "1/min", "-128", "127", -128, 127, 1, "#1"],
  ["LeakFlowBreath", "l/min", "-128", "127", -128, 127, 1, "#1"],
  ["ObstructLevel", "%", "-128", "127", -128, 127, 1, "#1"],
  ["SpO2", "%", "-128", "127", -128, 127, 1, "#1"],
  ["HeartFrequency", "1/min", "-128", "127", -128, 127, 1, "#1"],
  ["SPRstatus", "", "-128", "127", -128, 127, 5, "#1"],
  ["InspExpirRel", "%", "-128", "127", -128, 127, 1, "#1"],
  ["MV", "l/min", "0", "25.5", 0, 255, 1, "#1"],
  ["rMVFluctuation", "", "0", "25.5", 0, 255, 1, "#1"],
  ["TotalLeakage", "l/min", "0", "255", 0, 255, 1, "#1"],
  ["RSBI", "", "0", "255", 0, 255, 1, "#1"],
];

/** A header laid out by hand, column by column. */
function header({
  version = "1",
  mark = "#s",
  columns = LINE,
  seconds = "1",
  start = "14.11.2622.00.00",
} = {}): Buffer {
  const pad = (text: string | number, width: number) => String(text).padEnd(width).slice(0, width);
  const n = columns.length;
  const fixed =
    pad(version, 8) +
    pad("", 80) +
    pad("", 80) +
    pad(start, 16) +
    pad(256 * (n + 1), 8) +
    pad(mark, 44) +
    pad(-1, 8) +
    pad(seconds, 8) +
    pad(n, 4);
  const column = (of: (c: Column) => string | number, width: number) =>
    columns.map((c) => pad(of(c), width)).join("");
  return Buffer.from(
    fixed +
      column(([label]) => label, 16) +
      column(() => "", 80) +
      column(([, unit]) => unit, 8) +
      column(([, , pmin]) => pmin, 8) +
      column((c) => c[3], 8) +
      column((c) => c[4], 8) +
      column((c) => c[5], 8) +
      column(() => "", 80) +
      column((c) => c[6], 8) +
      column((c) => c[7], 32),
    "latin1",
  );
}

/** One record by the offsets of the document. */
function record({ spo2 = 94, heart = 72, flow = 30 } = {}): Buffer {
  const bytes = Buffer.alloc(54);
  for (let i = 0; i < 5; i++) bytes.writeInt16LE(1250, 2 * i);
  bytes.writeInt16LE(820, 10);
  bytes.writeInt16LE(1800, 12);
  bytes.writeInt16LE(850, 14);
  for (let i = 0; i < 10; i++) bytes.writeInt16LE(i < 5 ? flow : -flow, 16 + 2 * i);
  bytes.writeInt16LE(450, 37);
  bytes.writeInt8(16, 39);
  bytes.writeInt8(12, 40);
  bytes.writeUInt8(spo2 & 255, 42);
  bytes.writeUInt8(heart & 255, 43);
  bytes.writeUInt8(72, 50);
  bytes.writeUInt8(200, 52);
  return bytes;
}

const night = (...records: Buffer[]): Buffer => Buffer.concat([header(), ...records]);

/** A zip by hand, members stored or deflated. */
function zip(members: { readonly [name: string]: Buffer }, { deflate = true, damage = false } = {}): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const [name, data] of Object.entries(members)) {
    const packed = deflate ? deflateRawSync(data) : data;
    const crc = crc32(data) ^ (damage ? 1 : 0);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflate ? 8 : 0, 4);
    common.writeUInt32LE(crc >>> 0, 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    list.push(Buffer.from("PK\u0001\u0002\u0014\u0000", "latin1"), common, place, Buffer.from(name));
    const local = [Buffer.from("PK\u0003\u0004", "latin1"), common, Buffer.from(name), packed];
    parts.push(...local);
    at += local.reduce((sum, part) => sum + part.length, 0);
  }
  const directory = Buffer.concat(list);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", 0, "latin1");
  end.writeUInt16LE(Object.keys(members).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, directory, end]);
}

const read = (files: { readonly [name: string]: Uint8Array }): Promise<FolderRead> =>
  readFolder(loewensteinPrisma, files, { zone: "Europe/Berlin" });

const bodiesOf = <Kind extends ObservationBody["kind"]>({ readings }: FolderRead, kind: Kind) =>
  readings.flatMap((reading) => {
    const [at, body] = plain(reading);
    return body.kind === kind
      ? [[at.slice(11), body as Extract<ObservationBody, { kind: Kind }>] as const]
      : [];
  });

const SMART = { "config.pscfg": Buffer.from('{"devid":"0x92","dev":{"sn":"0x0000002A","hwversion":"1"}}') };
const FOLDER = "0000000042/20261114/0001";

describe("signals", () => {
  test("a record by the offsets of the document, to its end in the bed's zone", async () => {
    const found = await read({ ...SMART, [`${FOLDER}/signal_000001.wmedf`]: night(record()) });
    expect(found.rejects).toEqual([]);
    expect(bodiesOf(found, "samples")).toEqual([
      [
        "21:00:01.000Z",
        {
          kind: "samples",
          samples: {
            therapy: 1,
            pressure_insp: 18,
            pressure_exp: 8.5,
            leak: 12,
            leak_total: 200,
            tidal_volume_exp: 450,
            minute_volume: 7.2,
            resp_rate: 16,
            spo2: 94,
            pulse_rate: 72,
          },
        },
      ],
      ["21:00:02.000Z", { kind: "samples", samples: { therapy: 0 } }],
    ]);
    expect(bodiesOf(found, "identity")[0]?.[1]).toEqual({
      kind: "identity",
      serial: "0x0000002A",
      model: "prisma SMART",
    });
  });

  test.each([
    [-106, 150],
    [-128, 128],
    [127, 127],
    [-2, 254],
    [0, { absent: "not_measured" }],
    [-1, { absent: "not_measured" }],
  ])("a heart rate kept as %i", async (heart, expected) => {
    const found = await read({ ...SMART, [`${FOLDER}/signal_1.wmedf`]: night(record({ heart })) });
    expect(bodiesOf(found, "samples")[0]?.[1].samples.pulse_rate).toEqual(expected);
  });

  test("SpO2 that goes after 65 % beside a pulse is under range", async () => {
    const found = await read({
      ...SMART,
      [`${FOLDER}/signal_1.wmedf`]: night(record({ spo2: 65 }), record({ spo2: 0 })),
    });
    expect(bodiesOf(found, "samples")[1]?.[1].samples.spo2).toEqual({ absent: "under_range" });
  });

  test("waves in stretches, each with the rate of its own; no two readings of a kind at one time", async () => {
    const found = await read({
      ...SMART,
      [`${FOLDER}/signal_1.wmedf`]: night(...Array.from({ length: 25 }, () => record())),
    });
    const waves = bodiesOf(found, "wave").map(([at, { rateHz, channels }]) => [
      at.slice(0, 8),
      rateHz,
      ...Object.entries(channels).map(([id, values]) => `${id} ${values.length}`),
    ]);
    expect(waves).toEqual([
      ["21:00:10", 10, "flow 100"],
      ["21:00:09", 5, "airway_pressure 45"],
      ["21:00:20", 10, "flow 100"],
      ["21:00:19", 5, "airway_pressure 50"],
      ["21:00:25", 10, "flow 50"],
      ["21:00:24", 5, "airway_pressure 25"],
    ]);
    expect(bodiesOf(found, "wave")[0]?.[1].channels.flow?.slice(3, 7)).toEqual([30, 30, -30, -30]);
    expect(bodiesOf(found, "wave")[1]?.[1].channels.airway_pressure?.[0]).toBe(12.5);
  });

  test.each([
    ["version 0, as any EDF", header({ version: "0" }), "not a .wmedf file of version 1"],
    ["no mark", header({ mark: "" }), "no mark #s in the header"],
    ["records of two seconds", header({ seconds: "2" }), "records of 2 s"],
    [
      "samples of three bytes",
      header({ columns: [["MV", "", "0", "25.5", 0, 255, 1, "#3"]] }),
      "the signal MV is kept in a way that is not known",
    ],
    ["nothing", Buffer.alloc(0), "not a .wmedf file of version 1"],
  ])("refused: %s", async (_name, bytes, reason) => {
    const found = await read({ ...SMART, [`${FOLDER}/signal_1.wmedf`]: bytes });
    expect(found.rejects).toEqual([`${FOLDER}/signal_1.wmedf: ${reason}`]);
    expect(bodiesOf(found, "samples")).toEqual([]);
  });

  test("a file that ends anywhere is read as far as its records are whole", async () => {
    const whole = night(record(), record(), record());
    for (let length = 0; length <= whole.length; length += 7) {
      const found = await read({ ...SMART, [`${FOLDER}/signal_1.wmedf`]: whole.subarray(0, length) });
      const records = Math.max(0, Math.floor((length - 256 * 19) / 54));
      expect(bodiesOf(found, "samples")).toHaveLength(records === 0 ? 0 : records + 1);
    }
  });

  test("any header is survived", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(5000), (bytes, at) => {
        const spoilt = Buffer.from(night(record()));
        spoilt.set(bytes.subarray(0, Math.max(0, spoilt.length - at)), Math.min(at, spoilt.length));
        expect(() => readWmedf(spoilt)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});

describe("events and settings", () => {
  test("settings in force at the begin, events at theirs; what says nothing of the person is left", async () => {
    const found = await read({
      ...SMART,
      [`${FOLDER}/signal_000001.wmedf`]: night(record()),
      [`${FOLDER}/event_000001.xml`]: events,
    });
    expect(bodiesOf(found, "settings")).toEqual([
      ["21:00:00.000Z", { kind: "settings", settings: { mode: "AutoST", ipap: 18, epap: 8.5 } }],
    ]);
    expect(bodiesOf(found, "status").map(([at, { codes }]) => [at, codes])).toEqual([
      ["21:00:47.600Z", ["obstructive_apnea", "lasted_12_s", "hypopnea", "lasted_0_s"]],
      ["21:01:30.000Z", ["critical_leak", "lasted_30_s"]],
    ]);
  });

  test("a mode that has no name keeps its number", async () => {
    const xml = Buffer.from('<desc><DeviceEvent DeviceEventID="0" ParameterID="1003" NewValue="14"/></desc>');
    const found = await read({
      ...SMART,
      [`${FOLDER}/signal_1.wmedf`]: night(record()),
      [`${FOLDER}/event_1.xml`]: xml,
    });
    expect(bodiesOf(found, "settings")[0]?.[1].settings).toEqual({ mode: "mode 14" });
  });

  test("any text is survived in time that grows with its length", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 500 }), (text) => {
        expect(elementsOf(`<desc>${text}</desc>`).length).toBeLessThan(200);
      }),
    );
    expect(elementsOf('<a x="'.repeat(50_000))).toEqual([]);
  });
});

describe("prisma LINE, in zips", () => {
  const therapy = (options = {}) =>
    zip(
      {
        "mnt/flash/data/therapy/signals/20261114/signal_000007.wmedf": night(record(), record()),
        "mnt/flash/data/therapy/events/20261114/event_000007.xml": events,
        "../../etc/passwd": Buffer.from("x"),
      },
      options,
    );
  const config = zip({
    "mnt/flash/conf/device.xml": Buffer.from(
      '<?xml version="1.0"?><Device><DeviceType value="22"/><DeviceSerialNumber value="PR123"/><FWVersion value="1.0.0"/></Device>',
    ),
  });

  test.each([true, false])("deflated: %s; signals and events are found by their names", async (deflate) => {
    const found = await read({ "config.pcfg": config, "therapy.pdat": therapy({ deflate }) });
    expect(found.rejects).toEqual([]);
    expect(bodiesOf(found, "samples")).toHaveLength(3);
    expect(bodiesOf(found, "status")).toHaveLength(2);
    expect(bodiesOf(found, "identity")[0]?.[1]).toEqual({
      kind: "identity",
      serial: "PR123",
      model: "prisma, type 22",
      firmware: "1.0.0",
    });
  });

  test("a member whose checksum does not fit, and a zip that ends anywhere, are refused", async () => {
    const damaged = await read({ "config.pcfg": config, "therapy.pdat": therapy({ damage: true }) });
    expect(damaged.rejects).toEqual([
      "mnt/flash/data/therapy/signals/20261114/signal_000007.wmedf: damaged: its checksum does not fit",
    ]);
    const whole = therapy();
    for (let length = 0; length < whole.length; length += 11) {
      const cut = await read({ "config.pcfg": config, "therapy.pdat": whole.subarray(0, length) });
      expect(bodiesOf(cut, "samples")).toEqual([]);
      expect(cut.rejects).toHaveLength(1);
    }
  });

  test("a zip with any byte changed is survived", async () => {
    const whole = therapy();
    for (let at = 0; at < whole.length; at += 3) {
      const spoilt = Buffer.from(whole);
      spoilt[at]! ^= 0xff;
      const found = await read({ "config.pcfg": config, "therapy.pdat": spoilt });
      expect(bodiesOf(found, "samples").length).toBeLessThanOrEqual(3);
    }
  });
});

test("another card is refused, an empty one is not", async () => {
  expect(bodiesOf(await read({ "STR.edf": Buffer.alloc(9) }), "status")[0]?.[1].codes).toEqual([
    "other_card",
  ]);
  expect((await read({})).readings).toEqual([]);
});
