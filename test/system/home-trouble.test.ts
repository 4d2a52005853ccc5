// A configured home where something is not as it should be: it goes on watching and says what is wrong.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished } from "vitest";
import { runCommand } from "../support/command-line.ts";
import {
  ask,
  listenToBus,
  startHome,
  temporaryFolder,
  until,
  watchBeds,
  writeHomeConfig,
} from "../support/home.ts";
import { createPtyBed } from "../support/home-bed.ts";
import { createPtyCable } from "../support/pty.ts";
import { mounting, requires } from "../support/require.ts";

const { test } = requires("socat");
const FAMILY = "nonin-serial";

/** A port of this machine that somebody else has. */
async function takenPort(): Promise<{ readonly port: number; free(): Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const free = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
    });
  onTestFinished(free);
  return { port: (server.address() as AddressInfo).port, free };
}

describe("a device that is not there", () => {
  test("is named with its fix at once, and is an alarm a minute after the watch began", {
    timeout: 240_000,
  }, async () => {
    const folder = temporaryFolder();
    const silent = createPtyCable();
    onTestFinished(() => silent.remove());
    await silent.plugIn();
    const file = path.join(folder, "not-a-port");
    writeFileSync(file, "");
    const config = writeHomeConfig(folder, {
      beds: [
        {
          id: "b1",
          dependencyClass: "C",
          devices: [
            { family: FAMILY, port: path.join(folder, "no-such-port"), label: "Finger sensor" },
            { family: "puritan-bennett-840-waveform", port: silent.host, label: "Ventilator" },
          ],
        },
        { id: "b2", dependencyClass: "A", devices: [{ family: FAMILY, port: file }] },
      ],
    });
    const home = await startHome(["home", "--config", config], {
      folder,
      dataDir: path.join(folder, "data"),
    });
    const live = await watchBeds(home);
    const said = await live.until(
      ({ sources }) => sources.every(({ problem }) => problem !== undefined),
      60_000,
    );
    expect(said.sources.map(({ link, problem }) => ({ link, problem }))).toEqual([
      {
        link: "lost",
        problem: expect.stringMatching(/There is no port .*no-such-port\. Plug the adapter in/),
      },
      {
        link: "quiet",
        problem: expect.stringMatching(
          /is open, but nothing has arrived for \d+ s\. Check that the device is on/,
        ),
      },
    ]);
    const other = await live.until(({ sources }) => sources[0]?.problem !== undefined, 10_000, "b2");
    expect(other.sources[0]).toMatchObject({
      link: "refused",
      problem: expect.stringMatching(/is not a serial port\. Name the adapter's own file/),
    });
    expect(said.alarms.watch).toMatchObject({ on: true, reason: "class_c" });
    const since = said.alarms.watch.since;

    const rung = await live.until(({ alarms }) => alarms.open.length > 0, 90_000);
    for (const occurrence of rung.alarms.open) {
      expect(occurrence).toMatchObject({ condition: "DATA_NEVER", priority: "high" });
      expect(occurrence.raisedAt - since).toBeGreaterThanOrEqual(60_000);
      expect(occurrence.raisedAt - since).toBeLessThan(66_000);
    }
    const both = await live.until(({ alarms }) => alarms.open.length === 2, 10_000);
    expect(new Set(both.alarms.open.map(({ subject }) => subject))).toEqual(
      new Set(both.sources.map(({ device }) => device)),
    );
    const { code, words } = await home.stop();
    expect(code).toBe(0);
    expect(words).toMatch(/no-such-port/);
  });
});

describe("a port of this machine that somebody else has", () => {
  test("the broker's: the home watches, says so, and sends everything once the port is free", {
    timeout: 240_000,
  }, async () => {
    const folder = temporaryFolder();
    const taken = await takenPort();
    const bed = await createPtyBed(3);
    const config = writeHomeConfig(folder, {
      beds: [{ id: "b1", devices: bed.devices }],
      bus: { port: taken.port },
    });
    const home = await startHome(["home", "--config", config], {
      folder,
      dataDir: path.join(folder, "data"),
    });
    await home.line.said(
      new RegExp(
        `NOT YET: The broker's port ${taken.port} .*used by another program\\..*Stop the other program`,
      ),
    );
    bed.switchOn();
    const live = await watchBeds(home);
    await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 30_000);
    await live.until(({ signals }) => typeof signals.pressure_peak?.sample === "number", 30_000);
    await taken.free();
    const messages = await listenToBus(home, 30_000);
    await until(() => messages.some(({ topic }) => topic.includes("/b1/observation/")), 60_000);
    // The first numbers, from before there was a broker, arrive as well.
    const first = (): boolean =>
      messages.some(({ topic, body }) => topic.includes("/observation/") && Number(body["seq"]) < 3);
    await until(first, 60_000);
    expect((await home.stop()).code).toBe(0);
  });

  test("that of the pages: the home watches, says so, and shows its pages once the port is free", {
    timeout: 240_000,
  }, async () => {
    const folder = temporaryFolder();
    const taken = await takenPort();
    const bed = await createPtyBed(4);
    const config = writeHomeConfig(folder, {
      beds: [{ id: "b1", devices: bed.devices }],
      web: { port: taken.port },
    });
    const home = await startHome(["home", "--config", config], {
      folder,
      dataDir: path.join(folder, "data"),
    });
    expect(home.control.url).toBe(`http://127.0.0.1:${taken.port}`);
    await home.line.said(
      new RegExp(`NOT YET: Port ${taken.port} .*used by another program\\..*set another web\\.port`),
    );
    bed.switchOn();
    const messages = await listenToBus(home);
    await until(() => messages.some(({ topic }) => topic.includes("/b1/observation/")), 60_000);
    await taken.free();
    const isUp = async (): Promise<boolean> => {
      const response = await fetch(`${home.control.url}/api/me`).catch(() => undefined);
      return response?.ok === true;
    };
    let up = false;
    const deadline = performance.now() + 30_000;
    while (!up && performance.now() < deadline) {
      up = await isUp();
      if (!up) await sleep(200);
    }
    expect(up).toBe(true);
    expect((await ask(home, "GET", "/api/me")).status).toBe(200);
    expect((await home.stop()).code).toBe(0);
  });

  test("the demo, which somebody is looking at, ends and names the fix", async () => {
    const folder = temporaryFolder();
    const taken = await takenPort();
    const { code, data, words } = await runCommand(["demo", "--port", String(taken.port)], { folder });
    expect({ code, data }).toEqual({ code: 1, data: "" });
    expect(words).toMatch(
      new RegExp(`Port ${taken.port} .*used by another program\\. Stop that program.*\\(HTTP_PORT_TAKEN\\)`),
    );
  });
});

