import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvImport } from "../../devices/csv-import/module.ts";
import type { Samples } from "../../src/domain/sample.ts";
import { type FolderRead, plain, readFolder } from "../support/folder.ts";
import { recordings } from "../support/require.ts";

const text = (...lines: string[]): Uint8Array =>
  new TextEncoder().encode(lines.map((line) => `${line}\r\n`).join(""));

const read = (file: Uint8Array, options = {}, name = "export.csv", zone = "UTC"): Promise<FolderRead> =>
  readFolder(csvImport, { [name]: file }, { options, zone });

const fixture = (name: string): Uint8Array =>
  readFileSync(path.join(import.meta.dirname, "../../devices/csv-import/fixtures", name));

const samplesOf = ({ readings }: FolderRead): readonly (readonly [string, Samples])[] =>
  readings.flatMap((reading) => {
    const [at, body] = plain(reading);
    return body.kind === "samples" ? [[at, body.samples] as const] : [];
  });

const none = { absent: "not_measured" };

describe("exports as the apps write them", () => {
  test("Checkme O2: month as a word, over midnight, dashes, and SpO2 missing after a low value is under range", async () => {
    const found = await read(fixture("checkme-o2.csv"), {}, "Checkme.csv", "Asia/Shanghai");
    expect(found.rejects).toEqual([]);
    expect(samplesOf(found)).toEqual([
      ["2026-11-21T15:59:57.000Z", { spo2: 96, pulse_rate: 70, motion: 0 }],
      ["2026-11-21T15:59:59.000Z", { spo2: none, pulse_rate: none, motion: 12 }],
      ["2026-11-21T16:00:01.000Z", { spo2: 66, pulse_rate: 71, motion: 0 }],
      ["2026-11-21T16:00:03.000Z", { spo2: { absent: "under_range" }, pulse_rate: 72, motion: 0 }],
    ]);
  });

  test("O2Ring S: byte-order mark, quoted 12-hour clock with a comma inside, 255 and 65535 as missing, a comma too many", async () => {
    const found = await read(fixture("o2ring-s.csv"));
    expect(found.rejects).toEqual([]);
    expect(samplesOf(found)).toEqual([
      ["2026-11-21T23:59:59.000Z", { spo2: 89, pulse_rate: 60, motion: 0 }],
      ["2026-11-22T00:00:03.000Z", { spo2: none, pulse_rate: none, motion: 0 }],
      ["2026-11-22T00:00:07.000Z", { spo2: 90, pulse_rate: 61, motion: 29 }],
    ]);
  });

  test("Chinese words in GBK with a half of the day", async () => {
    const found = await read(fixture("vihealth-zh.csv"));
    expect(found.rejects).toEqual([]);
    expect(samplesOf(found)).toEqual([
      ["2026-11-21T23:59:59.000Z", { spo2: 95, pulse_rate: 64, motion: 0 }],
      ["2026-11-22T00:00:03.000Z", { spo2: none, pulse_rate: none, motion: 3 }],
    ]);
  });

  test("German tcPCO2 in UTF-16: semicolons, decimal commas, kPa, and no value while the monitor does not measure", async () => {
    const found = await read(fixture("tcpco2-de.csv"));
    expect(found.rejects).toEqual([]);
    expect(samplesOf(found)).toEqual([
      ["2026-11-21T23:58:00.000Z", { spo2: 93, pulse_rate: 70, tcco2: { absent: "searching" } }],
      ["2026-11-21T23:59:00.000Z", { spo2: 94, pulse_rate: 72, tcco2: 44.3 }],
      ["2026-11-22T00:00:00.000Z", { spo2: none, pulse_rate: none, tcco2: { absent: "sensor_off" } }],
      ["2026-11-22T00:01:00.000Z", { spo2: 92, pulse_rate: 75, tcco2: 46.9 }],
    ]);
  });

  const headers: readonly (readonly [string, string])[] = [
    ["English", "Time,Oxygen Level,Pulse Rate,Motion"],
    ["English with units", "Time,SpO2 (%),PR (/min),Movement"],
    ["German", "Uhrzeit,Sauerstoffsättigung (%),Pulsfrequenz,Bewegung"],
    ["French", "Heure,Niveau d'oxygène,Fréquence cardiaque,Mouvement"],
    ["Spanish", "Hora,Nivel de oxígeno,Frecuencia del pulso,Movimiento"],
    ["Italian", "Ora,Livello di ossigeno,Frequenza cardiaca,Movimento"],
    ["Dutch", "Tijd,Zuurstofniveau,Hartslag,Beweging"],
    ["Portuguese", "Hora,Nível de oxigênio,Frequência de pulso,Movimento"],
    ["Russian", "Время,Уровень кислорода,Частота пульса,Движение"],
    ["simplified Chinese", "时间,血氧饱和度,脉率,体动"],
    ["traditional Chinese", "時間,血氧飽和度,脈率,體動"],
    ["Japanese", "時刻,酸素飽和度,脈拍数,体動"],
    ["Korean", "시간,산소포화도,맥박수,움직임"],
  ];
  test.each(headers)("a header in %s", async (_language, header) => {
    const found = await read(text(header, "2026-11-22 03:14:05,97,72,1"));
    expect(samplesOf(found)).toEqual([["2026-11-22T03:14:05.000Z", { spo2: 97, pulse_rate: 72, motion: 1 }]]);
  });

  test("German words in Windows-1252, which is no UTF-8", async () => {
    const latin = Uint8Array.from("Zeit;Sauerstoffs\u00e4ttigung;Puls\n22.11.2026 03:14:05;97;72\n", (c) =>
      c.charCodeAt(0),
    );
    expect(samplesOf(await read(latin))).toEqual([
      ["2026-11-22T03:14:05.000Z", { spo2: 97, pulse_rate: 72 }],
    ]);
  });

  test("UTF-16 of either order without a mark", async () => {
    const table = "Time\tSpO2\tPulse\n2026-11-22 03:14:05\t97\t72\n";
    const little = Uint8Array.from(Buffer.from(table, "utf16le"));
    const big = Uint8Array.from(Buffer.from(table, "utf16le").swap16());
    const expected = [["2026-11-22T03:14:05.000Z", { spo2: 97, pulse_rate: 72 }]];
    expect(samplesOf(await read(little))).toEqual(expected);
    expect(samplesOf(await read(big))).toEqual(expected);
  });
});

