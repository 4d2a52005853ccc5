import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { jsonLines, run } from "../../support/terminal.ts";

const START = Date.UTC(2024, 4, 1, 23);

/** One row a second. */
const csv = (columns: string, rows: readonly string[]): string =>
  [`at,${columns}`, ...rows.map((row, i) => `${START + i * 1000},${row}`)].join("\n");

const seconds = (count: number, row: string): readonly string[] => Array.from({ length: count }, () => row);

/** Fine, below 88 % for 60 s from the 20th second on, fine again. */
const dip = csv("spo2,pulse_rate", [
  ...seconds(20, "97,64"),
  ...seconds(60, "85,70"),
  ...seconds(20, "96,66"),
]);
const DIP_AT = START + 20_000;

describe("judge", () => {
  test("prints what happened when, one JSON object a line", async () => {
    const { code, data, words } = await run(["judge", "--samples", "a.csv"], { files: { "a.csv": dip } });
    expect({ code, words }).toEqual({ code: 0, words: "" });
    const lines = jsonLines(data);
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(["at", "event", "id", "priority", "occurrence", "values"]);
      expect(Number.isInteger(line["at"])).toBe(true);
    }
    const low = lines.filter(({ id }) => id === "SPO2_LOW");
    // 30 s below the limit for class B; it ends with the fifth second in range.
    expect(low.map(({ at, event }) => [Number(at) - DIP_AT, event])).toEqual([
      [30_000, "occurred"],
      [64_000, "ended"],
    ]);
    expect(low[0]).toMatchObject({ priority: "high", values: { spo2: 85 } });
    expect(low[0]?.["occurrence"]).toBe(low[1]?.["occurrence"]);
  });

  test("a condition that cannot judge is told without an occurrence", async () => {
    const gap = csv("spo2,pulse_rate", [
      ...seconds(30, "97,64"),
      ...seconds(15, ",64"),
      ...seconds(5, "97,64"),
    ]);
    const lines = jsonLines((await run(["judge", "--samples", "a.csv"], { files: { "a.csv": gap } })).data);
    const low = lines.filter(({ id }) => id === "SPO2_LOW");
    expect(low.map(({ event, occurrence }) => [event, occurrence])).toEqual([
      ["unknown", null],
      ["known", null],
    ]);
  });

  test.each([
    ["JSON", '{ "SPO2_LOW": { "limit": 90, "delay_s": 10 } }'],
    ["YAML", "SPO2_LOW:\n  limit: 90\n  delay_s: 10\n"],
  ])("limits come as %s", async (_name, limits) => {
    const files = { "a.csv": dip, limits };
    const { data } = await run(["judge", "--samples", "a.csv", "--limits", "limits"], { files });
    const [first] = jsonLines(data).filter(({ id }) => id === "SPO2_LOW");
    expect(Number(first?.["at"]) - DIP_AT).toBe(10_000);
  });

  test("the class decides the presets", async () => {
    const of = async (cls: string) => {
      const { data } = await run(["judge", "--samples", "a.csv", "--class", cls], {
        files: { "a.csv": dip },
      });
      return jsonLines(data).filter(({ id, event }) => id === "SPO2_LOW" && event === "occurred")[0];
    };
    expect(await of("A")).toMatchObject({ priority: "medium" });
    expect(await of("C")).toMatchObject({ priority: "high" });
  });

  test("a packed file is the same, and times may be ISO 8601", async () => {
    const iso = dip.replaceAll(/^\d+/gm, (ms) => new Date(Number(ms)).toISOString());
    const plain = await run(["judge", "--samples", "a.csv"], { files: { "a.csv": dip } });
    const packed = await run(["judge", "--samples", "a.csv.gz"], { files: { "a.csv.gz": gzipSync(iso) } });
    expect(packed).toEqual(plain);
  });

  const mistakes: readonly (readonly [
    name: string,
    files: { readonly [name: string]: string },
    words: RegExp,
  ])[] = [
    ["a column that is none", { a: "at,sp02\n0,97\n" }, /Line 1 .*"sp02" is not known/],
    ["a value that is none", { a: "at,spo2\n0,97\n1000,x\n" }, /Line 3 .*"x" is not a number for spo2/],
    ["rows out of order", { a: "at,spo2\n1000,97\n0,97\n" }, /Line 3 /],
    ["no row", { a: "at,spo2\n" }, /a has a header and no row/],
    ["nothing", { a: "" }, /the file is empty/],
    [
      "a condition that is none",
      { a: dip, l: "SPO2_LO: { limit: 90 }" },
      /"SPO2_LO" is not an alarm condition/,
    ],
    [
      "a limit out of range",
      { a: dip, l: "SPO2_LOW: { limit: 5 }" },
      /SPO2_LOW\.limit is 5.*Use a number from/,
    ],
    ["limits that are no mapping", { a: dip, l: "[1, 2]" }, /the limits/],
    ["limits that are no YAML", { a: dip, l: "a: [1\n" }, /l is neither JSON nor YAML: line \d/],
  ];

  test.each(mistakes)("%s is named with its fix", async (_name, files, words) => {
    const limits = files["l"] === undefined ? [] : ["--limits", "l"];
    const ran = await run(["judge", "--samples", "a", ...limits], { files });
    expect(ran.words).toMatch(words);
    expect(ran.words).toMatch(/\(INPUT_INVALID\)\n$/);
    expect(ran).toMatchObject({ code: 1, data: "" });
  });
});

