// Real serialport on a real pseudo-terminal whose modem lines a preloaded library answers.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { createClock } from "../../src/ops/clock.ts";
import { createLinks } from "../../src/transport/links.ts";
import { createPtyCable, type PtyCable } from "../support/pty.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("socat", "gcc", "libc6-dev");

/** As TIOCMGET has them (Linux, asm-generic/termios.h). */
const DTR = 0x002;
const RTS = 0x004;
const CTS = 0x020;
const DCD = 0x040;
const DSR = 0x100;

interface Told {
  readonly channel?: string;
  readonly bits?: number;
  readonly end?: string;
  readonly simulated?: boolean;
  readonly wrote?: number;
  readonly atMs: number;
}

const folder = mkdtempSync(path.join(tmpdir(), "lines-"));
const library = path.join(folder, "modem-lines.so");
const lines = path.join(folder, "lines");
let cable: PtyCable;
let reader: ChildProcess | undefined;
let told: Told[];

const setLines = (bits: number): void => writeFileSync(lines, Buffer.from(Int32Array.of(bits).buffer));
const getLines = (): number => readFileSync(lines).readInt32LE(0);

function read(): void {
  const program = path.join(import.meta.dirname, "../support/modem-lines-reader.ts");
  const env = { ...process.env, LD_PRELOAD: library, MODEM_LINES: lines };
  const started = spawn(process.execPath, [program, cable.host], { env, stdio: ["pipe", "pipe", "inherit"] });
  reader = started;
  createInterface(started.stdout).on("line", (line) => {
    told.push({ ...JSON.parse(line), atMs: performance.now() });
  });
}

async function until(what: () => boolean, ms = 8_000): Promise<void> {
  const start = performance.now();
  while (!what()) {
    if (performance.now() - start > ms) throw new Error(`not within ${ms} ms, told ${JSON.stringify(told)}`);
    await sleep(5);
  }
}

const inputs = (): (number | undefined)[] =>
  told.filter(({ channel }) => channel === "inputs").map(({ bits }) => bits);

describe("the modem lines of a port", () => {
  beforeAll(() => {
    const source = path.join(import.meta.dirname, "../support/native/modem-lines.c");
    execFileSync("gcc", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl"]);
  });
  beforeEach(async () => {
    told = [];
    setLines(0);
    cable = createPtyCable();
    await cable.plugIn();
  });
  afterEach(async () => {
    const running = reader;
    reader = undefined;
    if (running !== undefined && running.exitCode === null) {
      const gone = new Promise((resolve) => running.once("exit", resolve));
      running.kill();
      await gone;
    }
    await cable.remove();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("are told when a contact moves, and once a second while it does not", async () => {
    read();
    await until(() => inputs().length > 0);
    expect(inputs()).toEqual([0]);
    expect(told[0]).toMatchObject({ simulated: true });
    const closedAtMs = performance.now();
    setLines(getLines() | CTS | DCD);
    await until(() => inputs().includes(0b0101));
    expect(performance.now() - closedAtMs).toBeLessThan(500);
    setLines((getLines() & ~(CTS | DCD)) | DSR);
    await until(() => inputs().at(-1) === 0b0010);
    const before = inputs().length;
    const from = performance.now();
    await sleep(2_300);
    const seconds = (performance.now() - from) / 1_000;
    expect(
      inputs()
        .slice(before)
        .every((bits) => bits === 0b0010),
    ).toBe(true);
    expect(inputs().length - before).toBeGreaterThanOrEqual(1);
    expect(inputs().length - before).toBeLessThanOrEqual(Math.ceil(seconds));
  });

  test("are driven from here, which tests a contact's own wiring", async () => {
    read();
    await until(() => inputs().length > 0);
    reader?.stdin?.write("0\n");
    await until(() => told.some(({ wrote }) => wrote === 0));
    expect(getLines() & (DTR | RTS)).toBe(0);
    reader?.stdin?.write("1\n");
    await until(() => told.some(({ wrote }) => wrote === 1));
    expect(getLines() & (DTR | RTS)).toBe(DTR);
    reader?.stdin?.write("4\n");
    await until(() => told.some((each) => "refused" in each));
  });

  test("that fail while they are watched are a lost link: a contact unknown, not a contact open", async () => {
    read();
    await until(() => inputs().length > 0);
    rmSync(lines);
    await until(() => told.some(({ end }) => end !== undefined));
    expect(told.at(-1)?.end).toBe("LINK_LOST");
  });

  test("do not exist on a plain pseudo-terminal, which is refused in plain words", async () => {
    const links = createLinks({ clock: createClock() });
    const open = links.openPackets(cable.host, { kind: "lines" }, new AbortController().signal);
    await expect(open).rejects.toMatchObject({
      code: "LINK_REFUSED",
      message: expect.stringContaining("has no modem lines"),
    });
    // It was closed again: somebody else may have it.
    const SERIAL = { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false } as const;
    const { link } = await links.open(
      cable.host,
      { kind: "bytes", serial: SERIAL },
      new AbortController().signal,
    );
    await link.close();
  });
});