const mounts = mounting();
mounts.describe("a state folder on a file system mounted read-only", () => {
  mounts.test("is refused with what to do", async () => {
    const folder = temporaryFolder();
    const place = path.join(folder, "read-only");
    mkdirSync(place);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "ro,size=64k", "none", place]).status).toBe(0);
    onTestFinished(() => void spawnSync("umount", [place]));
    const file = path.join(folder, "breathwatch.yaml");
    const devices = [{ family: FAMILY, port: "/dev/breathwatch-nothing-there" }];
    writeFileSync(file, JSON.stringify({ dataDir: path.join(place, "data"), beds: [{ id: "b1", devices }] }));
    const { code, words } = await runCommand(["home", "--config", file]);
    expect(code).toBe(1);
    expect(words).toMatch(
      /cannot be written: .*EROFS.*set dataDir to another folder\. \(DATA_DIR_UNWRITABLE\)/,
    );
  });
});

test("an edge says that what only a home announces to Home Assistant is not announced", {
  timeout: 60_000,
}, async () => {
  const start = (root: "edge" | "home") => {
    const folder = temporaryFolder();
    const config = writeHomeConfig(folder, {
      beds: [{ id: "b1", devices: [{ family: FAMILY, port: path.join(folder, "no-such-port") }] }],
      homeAssistant: {},
    });
    return startHome([root, "--config", config], { folder, dataDir: path.join(folder, "data") });
  };
  const edge = await start("edge");
  await edge.line.said(/NOT ANNOUNCED TO HOME ASSISTANT/);
  expect((await edge.stop()).code).toBe(0);
  const { words } = await (await start("home")).stop();
  expect(words).toContain("The machine's own alarm stays the primary alarm.");
  expect(words).not.toContain("NOT ANNOUNCED");
});
