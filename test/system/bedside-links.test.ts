// Microphone, input device, power supplies and a UPS server as links: real programs, files and sockets of this machine.

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { alarmListener } from "../../devices/alarm-listener/module.ts";
import { callSwitchKey } from "../../devices/call-switch/module.ts";
import { edgePowerLinux, edgePowerNut } from "../../devices/edge-power/module.ts";
import { attach } from "../../src/driver/attach.ts";
import type { DeviceModule, DeviceReading } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createLinks } from "../../src/transport/links.ts";
import { openMicrophone } from "../../src/transport/microphone.ts";
import { requires } from "../support/require.ts";

const clock = createClock();
const links = createLinks({ clock });

let folder: string;
let stop: AbortController;
const config = process.env["ALSA_CONFIG_PATH"];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-bedside-"));
  stop = new AbortController();
});

afterEach(() => {
  stop.abort();
  if (config === undefined) delete process.env["ALSA_CONFIG_PATH"];
  else process.env["ALSA_CONFIG_PATH"] = config;
  rmSync(folder, { recursive: true, force: true });
});

/** Living processes whose parent is this one. */
const children = (): readonly string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
        return Number(parent) === process.pid && state !== "Z";
      } catch {
        // It ended while we looked.
        return false;
      }
    });

/** The first readings of a device that is really there, until one of them is what is waited for. */
async function readUntil(
  module: DeviceModule,
  address: string,
  isIt: (reading: DeviceReading) => boolean,
): Promise<{ readonly simulated: boolean; readonly reading: DeviceReading | undefined }> {
  const options = fillOptions(module.options, {});
  const attached = await attach({ module, options, links, address, signal: stop.signal });
  const trace = { frame: () => undefined, reject: () => undefined, sent: () => undefined };
  let found: DeviceReading | undefined;
  for await (const reading of attached.observe({ clock, options, zone: "UTC", trace, signal: stop.signal })) {
    if (!isIt(reading)) continue;
    found = reading;
    break;
  }
  await attached.close();
  return { simulated: attached.simulated, reading: found };
}

const anything = (): boolean => true;

const withAlsa = requires("alsa-utils");

withAlsa.describe("a microphone", () => {
  const STEP = 0.2;

  beforeEach(() => {
    const sound = new Int16Array(16_000 * 60).map((_, i) => Math.round(8_000 * Math.sin(i * STEP)));
    writeFileSync(path.join(folder, "sound.raw"), new Uint8Array(sound.buffer));
    alsa(`type file slave.pcm "null" file "/dev/null" infile "${folder}/sound.raw" format "raw"`);
  });

  const alsa = (input: string): void => {
    writeFileSync(
      path.join(folder, "asound.conf"),
      `</usr/share/alsa/alsa.conf>\npcm.!default { ${input} }\n`,
    );
    process.env["ALSA_CONFIG_PATH"] = path.join(folder, "asound.conf");
  };

  test("is heard sample for sample through arecord, and nothing is left of it after the close", async () => {
    const { link, simulated, resolved } = await openMicrophone("mic:", stop.signal, clock, {
      runtimeFolder: folder,
    });
    expect({ simulated, resolved }).toEqual({ simulated: false, resolved: "arecord, input default" });
    const bytes: number[] = [];
    for await (const chunk of link.chunks) {
      expect(chunk.length % 2).toBe(0);
      bytes.push(...chunk);
      if (bytes.length >= 8_000) break;
    }
    await link.close();
    expect(children()).toEqual([]);
    const heard = new Int16Array(new Uint8Array(bytes.slice(0, 8_000)).buffer);
    // A sine follows from its two samples before; a stream that lost a byte would not.
    for (let i = 2; i < 1_500; i++) {
      const wanted = 2 * Math.cos(STEP) * (heard[i - 1] ?? 0) - (heard[i - 2] ?? 0);
      expect(Math.abs((heard[i] ?? 0) - wanted)).toBeLessThan(4);
    }
    expect(Math.max(...heard)).toBeGreaterThan(7_500);
  });

  test("is read by the alarm listener", async () => {
    const { reading } = await readUntil(alarmListener, "mic:", anything);
    expect(reading?.body).toEqual({ kind: "samples", samples: { remote_alarm: { absent: "not_measured" } } });
    expect(children()).toEqual([]);
  });

  test("that is not there is said to be missing", async () => {
    await expect(
      openMicrophone("mic:hw:29", stop.signal, clock, { runtimeFolder: folder }),
    ).rejects.toMatchObject({
      code: "LINK_NOT_FOUND",
    });
    expect(children()).toEqual([]);
  });

  test("whose name would be an option of the recorder is refused", async () => {
    await expect(openMicrophone("mic:--help", stop.signal, clock)).rejects.toMatchObject({
      code: "LINK_REFUSED",
    });
  });
});

