// What systemd makes of the units, and what a service tells it, over a real socket.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, vi } from "vitest";
import { demoConfig } from "../../src/cli/demo.ts";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import { type ServingOptions, startServing, stopInTime } from "../../src/cli/service.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import { SECOND_MS, wall } from "../../src/domain/time.ts";
import { composeHome } from "../../src/home.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createService } from "../../src/ops/notify.ts";
import type { Log, LogLevel } from "../../src/port/log.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { createRehearsalWorld } from "../../src/rehearse.ts";
import { openNotifySocket } from "../support/notify-socket.ts";
import { requires } from "../support/require.ts";

const { test } = requires("systemd");

function keptLog() {
  const notes: { readonly event: string; readonly level: LogLevel }[] = [];
  const log: Log = { note: (event, _, level = "info") => notes.push({ event, level }) };
  return { notes, log };
}
const folder = path.join(import.meta.dirname, "../../packaging/systemd");
const UNITS = readdirSync(folder).filter((name) => name.endsWith(".service"));

describe("the units", () => {
  test("home, edge and hub pass systemd's own examination once their program is there", () => {
    expect(UNITS.toSorted()).toEqual([
      "breathwatch-edge.service",
      "breathwatch-hub.service",
      "breathwatch.service",
    ]);
    const aside = mkdtempSync(path.join(tmpdir(), "breathwatch-units-"));
    onTestFinished(() => rmSync(aside, { recursive: true, force: true }));
    // The only thing of a unit that this machine lacks.
    const program = path.join(aside, "breathwatch");
    writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
    for (const unit of UNITS) {
      const text = readFileSync(path.join(folder, unit), "utf8").replaceAll("/usr/bin/breathwatch", program);
      writeFileSync(path.join(aside, unit), text);
    }
    const run = spawnSync("systemd-analyze", ["verify", ...UNITS.map((unit) => path.join(aside, unit))], {
      encoding: "utf8",
    });
    // Of other units of the machine nothing is asked here.
    const ours = run.stderr.split("\n").filter((line) => line.includes("breathwatch"));
    expect({ status: run.status, ours }).toEqual({ status: 0, ours: [] });
  });

  test.each(UNITS)("%s exposes little: systemd's score is at most 2.1", (unit) => {
    const file = path.join(folder, unit);
    const text = execFileSync("systemd-analyze", ["security", "--offline=true", "--no-pager", file], {
      encoding: "utf8",
    });
    const [, score] = /Overall exposure level for \S+ ([\d.]+)/.exec(text) ?? [];
    expect(Number(score)).toBeLessThanOrEqual(2.1);
  });

  test.each(UNITS)("%s is started again whatever happens, as often as it takes, and watched", (unit) => {
    const text = readFileSync(path.join(folder, unit), "utf8");
    for (const line of [
      "Restart=always",
      "StartLimitIntervalSec=0",
      "WatchdogSec=30",
      "Type=notify",
      "NotifyAccess=all",
      "StateDirectoryMode=0700",
    ]) {
      expect(text.split("\n")).toContain(line);
    }
  });
});

