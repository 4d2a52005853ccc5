import { readFileSync } from "node:fs";
import { appendFile, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { runCommandLine } from "../../../src/cli/main.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { pointsOf } from "../../../src/store/rollup.ts";
import { TimeseriesFile } from "../../../src/store/timeseries/sqlite/file.ts";
import { codesOf } from "../../../src/store/timeseries/sqlite/signals.ts";
import { createTestTerminal, jsonLines, run, type TestTerminal } from "../../support/terminal.ts";
import { zipOf } from "../../support/zip.ts";

const HOME =
  "zone: Asia/Shanghai\nbeds:\n  - id: b1\n    devices: [{ family: nonin-serial, port: 'memory:x' }]\n";
const CSV = [
  "Time,Oxygen Level,Pulse Rate,Motion",
  "22:00:00 15/01/2026,97,61,0",
  "22:00:04 15/01/2026,96,62,0",
  "22:00:08 15/01/2026,--,--,0",
  "",
].join("\n");

/** A terminal whose clock is later than what is imported; real time where the store's thread needs it. */
const bench = (files: { readonly [name: string]: string | Uint8Array }): TestTerminal =>
  createTestTerminal({ files, clock: createVirtualClock(wall(Date.UTC(2026, 1, 1))) });

/** Runs a command in the folder of a terminal, with an output of its own. */
async function again(terminal: TestTerminal, argv: readonly string[]) {
  const own = createTestTerminal({ folder: terminal.folder, clock: terminal.clock });
  const code = await runCommandLine(argv, own);
  return { code, data: own.data(), words: own.words() };
}

const rowsIn = (folder: string): readonly (readonly [number, unknown])[] => {
  const [, key = ""] = readFileSync(path.join(folder, ".breathwatch/key"), "utf8").split(" ");
  const store = path.join(folder, ".breathwatch/timeseries.sqlite");
  const file = new TimeseriesFile(store, Uint8Array.from(Buffer.from(key, "base64url")));
  try {
    const query = { bed: "b1", from: wall(0), to: wall(Date.UTC(2027, 0, 1)) };
    const series = file
      .series(query, codesOf(["spo2"]))
      .values()
      .next().value;
    return series === undefined ? [] : pointsOf(series).map(({ at, sample }) => [at, sample] as const);
  } finally {
    file.close();
  }
};

describe("breathwatch import --jsonl", () => {
  test("prints what a file holds, with the device's own time in the zone of --zone", async () => {
    const { code, data } = await run(
      ["import", "--device", "csv-import", "x.csv", "--jsonl", "--zone", "Asia/Shanghai"],
      { files: { "x.csv": CSV } },
    );
    expect(code).toBe(0);
    const samples = jsonLines(data).filter(({ kind }) => kind === "samples");
    expect(samples.map(({ deviceAt }) => deviceAt)).toEqual(
      [0, 4, 8].map((s) => Date.UTC(2026, 0, 15, 14, 0, s)),
    );
    expect(samples[0]).toMatchObject({ samples: { spo2: 97, pulse_rate: 61 }, simulated: false });
    expect(samples[2]).toMatchObject({ samples: { spo2: { absent: "not_measured" } } });
  });

  test("touches no store and needs no home", async () => {
    const terminal = bench({ "x.csv": CSV });
    expect((await again(terminal, ["import", "--device", "csv-import", "x.csv", "--jsonl"])).code).toBe(0);
    expect(await readdir(terminal.folder)).toEqual(["x.csv"]);
  });

  test("reads a zip as the folder that it holds", async () => {
    const zip = zipOf([{ name: "export/x.csv", bytes: Buffer.from(CSV) }]);
    const { data } = await run(["import", "--device", "csv-import", "x.zip", "--jsonl"], {
      files: { "x.zip": zip },
    });
    expect(jsonLines(data).filter(({ kind }) => kind === "samples")).toHaveLength(3);
  });
});

describe("breathwatch import", () => {
  test("stores each number at the device's time; twice changes nothing, and says so", async () => {
    const terminal = bench({ "x.csv": CSV, "breathwatch.yaml": HOME });
    const first = await again(terminal, ["import", "--device", "csv-import", "x.csv"]);
    expect(first.code).toBe(0);
    expect(jsonLines(first.data)).toMatchObject([
      { bed: "b1", nights: 1, rows: 3, newRows: 3, simulated: false },
    ]);
    const stored = rowsIn(terminal.folder);
    expect(stored[0]).toEqual([Date.UTC(2026, 0, 15, 14), 97]);
    const second = await again(terminal, ["import", "--device", "csv-import", "x.csv"]);
    expect(second.words).toMatch(/0 new, 3 already there/);
    expect(rowsIn(terminal.folder)).toEqual(stored);
    const [a, b] = [first, second].map(({ data }) => jsonLines(data)[0]);
    expect(a?.["device"]).toBe(b?.["device"]);
  });

  test("one that broke off is finished by doing it again", async () => {
    const cut = CSV.split("\n").slice(0, 2).join("\n").concat("\n");
    const terminal = bench({ "x.csv": cut, "breathwatch.yaml": HOME });
    await again(terminal, ["import", "--device", "csv-import", "x.csv"]);
    await appendFile(path.join(terminal.folder, "x.csv"), CSV.split("\n").slice(2).join("\n"));
    const { words } = await again(terminal, ["import", "--device", "csv-import", "x.csv"]);
    expect(words).toMatch(/2 new, 1 already there/);
  });

  test("what has not come yet is left out and counted", async () => {
    const terminal = bench({ "x.csv": CSV.replaceAll("2026", "2027"), "breathwatch.yaml": HOME });
    const { code, words } = await again(terminal, ["import", "--device", "csv-import", "x.csv"]);
    expect(code).toBe(1);
    expect(words).toMatch(/No number in it was understood/);
  });

  test("the card of another machine is named", async () => {
    const terminal = bench({ "breathwatch.yaml": HOME });
    await again(terminal, [
      ...["simulate", "--scenario", "mask-off", "--devices", "philips-prs1"],
      ...["--to", "files", "--folder", "cards", "--begin", "2026-01-15T22:00Z"],
    ]);
    const { code, words } = await again(terminal, [
      "import",
      "--device",
      "resmed-card",
      "cards/philips-prs1",
    ]);
    expect(code).toBe(1);
    expect(words).toMatch(/no ResMed card.*It looks like philips-prs1.*Choose the family philips-prs1/);
  });

  test("a card of a simulator stays marked, as a folder and as a single file", async () => {
    const terminal = bench({ "breathwatch.yaml": HOME });
    await again(terminal, [
      ...["simulate", "--scenario", "mask-off", "--devices", "csv-import"],
      ...["--to", "files", "--folder", "cards", "--begin", "2026-01-15T22:00Z"],
    ]);
    const [file] = (await readdir(path.join(terminal.folder, "cards/csv-import"))).filter((name) =>
      name.endsWith("csv"),
    );
    for (const place of ["cards/csv-import", `cards/csv-import/${file ?? ""}`]) {
      await rm(path.join(terminal.folder, ".breathwatch"), { recursive: true, force: true });
      const { data, words } = await again(terminal, ["import", "--device", "csv-import", place]);
      expect(jsonLines(data)[0]).toMatchObject({ simulated: true });
      expect(words).toMatch(/SIMULATED/);
    }
  });

  test.each<[argv: readonly string[], words: RegExp]>([
    [["import"], /--device ID is missing/],
    [["import", "--device", "csv-import"], /PATH is missing/],
    [["import", "--device", "nonin-serial", "x"], /keeps nothing: name its port/],
    [["import", "--device", "viatom-ring", "x"], /--from-device ADDRESS/],
    [["import", "--device", "csv-import", "x", "--from-device", "y"], /either a PATH or --from-device/],
    [["import", "--device", "csv-import", "x", "--zone", "Mars"], /no zone "Mars"/],
    [["import", "--device", "csv-import", "x", "--bed", "b7"], /no bed b7; the home has b1/],
  ])("%j is wrong use", async (argv, words) => {
    const ran = await run(argv, { files: { "breathwatch.yaml": HOME, x: CSV } });
    expect(ran.words).toMatch(words);
    expect(ran).toMatchObject({ code: 2, data: "" });
  });

  test("without a home there is nothing to store into", async () => {
    const ran = await run(["import", "--device", "csv-import", "x.csv"], { files: { "x.csv": CSV } });
    expect(ran.code).toBe(1);
    expect(ran.words).toMatch(/no configuration of a home.*--jsonl/);
  });
});

describe("what decode says of files", () => {
  test("it points to import", async () => {
    const ran = await run(["decode", "--device", "csv-import", "--input", "x.csv"], {
      files: { "x.csv": CSV },
    });
    expect(ran.code).toBe(2);
    expect(ran.words).toMatch(/import --device csv-import x\.csv --jsonl/);
  });
});

describe("simulate --to files", () => {
  test("what it writes decodes to what the bed was, for links of several kinds, and is marked", async () => {
    const samples = "at,spo2,pulse_rate,remote_alarm,mains,therapy\n";
    const rows = Array.from(
      { length: 60 },
      (_, s) => `${Date.UTC(2026, 0, 15, 22, 0, s)},93,58,1,1,1\n`,
    ).join("");
    const terminal = bench({ "night.csv": samples + rows });
    const devices = ["nonin-serial", "viatom-ring", "remote-alarm-contact", "contec-eb-hid"];
    const { code, data } = await again(terminal, [
      ...["simulate", "--samples", "night.csv", "--devices", devices.join(",")],
      ...["--to", "files", "--folder", "out"],
    ]);
    expect(code).toBe(0);
    expect(
      data
        .trim()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual(devices);
    for (const device of devices) {
      const file = path.join(terminal.folder, "out", `${device}.transcript`);
      expect(readFileSync(file, "utf8")).toContain("simulated: yes");
      const decoded = await again(terminal, ["decode", "--input", file]);
      const newest = Object.assign(
        {},
        ...jsonLines(decoded.data).map((line) => line["samples"] ?? {}),
      ) as object;
      const wanted = device === "remote-alarm-contact" ? { remote_alarm: 1 } : { spo2: 93, pulse_rate: 58 };
      expect(newest, device).toMatchObject(wanted);
    }
  });

  test("it wants to know where to", async () => {
    const ran = await run(["simulate", "--scenario", "mask-off", "--to", "files"]);
    expect(ran.code).toBe(2);
    expect(ran.words).toMatch(/--folder FOLDER is missing/);
  });
});
