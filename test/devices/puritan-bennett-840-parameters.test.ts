import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeReply,
  encodeReply,
  LONGEST_REPLY_BYTES,
  type Reply,
} from "../../devices/puritan-bennett-840-parameters/codec.ts";
import {
  identityBody,
  ownAlarmBody,
  replyMeaning,
  samplesBody,
  settingsBody,
} from "../../devices/puritan-bennett-840-parameters/readings.ts";
import {
  FIRST_FIELD,
  fieldTable,
  REPORTS,
  type Report,
  type ReportName,
  widthsOf,
} from "../../devices/puritan-bennett-840-parameters/reports.ts";
import { absent, type Sample } from "../../src/domain/sample.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";
import { reply } from "../support/pb840-reply.ts";

const { MISCA, MISCF } = REPORTS;

const decoded = (bytes: Uint8Array): ReturnType<typeof decodeReply> =>
  decodeReply(bytes.subarray(0, -1), true);

function understood(bytes: Uint8Array): Reply {
  const result = decoded(bytes);
  if (typeof result === "string") throw new Error(result);
  return result;
}

const settings = (report: Report, fields: { readonly [field: number]: string }) =>
  settingsBody(understood(reply(report, fields))).settings;

describe("a reply", () => {
  test.each<[ReportName, number, number]>([
    ["MISCF", 1225, 169],
    ["MISCA", 706, 97],
  ])("%s has exactly %i bytes in %i fields", (name, bytes, fields) => {
    const text = lineText(reply(REPORTS[name]));
    const body = text.slice(text.indexOf("\x02") + 1, text.indexOf("\x03"));
    expect(body).toHaveLength(bytes);
    expect(body.match(/,/g)).toHaveLength(fields);
    expect(text.startsWith(name === "MISCF" ? "MISCF,1225,169 ,\x02" : "MISCA,706,97,\x02")).toBe(true);
    expect(text.endsWith("\x03\r")).toBe(true);
    expect(text.length).toBeLessThan(LONGEST_REPLY_BYTES);
  });

  test("made of any texts that fit is read back to them", () => {
    const texts = (report: Report) =>
      fc.tuple(
        ...report.fields.map(({ kind, width = 6 }) => {
          if (kind === "alarm") return fc.constantFrom("NORMAL", "ALARM", "LOW", "MEDIUM", "HIGH", "RESET");
          if (kind === "text") return fc.stringMatching(/^[A-Z0-9/+:-]{0,6}$/);
          return fc.constantFrom("", "0", "-3.4", "0.452", "1225").filter((text) => text.length <= width);
        }),
      );
    for (const report of [MISCF, MISCA]) {
      fc.assert(
        fc.property(texts(report), (given) => {
          const sent = new Map(report.fields.map(({ field }, i) => [field, given[i] ?? ""]));
          const read = understood(encodeReply(report, sent));
          for (const [field, text] of sent) expect(read.text(field)).toBe(text);
        }),
        { numRuns: 30 },
      );
    }
  });

  test("cannot be made with a text that does not fit its field", () => {
    expect(() => reply(MISCF, { 70: "1234567" })).toThrow(RangeError);
    expect(() => reply(MISCF, { 8: "INVASIVE" })).not.toThrow();
  });

  test("is found by its commas, whatever the widths are", () => {
    const wide = lineText(reply(MISCF, { 70: "16", 71: "0.452" }))
      .replace(/,1225,/, ",1229,")
      .replace("NORMAL,NORMAL", "NORMAL    ,NORMAL");
    const read = understood(lineBytes(wide));
    expect(read.text(70)).toBe("16");
    expect(read.text(71)).toBe("0.452");
  });
});

