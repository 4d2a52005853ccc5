import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HEAD, noteOf, readHead } from "../../devices/resvent-card/codec.ts";
import { resventCard } from "../../devices/resvent-card/module.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { type FolderRead, plain, readFolder } from "../support/folder.ts";

const folder = path.join(import.meta.dirname, "../../devices/resvent-card");

const text = (...lines: string[]): Buffer =>
  Buffer.from(`\u0001\u0002\u0003\u0004${lines.map((line) => `${line}\n`).join("")}`, "latin1");

/** A W or P file by the offsets of the document; each signal with its samples of every chunk. */
function signals(
  seconds: number,
  named: { readonly [name: string]: readonly (readonly number[])[] },
): Buffer {
  const names = Object.keys(named);
  const head = Buffer.alloc(0x24);
  head.writeUInt16LE(seconds, 0x10);
  head.writeUInt16LE(names.length, 0x12);
  const descriptors = names.map((name) => {
    const bytes = Buffer.alloc(0x20);
    bytes.write(name, 0, "latin1");
    bytes.writeUInt16LE(named[name]?.[0]?.length ?? 0, 0x1e);
    return bytes;
  });
  const chunks = (named[names[0] ?? ""] ?? []).map((_, i) =>
    names
      .flatMap((name) => named[name]?.[i] ?? [])
      .map((value) => {
        const bytes = Buffer.alloc(2);
        bytes.writeInt16LE(value);
        return bytes;
      }),
  );
  return Buffer.concat([head, ...descriptors, ...chunks.flat()]);
}

/** 2026-11-18 18:03:20 in UTC, 02:03:20 on a clock eight hours east of it. */
const BEGIN = 1_795_025_000;
const DAY = "THERAPY/RECORD/202611/19";

const numbers = (count: number) =>
  signals(4, {
    IPAP: Array.from({ length: count }, () => [1800, 1810]),
    EPAP: Array.from({ length: count }, () => [850, 850]),
    Leak: Array.from({ length: count }, () => [124, 300]),
    Vt: Array.from({ length: count }, () => [450, 460]),
    MV: Array.from({ length: count }, () => [720, 730]),
    RR: Array.from({ length: count }, () => [160, 165]),
    Ti: Array.from({ length: count }, () => [1234, 1000]),
    "I:E": Array.from({ length: count }, () => [2000, 2000]),
    SpO2: Array.from({ length: count }, () => [0, 0]),
    PR: Array.from({ length: count }, () => [0, 0]),
  });

const stat = (used: number) => text(`secStart=${BEGIN}`, `secUsed=${used}`, "cntAHI=1");

const read = (files: { readonly [name: string]: Uint8Array }, zone = "Asia/Shanghai"): Promise<FolderRead> =>
  readFolder(resventCard, files, { zone });

const bodiesOf = <Kind extends ObservationBody["kind"]>({ readings }: FolderRead, kind: Kind) =>
  readings.flatMap((reading) => {
    const [at, body] = plain(reading);
    return body.kind === kind
      ? [[at.slice(11, 19), body as Extract<ObservationBody, { kind: Kind }>] as const]
      : [];
  });

