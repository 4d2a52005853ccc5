// Real serialport on real pseudo-terminals: what a driver gets when cables are pulled, silent or talk nonsense.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect } from "vitest";
import * as codec from "../../devices/nonin-serial/codec.ts";
import { noninSerial } from "../../devices/nonin-serial/module.ts";
import type { Observation } from "../../src/domain/observation.ts";
import { fillOptions, type GivenOptions } from "../../src/driver/options.ts";
import { type Supervisor, supervise } from "../../src/driver/supervise.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createRandom } from "../../src/ops/random.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createLinks } from "../../src/transport/links.ts";
import { parseHexFrames } from "../../src/wire/transcript.ts";
import { createPtyCable, type PtyCable } from "../support/pty.ts";
import { recordings, requires } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";

const { describe, test } = requires("socat");
const clock = createClock();
const SERIAL = { kind: "bytes", serial: noninSerial.serial({}) } as const;
const never = new AbortController().signal;

let cable: PtyCable;
let running: Supervisor[] = [];

beforeEach(() => {
  cable = createPtyCable();
});

afterEach(async () => {
  await Promise.all(running.map((supervisor) => supervisor.stop()));
  running = [];
  await cable.remove();
});

function watch(options: GivenOptions = { format: "2" }): { supervisor: Supervisor; heard: Observation[] } {
  const heard: Observation[] = [];
  const supervisor = supervise({
    module: noninSerial,
    device: "d",
    bed: "b1",
    zone: "UTC",
    epoch: "e",
    address: cable.host,
    options: fillOptions(noninSerial.options, options),
    links: createLinks({ clock }),
    clock,
    random: createRandom(),
    log: silentLog,
    onObservation: (observation) => heard.push(observation),
  });
  running.push(supervisor);
  supervisor.start();
  return { supervisor, heard };
}

/** Polls, because nothing here can be told when a process of another program is ready. */
async function until(what: () => boolean, ms = 5000): Promise<number> {
  const start = performance.now();
  while (!what()) {
    if (performance.now() - start > ms) throw new Error(`not within ${ms} ms: ${what.toString()}`);
    await sleep(5);
  }
  return performance.now() - start;
}

/** One second of format 2: three packets with these timers. */
function packets(first: number, spo2 = 95): Uint8Array {
  const all = [0, 1, 2].map((i) => {
    const timer = (first + i) % 16384;
    const floats = codec.PACKET.encode({
      pulse: 66,
      spo2,
      firmware: 1,
      timer,
      smartPoint: true,
      lowBattery: false,
      spo2Display: spo2,
      spo2Fast: spo2,
      spo2Beat: spo2,
      pulseExtended: 66,
      spo2Extended: spo2,
      spo2ExtendedDisplay: spo2,
      pulseDisplay: 66,
      pulseExtendedDisplay: 66,
    });
    const clear = { disconnected: false, artifact: false, outOfTrack: false, sensorAlarm: false };
    const frames = Array.from(floats, (float, n) =>
      codec.FORMAT_2.encode({ ...clear, red: false, green: true, sync: n === 0, pleth: n, float }),
    );
    return Buffer.concat(frames);
  });
  return Buffer.concat(all);
}

const saturations = (heard: readonly Observation[]): unknown[] =>
  heard.flatMap(({ body }) => (body.kind === "samples" ? [body.samples.spo2] : []));

const openFiles = (): number => readdirSync("/proc/self/fd").length;

