import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect } from "vitest";
import { findDevice } from "../../devices/index.ts";
import type { SamplesBody } from "../../src/domain/observation.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { createClock } from "../../src/ops/clock.ts";
import { openSerial } from "../../src/transport/serial.ts";
import { startCommandLine } from "../support/command-line.ts";
import { recordings, requires } from "../support/require.ts";
import { run } from "../support/terminal.ts";

const { test } = requires("socat");
const root = path.join(import.meta.dirname, "../..");
const fixture = path.join(root, "devices/nonin-serial/fixtures/format-2-finger-out.transcript");
const bytesOf = (transcript: string): Buffer =>
  Buffer.concat(
    [...transcript.matchAll(/^[\d.]+ < ([^|\n]*)/gm)].map((line) =>
      Buffer.from((line[1] ?? "").replaceAll(" ", ""), "hex"),
    ),
  );
const fingerBytes = bytesOf(readFileSync(fixture, "utf8"));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-pty-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const settings = { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false } as const;

/** Opens a port through the real serialport package. */
const open = (name: string) => openSerial(name, settings, new AbortController().signal, createClock());

/** Opens a port and reads until it goes away. */
async function readPort(name: string): Promise<{ readonly bytes: Buffer; readonly simulated: boolean }> {
  const { link, simulated } = await open(name);
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of link.chunks) pieces.push(piece);
  } catch {
    // LINK_LOST is how a port that goes away ends.
  } finally {
    await link.close();
  }
  return { bytes: Buffer.concat(pieces), simulated };
}

/** Reads a port until it has given so many bytes, then closes it. */
async function readSome(name: string, count: number): Promise<Buffer> {
  const { link } = await open(name);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of link.chunks) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= count) break;
  }
  await link.close();
  return Buffer.concat(pieces);
}

/** Readings of a family from a port, through the real serialport package and the real driver. */
async function observe(family: string, name: string): Promise<readonly SamplesBody[]> {
  const device = findDevice(family);
  if (device?.link !== "bytes") throw new Error(family);
  const options = fillOptions(device.options, {});
  const { link } = await open(name);
  const trace = { frame: () => undefined, reject: () => undefined, sent: () => undefined };
  const { signal } = new AbortController();
  const readings: SamplesBody[] = [];
  try {
    for await (const { body } of device.observe({
      link,
      clock: createClock(),
      options,
      zone: "UTC",
      trace,
      signal,
    })) {
      if (body.kind === "samples") readings.push(body);
    }
  } catch {
    // The port went away: the simulation is over.
  } finally {
    await link.close();
  }
  return readings;
}