describe("a session", () => {
  test("numbers by their steps, at their times, and the machine on and off around them", async () => {
    const found = await read({
      [`${DAY}/STAT01`]: stat(8),
      [`${DAY}/P01_0`]: numbers(1),
      [`${DAY}/P01_1`]: numbers(1),
    });
    expect(found.rejects).toEqual([]);
    const first = {
      pressure_insp: 18,
      pressure_exp: 8.5,
      leak: 12,
      tidal_volume_exp: 450,
      minute_volume: 7.2,
      resp_rate: 16,
      insp_time: 1.23,
    };
    expect(bodiesOf(found, "samples").map(([at, { samples }]) => [at, samples])).toEqual([
      ["18:03:20", { therapy: 1 }],
      ["18:03:22", first],
      [
        "18:03:24",
        {
          ...first,
          pressure_insp: 18.1,
          leak: 30,
          tidal_volume_exp: 460,
          minute_volume: 7.3,
          resp_rate: 16.5,
          insp_time: 1,
        },
      ],
      ["18:03:26", first],
      [
        "18:03:28",
        {
          ...first,
          pressure_insp: 18.1,
          leak: 30,
          tidal_volume_exp: 460,
          minute_volume: 7.3,
          resp_rate: 16.5,
          insp_time: 1,
        },
      ],
      ["18:03:29", { therapy: 0 }],
    ]);
  });

  test("its clock shows China's time wherever the machine stands: the bed's zone reads it as its own", async () => {
    const berlin = await read({ [`${DAY}/STAT01`]: stat(4), [`${DAY}/P01_0`]: numbers(1) }, "Europe/Berlin");
    expect(plain(berlin.readings[0]!)[0]).toBe("2026-11-19T01:03:20.000Z");
  });

  test("an oximeter that says something is passed on; SpO2 gone after a low value is under range", async () => {
    const file = signals(8, { SpO2: [[97, 66, 0, 255]], PR: [[72, 73, 74, 255]] });
    const found = await read({ [`${DAY}/STAT01`]: stat(8), [`${DAY}/P01_0`]: file });
    expect(bodiesOf(found, "samples").map(([, { samples }]) => samples)).toEqual([
      { therapy: 1 },
      { spo2: 97, pulse_rate: 72 },
      { spo2: 66, pulse_rate: 73 },
      { spo2: { absent: "under_range" }, pulse_rate: 74 },
      { therapy: 0 },
    ]);
  });

  test("waves in stretches of ten seconds, between the numbers of their time", async () => {
    const wave = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? 3012 : -1500));
    const found = await read({
      [`${DAY}/STAT01`]: stat(12),
      [`${DAY}/W01_0`]: signals(12, { Pressure: [wave.map(() => 1250)], Flow: [wave] }),
      [`${DAY}/P01_0`]: numbers(3),
    });
    expect(
      bodiesOf(found, "wave").map(([at, { rateHz, channels }]) => [at, rateHz, channels.flow?.length]),
    ).toEqual([
      ["18:03:30", 25, 250],
      ["18:03:32", 25, 50],
    ]);
    expect(bodiesOf(found, "wave")[0]?.[1].channels).toMatchObject({
      flow: expect.arrayContaining([30.12, -15]),
    });
    const times = found.readings.map(({ deviceAt }) => deviceAt ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("a use that is not that of the signals is told", async () => {
    const found = await read({ [`${DAY}/STAT01`]: stat(3600), [`${DAY}/P01_0`]: numbers(2) });
    expect(found.rejects).toEqual([`${DAY}/01: its statistics say 3600 s of use, its signals are 8 s`]);
  });

  test("events of the person by name, alarms of the machine by number", async () => {
    const found = await read({
      [`${DAY}/STAT01`]: stat(8),
      [`${DAY}/EV01`]: readFileSync(path.join(folder, "fixtures/EV01-by-hand")),
      [`${DAY}/ALM01`]: text("ID=5,DT=1795025002,DR=3,GD=1,"),
    });
    expect(found.rejects).toEqual([]);
    expect(bodiesOf(found, "status").map(([at, { codes }]) => [at, codes])).toEqual([
      ["11:10:00", ["obstructive_apnea", "lasted_23_s"]],
      ["11:13:20", ["hypopnea", "lasted_12_s"]],
    ]);
    expect(bodiesOf(found, "ownAlarm").map(([at, { alarms }]) => [at, alarms[0]])).toEqual([
      ["18:03:22", { code: "alarm_5", text: "Alarm 5 of the machine", priority: "high", active: true }],
      ["18:03:25", { code: "alarm_5", text: "Alarm 5 of the machine", priority: "high", active: false }],
    ]);
  });
});

describe("settings", () => {
  const config = (mode: number, file: string) => ({
    "THERAPY/CONFIG/SYSCFG": text("models=iBreeze 30STA", "sn=R123", "num=3"),
    "THERAPY/CONFIG/TCTRL": text(`VentMode=${mode}`),
    [`THERAPY/CONFIG/${file}`]: text("IPAP=1800", "EPAP=850"),
  });

  test("S/T with its pressures, and who the machine is", async () => {
    const found = await read(config(12, "N_ST30"));
    expect(bodiesOf(found, "settings")[0]?.[1].settings).toEqual({ mode: "S/T", ipap: 18, epap: 8.5 });
    expect(bodiesOf(found, "identity")[0]?.[1]).toEqual({
      kind: "identity",
      serial: "R123",
      model: "iBreeze 30STA",
    });
  });

  test("an automatic mode has no fixed pressures, an unknown one is refused", async () => {
    expect(bodiesOf(await read(config(13, "N_AST30")), "settings")[0]?.[1].settings).toEqual({
      mode: "Auto S/T",
    });
    const unknown = await read(config(77, "N_ST30"));
    expect(bodiesOf(unknown, "settings")).toEqual([]);
    expect(unknown.rejects).toContain("settings of mode 77, which is not known");
  });
});

describe("files that are none", () => {
  test("a session without its statistics has no begin", async () => {
    expect((await read({ [`${DAY}/P01_0`]: numbers(1) })).rejects).toEqual([
      `${DAY}/01: its statistics do not say when it began`,
    ]);
  });

  test.each([
    ["no signals", [10, 0], "an absurd head: 0 signals in chunks of 10 s"],
    ["absurdly many", [10, 65_535], "an absurd head: 65535 signals in chunks of 10 s"],
    ["no time", [0, 2], "an absurd head: 2 signals in chunks of 0 s"],
    ["a head that ends", [10, 2], "a head that is cut off"],
  ] as const)("%s", (_name, [seconds, count], reason) => {
    const head = Buffer.alloc(0x24);
    head.writeUInt16LE(seconds, 0x10);
    head.writeUInt16LE(count, 0x12);
    expect(readHead(head)).toBe(reason);
  });

  test("any head is survived, and one that is read is not absurd", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const head = readHead(bytes);
        if (typeof head !== "string") expect(head.headBytes).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  test.each(["", "ID=,DT=1,DR=1,", "ID=17,DT=abc,DR=1,", "ID=17;DT=1;DR=1", "ID=17,DT=99999999999,DR=1,"])(
    "no event: %j",
    (line) => {
      expect(noteOf(line)).toBeUndefined();
    },
  );

  test("a file that ends anywhere is read as far as its chunks are whole", async () => {
    const whole = numbers(3);
    const headBytes = 0x24 + 10 * 0x20;
    for (let length = 0; length <= whole.length; length += 5) {
      const found = await read({ [`${DAY}/STAT01`]: stat(12), [`${DAY}/P01_0`]: whole.subarray(0, length) });
      const chunks = Math.max(0, Math.floor((length - headBytes) / 40));
      expect(bodiesOf(found, "samples")).toHaveLength(2 + 2 * chunks);
    }
  });

  test("another card is refused, an empty one is not", async () => {
    expect(bodiesOf(await read({ "STR.edf": Buffer.alloc(9) }), "status")[0]?.[1].codes).toEqual([
      "other_card",
    ]);
    expect((await read({})).readings).toEqual([]);
  });
});

test("the README shows the head as it is declared", () => {
  expect(readFileSync(path.join(folder, "README.md"), "utf8")).toContain(HEAD.table());
});
