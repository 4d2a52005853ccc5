// A box whose file of people and settings is damaged: it starts, reads, rings, shows its page and says so.
import { spawnSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished } from "vitest";
import { MIGRATIONS } from "../../src/store/state/migrations.ts";
import { runCommand, startCommandLine } from "../support/command-line.ts";
import {
  ask,
  type RunningHome,
  signIn,
  startHome,
  temporaryFolder,
  watchBeds,
  writeHomeConfig,
} from "../support/home.ts";
import { createPtyBed } from "../support/home-bed.ts";
import { freePort } from "../support/mosquitto.ts";
import { mounting, requires } from "../support/require.ts";

const { test } = requires("socat");
const COPIES = ["state.sqlite.copy-1", "state.sqlite.copy-2", "state.sqlite.copy-3"];

interface Box {
  readonly folder: string;
  readonly dataDir: string;
  readonly config: string;
  readonly file: string;
  readonly cookie: string;
  readonly home: string;
  start(): Promise<RunningHome>;
}

/** A box that somebody has set up and that was stopped. */
async function usedBox(seed: number, root: "home" | "edge" = "home"): Promise<Box> {
  const folder = temporaryFolder();
  const dataDir = path.join(folder, "data");
  const bed = await createPtyBed(seed);
  const config = writeHomeConfig(folder, {
    beds: [{ id: "b1", label: "Mei", dependencyClass: "C", devices: bed.devices }],
    web: { port: await freePort() },
  });
  const start = (): Promise<RunningHome> => startHome([root, "--config", config], { folder, dataDir });
  const first = await start();
  const cookie = await signIn(first, "Lin");
  bed.switchOn();
  const live = await watchBeds(first);
  await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 30_000);
  const { home } = (await ask(first, "GET", "/api/me", undefined, cookie)).body as { readonly home: string };
  expect((await first.stop()).code).toBe(0);
  return { folder, dataDir, config, file: path.join(dataDir, "state.sqlite"), cookie, home, start };
}

/** It watches, the fault is an alarm, whoever was signed in is, and an answer ends it; then it is stopped. */
async function livesOn(running: RunningHome, { cookie, home }: Box, words: RegExp): Promise<void> {
  await running.line.said(/PEOPLE AND SETTINGS WERE DAMAGED/);
  const live = await watchBeds(running, cookie);
  await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 60_000);
  const told = await live.until(
    ({ alarms }) => alarms.open.some(({ condition }) => condition === "STATE_DAMAGED"),
    30_000,
  );
  const alarm = told.alarms.open.find(({ condition }) => condition === "STATE_DAMAGED");
  expect(alarm).toMatchObject({ priority: "high" });
  const health = (await ask(running, "GET", "/api/health")).body as {
    readonly findings: readonly { readonly id: string; readonly level: string; readonly detail?: string }[];
  };
  const finding = health.findings.find(({ id }) => id === "state");
  expect(finding).toMatchObject({ level: "warning" });
  expect(finding?.detail).toMatch(words);
  const me = (await ask(running, "GET", "/api/me", undefined, cookie)).body;
  expect(me).toMatchObject({ home, person: { name: "Lin", role: "owner" } });
  const route = `/api/beds/b1/occurrences/${alarm?.id}/acknowledge`;
  const answered = await ask(running, "POST", route, { place: "going" }, cookie);
  expect(answered.status, JSON.stringify(answered.body)).toBe(200);
  await live.until(
    ({ alarms }) => !alarms.open.some(({ condition }) => condition === "STATE_DAMAGED"),
    10_000,
  );
  expect((await running.stop()).code).toBe(0);
}

/** Bytes of nothing over a part of a file. */
function garbage(file: string, from: number, bytes: number): void {
  const content = readFileSync(file);
  content.fill(0xa5, from, from + bytes);
  writeFileSync(file, content);
}

/** All but the first pages, under the program that has the file open and now has to read it again. */
function garbageUnder(file: string): void {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const handle = openSync(file, "r+");
  const from = 4 * 4_096;
  const bytes = statSync(file).size - from;
  writeSync(handle, Buffer.alloc(bytes, 0xa5), 0, bytes, from);
  closeSync(handle);
  // Somebody else wrote: what is kept of the file in memory counts no more.
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  database.close();
}

test("a box starts from the last good copy of a state file that is damaged, and keeps what was damaged", {
  timeout: 240_000,
}, async () => {
  const used = await usedBox(21);
  garbage(used.file, 8 * 4_096, 4_096);
  await livesOn(await used.start(), used, /is damaged.*Its copy of .* took its place/);
  expect(existsSync(`${used.file}.damaged-1`)).toBe(true);
  // Nothing is said where nothing is wrong.
  const well = await used.start();
  const live = await watchBeds(well, used.cookie);
  const { alarms } = await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 60_000);
  expect(alarms.open.map(({ condition }) => condition)).not.toContain("STATE_DAMAGED");
  expect((await well.stop()).words).not.toMatch(/DAMAGED/);
});