describe("a serial port", () => {
  test("is read, and a pseudo-terminal counts as simulated", async () => {
    await cable.plugIn();
    const { supervisor, heard } = watch();
    await until(() => supervisor.view().link === "open");
    cable.say(packets(1));
    await until(() => heard.some(({ body }) => body.kind === "samples"));
    expect(saturations(heard)).toEqual([95]);
    expect(heard.every(({ simulated }) => simulated)).toBe(true);
    expect(supervisor.view()).toMatchObject({
      simulated: true,
      // Of three packets the last one waits for the one behind it.
      counters: { bytes: 375, frames: 2, rejects: 0 },
    });
  });

  test("that is not there at first is found when it appears", async () => {
    const { supervisor, heard } = watch();
    await until(() => supervisor.view().link === "lost");
    expect(supervisor.view().problem).toContain(cable.host);
    await sleep(1500);
    await cable.plugIn();
    const ms = await until(() => {
      cable.say(packets(1));
      return heard.length > 0;
    });
    expect(ms).toBeLessThan(1000);
  });

  test("pulled and put back 50 times is read again within a second each time, and nothing is left behind", async () => {
    await cable.plugIn();
    const { supervisor, heard } = watch();
    await until(() => supervisor.view().link === "open");
    cable.say(packets(0));
    await until(() => heard.length > 0);
    const filesBefore = openFiles();
    const resourcesBefore = process.getActiveResourcesInfo().length;
    const times: number[] = [];
    for (let round = 0; round < 50; round++) {
      await cable.unplug();
      const before = supervisor.view().counters.frames;
      await sleep((round % 5) * 60);
      await cable.plugIn();
      times.push(
        await until(() => {
          cable.say(packets(round * 3));
          return supervisor.view().counters.frames > before;
        }),
      );
    }
    expect(Math.max(...times)).toBeLessThan(1000);
    expect(supervisor.view().counters.reopens).toBeGreaterThanOrEqual(50);
    expect(openFiles()).toBeLessThanOrEqual(filesBefore + 1);
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(resourcesBefore + 3);
    await supervisor.stop();
    const seqs = heard.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i));
  });

  test("that never speaks is called quiet after 3 s, opened again, and read when it speaks", async () => {
    await cable.plugIn();
    const { supervisor, heard } = watch();
    const ms = await until(() => supervisor.view().link === "quiet");
    expect(ms).toBeGreaterThan(2900);
    expect(supervisor.view().problem).toContain("nothing has arrived");
    await until(() => {
      cable.say(packets(1));
      return supervisor.view().link === "open";
    });
    expect(heard.length).toBeGreaterThan(0);
    expect(supervisor.view().counters.reopens).toBeGreaterThanOrEqual(1);
  });

  test("that brings garbage is survived, and what is good behind it is read", async () => {
    await cable.plugIn();
    const { supervisor, heard } = watch();
    await until(() => supervisor.view().link === "open");
    const random = createSeededRandom(3);
    for (let i = 0; i < 40; i++) {
      cable.say(random.bytes(512));
      await sleep(2);
    }
    cable.say(packets(1, 91));
    await until(() => saturations(heard).includes(91));
    expect(supervisor.view().counters.rejects).toBeGreaterThan(0);
  });

  test("in use by somebody else is refused with the reason", async () => {
    await cable.plugIn();
    const links = createLinks({ clock });
    const { link } = await links.open(cable.host, SERIAL, never);
    await expect(links.open(cable.host, SERIAL, never)).rejects.toMatchObject({
      code: "LINK_REFUSED",
      fix: expect.stringContaining("other program"),
    });
    await link.close();
    const again = await links.open(cable.host, SERIAL, never);
    await again.link.close();
  });

  test("carries commands to the device, and refuses them once it is closed", async () => {
    await cable.plugIn();
    const { link } = await createLinks({ clock }).open(cable.host, SERIAL, never);
    await link.write(Uint8Array.of(2, 0x70, 3));
    await link.close();
    await link.close();
    await expect(link.write(Uint8Array.of(1))).rejects.toMatchObject({ code: "LINK_LOST" });
    const rest: unknown[] = [];
    for await (const chunk of link.chunks) rest.push(chunk);
    expect(rest).toEqual([]);
  });
});

describe("the ports of this machine", () => {
  test("can be listed, whether there are any or not", async () => {
    for (const port of await createLinks({ clock }).list()) expect(port.path).toMatch(/^\/dev\//);
  });
});

describe("a real packet through a real port", () => {
  const recording = recordings("oximeters/nonin_df2.hex");
  const { test } = requires("socat").missing === undefined ? recording : requires("socat");

  test("says pulse 74 and SpO2 96", async () => {
    await cable.plugIn();
    const { supervisor, heard } = watch({ format: "auto" });
    await until(() => supervisor.view().link === "open");
    for (const frame of parseHexFrames(readFileSync(recording.path, "utf8"))) {
      cable.say(frame);
      await sleep(13);
    }
    await until(() => heard.some(({ body }) => body.kind === "samples"));
    expect(heard.find(({ body }) => body.kind === "samples")?.body).toMatchObject({
      samples: { spo2: 96, pulse_rate: 74 },
    });
  });
});