describe("dates", () => {
  const dated = (...dates: string[]): Uint8Array => text("Time,SpO2", ...dates.map((date) => `${date},97`));
  const at = async (file: Uint8Array, options = {}, name = "export.csv"): Promise<readonly string[]> =>
    samplesOf(await read(file, options, name)).map(([when]) => when.slice(0, 19));

  test.each([
    ["14:15:16 25/06/2026", "2026-06-25T14:15:16"],
    ["25.06.2026 14:15", "2026-06-25T14:15:00"],
    ["6/25/2026 2:15:16 PM", "2026-06-25T14:15:16"],
    ["12:00:01 AM 6/25/2026", "2026-06-25T00:00:01"],
    ["12:00:01 p.m. 6/25/2026", "2026-06-25T12:00:01"],
    ["25-JUN-26 14:15:16", "2026-06-25T14:15:16"],
    ["14:15:16 25 juin 2026", "2026-06-25T14:15:16"],
    ["14:15:16 3. März 2026", "2026-03-03T14:15:16"],
    ["2026/6/25 14:15:16", "2026-06-25T14:15:16"],
    ["2026年6月25日 14时15分16秒", "2026-06-25T14:15:16"],
    ["2026-06-25T14:15:16.000+02:00", "2026-06-25T12:15:16"],
    ["2026-06-25T14:15:16Z", "2026-06-25T14:15:16"],
    ["1782396916", "2026-06-25T14:15:16"],
  ])("%s", async (written, expected) => {
    expect(await at(dated(written))).toEqual([expected]);
  });

  test("the whole file decides between day and month: a later day above 12", async () => {
    expect(await at(dated("03:00:00 12/11/2026", "03:00:00 13/11/2026"))).toEqual([
      "2026-11-12T03:00:00",
      "2026-11-13T03:00:00",
    ]);
  });

  test("... or the step over midnight, which is one day in one order and a month in the other", async () => {
    expect(await at(dated("23:59:59 03/10/2026", "00:00:01 04/10/2026"))).toEqual([
      "2026-10-03T23:59:59",
      "2026-10-04T00:00:01",
    ]);
    expect(await at(dated("23:59:59 10/03/2026", "00:00:01 10/04/2026"))).toEqual([
      "2026-10-03T23:59:59",
      "2026-10-04T00:00:01",
    ]);
  });

  test("... or the date in the file's name", async () => {
    const file = dated("23:20:29 05/06/2026");
    expect(await at(file, {}, "O2Ring S_20260605232029.csv")).toEqual(["2026-06-05T23:20:29"]);
    expect(await at(file, {}, "O2Ring S_20260506232029.csv")).toEqual(["2026-05-06T23:20:29"]);
  });

  test("two digits for the year leave open which number it is, until the date moves on", async () => {
    expect(await at(dated("25.06.26 03:00:00"))).toEqual([]);
    expect(await at(dated("25.06.26 23:00:00", "26.06.26 03:00:00"))).toEqual([
      "2026-06-25T23:00:00",
      "2026-06-26T03:00:00",
    ]);
  });

  test("a file that leaves it open is refused whole, and read with the option", async () => {
    const file = dated("23:20:29 05/06/2026", "23:20:30 05/06/2026");
    const found = await read(file);
    expect(found.readings.map(({ body }) => body)).toEqual([{ kind: "status", codes: ["file_refused"] }]);
    expect(found.rejects).toEqual([
      "export.csv: day and month cannot be told apart in its dates: set the option date_order",
    ]);
    expect((await at(file, { date_order: "dmy" }))[0]).toBe("2026-06-05T23:20:29");
    expect((await at(file, { date_order: "mdy" }))[0]).toBe("2026-05-06T23:20:29");
  });

  test("the hour that comes twice in autumn is read twice, not folded into one", async () => {
    const rows = dated(
      "2026-10-25 02:59:58",
      "2026-10-25 02:59:59",
      "2026-10-25 02:00:00",
      "2026-10-25 02:00:01",
    );
    const found = await read(rows, {}, "a.csv", "Europe/Berlin");
    expect(found.rejects).toEqual([]);
    expect(samplesOf(found).map(([when]) => when)).toEqual([
      "2026-10-25T00:59:58.000Z",
      "2026-10-25T00:59:59.000Z",
      "2026-10-25T01:00:00.000Z",
      "2026-10-25T01:00:01.000Z",
    ]);
  });

  test("a row that goes back in time is refused", async () => {
    const found = await read(dated("2026-11-22 03:00:05", "2026-11-22 03:00:04", "2026-11-22 03:00:06"));
    expect(found.rejects).toEqual(["export.csv: goes back in time"]);
    expect(samplesOf(found)).toHaveLength(2);
  });

  test("no day and no time of day is made up", async () => {
    const found = await read(
      dated("2026-02-30 03:00:00", "2026-02-28 25:00:00", "03:00:00", "2026-02-28 03:00:00"),
    );
    expect(found.rejects).toHaveLength(3);
    expect(samplesOf(found).map(([when]) => when)).toEqual(["2026-02-28T03:00:00.000Z"]);
  });
});