test("a state file that is damaged under a running box is an alarm at once, and health says so; the next start mends it", {
  timeout: 240_000,
}, async () => {
  const used = await usedBox(24);
  const running = await used.start();
  const live = await watchBeds(running, used.cookie);
  const { alarms } = await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 60_000);
  expect(alarms.open.map(({ condition }) => condition)).not.toContain("STATE_DAMAGED");
  garbageUnder(used.file);
  const record = `/api/homes/${used.home}/audit`;
  expect((await ask(running, "GET", record, undefined, used.cookie)).status).toBe(503);
  const told = await live.until(
    ({ alarms: { open } }) => open.some(({ condition }) => condition === "STATE_DAMAGED"),
    10_000,
  );
  const alarm = told.alarms.open.find(({ condition }) => condition === "STATE_DAMAGED");
  expect(alarm).toMatchObject({ priority: "high" });
  const { body } = await ask(running, "GET", "/api/health", undefined, used.cookie);
  const { findings } = body as {
    readonly findings: readonly { readonly id: string; readonly level: string }[];
  };
  expect(findings.find(({ id }) => id === "state")).toMatchObject({
    level: "warning",
    detail: expect.stringMatching(/state\.sqlite is damaged/),
  });
  // The watch goes on, and numbers come.
  await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 10_000);
  await running.stop();
  await livesOn(await used.start(), used, /is damaged.*Its copy of|cannot be read.*Its copy of/);
});

test("without any copy a box of two starts empty, as the same home, and lets an owner in anew", {
  timeout: 120_000,
}, async () => {
  const used = await usedBox(22, "edge");
  garbage(used.file, 0, 4_096);
  // Copies that are damaged too are passed over.
  for (const name of COPIES)
    if (existsSync(path.join(used.dataDir, name))) garbage(path.join(used.dataDir, name), 0, 4_096);
  const box = await used.start();
  await box.line.said(/PEOPLE AND SETTINGS WERE DAMAGED.*There is no copy/);
  const live = await watchBeds(box);
  await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 60_000);
  await live.until(
    ({ alarms }) => alarms.open.some(({ condition }) => condition === "STATE_DAMAGED"),
    30_000,
  );
  const cookie = await signIn(box, "Wu");
  const me = (await ask(box, "GET", "/api/me", undefined, cookie)).body;
  expect(me).toMatchObject({ home: used.home, person: { name: "Wu", role: "owner" } });
  expect((await box.stop()).code).toBe(0);
});

test("a state file of a later version is refused, and not put aside", {
  timeout: 120_000,
}, async () => {
  const used = await usedBox(23);
  const database = new DatabaseSync(used.file);
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  database.close();
  const refused = await runCommand(["home", "--config", used.config], { folder: used.folder });
  expect(refused.code).not.toBe(0);
  expect(refused.words).toMatch(/version .*DATA_DIR_NEWER/);
  expect(readdirSync(used.dataDir).filter((name) => name.includes("damaged"))).toEqual([]);
  const again = new DatabaseSync(used.file, { readOnly: true });
  onTestFinished(() => again.close());
  expect(again.prepare("PRAGMA user_version").get()).toEqual({ user_version: MIGRATIONS.length + 1 });
  expect(again.prepare("SELECT count(*) AS n FROM account").get()?.["n"]).toBeGreaterThan(0);
});

const disk = mounting();

disk.test(
  "a box whose disk turned read-only watches from a copy in memory, and says so",
  {
    timeout: 120_000,
  },
  async () => {
    const used = await usedBox(24);
    const image = path.join(used.folder, "disk");
    cpSync(used.dataDir, image, { recursive: true });
    const mount = (...args: string[]): void => {
      const { status, stderr } = spawnSync("mount", args);
      expect(status, stderr.toString()).toBe(0);
    };
    mount("-t", "tmpfs", "none", used.dataDir);
    onTestFinished(() => void spawnSync("umount", ["-l", used.dataDir]));
    cpSync(image, used.dataDir, { recursive: true });
    mount("-o", "remount,ro", used.dataDir);
    const before = readdirSync(used.dataDir).map((name) => statSync(path.join(used.dataDir, name)).mtimeMs);

    const line = startCommandLine(["home", "--config", used.config], { folder: used.folder });
    const address = await line.line(0);
    await line.said(/PEOPLE AND SETTINGS WERE DAMAGED: .*forgotten at the next start/);
    const control = { url: new URL(address).origin, token: "", broker: { url: "" } };
    const box: RunningHome = {
      ...{ line, address, control, dataDir: used.dataDir, code: "" },
      stop: async () => line.ended,
    };
    const live = await watchBeds(box, used.cookie);
    await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 60_000);
    await live.until(
      ({ alarms }) => alarms.open.some(({ condition }) => condition === "STATE_DAMAGED"),
      30_000,
    );
    const me = (await ask(box, "GET", "/api/me", undefined, used.cookie)).body;
    expect(me).toMatchObject({ home: used.home, person: { name: "Lin", role: "owner" } });
    line.kill("SIGTERM");
    expect((await line.ended).code).toBe(0);
    expect(readdirSync(used.dataDir).map((name) => statSync(path.join(used.dataDir, name)).mtimeMs)).toEqual(
      before,
    );
  },
);
