// `npm test`: every check and every test, on a fresh clone with nothing but some Node and npm.
//
//   npm test                            everything
//   npm test -- test/unit/time.test.ts  these tests only (arguments go to vitest; no static checks)
//   npm test -- --install               first install the system packages that tests ask for (so does CI=true)
//   npm run check                       the static checks only
//
// A file of test/system that fails is run a second time, alone, and counts by that; the summary says so ("needed a second
// run: FILE"). Only when everything is run: whoever names a test wants to see it fail.
//
// The last line is always "N passed, N failed, N skipped". Nothing that did not run counts as passed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { ensureInstalled, ensurePages, hasPages, root, say, tool } from "./bootstrap.mjs";
import { runVitest } from "./run-vitest.mjs";
import { reportMissing } from "./system-packages.mjs";

const inCi = process.env.CI === "true" || process.env.CI === "1";
const args = process.argv.slice(2);
const install = takeOption("--install") || inCi;
const staticOnly = takeOption("--static");
const count = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} */
const skipped = [];
/** @type {string[]} */
const failures = [];
/** @type {string[]} */
const secondRuns = [];
/** When more than these fail, it is not the machine. */
const MOST_SECOND_RUNS = 6;

process.chdir(root);
if (packagesMatch()) {
  // Fetching packages is mostly waiting: the static checks need none of them.
  const machine = staticOnly ? undefined : checkMachine();
  if (args.length === 0) await staticChecks();
  await machine;
  if (!staticOnly) vitest();
}
summary();

/** @returns {boolean} whether the packages are those of the lock; nothing else can be trusted otherwise */
function packagesMatch() {
  try {
    ensureInstalled({ strict: true });
    return true;
  } catch (error) {
    failed("packages", 0, error.message);
    return false;
  }
}

/** What the machine lacks: a skip on a person's machine, said by name; a failure where everything was to be there. */
async function checkMachine() {
  if (install) {
    const { output } = await ended(
      process.execPath,
      [path.join(root, "scripts/system-packages.mjs")],
      process.env,
    );
    if (output !== "") console.log(output);
  }
  const missing = reportMissing();
  if (missing.length === 0) return;
  if (install) failed("system packages", 0, `could not be installed: ${missing.join(", ")}`);
  else say("npm test -- --install  installs them (apt-get).");
}

/** The checks do not need one another: the longest goes beside all the others. */
async function staticChecks() {
  const strict = ["--type-aware", "--deny-warnings", "--report-unused-disable-directives"];
  const others = async () => {
    await run("types: pages", tool("typescript/bin/tsc"), ["--noEmit", "-p", "dashboards/tsconfig.json"]);
    if (existsSync("dashboards/shared/sw.ts")) {
      const project = "dashboards/tsconfig.sw.json";
      await run("types: service worker", tool("typescript/bin/tsc"), ["--noEmit", "-p", project]);
    } else skip("types: service worker", "no service worker yet");
    await run("lint", tool("oxlint/bin/oxlint"), [...strict, "."], /on [1-9]\d* files/);
    await run(
      "format",
      tool("@biomejs/biome/bin/biome"),
      ["check", "--error-on-warnings", "."],
      /Checked [1-9]\d* files/,
    );
    await run(
      "imports",
      [tool("typescript/bin/tsc")[0], "scripts/check-imports.mjs"],
      [],
      /[1-9]\d* modules looked at/,
    );
    await run("dead code", tool("knip/bin/knip.js"), ["--no-progress", "--no-config-hints"]);
    if (hasPages()) timed("page build", () => ensurePages({ strict: true, quiet: true }));
    else skip("page build", "no pages yet");
  };
  await Promise.all([run("types: src, devices, test", tool("typescript/bin/tsc"), ["--noEmit"]), others()]);
}

/** Runs the tests and counts what vitest wrote of them; what it did not write did not pass. */
function vitest() {
  const { files, troubles } = runVitest(args);
  const again = args.length === 0 ? files.filter(mayRunAgain) : [];
  const repeated = new Set(again.length <= MOST_SECOND_RUNS ? again : []);
  let executed = 0;
  for (const file of files) executed += repeated.has(file) ? secondRun(file) : countFile(file);
  for (const trouble of troubles) failed("tests", 0, trouble);
  if (executed === 0) failed("tests", 0, "no test was executed");
}

/**
 * Real browsers, ports and processes on a busy machine fail at times for reasons of their own; nothing else does.
 * @param {import("./run-vitest.mjs").FileOutcome} file
 */
