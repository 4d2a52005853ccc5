import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fault } from "../../../src/domain/fault.ts";
import { ABSENCES, absent } from "../../../src/domain/sample.ts";
import { parseSamplesFile } from "../../../src/wire/samples-file.ts";

describe("a samples file", () => {
  test("gives each row its time, its samples and its settings", () => {
    const file = parseSamplesFile(
      [
        "at,spo2,pulse_rate,spo2.absent,settings.ipap,settings.mode",
        "1700000000000,97,61,,18,ST",
        "1700000001000,,62,searching,,",
        "2023-11-14T22:13:22Z,96.5,,,,",
      ].join("\r\n"),
    );
    expect(file.signals).toEqual(["spo2", "pulse_rate"]);
    expect(file.settings).toEqual(["ipap", "mode"]);
    expect(file.rows).toEqual([
      { at: 1_700_000_000_000, samples: { spo2: 97, pulse_rate: 61 }, settings: { ipap: 18, mode: "ST" } },
      { at: 1_700_000_001_000, samples: { spo2: absent("searching"), pulse_rate: 62 }, settings: {} },
      { at: 1_700_000_002_000, samples: { spo2: 96.5, pulse_rate: absent("not_measured") }, settings: {} },
    ]);
  });

  test("may begin with a byte order mark, have quotes, blanks and empty lines, and no line end at its end", () => {
    const file = parseSamplesFile(
      '\uFEFF"at", spo2 ,"settings.mode"\n\n1000,"97" ,"S/T, ""auto"""\n\n2000,98,',
    );
    expect(file.rows.map(({ at, samples }) => [at, samples.spo2])).toEqual([
      [1000, 97],
      [2000, 98],
    ]);
    expect(file.rows[0]?.settings).toEqual({ mode: 'S/T, "auto"' });
  });

  test.each([
    ["2024-05-01T23:10:00Z", Date.UTC(2024, 4, 1, 23, 10, 0)],
    ["2024-05-01T23:10:00.250+08:00", Date.UTC(2024, 4, 1, 15, 10, 0, 250)],
    ["2024-05-01 23:10", Date.UTC(2024, 4, 1, 23, 10, 0)],
    ["1714605000000", 1_714_605_000_000],
  ])("reads the time %s the same on every machine", (cell, at) => {
    expect(parseSamplesFile(`at,spo2\n${cell},97`).rows[0]?.at).toBe(at);
  });

  test("takes on and off for signals that are switches", () => {
    const file = parseSamplesFile("at,therapy,mains\n1000,on,OFF\n2000,1,0");
    expect(file.rows.map(({ samples }) => [samples.therapy, samples.mains])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  test.each([["127"], ["0"], ["-1"], ["1e9"]])("a SpO2 of %s is absent as invalid", (cell) => {
    expect(parseSamplesFile(`at,spo2\n1000,${cell}`).rows[0]?.samples.spo2).toEqual(absent("invalid"));
  });

  test.each(ABSENCES)("knows the reason %s", (reason) => {
    const file = parseSamplesFile(`at,spo2,spo2.absent\n1000,,${reason}`);
    expect(file.rows[0]?.samples.spo2).toEqual(absent(reason));
  });

  test("without rows is a file without rows", () => {
    expect(parseSamplesFile("at,spo2\n").rows).toEqual([]);
  });
});

describe("a samples file that is not one", () => {
  test.each<[string, string, RegExp]>([
    ["nothing at all", "", /Line 1 .*empty/],
    ["no time column", "spo2\n97", /Line 1 .*no column "at"/],
    ["no signal", "at,settings.ipap\n1000,18", /Line 1 .*no column is a signal/],
    ["an unknown column", "at,spO2\n1000,97", /Line 1 .*"spO2" is not known/],
    ["an unknown setting", "at,spo2,settings.colour\n1000,97,red", /Line 1 .*"settings.colour"/],
    ["a reason without its signal", "at,spo2,leak.absent\n1000,97,", /Line 1 .*"leak.absent" stands without/],
    ["a column twice", "at,spo2,spo2\n1000,97,97", /Line 1 .*stands twice/],
    ["a row too short", "at,spo2,pulse_rate\n1000,97,60\n2000,97", /Line 3 .*2 cells and the header 3/],
    ["a row too long", "at,spo2\n1000,97,60", /Line 2 .*3 cells/],
    ["a word for a number", "at,spo2\n1000,97\n\n2000,high", /Line 4 .*"high" is not a number for spo2/],
    ["two numbers in one cell", "at,spo2\n1000,97 98", /Line 2 .*not a number/],
    ["no time", "at,spo2\n,97", /Line 2 .*"" is not a time/],
    ["a time of day", "at,spo2\n09:25:02,97", /Line 2 .*"09:25:02" is not a time/],
    ["a date that is none", "at,spo2\n2024-13-01T00:00:00Z,97", /Line 2 .*not a time/],
    ["times that go back", "at,spo2\n2000,97\n1000,97", /Line 3 .*not after/],
    ["a time twice", "at,spo2\n1000,97\n1000,97", /Line 3 .*not after/],
    ["a reason that is none", "at,spo2,spo2.absent\n1000,,tired", /Line 2 .*"tired" is not a reason/],
    ["value and reason", "at,spo2,spo2.absent\n1000,97,held", /Line 2 .*both a value and a reason/],
    ["a word for a setting", "at,spo2,settings.ipap\n1000,97,much", /Line 2 .*settings.ipap/],
    ["an open quote", 'at,spo2\n1000,"97', /Line 2 .*quotes/],
  ])("%s is refused with line and fix", (_name, text, message) => {
    const fault = (() => {
      try {
        parseSamplesFile(text);
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({ code: "INPUT_INVALID", permanent: true });
    expect((fault as Fault).message).toMatch(message);
    expect((fault as Fault).fix).toBeTruthy();
  });

  test("whatever the text, it is read or refused, never anything else", () => {
    const piece = fc.constantFrom(
      "at",
      "spo2",
      ",",
      "\n",
      "\r\n",
      '"',
      "1000",
      "2000",
      "97",
      "",
      "spo2.absent",
      "é",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join("")),
        ),
        (text) => {
          try {
            parseSamplesFile(text);
          } catch (error) {
            expect(error).toBeInstanceOf(Fault);
          }
        },
      ),
    );
  });
});