describe("judge --against", () => {
  test("prints an object for each night and one for all, with progress in words", async () => {
    const files = { "a.csv": dip, "b.csv": dip, l: "SPO2_LOW: { limit: 84 }" };
    const night = ["--samples", "a.csv", "--samples", "b.csv"];
    const ran = await run(["judge", ...night, "--against", "l"], { files });
    expect(ran.code).toBe(0);
    const [a, b, all] = jsonLines(ran.data);
    const low = { condition: "SPO2_LOW", priority: "high", before: 1, after: 0 };
    expect(a).toMatchObject({ samples: "a.csv", from: START, to: START + 99_000, dips: { count: 0 } });
    expect(a?.["signals"]).toContainEqual(low);
    expect(b).toMatchObject({ samples: "b.csv" });
    expect(all).toMatchObject({ total: { nights: 2, dips: { count: 0, lostCount: 0 } } });
    expect(ran.words).toMatch(
      /^night 1 of 2: a\.csv\nnight 2 of 2: b\.csv\n\d+ -> \d+ alarms; 0 dips below 80 lost\n$/,
    );
  });

  test("several nights without it are a mistake, and so are limits that are not possible", async () => {
    const files = { "a.csv": dip, l: "SPO2_LOW: { limit: 5 }" };
    const two = await run(["judge", "--samples", "a.csv", "--samples", "a.csv"], { files });
    expect(two).toMatchObject({ code: 2, data: "" });
    const refused = await run(["judge", "--samples", "a.csv", "--against", "l"], { files });
    expect(refused).toMatchObject({ code: 1, data: "" });
    expect(refused.words).toMatch(/SPO2_LOW\.limit is 5/);
  });

  test("what the oximeter doubts itself is judged as doubted", async () => {
    const doubted = csv("spo2,pulse_rate,flags", [
      ...seconds(20, "97,64,"),
      ...seconds(60, "85,70,motion artifact"),
      ...seconds(20, "96,66,"),
    ]);
    const lines = jsonLines(
      (await run(["judge", "--samples", "a.csv"], { files: { "a.csv": doubted } })).data,
    );
    const ids = lines.filter(({ event }) => event === "occurred").map(({ id }) => id);
    expect(ids).toContain("SPO2_LOW_UNCERTAIN");
    expect(ids).not.toContain("SPO2_LOW");
    const wrong = csv("spo2,flags", ["97,blurred"]);
    const ran = await run(["judge", "--samples", "a.csv"], { files: { "a.csv": wrong } });
    expect(ran.words).toMatch(/Line 2.*"blurred" is not a quality flag.*low_perfusion/s);
  });
});

describe("trends", () => {
  test("prints one object of metrics with unit, rule and coverage", async () => {
    const { code, data, words } = await run(["trends", "--samples", "a.csv"], { files: { "a.csv": dip } });
    expect({ code, words }).toEqual({ code: 0, words: "" });
    const metrics = JSON.parse(data) as {
      [id: string]: { value: number; unit: string; rule: string; coverage: number };
    };
    for (const metric of Object.values(metrics)) {
      expect(Object.keys(metric)).toEqual(["value", "unit", "rule", "coverage"]);
    }
    expect(metrics["SPO2_MIN"]).toMatchObject({ value: 85, unit: "%", coverage: 1 });
    // 60 of 100 seconds; the last row stands for its own second.
    expect(metrics["T90"]).toMatchObject({ value: 60, coverage: 1 });
    expect(metrics["LONGEST_LT90"]?.value).toBe(60);
    expect(metrics["PR_MAX"]?.value).toBe(70);
  });

  test("empty cells are missing seconds, not zeros and not held", async () => {
    const rows = [...seconds(50, "90,60"), ...seconds(50, ",60")];
    const files = { "a.csv": csv("spo2,pulse_rate", rows) };
    const metrics = JSON.parse((await run(["trends", "--samples", "a.csv"], { files })).data) as {
      [id: string]: { value: number | null; coverage: number };
    };
    expect(metrics["SPO2_MEAN"]).toMatchObject({ value: 90, coverage: 0.5 });
    expect(metrics["PR_MEAN"]).toMatchObject({ value: 60, coverage: 1 });
  });

  test("without an oximeter every value is null", async () => {
    const files = { "a.csv": csv("resp_rate", seconds(10, "14")) };
    const metrics = JSON.parse((await run(["trends", "--samples", "a.csv"], { files })).data) as {
      [id: string]: { value: number | null };
    };
    expect(metrics["SPO2_MEAN"]?.value).toBeNull();
    expect(metrics["T90"]?.value).toBeNull();
  });
});