describe("a reply is refused", () => {
  const good = lineText(reply(MISCF, { 5: "03:12", 70: "16", 76: "1:2.10", 105: "OFF", 156: "enable" }));
  const changed = (change: (text: string) => string) => decoded(lineBytes(change(good)));

  test("but not as it is", () => {
    expect(changed((text) => text)).toMatchObject({ report: MISCF });
  });

  test("when it holds more or fewer bytes than its head says", () => {
    expect(changed((text) => text.replace(",1225,", ",1224,"))).toBe("byte count disagrees");
    expect(changed((text) => text.replace("16    ,", "16   ,"))).toBe("byte count disagrees");
    expect(changed((text) => `${text.slice(0, 700)}\x03\r`)).toBe("byte count disagrees");
  });

  test("when it holds more or fewer fields than its head says", () => {
    expect(changed((text) => text.replace(",169 ,", ",168 ,"))).toBe("field count disagrees");
    expect(changed((text) => text.replace("16    ,", "16     "))).toBe("field count disagrees");
    expect(changed((text) => text.replace(",\x03", " \x03"))).toBe("field count disagrees");
  });

  test("as the 980 sends it: 1260 bytes in 174 fields under a head that says 1225 and 169", () => {
    const body = good.slice(good.indexOf("\x02") + 1, good.indexOf("\x03"));
    const fields = body.split(",").slice(0, -1);
    const shifted = [
      ...fields.slice(0, 47),
      ...Array.from({ length: 5 }, () => "      "),
      ...fields.slice(47),
    ];
    const text = `MISCF,1225,169 ,\x02${shifted.map((field) => `${field},`).join("")}\x03\r`;
    expect(text.indexOf("\x03") - text.indexOf("\x02") - 1).toBe(1260);
    expect(decoded(lineBytes(text))).toBe("byte count disagrees");
    // Even with an honest head its fields would be other than ours.
    expect(decoded(lineBytes(text.replace("1225,169 ", "1260,174 ")))).toBe("number of fields unknown");
  });

  test("when its fields are shifted within right counts", () => {
    /** One comma lost, one won: what lies between is one field too far. */
    const shift = (from: number, to: number) =>
      changed((text) => {
        const head = text.slice(0, text.indexOf("\x02") + 1);
        const fields = text.slice(head.length, text.indexOf("\x03")).split(",").slice(0, -1);
        const merged = `${fields[from - FIRST_FIELD]} ${fields[from + 1 - FIRST_FIELD]}`;
        const split = fields[to - FIRST_FIELD] ?? "";
        const all = [
          ...fields.slice(0, from - FIRST_FIELD),
          merged,
          ...fields.slice(from + 2 - FIRST_FIELD, to - FIRST_FIELD),
          split.slice(0, 3),
          split.slice(4),
          ...fields.slice(to + 1 - FIRST_FIELD),
        ];
        return `${head}${all.map((field) => `${field},`).join("")}\x03\r`;
      });
    expect(shift(60, 140)).toBe("fields out of place");
    expect(shift(64, 100)).toBe("fields out of place");
    expect(shift(100, 130)).toBe("fields out of place");
    expect(shift(110, 165)).toBe("fields out of place");
  });

  test.each([
    ["an empty line", ""],
    ["a command", "SNDF"],
    ["an unknown report", "MISCX,6,1,\x02abcde,\x03"],
    ["one without STX", "MISCF,1225,169 ,03:12"],
    ["noise", "\x02\x03,,,\xff"],
  ])("%s", (_, text) => {
    expect(decodeReply(lineBytes(text), true)).toBe("not a reply");
  });

  test("never with an error, whatever arrives", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.nat({ max: good.length }),
        fc.boolean(),
        (noise, at, whole) => {
          const damaged = Buffer.concat([lineBytes(good.slice(0, at)), noise, lineBytes(good.slice(at, -1))]);
          decodeReply(damaged, whole);
          decodeReply(noise, whole);
        },
      ),
    );
  });
});

describe("measured values", () => {
  const sampleOf = (field: number, text: string): Sample | undefined => {
    const { signal } = MISCF.fields.find((candidate) => candidate.field === field)!;
    return samplesBody(understood(reply(MISCF, { [field]: text }))).samples[signal!.id];
  };

  test.each<[number, string, Sample]>([
    [70, "16", 16],
    [71, "0.452", 452],
    [72, "7.20", 7.2],
    [73, "18.2", 18.2],
    [75, "2.1", 2.1],
    [77, "30", 30],
    [78, "0.470", 470],
    [87, "-0.3", -0.3],
    [158, "9.4", 9],
    [70, "", absent("not_measured")],
    [70, "OFF", absent("not_measured")],
    [71, "-----", absent("invalid")],
    [71, "0.45.2", absent("invalid")],
    [71, "9.999", absent("invalid")],
    [77, "14", absent("invalid")],
  ])("field %i, %j", (field, text, sample) => {
    // Letters in a number are refused with the whole reply.
    if (text === "OFF") expect(decoded(reply(MISCF, { [field]: text }))).toBe("fields out of place");
    else expect(sampleOf(field, text)).toEqual(sample);
  });

  test("MISCA measures what it has and says nothing of the rest", () => {
    const body = samplesBody(
      understood(reply(MISCA, { 34: "14", 35: "0.38", 36: "5.29", 38: "24.0", 40: "24.0" })),
    );
    expect(body.samples).toEqual({
      resp_rate: 14,
      tidal_volume_exp: 380,
      minute_volume: 5.3,
      pressure_peak: 24,
      pressure_mean: absent("not_measured"),
      pressure_insp: 24,
      ie_ratio: absent("not_measured"),
    });
  });
});