describe("a recorder", () => {
  const recorder = (name: string, script: string): void => {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(folder, name), 0o755);
  };
  const open = () =>
    openMicrophone("mic:", stop.signal, clock, { searchPath: folder, runtimeFolder: folder });

  test("that is not installed is named with its package", async () => {
    await expect(open()).rejects.toMatchObject({
      code: "PROGRAM_MISSING",
      fix: expect.stringContaining("alsa-utils"),
    });
  });

  test("whose input is taken is refused with its own words", async () => {
    recorder("arecord", "echo 'arecord: main:831: audio open error: Device or resource busy' >&2; exit 1");
    await expect(open()).rejects.toMatchObject({
      code: "LINK_REFUSED",
      message: expect.stringContaining("Device or resource busy"),
    });
  });

  test("of PipeWire that does not know its options leaves the microphone to arecord", async () => {
    const soundServer = createServer().listen(path.join(folder, "pipewire-0"));
    await once(soundServer, "listening");
    try {
      recorder("pw-record", "echo 'error: unknown option' >&2; exit 255");
      await expect(open()).rejects.toMatchObject({ message: expect.stringContaining("unknown option") });
      recorder("arecord", "printf 'abcd'; exec /bin/sleep 600");
      const { link, resolved } = await open();
      await link.close();
      expect(resolved).toBe("arecord, input default");
      recorder("pw-record", "printf 'abcd'; exec /bin/sleep 600");
      const newer = await open();
      await newer.link.close();
      expect(newer.resolved).toBe("pw-record, input default");
      expect(children()).toEqual([]);
    } finally {
      soundServer.close();
    }
  });

  test("that dies loses the link, and what it started is killed with it", async () => {
    recorder(
      "arecord",
      "/bin/sleep 600 & printf 'abcd'; /bin/sleep 0.3; echo 'read error: No such device' >&2; exit 1",
    );
    const { link } = await open();
    const iterator = link.chunks[Symbol.asyncIterator]();
    expect(Buffer.from((await iterator.next()).value ?? []).toString()).toBe("abcd");
    await link.close();
    expect(children()).toEqual([]);
  });
});

describe("an input device", () => {
  const event = (type: number, code: number, value: number): Uint8Array => {
    const bytes = Buffer.alloc(24);
    bytes.writeUInt16LE(type, 16);
    bytes.writeUInt16LE(code, 18);
    bytes.writeInt32LE(value, 20);
    return bytes;
  };

  test("is read by the call switch; a FIFO in its place is simulated", async () => {
    const fifo = path.join(folder, "event0");
    spawnSync("mkfifo", [fifo]);
    const file = openSync(fifo, "r+");
    writeSync(file, event(1, 57, 1));
    writeSync(file, event(0, 0, 0));
    const { simulated, reading } = await readUntil(
      callSwitchKey,
      `input:${fifo}`,
      ({ body }) => body.kind === "status" && body.codes.includes("call"),
    );
    closeSync(file);
    expect(simulated).toBe(true);
    expect(reading?.body).toEqual({ kind: "status", codes: ["call"] });
    expect(children()).toEqual([]);
  });

  test("that is not there, or is none, is said to be so", async () => {
    const need = { kind: "bytes", serial: callSwitchKey.serial({}) } as const;
    const open = (file: string) => links.open(`input:${file}`, need, stop.signal);
    await expect(open(path.join(folder, "none"))).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
    writeFileSync(path.join(folder, "text"), "x");
    await expect(open(path.join(folder, "text"))).rejects.toMatchObject({ code: "LINK_REFUSED" });
  });
});

describe("the power of this machine", () => {
  const supply = (name: string, lines: string): void => {
    mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, name, "uevent"), lines);
  };

  test("is read from a tree as Linux keeps it", async () => {
    supply("AC", "POWER_SUPPLY_NAME=AC\nPOWER_SUPPLY_TYPE=Mains\nPOWER_SUPPLY_ONLINE=0\n");
    supply("BAT0", "POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_CAPACITY=42\n");
    const { simulated, reading } = await readUntil(
      edgePowerLinux,
      `power:${folder}`,
      ({ body }) => body.kind === "samples" && body.samples.battery_percent === 42,
    );
    expect(simulated).toBe(true);
    expect(reading?.body).toMatchObject({ samples: { mains: 0, battery_percent: 42 } });
  });

  test("that knows of none says what to do instead", async () => {
    const open = links.openPackets(`power:${folder}`, { kind: "messages", topics: [] }, stop.signal);
    await expect(open).rejects.toMatchObject({
      code: "LINK_NOT_FOUND",
      fix: expect.stringContaining("edge-power-nut"),
    });
  });
});

test("a UPS server on this machine is asked, and is no simulator", async () => {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      asked.push(bytes.toString());
      socket.write('BEGIN LIST VAR ups\nVAR ups battery.charge "77"\nVAR ups battery.runtime "1230"\n');
      socket.write('VAR ups ups.status "OB DISCHRG"\nEND LIST VAR ups\n');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  const port = typeof bound === "object" ? bound?.port : 0;
  const { simulated, reading } = await readUntil(edgePowerNut, `nut:127.0.0.1:${port}`, anything);
  await new Promise((resolve) => {
    server.close(resolve);
  });
  expect(asked).toEqual(["LIST VAR ups\n"]);
  expect(simulated).toBe(false);
  expect(reading?.body).toEqual({
    kind: "samples",
    samples: { mains: 0, battery_percent: 77, battery_minutes: 21 },
  });
});