function mayRunAgain({ name, failed }) {
  return failed && name.startsWith(path.join("test", "system", path.sep));
}

/**
 * The whole file once more, alone. What counts is this run; that it was needed is told at the end.
 * @param {import("./run-vitest.mjs").FileOutcome} file
 * @returns {number} how many tests were executed
 */
function secondRun({ name, tests, message }) {
  console.log(`\n${name} failed and runs a second time, alone. The first time:`);
  for (const test of tests) if (test.status === "failed") console.log(`      ${titleOf(name, test)}`);
  if (!tests.some(({ status }) => status === "failed")) console.log(message.replace(/^/gm, "      "));
  secondRuns.push(name);
  const { files, troubles } = runVitest([name]);
  for (const trouble of troubles) failed(name, 0, trouble);
  const own = files.filter((file) => file.name === name);
  if (own.length === 0 && troubles.length === 0) failed(name, 0, "it was not executed a second time");
  return own.reduce((sum, file) => sum + countFile(file), 0);
}

/** @param {string} file @param {import("./run-vitest.mjs").TestOutcome} test */
function titleOf(file, test) {
  return `${file}: ${[...test.ancestorTitles, test.title].join(" > ")}`;
}

/**
 * @param {import("./run-vitest.mjs").FileOutcome} file
 * @returns {number} how many tests of the file were executed
 */
function countFile(file) {
  let executed = 0;
  for (const test of file.tests) {
    const title = titleOf(file.name, test);
    if (test.status === "passed") count.passed += 1;
    else if (test.status === "failed") failed(title, 0);
    else skip(title, "");
    if (test.status === "passed" || test.status === "failed") executed += 1;
  }
  // A file that could not be loaded, or a hook that failed, has no failed test to show for it.
  const anyFailed = file.tests.some((test) => test.status === "failed");
  if (file.failed && !anyFailed) failed(file.name, 0, file.message);
  return executed;
}

/**
 * One static check as its own process; its output is shown when it fails.
 * @param {string} name
 * @param {string[]} command
 * @param {string[]} commandArgs
 * @param {RegExp} [proof] what its output must show: that it looked at something at all
 */
async function run(name, command, commandArgs, proof) {
  const started = Date.now();
  const [program, ...before] = command;
  const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };
  const { status, output } = await ended(program, [...before, ...commandArgs], env);
  const looked = proof === undefined || proof.test(output);
  if (status === 0 && looked) passed(name, started, proof ? (output.match(proof)?.[0] ?? "") : "");
  else failed(name, started, looked ? output : `${output}\n${name} looked at nothing`);
}

/** @returns {Promise<{ status: number | undefined, output: string }>} undefined: it was killed, or did not start */
function ended(program, args, env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const pieces = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => pieces.push(piece));
    child.on("error", (error) => resolve({ status: undefined, output: error.message }));
    child.on("close", (status) => {
      resolve({ status: status ?? undefined, output: Buffer.concat(pieces).toString().trim() });
    });
  });
}

/** @param {string} name @param {() => string} work */
function timed(name, work) {
  const started = Date.now();
  try {
    passed(name, started, work());
  } catch (error) {
    failed(name, started, error.message);
  }
}

function passed(name, started, note) {
  count.passed += 1;
  console.log(`ok    ${name} (${seconds(started)}${note ? `, ${note}` : ""})`);
}

function failed(name, started, output) {
  count.failed += 1;
  failures.push(name);
  if (output === undefined) return;
  console.log(`FAIL  ${name}${started ? ` (${seconds(started)})` : ""}\n${output.replace(/^/gm, "      ")}`);
}

function skip(name, reason) {
  count.skipped += 1;
  skipped.push(reason ? `${name}: ${reason}` : name);
}

function summary() {
  if (skipped.length > 0) console.log(`\nskipped:\n${skipped.map((each) => `  ${each}`).join("\n")}`);
  for (const name of secondRuns) console.log(`\nneeded a second run: ${name}`);
  if (failures.length > 0) console.log(`\nfailed:\n${failures.map((each) => `  ${each}`).join("\n")}`);
  console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
}

function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}

/** @param {string} name @returns {boolean} whether it was given; takes it out of what vitest will see */
function takeOption(name) {
  const at = args.indexOf(name);
  if (at === -1) return false;
  args.splice(at, 1);
  return true;
}