describe("settings", () => {
  test("spontaneous with pressure support: IPAP is PEEP plus support, and no backup rate", () => {
    const fields = {
      8: "NIV",
      9: "SPONT",
      10: "PC",
      11: "PS",
      13: "12.0",
      16: "30",
      18: "8.0",
      31: "10.0",
      46: "15",
    };
    expect(settings(MISCF, fields)).toEqual({
      mode: "SPONT PS",
      interface: "NIV",
      epap: 8,
      pressure_support: 10,
      ipap: 18,
      fio2: 30,
    });
  });

  test("assist control with pressure control: IPAP is PEEP plus that pressure, with rate and time", () => {
    const fields = {
      8: "INVASIVE",
      9: "A/C",
      10: "PC",
      11: "PS",
      13: "14",
      18: "5",
      31: "9",
      46: "12.5",
      47: "1.10",
    };
    expect(settings(MISCF, fields)).toEqual({
      mode: "A/C PC",
      interface: "INVASIVE",
      epap: 5,
      ipap: 17.5,
      backup_rate: 14,
      insp_time: 1.1,
    });
  });

  test("volume control has a target and no IPAP", () => {
    const fields = { 9: "A/C", 10: "VC", 13: "14.0", 14: "0.365", 18: "5.0" };
    expect(settings(MISCF, fields)).toEqual({
      mode: "A/C VC",
      epap: 5,
      backup_rate: 14,
      tidal_volume_target: 365,
    });
  });

  test("SIMV with volume control and pressure support: the supported breath tells IPAP", () => {
    const fields = { 9: "SIMV", 10: "VC", 11: "PS", 13: "8", 14: "0.5", 18: "6", 31: "7" };
    expect(settings(MISCF, fields)).toMatchObject({
      mode: "SIMV VC PS",
      pressure_support: 7,
      ipap: 13,
      backup_rate: 8,
      tidal_volume_target: 500,
    });
  });

  test("SIMV with pressure control: the mandatory breath tells IPAP", () => {
    const fields = { 9: "SIMV", 10: "PC", 11: "PS", 13: "8", 18: "6", 31: "7", 46: "14" };
    expect(settings(MISCF, fields)).toMatchObject({ pressure_support: 7, ipap: 20 });
  });

  test("BILEVL goes between its two levels", () => {
    const fields = { 9: "BILEVL", 10: "PC", 11: "NONE", 13: "10", 18: "5", 62: "22.0", 63: "7.0" };
    expect(settings(MISCF, fields)).toEqual({ mode: "BILEVL PC", epap: 7, ipap: 22, backup_rate: 10 });
  });

  test("volume support has a target", () => {
    expect(settings(MISCF, { 9: "SPONT", 11: "VS", 18: "5", 61: "0.420" })).toEqual({
      mode: "SPONT VS",
      epap: 5,
      tidal_volume_target: 420,
    });
  });

  test("what is not told is not there", () => {
    expect(settings(MISCF, { 9: "SPONT", 11: "PS", 31: "10" })).toEqual({
      mode: "SPONT PS",
      pressure_support: 10,
    });
  });

  test.each([
    [
      "CMV under volume control",
      { 9: "CMV", 10: "14.0", 11: "0.36", 13: "21", 15: "5.0", 26: "0", 85: "0", 86: "0.00" },
      { mode: "A/C", epap: 5, backup_rate: 14, tidal_volume_target: 360, fio2: 21 },
    ],
    [
      "CMV under pressure control",
      { 9: "CMV", 10: "14.0", 11: "0.36", 15: "5.0", 85: "12", 86: "1.10" },
      { mode: "A/C", epap: 5, ipap: 17, backup_rate: 14, insp_time: 1.1 },
    ],
    [
      "CPAP with support",
      { 9: "CPAP", 10: "14.0", 15: "8", 26: "10" },
      { mode: "SPONT", epap: 8, pressure_support: 10, ipap: 18 },
    ],
    [
      "BILEVL",
      { 9: "BILEVL", 10: "10", 15: "7", 26: "5", 85: "22", 86: "2.0" },
      { mode: "BILEVL", epap: 7, pressure_support: 5, ipap: 22, backup_rate: 10 },
    ],
  ])("MISCA, %s", (_, fields, expected) => {
    expect(settings(MISCA, fields as { [field: number]: string })).toEqual(expected);
  });
});

