import { describe, expect, test } from "vitest";
import { type JudgeLine, judge } from "../../../src/alarm/judge.ts";
import { parseSamplesFile } from "../../../src/wire/samples-file.ts";

const START = 1_700_000_000_000;

/** A samples file of one row a second; an undefined row is not there at all. */
const file = (columns: string, rows: readonly (string | undefined)[], everyS = 1): string =>
  [
    `at,${columns}`,
    ...rows.flatMap((row, i) => (row === undefined ? [] : `${START + i * everyS * 1000},${row}`)),
  ].join("\n");

const lines = (
  text: string,
  options: { limits?: unknown; dependencyClass?: "A" | "B" | "C" } = {},
): JudgeLine[] => [...judge(parseSamplesFile(text), { dependencyClass: "B", ...options })];

const short = (found: readonly JudgeLine[], ...ids: string[]): string[] =>
  found
    .filter(({ id }) => ids.length === 0 || ids.includes(id))
    .map(({ at, event, id, priority }) => `${(at - START) / 1000} ${event} ${id} ${priority}`);

const rows = (...parts: readonly (readonly [number, string | undefined])[]) =>
  parts.flatMap(([count, row]) => Array.from({ length: count }, () => row));

/** SpO2 with a pulse that moves. */
const both = (...parts: readonly (readonly [number, number | "" | undefined])[]) =>
  parts
    .flatMap(([count, spo2]) => Array.from({ length: count }, () => spo2))
    .map((spo2, i) => (spo2 === undefined ? undefined : `${spo2},${spo2 === "" ? "" : 60 + (i % 5)}`));