describe("columns and units", () => {
  test("reminders and averages are not taken for values", async () => {
    const found = await read(
      text("Time,SpO2 Reminder,PR Reminder,SpO2,Average SpO2", "2026-11-22 03:14:05,1,1,97,12"),
    );
    expect(samplesOf(found)).toEqual([["2026-11-22T03:14:05.000Z", { spo2: 97 }]]);
  });

  test("columns by number, for a file without a header that says anything", async () => {
    const file = text(
      "Report of a night",
      "22/11/2026|x",
      "22/11/2026;03:14:05;x;97;72",
      "22/11/2026;03:14:06;x;96;73",
    );
    const options = { date_column: 1, time_column: 2, spo2_column: 4, pulse_column: 5, date_order: "dmy" };
    expect(samplesOf(await read(file, options))).toEqual([
      ["2026-11-22T03:14:05.000Z", { spo2: 97, pulse_rate: 72 }],
      ["2026-11-22T03:14:06.000Z", { spo2: 96, pulse_rate: 73 }],
    ]);
  });

  test("a column by number goes before the header", async () => {
    const file = text("Time,SpO2,SpO2 corrected", "2026-11-22 03:14:05,97,95");
    expect(samplesOf(await read(file, { spo2_column: 3 }))[0]?.[1]).toEqual({ spo2: 95 });
  });

  test("CO2 without a unit is left out and the reason told; option, header or cell give it", async () => {
    const rows = ["Time,SpO2,tcPCO2", "2026-11-22 03:14:05,97,6.0"];
    const silent = await read(text(...rows));
    expect(samplesOf(silent)[0]?.[1]).toEqual({ spo2: 97 });
    expect(silent.rejects).toEqual(["export.csv: nobody says the unit of its CO2: set the option co2_unit"]);
    expect(samplesOf(await read(text(...rows), { co2_unit: "kPa" }))[0]?.[1].tcco2).toBe(45);
    const cell = text("Time,tcPCO2", "2026-11-22 03:14:05,6.0 kPa");
    expect(samplesOf(await read(cell))[0]?.[1].tcco2).toBe(45);
    const torr = text("Time,tcPCO2 (mmHg)", "2026-11-22 03:14:05,45");
    expect(samplesOf(await read(torr))[0]?.[1].tcco2).toBe(45);
  });

  test("every way to write nothing", async () => {
    const cells = ["", "--", "---", "-", "n/a", "NaN", "0", "127", "255"];
    const file = text("Time,SpO2,PR", ...cells.map((cell, i) => `2026-11-22 03:14:0${i},${cell},72`));
    const found = await read(file);
    expect(found.rejects).toEqual([]);
    for (const [, { spo2 }] of samplesOf(found)) expect(spo2).toEqual(none);
  });

  test("a number outside all reason is invalid, and a word in a column of numbers refuses the row", async () => {
    const found = await read(text("Time,SpO2", "2026-11-22 03:14:05,101", "2026-11-22 03:14:06,good"));
    expect(samplesOf(found)).toEqual([["2026-11-22T03:14:05.000Z", { spo2: { absent: "invalid" } }]]);
    expect(found.rejects).toEqual(["export.csv: no number in the column of spo2"]);
  });
});

