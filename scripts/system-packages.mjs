// What the tests need from the machine beside npm: which of it is there, and how to get the rest.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { root, say } from "./bootstrap.mjs";

/**
 * The name tests ask for with requires("socat"), the Debian package that brings it, and what proves that it is there.
 * @type {readonly { name: string, package: string, programs?: string[], files?: string[] }[]}
 */
export const systemPackages = [
  { name: "socat", package: "socat", programs: ["socat"] },
  { name: "gcc", package: "gcc", programs: ["gcc"] },
  { name: "dbus", package: "dbus", programs: ["dbus-daemon"] },
  { name: "libc6-dev", package: "libc6-dev", files: ["/usr/include/stdio.h"] },
  { name: "firefox", package: "firefox-esr", programs: ["firefox-esr", "firefox"] },
  { name: "chromium", package: "chromium", programs: ["chromium", "chromium-browser"] },
  {
    name: "fonts-cjk",
    package: "fonts-noto-cjk",
    files: ["/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"],
  },
  {
    name: "fonts-noto",
    package: "fonts-noto-core",
    files: ["/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"],
  },
  { name: "mosquitto", package: "mosquitto", programs: ["mosquitto"] },
  { name: "mosquitto-clients", package: "mosquitto-clients", programs: ["mosquitto_pub", "mosquitto_sub"] },
  { name: "openssl", package: "openssl", programs: ["openssl"] },
  { name: "alsa-utils", package: "alsa-utils", programs: ["aplay"] },
  // Brings pactl, parec and paplay, and ALSA's plugin, with it.
  { name: "pulseaudio", package: "pulseaudio", programs: ["pulseaudio"] },
  { name: "influxdb", package: "influxdb", programs: ["influxd"] },
  { name: "victoria-metrics", package: "victoria-metrics", programs: ["victoria-metrics"] },
  { name: "prometheus", package: "prometheus", programs: ["promtool"] },
  { name: "systemd", package: "systemd", programs: ["systemd-analyze"] },
  { name: "dpkg", package: "dpkg", programs: ["dpkg-deb"] },
  { name: "iproute2", package: "iproute2", programs: ["ip"] },
  { name: "nftables", package: "nftables", programs: ["nft"] },
  { name: "espeak-ng", package: "espeak-ng", programs: ["espeak-ng"] },
];

/** @returns {string[]} names of what is there */
export function presentPackages() {
  return systemPackages.filter(isPresent).map((each) => each.name);
}

/** Names each missing package and the tests that go without it. @returns {string[]} names of what is missing */
export function reportMissing() {
  const missing = systemPackages.filter((each) => !isPresent(each));
  for (const each of missing) {
    const tests = testsAsking(each.name);
    const effect = tests.length === 0 ? "no test asks for it" : `skipped without it: ${tests.join(", ")}`;
    say(`missing: ${each.name} (package ${each.package}); ${effect}`);
  }
  return missing.map((each) => each.name);
}

/** Installs what is missing with apt-get. Says what it does; whether it worked is told by looking again. */
function installMissing() {
  const packages = systemPackages.filter((each) => !isPresent(each)).map((each) => each.package);
  if (packages.length === 0) return;
  say(`installing system packages: ${packages.join(" ")}`);
  // A failed update is no reason to stop: the lists of an earlier one may do.
  aptGet(["update"]);
  const install = ["install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...packages];
  const problem = aptGet(install);
  if (problem !== undefined) say(problem);
}

/**
 * @param {string[]} args
 * @returns {string | undefined} what went wrong
 */
export function aptGet(args) {
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"];
  const [command, ...rest] = [...sudo, "apt-get", "-qq", ...args];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
  // apt's own lock time-out does not cover the lock of the package lists, so wait for that one here: 5 minutes.
  for (let attempt = 1; ; attempt += 1) {
    const run = spawnSync(command, rest, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    if (run.status === 0) return undefined;
    if (run.error) return `apt-get ${args[0]}: ${run.error.message}`;
    const output = `${run.stdout}${run.stderr}`.trim();
    if (attempt >= 60 || !/Could not get lock|Unable to lock/.test(output)) return output.slice(-4000);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
  }
}

/** @param {(typeof systemPackages)[number]} each */
export function isPresent(each) {
  // The system's daemons live in sbin, which an ordinary user's PATH leaves out.
  const folders = [
    ...(process.env.PATH ?? "").split(path.delimiter),
    "/usr/sbin",
    "/usr/local/sbin",
    "/sbin",
  ];
  const onPath = (/** @type {string} */ program) =>
    folders.some((folder) => folder !== "" && existsSync(path.join(folder, program)));
  return each.programs ? each.programs.some(onPath) : (each.files ?? []).every((file) => existsSync(file));
}

/** @param {string} name @returns {string[]} test files that ask for it by requires("name") */
function testsAsking(name) {
  return testFiles("test").filter((file) => {
    const asked = readFileSync(path.join(root, file), "utf8").matchAll(/\brequires\(([^)]*)\)/g);
    return [...asked].some((call) => call[1]?.includes(`"${name}"`));
  });
}

/** @param {string} folder @returns {string[]} */
function testFiles(folder) {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const place = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return testFiles(place);
    return entry.name.endsWith(".test.ts") ? [place] : [];
  });
}

// Called as a program it installs.
if (process.argv[1] === fileURLToPath(import.meta.url)) installMissing();