describe("the ventilator's own alarms", () => {
  const alarmsOf = (report: Report, fields: { readonly [field: number]: string }) =>
    ownAlarmBody(understood(reply(report, fields))).alarms;

  test("are all told, active or not, each once", () => {
    const alarms = alarmsOf(MISCF, {});
    expect(alarms).toHaveLength(48);
    expect(new Set(alarms.map(({ code }) => code)).size).toBe(48);
    expect(alarms.some(({ active }) => active)).toBe(false);
  });

  test.each([
    ["HIGH", "high", true],
    ["MEDIUM", "medium", true],
    ["LOW", "low", true],
    ["ALARM", "high", true],
    ["RESET", "high", false],
    ["NORMAL", "high", false],
  ])("%s becomes priority %s, active %s", (word, priority, active) => {
    const alarm = alarmsOf(MISCF, { 124: word }).find(({ code }) => code === "disconnect");
    expect(alarm).toEqual({ code: "disconnect", text: "circuit disconnected", priority, active });
  });

  test("one that two fields tell is active when either says so", () => {
    for (const field of [57, 94]) {
      const apnea = alarmsOf(MISCA, { [field]: "ALARM" }).filter(({ code }) => code === "apnea");
      expect(apnea).toHaveLength(1);
      expect(apnea[0]).toMatchObject({ active: true, priority: "high" });
    }
  });

  test("have the same code for the same thing in both reports", () => {
    const codes = (report: Report) =>
      report.fields.flatMap(({ alarm }) => (alarm === undefined ? [] : [alarm.code]));
    const only = codes(MISCA).filter((code) => !codes(MISCF).includes(code));
    expect(new Set(only)).toEqual(new Set(["tidal_volume_low", "occlusion_or_disconnect"]));
  });
});

test.each([
  ["840 3512345678", { serial: "3512345678", model: "Puritan Bennett 840" }],
  ["980 98P1234", { serial: "98P1234", model: "Puritan Bennett 980" }],
  ["3512345678", { serial: "3512345678" }],
  ["", {}],
])("the identity %j is %j", (text, identity) => {
  expect(identityBody(understood(reply(MISCF, { 6: text })))).toEqual({ kind: "identity", ...identity });
});

test("a reply is explained in one line, with what is active", () => {
  const meaning = replyMeaning(understood(reply(MISCF, { 6: "840 35", 70: "16", 71: "0.452", 124: "HIGH" })));
  expect(meaning).toBe("MISCF of 840 35: resp_rate 16, tidal_volume_exp 452; alarms: disconnect");
});

describe("the README", () => {
  const readme = readFileSync(
    path.join(import.meta.dirname, "../../devices/puritan-bennett-840-parameters/README.md"),
    "utf8",
  );

  test.each(["MISCF", "MISCA"] as const)("has the table of %s as the code declares it", (name) => {
    const [, table] = new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)\\n<!-- end ${name} -->`).exec(readme) ?? [];
    expect(table).toBe(fieldTable(REPORTS[name]));
  });

  test("every field of a table lies within its report and stands there once", () => {
    for (const report of [MISCF, MISCA]) {
      const numbers = report.fields.map(({ field }) => field);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
      expect(numbers.at(-1)).toBeLessThan(FIRST_FIELD + widthsOf(report).length);
    }
  });
});