describe("a running program", () => {
  const config = demoConfig("Asia/Shanghai", "en", 0);

  async function serving(read: ServingOptions["read"]) {
    const socket = await openNotifySocket();
    const { notes, log } = keptLog();
    const applied: HomeConfig[] = [];
    const hangUps = new Set<() => void>();
    const started = await startServing({
      terminal: {
        environment: { PATH: process.env["PATH"], NOTIFY_SOCKET: socket.path },
        onHangUp(listener) {
          hangUps.add(listener);
          return () => hangUps.delete(listener);
        },
      },
      ...{ clock: createClock(), log, config, read, status: "1 bed", stuck: () => undefined },
      apply: (changed) => applied.push(changed),
    });
    return { socket, notes, applied, hangUps, started };
  }
  const told = (socket: { told(): readonly string[] }, line: string | RegExp) =>
    vi.waitFor(() => expect(socket.told()).toContainEqual(expect.stringMatching(line)), 10_000);

  test("takes over at a hang-up what may change at once, and says what waits for a restart", async () => {
    const keep = { waveDays: 3, numberDays: 400 };
    const changed: HomeConfig = { ...config, keep, zone: "Asia/Taipei" };
    const { socket, notes, applied, hangUps, started } = await serving(async () => ({
      config: changed,
      findings: [],
    }));
    await told(socket, /^READY=1$/);
    for (const hangUp of hangUps) hangUp();
    await told(socket, /^STATUS=1 bed; after a restart: zone$/);
    expect(applied).toEqual([{ ...config, keep }]);
    expect(notes).toEqual([{ event: "config.reloaded", level: "warn" }]);
    await started.stopping();
    await told(socket, /^STOPPING=1$/);
    expect(hangUps.size).toBe(0);
  });

  test("goes on as it is where the changed configuration has mistakes or cannot be read", async () => {
    const reads: ServingOptions["read"][] = [
      async () => ({ findings: [{ level: "error", where: "line 1", what: "no such setting" }] }),
      async () => {
        throw new Error("gone");
      },
    ];
    const { socket, notes, applied, hangUps, started } = await serving(
      () => reads.shift()?.() ?? Promise.reject(new Error("asked too often")),
    );
    for (const hangUp of [...hangUps, ...hangUps]) hangUp();
    await told(socket, /has mistakes/);
    await vi.waitFor(
      () => expect(notes.map(({ event }) => event)).toEqual(["config.refused", "config.unread"]),
      10_000,
    );
    expect(applied).toEqual([]);
    await started.stopping();
  });

  test("whose engine does not tick feeds the watchdog no more, and does again once it ticks", async () => {
    const socket = await openNotifySocket();
    const { notes, log } = keptLog();
    const world = createRehearsalWorld({ seed: 5, startsAt: wall(Date.UTC(2026, 10, 21, 14)) });
    let held = false;
    const clock: typeof world.clock = {
      ...world.clock,
      every: (ms, callback) =>
        world.clock.every(ms, () => {
          if (!held || ms !== SECOND_MS) callback();
        }),
    };
    const home = await composeHome({ ...world, clock }, rehearsalConfig("B"), {
      pagesFolder: "/nonexistent",
    });
    onTestFinished(async () => {
      await home.stop();
      await world.close();
    });
    const started = await startServing({
      terminal: {
        environment: { PATH: process.env["PATH"], NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: "300000" },
      },
      ...{ clock: createClock(), log, config, status: "1 bed", apply: () => undefined },
      read: async () => ({ config, findings: [] }),
      stuck: home.edge.stuck,
    });
    const fed = (): number => socket.told().filter((line) => line === "WATCHDOG=1").length;
    await world.clock.advance(30_000);
    await vi.waitFor(() => expect(fed()).toBeGreaterThan(1), 10_000);
    expect(notes).toEqual([]);

    held = true;
    await world.clock.advance(12_000);
    expect(home.edge.stuck()).toBe("the engine of bed b1 has not ticked for 12 s");
    await vi.waitFor(() => expect(notes).toEqual([{ event: "service.stuck", level: "error" }]), 10_000);
    // What was under way when it was noticed has come once the socket says the same twice.
    let before = -1;
    await vi.waitFor(
      () => {
        const now = fed();
        const isStill = now === before;
        before = now;
        expect(isStill).toBe(true);
      },
      { timeout: 10_000, interval: 300 },
    );

    held = false;
    await world.clock.advance(1_000);
    expect(home.edge.stuck()).toBeUndefined();
    await vi.waitFor(() => expect(fed()).toBeGreaterThan(before), 10_000);
    await started.stopping();
  });

  test("that does not stop in 15 s is left behind, with a word in the log", async () => {
    const { notes, log } = keptLog();
    const virtual = createVirtualClock(wall(0));
    const hanging = stopInTime(() => new Promise(() => undefined), { clock: virtual, log });
    await virtual.advance(15_000);
    expect(await hanging).toBe(false);
    expect(notes).toEqual([{ event: "stop.late", level: "error" }]);
    expect(await stopInTime(async () => undefined, { clock: virtual, log })).toBe(true);
  });
});

describe("a service", () => {
  const clock = createClock();
  const started = async (more: { readonly [name: string]: string } = {}) => {
    const socket = await openNotifySocket();
    const { notes, log } = keptLog();
    const environment = { PATH: process.env["PATH"], NOTIFY_SOCKET: socket.path, ...more };
    return { socket, notes, service: createService({ environment, clock, log }) };
  };

  test("says that it is ready, what it does, and that it is being stopped, in this order", async () => {
    const { socket, service } = await started();
    expect(service.isManaged).toBe(true);
    await Promise.all([service.ready("2 beds\nREADY=0"), service.status("3 beds"), service.stopping()]);
    const all = ["READY=1", "STATUS=2 beds READY=0", "STATUS=3 beds", "STOPPING=1"];
    await vi.waitFor(() => expect(socket.told()).toEqual(all), 10_000);
  });

  test("feeds the watchdog while all works, and starves it as soon as something does not", async () => {
    const { socket, notes, service } = await started({ WATCHDOG_USEC: "300000" });
    const fed = (): number => socket.told().filter((line) => line === "WATCHDOG=1").length;
    const told = (line: string) => vi.waitFor(() => expect(socket.told()).toContain(line), 10_000);
    let why: string | undefined;
    service.start(() => why);
    await vi.waitFor(() => expect(fed()).toBeGreaterThan(2), 10_000);
    why = "bed b1: its engine does not tick";
    await vi.waitFor(() => expect(notes).toContainEqual({ event: "service.stuck", level: "error" }), 10_000);
    // Messages keep their order: what was under way has come before this one.
    await service.status("stuck");
    await told("STATUS=stuck");
    const before = fed();
    await clock.sleep(500);
    expect(fed()).toBe(before);
    why = undefined;
    await vi.waitFor(() => expect(fed()).toBeGreaterThan(before), 10_000);
    await service.stopping();
    await told("STOPPING=1");
    await clock.sleep(300);
    expect(socket.told().at(-1)).toBe("STOPPING=1");
  });

  test("leaves a watchdog alone that is meant for another process", async () => {
    const { socket, service } = await started({ WATCHDOG_USEC: "100000", WATCHDOG_PID: "1" });
    service.start(() => undefined);
    await clock.sleep(200);
    await service.stopping();
    await vi.waitFor(() => expect(socket.told()).toEqual(["STOPPING=1"]), 10_000);
  });

  test("without a service manager says nothing, and with one that is gone goes on", async () => {
    const { notes, log } = keptLog();
    const alone = createService({ environment: {}, clock, log });
    expect(alone.isManaged).toBe(false);
    await alone.ready("1 bed");
    expect(notes).toEqual([]);
    const gone = { PATH: process.env["PATH"], NOTIFY_SOCKET: "/nonexistent/notify" };
    await createService({ environment: gone, clock, log }).ready("1 bed");
    expect(notes).toEqual([{ event: "service.untold", level: "warn" }]);
  });
});
