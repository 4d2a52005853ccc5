// Brings a fresh clone to life with nothing but some Node (18 or newer) and npm: installs what the lock names,
// builds the pages, and runs our own Node 24, which comes as a package. Everything it says goes to stderr, since
// stdout belongs to the command that is run.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, wherever it was called from. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Older than the packages we install ask for. */
const oldNode = Number(process.versions.node.split(".")[0]) < 20;
const installStamp = path.join(root, "node_modules", ".breathwatch-installed");
const pagesFolder = path.join(root, "dashboards", "dist");
const pagesStamp = path.join(pagesFolder, ".breathwatch-built");
/** Whatever the pages are made from: a change in one of these makes the built pages stale. */
const pageSources = [
  "dashboards",
  "src/domain",
  "src/words",
  "src/sound",
  "src/server/contract",
  "package-lock.json",
];

/** @param {string} words one line for the person at the terminal */
export function say(words) {
  process.stderr.write(`${words}\n`);
}

/** A checkout has sources; a package installed from a registry has only what was built from them. */
export function isCheckout() {
  return existsSync(path.join(root, "src", "cli.ts")) || existsSync(path.join(root, "tsconfig.json"));
}

/**
 * Makes node_modules match the lock. Where that fails but an earlier install is there (a house without internet after
 * an update), it says so and goes on with that one: a watch that starts beats a watch that is up to date.
 * @param {{ strict?: boolean }} [options] strict: throw instead (tests and builds must not pass on old packages)
 */
