import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DAY_MS, wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import { lockDataDir } from "../../src/ops/lock.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { runCommand } from "../support/command-line.ts";
import { requires } from "../support/require.ts";
import { run, type TestTerminalOptions } from "../support/terminal.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-check-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const DEVICES = "beds:\n  - id: b1\n    devices:\n      - { family: nonin-serial, port: 'memory:finger' }\n";
const ANY_PORTS = "web: { port: 0 }\nbus: { port: 0 }\n";
const GOOD = `zone: Asia/Shanghai\ndataDir: data\n${DEVICES}${ANY_PORTS}`;

interface Checked {
  readonly code: number;
  readonly lines: readonly string[];
  readonly words: string;
  /** The line about a place; undefined where there is none. */
  about(place: string): string | undefined;
}

/** The command in this process, on this machine. */
const here = (args: readonly string[], options: TestTerminalOptions = {}) =>
  run(["check", ...args], { folder, clock: createClock(), environment: process.env, ...options });

async function check(text: string, options: TestTerminalOptions = {}): Promise<Checked> {
  writeFileSync(path.join(folder, "home.yaml"), text);
  const { code, data, words } = await here(["--config", "home.yaml"], options);
  const lines = data.split("\n").slice(0, -1);
  return {
    code,
    lines,
    words,
    about: (place) => lines.find((line) => line.split("  ")[1]?.startsWith(place)),
  };
}

test("as a process it ends with 1 on an error and with 0 without", async () => {
  writeFileSync(path.join(folder, "home.yaml"), GOOD);
  expect(await runCommand(["check", "--config", "home.yaml"], { folder })).toMatchObject({ code: 0 });
  writeFileSync(path.join(folder, "home.yaml"), GOOD.replace("memory:finger", "/dev/ttyUSB77"));
  expect(await runCommand(["check", "--config", "home.yaml"], { folder })).toMatchObject({ code: 1 });
});