describe("replay to a pseudo-terminal", () => {
  test("every byte arrives through the real serialport, marked as simulated; then the port is gone", async () => {
    const replaying = startCommandLine(["replay", fixture, "--speed", "5"]);
    const name = await replaying.line(0);
    expect(path.basename(name)).toBe("nonin-serial");
    await replaying.said(/waiting until somebody opens the port/);
    const { bytes, simulated } = await readPort(name);
    expect(simulated).toBe(true);
    expect(bytes.equals(fingerBytes)).toBe(true);
    expect((await replaying.ended).code).toBe(0);
    expect(existsSync(path.dirname(name))).toBe(false);
  });

  test("a reader that closes and opens again finds the device further on, under the same name", async () => {
    const replaying = startCommandLine(["replay", fixture, "--folder", folder]);
    const name = await replaying.line(0);
    expect(name).toBe(path.join(folder, "nonin-serial"));
    const first = await readSome(name, 300);
    expect(fingerBytes.indexOf(first)).toBe(0);
    // The name comes back within moments, as after a cable was pulled.
    let second: Buffer | undefined;
    for (let attempt = 0; second === undefined && attempt < 200; attempt++) {
      second = await readSome(name, 300).catch(() => undefined);
      if (second === undefined) await createClock().sleep(10);
    }
    const at = fingerBytes.indexOf(second ?? Buffer.alloc(0));
    expect(at).toBeGreaterThan(first.length - 1);
    replaying.kill("SIGINT");
    const { code, words } = await replaying.ended;
    expect(code).toBe(130);
    expect(words).toMatch(/stopped by SIGINT/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a simulator that is killed leaves no socat behind", async () => {
    const replaying = startCommandLine(["replay", fixture, "--folder", folder]);
    const name = await replaying.line(0);
    const socats = (): string => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
    expect(socats()).toContain(name);
    replaying.kill("SIGKILL");
    await replaying.ended;
    await expect.poll(socats, { timeout: 10_000 }).not.toContain(`link=${name}`);
    expect(existsSync(name)).toBe(false);
  });

  test("a name that is something else already is left alone", async () => {
    const file = path.join(folder, "nonin-serial");
    writeFileSync(file, "precious");
    const { code, words } = await run(["replay", fixture, "--folder", folder]);
    expect(code).toBe(1);
    expect(words).toMatch(/nonin-serial is there already.*\(LINK_REFUSED\)/);
    expect(readFileSync(file, "utf8")).toBe("precious");
  });

  test("a name that a killed simulator left is used again", async () => {
    symlinkSync("/dev/pts/99999", path.join(folder, "nonin-serial"));
    const replaying = startCommandLine(["replay", fixture, "--folder", folder, "--speed", "100"]);
    expect((await readPort(await replaying.line(0))).bytes.equals(fingerBytes)).toBe(true);
    expect((await replaying.ended).code).toBe(0);
  });

  test("--to home takes the name that the configuration gives the port, and never that of a real one", async () => {
    const config = path.join(folder, "home.yaml");
    const write = (port: string): void =>
      writeFileSync(
        config,
        `beds:\n  - id: b1\n    devices:\n      - { family: nonin-serial, port: "${port}" }\n`,
      );
    write(path.join(folder, "finger"));
    const replaying = startCommandLine(["replay", fixture, "--to", "home", "--config", config]);
    expect(await replaying.line(0)).toBe(path.join(folder, "finger"));
    expect(fingerBytes.indexOf(await readSome(path.join(folder, "finger"), 200))).toBe(0);
    replaying.kill("SIGTERM");
    await replaying.ended;
    write("/dev/ttyUSB0");
    const refused = await run(["replay", fixture, "--to", "home", "--config", config]);
    expect(refused.code).toBe(1);
    expect(refused.words).toMatch(/no port outside \/dev for nonin-serial/);
  });
});

describe("a recording of the Puritan Bennett 840's waveform port", () => {
  const { test, path: file } = recordings("pb840-ventmap/0149_2016-02-17-08-38-13_1.csv_test.gz");
  const logged = (): readonly string[] => gunzipSync(readFileSync(file)).toString("latin1").split("\n");

  test("runs at 50 lines a second, without the logger's time stamps", async () => {
    const replaying = startCommandLine([
      "replay",
      file,
      "--device",
      "puritan-bennett-840-waveform",
      "--to",
      "tcp:0",
    ]);
    const port = Number((await replaying.line(0)).split(":").at(-1));
    const began = performance.now();
    const socket = connect(port, "127.0.0.1");
    let text = "";
    for await (const piece of socket) {
      text += String(piece);
      if (performance.now() - began > 5_000) break;
    }
    const elapsed = (performance.now() - began) / 1000;
    const lines = text.split("\n").slice(0, -1);
    const timed = lines.filter((line) => !/^B[SE]/.test(line));
    expect(timed.length / elapsed).toBeGreaterThan(35);
    expect(timed.length / elapsed).toBeLessThan(51);
    const own = logged().filter((line) => !/^\d{4}-/.test(line));
    expect(lines).toEqual(own.slice(0, lines.length));
    replaying.kill("SIGTERM");
    expect((await replaying.ended).code).toBe(143);
  });
});

describe("simulate", () => {
  test("the values of a samples file come back from the port's bytes, second by second, and it ends with them", async () => {
    const values = [97, 96, 94, 91, 88, 85, 83, 86];
    const file = path.join(folder, "night.csv");
    writeFileSync(
      file,
      ["at,spo2,pulse_rate", ...values.map((spo2, i) => `${i * 1000},${spo2},${60 + i}`)].join("\n"),
    );
    const simulating = startCommandLine(["simulate", "--samples", file]);
    const [family = "", name = ""] = (await simulating.line(0)).split(" ");
    expect(family).toBe("nonin-serial");
    const readings = await observe(family, name);
    expect((await simulating.ended).code).toBe(0);
    const seen = readings.map(({ samples }) => samples.spo2);
    // The oximeter speaks once a second by its own clock, so that a second may be told twice or be skipped.
    expect(seen.length).toBeGreaterThanOrEqual(values.length - 1);
    expect(seen.length).toBeLessThanOrEqual(values.length + 1);
    const distinct = seen.filter((value, i) => value !== seen[i - 1]);
    expect(distinct.length).toBeGreaterThanOrEqual(values.length - 2);
    expect(values.filter((value) => distinct.includes(value))).toEqual(distinct);
    for (const { samples } of readings) {
      expect(samples.pulse_rate).toBe(60 + values.indexOf(Number(samples.spo2)));
    }
  });

  test("a bed has a port for each device, and every name is gone afterwards", async () => {
    const simulating = startCommandLine([
      "simulate",
      ...["--scenario", "mask-off", "--devices", "nonin-serial,puritan-bennett-840-waveform"],
      ...["--options", "format=8", "--seed", "7", "--folder", folder],
    ]);
    const [first, second] = [await simulating.line(0), await simulating.line(1)];
    expect(first).toBe(`nonin-serial ${folder}/nonin-serial`);
    expect(second).toBe(`puritan-bennett-840-waveform ${folder}/puritan-bennett-840-waveform`);
    const [finger, ventilator] = await Promise.all([
      readSome(path.join(folder, "nonin-serial"), 8),
      readSome(path.join(folder, "puritan-bennett-840-waveform"), 600),
    ]);
    // Format 8: four bytes, of which only the first has its top bit set.
    expect((finger[0] ?? 0) & 0x80).toBe(0x80);
    expect(finger.subarray(1, 4).every((byte) => byte < 0x80)).toBe(true);
    expect(ventilator.toString()).toMatch(/^(BS, S:\d+,\n)?-?\d+\.\d\d, -?\d+\.\d\d\n/);
    simulating.kill("SIGTERM");
    expect((await simulating.ended).code).toBe(143);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ["a samples file with a mistake", "at,spo2\n0,ninety\n", /Line 2 .*"ninety" is not a number/],
    ["signals that no family tells", "at,tcco2\n0,45\n", /No built-in family can tell any of these signals/],
  ])("%s opens no port", async (_name, text, words) => {
    writeFileSync(path.join(folder, "a.csv"), text);
    const ran = await run(["simulate", "--samples", "a.csv"], { folder });
    expect(ran).toMatchObject({ code: 1, data: "" });
    expect(ran.words).toMatch(words);
  });

  test("a scenario that does not come along is told the nearest", async () => {
    const ran = await run(["simulate", "--scenario", "mask-of"]);
    expect(ran).toMatchObject({ code: 1, data: "" });
    expect(ran.words).toMatch(/no scenario "mask-of".*Did you mean "mask-off"\?/);
  });
});