export function ensureInstalled({ strict = false } = {}) {
  if (readText(installStamp) === lockHash()) return;
  say("breathwatch: installing packages (about a minute the first time)...");
  const args = [
    "install",
    "--include=dev",
    "--include=optional",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const env = { ...process.env };
  // Set by an outer `npm --global` or `npm --prefix`; they would send this install somewhere else.
  for (const name of ["npm_config_global", "npm_config_prefix", "npm_config_local_prefix"]) delete env[name];
  const install = () => {
    const [command, ...before] = npmCommand();
    return spawnSync(command, [...before, ...args], { cwd: root, env, stdio: ["ignore", 2, 2] });
  };
  let npm = install();
  // npm leaves out every optional package that its own Node is too old for, and the bundler's and the linter's native
  // parts are optional packages: once our Node is there, ask again with that one.
  if (npm.status === 0 && oldNode) {
    env.PATH = [path.join(root, "node_modules", ".bin"), env.PATH].join(path.delimiter);
    npm = install();
  }
  if (npm.status === 0) {
    writeFileSync(installStamp, lockHash());
    return;
  }
  const why = npm.error ? npm.error.message : `npm install ended with ${npm.status ?? npm.signal}`;
  if (strict) throw new Error(`packages could not be installed: ${why}`);
  if (!existsSync(installStamp)) fail(`packages could not be installed: ${why}`);
  say(`breathwatch: packages could not be brought up to date (${why}); going on with those that are there.`);
}

/**
 * Builds the pages when their sources changed since the last build. They are built aside and put in place whole, so
 * that a build that fails, or a second start at the same moment, never leaves half of them. A failed build never
 * keeps the watch from starting.
 * @param {{ strict?: boolean, quiet?: boolean }} [options]
 * @returns {string} what was done, in a word or two
 */
export function ensurePages({ strict = false, quiet = false } = {}) {
  if (!hasPages()) return "no pages yet";
  const wanted = pagesHash();
  if (readText(pagesStamp) === wanted) return "up to date";
  if (!quiet) say("breathwatch: building the pages...");
  const aside = path.join(root, "dashboards", `.building-${process.pid}`);
  const problem = buildPages(aside);
  if (problem !== undefined) {
    rmSync(aside, { recursive: true, force: true });
    if (strict) throw new Error(`the pages could not be built:\n${problem}`);
    say(`breathwatch: the pages could not be built; starting with what is there.\n${problem}`);
    return "failed";
  }
  writeFileSync(path.join(aside, path.basename(pagesStamp)), wanted);
  const old = `${aside}-old`;
  if (existsSync(pagesFolder)) renameSync(pagesFolder, old);
  try {
    renameSync(aside, pagesFolder);
  } catch (error) {
    // Another start put its pages there first. Both were built from the same sources.
    if (!existsSync(pagesStamp)) throw error;
    rmSync(aside, { recursive: true, force: true });
  }
  rmSync(old, { recursive: true, force: true });
  return "built";
}

/** Whether there is any page to build. */
export function hasPages() {
  const folder = path.join(root, "dashboards");
  if (!existsSync(path.join(folder, "vite.config.ts"))) return false;
  return readdirSync(folder).some((name) => existsSync(path.join(folder, name, "index.html")));
}

/** The project's own Node 24; elsewhere than on Linux the machine's, if it is new enough. */
export function node24() {
  const own = path.join(root, "node_modules", ".bin", "node");
  if (existsSync(own)) return own;
  // Installed as a package, our Node stands beside us instead of below us.
  const beside = path.join(root, "..", `node-linux-${process.arch}`, "bin", "node");
  if (existsSync(beside)) return beside;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  return fail(
    `Node 24 is needed and no package brings it for ${process.platform} ${process.arch}: install Node 24.`,
  );
}

/**
 * Runs the command line under Node 24 in place of this process: same streams, signals handed on, same exit code.
 * @param {string[]} args arguments of src/cli.ts
 */
export function runCli(args) {
  const built = path.join(root, "dist", "src", "cli.js");
  const entry = isCheckout() ? path.join(root, "src", "cli.ts") : built;
  const env = { ...process.env };
  // Kept compiled, the sources of a checkout start in less than half the time; a stale or damaged entry is made anew.
  if (isCheckout()) env.NODE_COMPILE_CACHE ??= path.join(root, "node_modules", ".cache", "compiled");
  const child = spawn(node24(), ["--disable-warning=ExperimentalWarning", entry, ...args], {
    stdio: "inherit",
    env,
  });
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR2"]) {
    process.on(signal, () => {
      // Ctrl-C at a terminal reaches the whole foreground group: handing it on would deliver it twice.
      if (signal === "SIGINT" && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child.on("error", (error) => fail(error.message));
  child.on("exit", (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 0 : (constants.signals[signal] ?? 0)));
  });
}

/** For builds: a problem ends the command with its words alone. @param {() => void} work */
export function orFail(work) {
  try {
    work();
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} file relative to the project's folder @returns {string[]} a node_modules script under Node 24 */
export function tool(file) {
  return [node24(), "--disable-warning=ExperimentalWarning", path.join(root, "node_modules", file)];
}

/**
 * @param {string} words
 * @returns {never}
 */
export function fail(words) {
  say(`breathwatch: ${words}`);
  process.exit(1);
}

/** @param {string} outDir @returns {string | undefined} what went wrong */
function buildPages(outDir) {
  const [node, ...vite] = tool("vite/bin/vite.js");
  const config = path.join(root, "dashboards", "vite.config.ts");
  // The service worker is a second build: one file of its own, which knows the names of all others.
  const modes = ["production"];
  if (existsSync(path.join(root, "dashboards", "shared", "sw.ts"))) modes.push("service-worker");
  for (const mode of modes) {
    const args = [
      ...vite,
      "build",
      "--config",
      config,
      "--mode",
      mode,
      "--outDir",
      outDir,
      "--logLevel",
      "warn",
    ];
    const env = { ...process.env, NODE_ENV: "production" };
    const run = spawnSync(node, args, { cwd: root, env, encoding: "utf8" });
    if (run.status !== 0) return run.error ? run.error.message : `${run.stdout}${run.stderr}`;
    if (run.stderr.trim() !== "") say(run.stderr.trim());
  }
  return undefined;
}

function lockHash() {
  const manifest = JSON.parse(readText(path.join(root, "package.json")) ?? "{}");
  const { dependencies, devDependencies, optionalDependencies, overrides } = manifest;
  return createHash("sha256")
    .update(`${process.platform} ${process.arch}`)
    .update(JSON.stringify([dependencies, devDependencies, optionalDependencies, overrides]))
    .update(readText(path.join(root, "package-lock.json")) ?? "")
    .update(readText(path.join(root, ".npmrc")) ?? "")
    .digest("hex");
}

function pagesHash() {
  const hash = createHash("sha256");
  for (const source of pageSources) {
    for (const file of filesUnder(path.join(root, source))) {
      hash
        .update(`${path.relative(root, file)}\0`)
        .update(readFileSync(file))
        .update("\0");
    }
  }
  return hash.digest("hex");
}

/** @param {string} place a file or folder @returns {string[]} every source file, in a fixed order */
function filesUnder(place) {
  if (!existsSync(place)) return [];
  if (!statSync(place).isDirectory()) return [place];
  const names = readdirSync(place);
  names.sort();
  return names
    .filter((name) => name !== "dist" && name !== "node_modules" && !name.startsWith("."))
    .flatMap((name) => filesUnder(path.join(place, name)));
}

/** npm as it called us, since the npm on the PATH may be another; by our own Node where this one is too old. */
function npmCommand() {
  const called = process.env.npm_execpath;
  const own = path.join(root, "node_modules", ".bin", "node");
  const node = oldNode && existsSync(own) ? own : process.execPath;
  if (called?.endsWith("npm-cli.js") && existsSync(called)) return [node, called];
  return [process.platform === "win32" ? "npm.cmd" : "npm"];
}

/** @param {string} file @returns {string | undefined} */
function readText(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