describe("check", () => {
  test("a sound configuration has no error, and every finding is one line of level, where and what", async () => {
    const { code, lines, words, about } = await check(GOOD);
    expect(code).toBe(0);
    for (const line of lines) expect(line).toMatch(/^(?:ok|warning) {2}\S.* {2}\S.*/);
    expect(words).toMatch(/errors: 0, warnings: [1-9]/);
    expect(about("node")).toMatch(/^ok {2}node {2}version 24\./);
    expect(about("zone")).toMatch(/Asia\/Shanghai/);
    expect(about(`data folder ${folder}/data`)).toMatch(/^ok .*will be made/);
    expect(about("bed b1, nonin-serial, memory:finger")).toMatch(/^warning .*SIMULATED/);
    expect(about("bed b1, VENT_APNEA")).toMatch(/^warning .*not watching VENT_APNEA/);
    expect(existsSync(path.join(folder, "data"))).toBe(false);
  });

  test("a machine without a sounder is told loudly, with what a family must do", async () => {
    const { code, about } = await check(`${GOOD}audio: { enabled: false }\n`);
    expect(about("house sounder")).toMatch(
      /^warning .*NO SOUNDER.*\(AUDIO_UNAVAILABLE\) {2}-> .*within hearing of the ventilator's own alarm/,
    );
    expect(code).toBe(0);
    const nothing = await check(GOOD, { environment: { PATH: folder } });
    expect(nothing.about("house sounder")).toMatch(/NO SOUNDER: none of aplay, pw-cat, paplay is installed/);
  });

  test("a machine without a voice is told that its alarms are tones alone, and what to install", async () => {
    const { about } = await check(GOOD, { environment: { PATH: folder } });
    expect(about("spoken alarms")).toMatch(/^warning .*NO VOICE.*not installed {2}-> .*espeak-ng/);
  });

  requires("espeak-ng").test("a machine with a voice says in which language it speaks", async () => {
    const { about } = await check(`language: zh-Hant\n${GOOD}`);
    expect(about("spoken alarms")).toMatch(/^ok {2}spoken alarms {2}espeak-ng speaks zh-Hant$/);
  });

  test.each([
    [
      "a typo",
      GOOD.replace("zone:", "zoen:"),
      /^error {2}line 1, zoen {2}.*\(CONFIG_UNKNOWN_KEY\) {2}-> Did you mean "zone"\?$/,
    ],
    [
      "an unknown device",
      GOOD.replace("nonin-serial", "nonin-searial"),
      /^error {2}line 6, .*\(CONFIG_UNKNOWN_DEVICE\) {2}-> Did you mean "nonin-serial"\?$/,
    ],
    [
      "a port that is not there",
      GOOD.replace("memory:finger", "/dev/ttyUSB77"),
      /^error {2}bed b1, nonin-serial, \/dev\/ttyUSB77 {2}There is no port.*\(LINK_NOT_FOUND\) {2}-> /,
    ],
    [
      "a recording that is not there",
      GOOD.replace("memory:finger", "replay:/no/file"),
      /^error {2}bed b1, .*\(LINK_NOT_FOUND\) {2}-> /,
    ],
    ["a tab", GOOD.replace("    devices", "\tdevices"), /^error {2}line \d+ {2}.*\(CONFIG_SYNTAX\) {2}-> /],
    [
      "a host that is not here",
      GOOD.replace("bus: { port: 0 }", "bus: { port: 0, host: 192.0.2.1 }"),
      /^error {2}broker {2}192\.0\.2\.1 is not an address of this machine.* -> Set bus\.host/,
    ],
    [
      "a broker that is not there",
      GOOD.replace("port: 0 }\n", "port: 0 }\n").replace(
        "bus: { port: 0 }",
        "bus: { url: 'mqtt://127.0.0.1:9' }",
      ),
      /^warning {2}broker {2}127\.0\.0\.1:9 cannot be reached.*alarms in the house ring all the same \(BUS_UNREACHABLE\)/,
    ],
  ])("%s is named with its fix", async (_name, text, line) => {
    const { code, lines } = await check(text);
    expect(lines).toContainEqual(expect.stringMatching(line));
    expect(code).toBe(lines.some((one) => one.startsWith("error")) ? 1 : 0);
  });

  test("a configuration that is not there is an error; none at all is the demo", async () => {
    const missing = await here(["--config", "missing.yaml"]);
    expect(missing.code).toBe(1);
    expect(missing.data).toMatch(/^error {2}.*missing\.yaml {2}there is no such file \(CONFIG_UNREADABLE\)/);
    const none = await here([]);
    expect(none.code).toBe(0);
    expect(none.data).toMatch(/^warning {2}configuration {2}there is none: a start shows the demo/);
  });

  test("a home whose configuration has gone is no demo", async () => {
    mkdirSync(path.join(folder, ".breathwatch"), { mode: 0o700 });
    writeFileSync(path.join(folder, ".breathwatch", "state.sqlite"), "");
    const { code, data } = await here([]);
    expect(code).toBe(1);
    expect(data).toMatch(/^error {2}configuration {2}it is gone/);
  });

  test("a data folder that is a file, or open to others, is named", async () => {
    writeFileSync(path.join(folder, "data"), "");
    const file = await check(GOOD);
    expect(file.code).toBe(1);
    expect(file.about("data folder")).toMatch(/^error .*is not a folder \(DATA_DIR_UNWRITABLE\) {2}-> /);
    rmSync(path.join(folder, "data"));
    mkdirSync(path.join(folder, "data"));
    chmodSync(path.join(folder, "data"), 0o755);
    const open = await check(GOOD);
    expect(open.lines).toContainEqual(
      expect.stringMatching(/^warning {2}data folder .*others .*health data {2}-> chmod 700/),
    );
  });
});

