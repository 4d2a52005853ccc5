// Updates of a program that really is stopped and started again, with small releases that are really signed, packed and
// unpacked. The guard is the script that systemd runs before each start.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { type Wall, wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import type { Clock } from "../../src/port/clock.ts";
import { makeKeys, signRelease, writeProgram, writeRelease } from "../support/releases.ts";
import { requires } from "../support/require.ts";
import { run } from "../support/terminal.ts";

const { test } = requires("dpkg");
const NOON = wall(Date.parse("2026-03-10T12:00:00+08:00"));
const EVENING = wall(Date.parse("2026-03-10T20:30:00+08:00"));
const { privateKey, publicPem } = makeKeys();

let folder: string;
let box: ChildProcess | undefined;
const into = (...names: string[]): string => path.join(folder, "opt", ...names);

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-update-"));
  mkdirSync(path.join(folder, "data"));
  mkdirSync(into(), { recursive: true });
  writeFileSync(path.join(folder, "key.pem"), publicPem);
  writeFileSync(
    path.join(folder, "home.yaml"),
    "zone: Asia/Shanghai\ndataDir: data\nbeds:\n  - id: b1\n    devices:\n" +
      "      - { family: nonin-serial, port: 'memory:finger' }\n",
  );
  beds({});
  // The service manager of this test: ends what runs, starts what is current now.
  const data = path.join(folder, "data");
  writeFileSync(
    path.join(folder, "restart.sh"),
    `#!/bin/sh
[ ! -f ${folder}/pid ] || kill "$(cat ${folder}/pid)" 2>/dev/null
rm -f ${data}/control.json
program=${into("current")}
[ -x "$program/node" ] || program=${folder}/packaged
DATA=${data} "$program/node" "$program/dist/src/cli.js" >/dev/null 2>&1 &
echo $! > ${folder}/pid
echo "$program" >> ${folder}/starts
`,
    { mode: 0o755 },
  );
  writeProgram(path.join(folder, "packaged"), "0.1.0");
});
afterEach(() => {
  box?.kill("SIGKILL");
  try {
    process.kill(Number(readFileSync(path.join(folder, "pid"), "utf8")), "SIGKILL");
  } catch {
    // It was never started, or has ended.
  }
  rmSync(folder, { recursive: true, force: true });
});

function beds(more: { readonly onWatch?: boolean; readonly open?: number }): void {
  const bed = { bed: "b1", zone: "Asia/Shanghai", onWatch: false, open: 0, ...more };
  writeFileSync(path.join(folder, "data/beds.json"), JSON.stringify([bed]));
}
/** Real time, except for what the wall says; what waits for minutes waits for a hundredth of them. */
const clockAt = (at: Wall): Clock => {
  const clock = createClock();
  let skipped = 0;
  return {
    ...clock,
    wall: () => at,
    mono: () => (clock.mono() + skipped) as ReturnType<Clock["mono"]>,
    sleep: (ms, signal) => {
      skipped += ms - 10;
      return clock.sleep(10, signal);
    },
  };
};
async function update(args: readonly string[], at = NOON) {
  const given = [
    "--into",
    "opt",
    "--key",
    "key.pem",
    "--config",
    "home.yaml",
    "--restart",
    `${folder}/restart.sh`,
  ];
  return run(["update", ...args, ...given], { folder, clock: clockAt(at) });
}
const startBox = (): void => void execFileSync(path.join(folder, "restart.sh"));
const running = async (): Promise<string> => {
  const { url } = JSON.parse(readFileSync(path.join(folder, "data/control.json"), "utf8"));
  const answer: { version: string } = JSON.parse(await (await fetch(`${url}/api/health`)).text());
  return answer.version;
};
const runs = (version: string) =>
  vi.waitFor(async () => expect(await running()).toBe(version), { timeout: 10_000, interval: 50 });
const release = (version: string, more: Parameters<typeof writeRelease>[3] = {}): string => {
  const place = path.join(folder, `release-${version}`);
  mkdirSync(place);
  return writeRelease(place, version, privateKey, more);
};