describe("several files", () => {
  const night = (day: number): Uint8Array => text("Time,SpO2", `2026-11-${day} 03:00:00,9${day % 10}`);

  test("the one that begins first comes first, whatever its name, and other kinds are left alone", async () => {
    const found = await readFolder(csvImport, {
      "a.csv": night(23),
      "b.csv": night(21),
      "sub/c.CSV": night(22),
      "photo.jpg": night(20),
      "._b.csv": night(20),
    });
    expect(found.rejects).toEqual([]);
    expect(samplesOf(found).map(([, { spo2 }]) => spo2)).toEqual([91, 92, 93]);
  });

  test("the same recording exported twice is read once", async () => {
    const found = await readFolder(csvImport, { "a.csv": night(21), "b.csv": night(21) });
    expect(samplesOf(found)).toHaveLength(1);
    expect(found.rejects).toEqual(["b.csv: the time of a row of another file"]);
  });
});

describe("files that are none", () => {
  test.each([
    ["empty", new Uint8Array(0), []],
    ["a picture", Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251), ["file_refused"]],
    ["a header alone", text("Time,SpO2"), ["file_refused"]],
    ["a header without values", text("Time,Comment", "2026-11-22 03:14:05,hello"), ["file_refused"]],
  ])("%s", async (_name, file, codes) => {
    const found = await read(file);
    const refusals = found.readings.map(({ body }) => (body.kind === "status" ? body.codes : body.kind));
    expect(refusals.flat()).toEqual(codes);
  });

  test("a last row that was cut is left out, since a cut number is a smaller one", async () => {
    const whole = text("Time,SpO2", "2026-11-22 03:14:05,97", "2026-11-22 03:14:06,100");
    for (const cut of [2, 3, 4]) {
      const found = await read(whole.subarray(0, whole.length - cut));
      expect(samplesOf(found).map(([, { spo2 }]) => spo2)).toEqual([97]);
    }
  });

  test("a line of a megabyte is passed over, and only pieces are ever in memory", async () => {
    const file = text("Time,SpO2", `2026-11-22 03:14:05,97${" ".repeat(1 << 20)}`, "2026-11-22 03:14:06,96");
    const found = await read(file);
    expect(found.rejects).toEqual(["export.csv: a line too long for a row"]);
    expect(samplesOf(found).map(([, { spo2 }]) => spo2)).toEqual([96]);
    expect(found.largestRead).toBeLessThanOrEqual(64 * 1024);
  });

  test("any bytes are survived, and what comes out is in range or has a reason", async () => {
    const line = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.constantFrom("2026-11-22 03:14:05,97,72", '"', "Time,SpO2,PR", "--,--,--", "1/2/3 4:5,6,7"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (lines) => {
        const found = await read(text("Time,SpO2,PR", ...lines));
        for (const [, { spo2 }] of samplesOf(found)) {
          if (typeof spo2 === "number") expect(spo2 >= 1 && spo2 <= 100).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("a maker's own exports", () => {
  const { test: onRecordings, path: folder } = recordings("cms50e-hid");
  const rowsOf = (csv: string): readonly string[] => csv.trim().split(/\r?\n/).slice(1);

  onRecordings.each([
    ["live", 212],
    ["manual", 2050],
  ])("Contec's %s run: each of its %i rows", async (name, count) => {
    const file = gunzipSync(readFileSync(path.join(folder, `manufacturer-${name}-csv.gz`)));
    const found = await read(new Uint8Array(file));
    expect(found.rejects).toEqual([]);
    const rows = rowsOf(file.toString("latin1"));
    expect(rows).toHaveLength(count);
    const written = samplesOf(found).map(([at, { spo2, pulse_rate }]) => {
      const number = (sample: typeof spo2, missing: number) =>
        typeof sample === "number" ? sample : missing;
      const [day, time] = at.split("T");
      return `${day}, ${time?.slice(0, 8)}, ${number(spo2, 127)}, ${number(pulse_rate, 255)}`;
    });
    expect(written).toEqual(rows);
    expect(readdirSync(folder)).toContain(`manufacturer-${name}-csv.gz`);
  });
});