describe("ports of the network", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());
  const takePort = (): Promise<number> =>
    new Promise((resolve) => {
      const taken = createServer();
      server = taken;
      taken.listen(0, "127.0.0.1", () => {
        const address = taken.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });

  test.each([
    ["web", "pages", "HTTP_PORT_TAKEN"],
    ["bus", "broker", "BUS_PORT_TAKEN"],
  ])(
    "%s.port in use by another program is an error, unless the home itself runs",
    async (setting, where, code) => {
      const port = await takePort();
      const text = GOOD.replace(`${setting}: { port: 0 }`, `${setting}: { port: ${port} }`);
      const taken = await check(text);
      expect(taken.code).toBe(1);
      expect(taken.about(where)).toMatch(
        new RegExp(`^error .*${port} is used by another program \\(${code}\\) {2}-> .*${setting}\\.port`),
      );
      const lock = await lockDataDir(path.join(folder, "data"), createVirtualClock(wall(0)));
      const running = await check(text);
      await lock.release();
      expect(running.code).toBe(0);
      expect(running.about(where)).toMatch(new RegExp(`^ok .*in use while process ${process.pid} runs`));
      expect(running.about("data folder")).toMatch(/^ok .*in use by the Breathwatch that runs now/);
    },
  );

  test("pages and broker cannot share a port", async () => {
    const { code, about } = await check(GOOD.replaceAll("port: 0", "port: 18833"));
    expect(code).toBe(1);
    expect(about("pages and broker")).toMatch(/both want port 18833/);
  });
});

describe("certificates", () => {
  const { test } = requires("openssl");
  const make = (name: string, host: string): void => {
    const key = [
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-keyout",
      `${name}.key`,
    ];
    const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
    execFileSync("openssl", ["req", "-x509", ...key, "-out", `${name}.pem`, "-days", "90", ...subject], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    chmodSync(path.join(folder, `${name}.key`), 0o600);
  };
  const withTls = (cert: string, key: string): string =>
    GOOD.replace(
      "web: { port: 0 }",
      `web: { port: 0, name: home.example, tls: { cert: ${cert}.pem, key: ${key}.key } }`,
    );

  test("a good one, one for another name, one that runs out, has run out or is not valid yet, and a foreign key", async () => {
    make("good", "home.example");
    expect((await check(withTls("good", "good"))).about("web.tls")).toMatch(
      /^ok {2}web\.tls {2}valid until 20/,
    );

    make("other", "other.example");
    const other = await check(withTls("other", "other"));
    expect(other.code).toBe(0);
    expect(other.lines).toContainEqual(
      expect.stringMatching(/^warning {2}web\.tls {2}.*not for home\.example/),
    );

    const in100 = { clock: { ...createClock(), wall: () => wall(Date.now() + 100 * DAY_MS) } };
    const old = await check(withTls("good", "good"), in100);
    expect(old.about("web.tls")).toMatch(/^error .*ran out on/);
    expect(old.code).toBe(1);
    const in80 = { clock: { ...createClock(), wall: () => wall(Date.now() + 80 * DAY_MS) } };
    expect((await check(withTls("good", "good"), in80)).about("web.tls")).toMatch(/^warning .*runs out on/);
    const before = { clock: { ...createClock(), wall: () => wall(Date.now() - DAY_MS) } };
    expect((await check(withTls("good", "good"), before)).about("web.tls")).toMatch(
      /^error .*valid only from .*clock right\?/,
    );

    expect((await check(withTls("good", "other"))).about("web.tls")).toMatch(
      /^error .*the key does not belong/,
    );
    expect((await check(withTls("missing", "good"))).about("web.tls")).toMatch(
      /^error .*cannot be used: ENOENT/,
    );

    chmodSync(path.join(folder, "good.key"), 0o644);
    expect((await check(withTls("good", "good"))).lines).toContainEqual(
      expect.stringMatching(
        /^warning {2}web\.tls {2}others on this machine may read the private key {2}-> chmod 600/,
      ),
    );
  });
});