test("a release that becomes ready stays; a second one keeps it to go back to; older ones go", async () => {
  startBox();
  await runs("0.1.0");
  const first = await update([release("0.2.0")]);
  expect(first).toMatchObject({ code: 0, words: expect.stringContaining("Version 0.2.0 runs.") });
  await runs("0.2.0");
  expect(existsSync(into("trial"))).toBe(false);
  expect((await update([release("0.3.0")])).code).toBe(0);
  expect((await update([release("0.4.0")])).code).toBe(0);
  await runs("0.4.0");
  expect(readdirSync(into("releases")).toSorted()).toEqual(["0.3.0", "0.4.0"]);
  // Back, and only back: what was refused as a downgrade before is a step that was kept for it.
  expect((await update([path.join(folder, "release-0.3.0/release.json")])).words).toMatch(
    /older than 0\.4\.0/,
  );
  expect((await update(["--back"])).code).toBe(0);
  await runs("0.3.0");
});

test("a release that does not become ready is taken back by itself, and the old one runs again", async () => {
  startBox();
  await runs("0.1.0");
  const { code, words } = await update([release("0.2.0", { breaks: true })]);
  expect(code).toBe(1);
  expect(words).toMatch(/0\.2\.0 did not become ready.*going back to 0\.1\.0/);
  expect(words).toMatch(/Version 0\.1\.0 runs again.*\[UPDATE_FAILED\]|UPDATE_FAILED/);
  await runs("0.1.0");
  expect(existsSync(into("current"))).toBe(false);
  expect(existsSync(into("trial"))).toBe(false);
});

test("by night, on watch or with an open alarm nothing is fetched, nothing is changed, and it says when", async () => {
  startBox();
  await runs("0.1.0");
  const file = release("0.2.0");
  const night = await update([file], EVENING);
  expect(night).toMatchObject({
    code: 1,
    words: expect.stringMatching(/night in Asia\/Shanghai.*2026-03-11T02:00/),
  });
  beds({ onWatch: true });
  expect((await update([file])).words).toMatch(/bed b1 is on watch/);
  beds({ open: 1 });
  expect((await update([file])).words).toMatch(/an alarm is open at bed b1/);
  expect((await update(["--may-restart"])).code).toBe(1);
  beds({});
  expect((await update(["--may-restart"])).code).toBe(0);
  expect(readdirSync(into("releases"))).toEqual([]);
  expect(readFileSync(path.join(folder, "starts"), "utf8").trim().split("\n")).toHaveLength(1);
});

test("a hub, which says nothing of its homes, keeps the hours of its own zone and is updated all the same", async () => {
  writeFileSync(path.join(folder, "data/beds.json"), JSON.stringify("hub"));
  startBox();
  await vi.waitFor(() => expect(existsSync(path.join(folder, "data/control.json"))).toBe(true), 10_000);
  const file = release("0.2.0");
  expect((await update([file], EVENING)).words).toMatch(/night in Asia\/Shanghai/);
  expect(await update([file])).toMatchObject({
    code: 0,
    words: expect.stringContaining("Version 0.2.0 runs."),
  });
});

test("where nothing runs the hours count all the same, and the next start takes the new version", async () => {
  const file = release("0.2.0");
  const words = async (at: Wall) =>
    (
      await run(["update", file, "--into", "opt", "--key", "key.pem", "--config", "home.yaml"], {
        folder,
        clock: clockAt(at),
      })
    ).words;
  expect(await words(EVENING)).toMatch(/night in Asia\/Shanghai/);
  expect(await words(NOON)).toMatch(/0\.2\.0 is in place; it begins with the next start/);
  startBox();
  await runs("0.2.0");
});