describe("judge", () => {
  test("prints lines of exactly the contract's shape", () => {
    const [first] = lines(file("spo2", rows([40, "85"])));
    expect(JSON.parse(JSON.stringify(first))).toEqual({
      at: START + 30_000,
      event: "occurred",
      id: "SPO2_LOW",
      priority: "high",
      occurrence: "b1-judgejudge-1",
      values: { spo2: 85, limit: 88, seconds: 30 },
    });
  });

  test("gives the same lines for the same file", () => {
    const text = file(
      "spo2,pulse_rate",
      both([30, 96], [50, 84], [20, ""], [30, 95], [40, undefined], [9, 96]),
    );
    expect(lines(text)).toEqual(lines(text));
  });

  test("a gap past ten seconds makes each condition unknown, with or without an open alarm", () => {
    const found = lines(file("spo2,pulse_rate", both([40, 85], [12, ""], [10, 85])));
    const unknown = found.filter(({ event }) => event === "unknown");
    const limits = unknown.map(({ id }) => id).filter((id) => /_(LOW|HIGH|CRIT)$/.test(id));
    expect(limits.toSorted()).toEqual(["PR_HIGH", "PR_LOW", "SPO2_CRIT", "SPO2_LOW"]);
    expect(new Set(unknown.map(({ at }) => at))).toEqual(new Set([START + 50_000]));
    expect(unknown.find(({ id }) => id === "SPO2_LOW")?.occurrence).toBe("b1-judgejudge-1");
    expect(unknown.find(({ id }) => id === "PR_LOW")?.occurrence).toBeNull();
    expect(unknown.find(({ id }) => id === "SPO2_LOW")?.values).toMatchObject({ spo2: 85 });
  });

  test("empty cells of SpO2 and pulse after a low value are a sensor that is off, at once", () => {
    const found = lines(file("spo2,pulse_rate", both([10, 96], [5, 85], [30, ""])));
    expect(short(found, "OXI_SENSOR_OFF", "DATA_STALE")).toEqual(["25 occurred OXI_SENSOR_OFF high"]);
  });

  test("rows that are not there are lost data, at once after a low value", () => {
    const found = lines(file("spo2,pulse_rate", both([10, 96], [5, 85], [30, undefined], [5, 85])));
    expect(short(found, "OXI_SENSOR_OFF", "DATA_STALE")).toEqual([
      "25 occurred DATA_STALE high",
      "49 ended DATA_STALE high",
    ]);
  });

  test("an empty SpO2 beside a pulse is lost SpO2", () => {
    const found = lines(file("spo2,pulse_rate", rows([10, "66,70"], [15, ",71"])));
    expect(short(found, "DATA_STALE")).toEqual(["20 occurred DATA_STALE high"]);
  });

  test("a column that is empty throughout is expected and never arrived", () => {
    expect(short(lines(file("spo2", rows([70, ""]))), "DATA_NEVER")).toEqual(["60 occurred DATA_NEVER high"]);
    const second = lines(file("spo2,resp_rate", rows([70, "96,"])), { dependencyClass: "A" });
    expect(short(second, "DATA_NEVER")).toEqual(["60 occurred DATA_NEVER medium"]);
    expect(second.find(({ id }) => id === "DATA_NEVER")?.values).toMatchObject({ device: "ventilator" });
    expect(short(lines(file("spo2,leak,pressure_peak", rows([70, "96,,18"]))), "DATA_NEVER")).toHaveLength(1);
  });

  test("a machine without a column is not expected", () => {
    expect(lines(file("spo2", rows([100, "96"])))).toEqual([]);
  });

  test("a reason in a column of its own is taken for the reason", () => {
    const found = lines(file("spo2,spo2.absent,pulse_rate", rows([5, "96,,60"], [40, ",sensor_off,61"])));
    expect(short(found, "OXI_SENSOR_OFF")).toEqual(["35 occurred OXI_SENSOR_OFF medium"]);
  });

  test("rows four seconds apart are one stretch, not gaps", () => {
    const found = lines(file("spo2", rows([10, "96"], [12, "85"], [6, "95"]), 4));
    expect(short(found, "SPO2_LOW")).toEqual(["72 occurred SPO2_LOW high", "92 ended SPO2_LOW high"]);
  });

  test("knows apnoea by duration, or by a rate of 0 where that column is not there", () => {
    const counted = file(
      "apnea_duration",
      Array.from({ length: 30 }, (_, i) => `${i}`),
    );
    expect(short(lines(counted), "VENT_APNEA")).toEqual(["20 occurred VENT_APNEA high"]);
    const byRate = file("resp_rate", rows([10, "14"], [30, "0"], [12, "14"]));
    expect(short(lines(byRate), "VENT_APNEA")).toEqual([
      "30 occurred VENT_APNEA high",
      "49 ended VENT_APNEA high",
    ]);
    const neither = file("apnea_duration,resp_rate", rows([60, "2,0"]));
    expect(short(lines(neither), "VENT_APNEA")).toEqual([]);
  });

  test("reads settings beside the signals", () => {
    const found = lines(file("pressure_peak,settings.ipap", rows([5, "18,20"], [20, "14,20"])));
    expect(short(found, "VENT_PRESSURE_LOW")).toEqual(["15 occurred VENT_PRESSURE_LOW high"]);
  });

  test("takes limits and class", () => {
    const text = file("spo2", rows([90, "89"]));
    expect(short(lines(text, { limits: { SPO2_LOW: { limit: 90, delay_s: 10 } } }))).toEqual([
      "10 occurred SPO2_LOW high",
    ]);
    expect(() => lines(text, { limits: { SPO2_LOW: { limit: 30 } } })).toThrow(/SPO2_LOW.limit is 30/);
    expect(short(lines(file("spo2", rows([90, "87"])), { dependencyClass: "A" }))).toEqual([
      "30 occurred SPO2_LOW medium",
      "60 escalated SPO2_LOW high",
    ]);
  });

  test("an empty file gives nothing, and a hole of a year does not take a year", () => {
    expect(lines("at,spo2\n")).toEqual([]);
    const found = lines(`at,spo2\n${START},96\n${START + 365 * 86_400_000},96\n`);
    expect(short(found, "DATA_STALE")).toEqual(["30 occurred DATA_STALE medium"]);
  });
});