test.each<[string, (file: string) => void, RegExp]>([
  ["whose package was changed", (file) => appendFileSync(debOf(file), "x"), /longer than the release says/],
  ["whose package is cut short", (file) => writeFileSync(debOf(file), "x"), /not the file that was signed/],
  ["whose package is missing", (file) => rmSync(debOf(file)), /cannot be read/],
  [
    "that another key signed",
    (file) => writeFileSync(file, signRelease({ version: "0.2.0" }, makeKeys().privateKey)),
    /not signed by the key/,
  ],
  ["that is no release", (file) => writeFileSync(file, "{}"), /no release\.json/],
])("a release %s is refused and leaves nothing", async (_what, spoil, words) => {
  const file = release("0.2.0");
  spoil(file);
  const told = await update([file]);
  expect(told.code).toBe(1);
  expect(told.words).toMatch(words);
  expect(readdirSync(into()).filter((name) => name !== "updating")).toEqual(["releases"]);
  expect(readdirSync(into("releases"))).toEqual([]);
});

const debOf = (file: string): string =>
  path.join(path.dirname(file), readdirSync(path.dirname(file)).find((name) => name.endsWith(".deb")) ?? "");

test("a release that is another than it says, or needs a step before it, is refused", async () => {
  expect((await update([release("0.2.0", { lies: true })])).words).toMatch(
    /says of itself: breathwatch 7\.7\.7/,
  );
  expect((await update([release("0.3.0", { minimum: "0.2.0" })])).words).toMatch(/from 0\.2\.0 on/);
  expect(readdirSync(into("releases"))).toEqual([]);
});

test("a release comes over the network too, but never over plain http from elsewhere", async () => {
  const file = release("0.2.0");
  const server = createServer((request, response) => {
    const wanted = path.join(path.dirname(file), path.basename(request.url ?? ""));
    if (existsSync(wanted)) response.end(readFileSync(wanted));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    expect((await update([`http://127.0.0.1:${port}/nothing.json`])).words).toMatch(/answered 404/);
    expect((await update([`http://127.0.0.1:${port}/release.json`])).code).toBe(0);
  } finally {
    server.close();
  }
  expect((await update(["http://releases.example/release.json"])).words).toMatch(/come over https/);
});

test("the guard lets a release on trial start three times, and then gives way to the one before", () => {
  const lib = path.join(folder, "usr/lib/breathwatch");
  mkdirSync(lib, { recursive: true });
  const guard = path.join(lib, "guard");
  writeFileSync(guard, readFileSync(path.join(import.meta.dirname, "../../packaging/debian/guard.sh")), {
    mode: 0o755,
  });
  const opt = path.join(folder, "opt/breathwatch");
  mkdirSync(path.join(opt, "releases/0.2.0"), { recursive: true });
  mkdirSync(path.join(opt, "releases/0.3.0"));
  symlinkSync("releases/0.3.0", path.join(opt, "current"));
  symlinkSync("releases/0.2.0", path.join(opt, "previous"));
  const start = (): string => {
    execFileSync(guard, { stdio: "pipe" });
    return path.basename(readlinkSync(path.join(opt, "current")));
  };
  expect(start()).toBe("0.3.0");
  writeFileSync(path.join(opt, "trial"), "0\n");
  expect([start(), start(), start(), start(), start()]).toEqual([
    "0.3.0",
    "0.3.0",
    "0.3.0",
    "0.2.0",
    "0.2.0",
  ]);
  expect(existsSync(path.join(opt, "trial"))).toBe(false);
  // Without one before: the package's own.
  rmSync(path.join(opt, "previous"));
  writeFileSync(path.join(opt, "trial"), "rubbish");
  execFileSync(guard, { stdio: "pipe" });
  expect(existsSync(path.join(opt, "current"))).toBe(false);
});

test("two updates do not get into each other's way", async () => {
  const holder = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"]);
  box = holder;
  const place = into("updating");
  mkdirSync(place, { recursive: true });
  writeFileSync(path.join(place, "lock"), JSON.stringify({ pid: holder.pid }));
  const told = await update([release("0.2.0")]);
  expect(told).toMatchObject({ code: 1, words: expect.stringContaining("DATA_DIR_LOCKED") });
});
